"""
What crossbar is told: one realm, a port with TLS for nodes, a plain one for OCS.

The words are those of crossbar's configuration, version 2.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import field, frozen

from netsim.datanode.model import BASE_URI, MESSAGE_SIZE, REALM, SERVER, WEB

__all__ = ["CONSUMER", "LOCAL_PAGES", "Listening", "render"]

CONSUMER = "consumer"
"""The role of those who ask: they may call and subscribe, and list no nodes."""

LOCAL_PAGES = [f"{scheme}://{host}:*" for scheme in ("http", "https")
               for host in ("localhost", "127.0.0.1")]  # fmt: skip
"""The web pages that may use the port that asks nobody who it is: those of this machine."""

_PING = {"auto_ping_interval": 10_000, "auto_ping_timeout": 5_000}
_EVERYTHING = ("call", "register", "publish", "subscribe")
_LARGEST_BODY = 1 << 20


@frozen
class Listening:
    """
    Where a router is to listen, and who may come.

    @ivar host: of the port with TLS.
    @ivar plain_host: of the one that asks nobody who it is.
    @ivar certificate: in PEM, as is its key.
    @ivar secrets: by user, what C{server} and C{simonsobs} know.
    """

    host: str
    port: int
    plain_host: str
    plain_port: int
    certificate: Path
    key: Path
    secrets: dict[str, str] = field(repr=False)


def render(listening: Listening) -> str:
    """Write the configuration of a router."""
    worker = {
        "type": "router",
        "realms": [{"name": REALM, "roles": [_server(), _consumer()]}],
        "transports": [_with_tls(listening), _plain(listening)],
    }
    return json.dumps({"version": 2, "workers": [worker]}, indent=2)


def _server() -> dict[str, Any]:
    return {"name": SERVER, "permissions": [_rule("", *_EVERYTHING)]}


def _consumer() -> dict[str, Any]:
    # The longest prefix that fits is what counts.
    rules = [_rule("", "call", "subscribe"), _rule(f"{BASE_URI}.data_node.", "subscribe")]
    return {"name": CONSUMER, "permissions": rules}


def _rule(prefix: str, *allowed: str) -> dict[str, Any]:
    allow = {what: what in allowed for what in _EVERYTHING}
    return {"uri": prefix, "match": "prefix", "allow": allow, "cache": True}


def _with_tls(listening: Listening) -> dict[str, Any]:
    tls = {"key": str(listening.key), "certificate": str(listening.certificate)}
    roles = {SERVER: SERVER, WEB: CONSUMER}
    users = {
        user: {"secret": secret, "role": roles[user]} for user, secret in listening.secrets.items()
    }
    auth = {"wampcra": {"type": "static", "users": users}}
    endpoint = {**_endpoint(listening.host, listening.port), "tls": tls}
    return {"type": "web", "endpoint": endpoint, "paths": {"ws": _websocket(auth)}}


def _plain(listening: Listening) -> dict[str, Any]:
    # OCS says nothing of who it is, and may do everything.
    auth = {"anonymous": {"type": "static", "role": SERVER}}
    options = {"post_body_limit": _LARGEST_BODY}
    call = {"type": "caller", "realm": REALM, "role": CONSUMER, "options": options}
    # A path "/" would hide the others.
    websocket = _websocket(auth, allowed_origins=LOCAL_PAGES, allow_null_origin=False)
    endpoint = _endpoint(listening.plain_host, listening.plain_port)
    return {"type": "web", "endpoint": endpoint, "paths": {"ws": websocket, "call": call}}


def _endpoint(host: str, port: int) -> dict[str, Any]:
    version = 6 if ":" in host else 4
    return {"type": "tcp", "version": version, "interface": host, "port": port}


def _websocket(auth: dict[str, Any], **options: Any) -> dict[str, Any]:
    limits = {"max_message_size": MESSAGE_SIZE, "max_frame_size": MESSAGE_SIZE}
    return {
        "type": "websocket",
        "options": {**limits, **_PING, "tcp_nodelay": True, **options},
        "auth": auth,
    }
