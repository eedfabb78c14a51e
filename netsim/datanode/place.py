"""Where the router is, and what it wants to know: options, environment, a hub's directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from netsim.datanode.model import SERVER
from netsim.errors import HostError
from netsim.rundir import state_directory

__all__ = [
    "CERTIFICATE",
    "CONSTANTS",
    "CONSUMER_SECRET",
    "KEY",
    "SECRET",
    "constant",
    "default_url",
    "find_certificate",
    "find_secret",
    "hub_directory",
    "plain_url",
    "read_secret",
    "split_url",
]

CERTIFICATE = "server_cert.pem"
KEY = "server_key.pem"
SECRET = "secret"
CONSUMER_SECRET = "consumer_secret"
"""Files in a hub's directory; the last two are what C{server} and C{simonsobs} know."""

CONSTANTS = ("WAMP_SECRET", "WAMP_URI", "WAMP_USER")
"""Those of the document that depend on the environment."""

TLS_PORT = "8080"
OCS_PORT = "8001"
LOCAL = Path(".crossbar")
"""Where the deployments of the document mount the directory."""


def hub_directory(environment: Mapping[str, str]) -> Path:
    """Where a hub of this user keeps its certificate, its secrets and what it generates."""
    return state_directory(environment) / "hub"


def default_url(environment: Mapping[str, str]) -> str:
    """Where the router speaks TLS."""
    host = environment.get("CROSSBAR_HOST") or "127.0.0.1"
    return f"wss://{_bracketed(host)}:{environment.get('CROSSBAR_TLS_PORT') or TLS_PORT}/ws"


def plain_url(environment: Mapping[str, str]) -> str:
    """Where the router speaks to OCS, without TLS."""
    host = environment.get("CROSSBAR_HOST") or "127.0.0.1"
    return f"ws://{_bracketed(host)}:{environment.get('CROSSBAR_OCS_PORT') or OCS_PORT}/ws"


def split_url(text: str) -> str:
    """
    Read the URL of a router's WebSocket.

    @raise ValueError: what was expected.
    """
    expected = "expected an address such as wss://127.0.0.1:8080/ws"
    try:
        parts = urlsplit(text)
        wrong = parts.scheme not in ("ws", "wss") or not parts.hostname or parts.port == 0
        if wrong or parts.username or parts.query or parts.fragment:
            raise ValueError
    except ValueError:
        raise ValueError(expected) from None
    return text


def find_certificate(environment: Mapping[str, str], directory: Path | None = None) -> Path | None:
    """
    Find the certificate to trust.

    @param directory: a hub's, where it was told; else this directory's C{.crossbar}, then the
        user's own hub are looked at.
    """
    places = [directory] if directory else [LOCAL, hub_directory(environment)]
    found = (place / CERTIFICATE for place in places)
    return next((path for path in found if path.is_file()), None)


def find_secret(
    environment: Mapping[str, str], user: str = SERVER, directory: Path | None = None
) -> str | None:
    """
    Find what a user knows: the environment tells, or a hub of this machine.

    @raise HostError: a file that is there cannot be read.
    """
    if secret := environment.get("WAMP_SECRET"):
        return secret
    name = SECRET if user == SERVER else CONSUMER_SECRET
    places = [directory] if directory else [LOCAL, hub_directory(environment)]
    found = (place / name for place in places)
    return next((read_secret(path) for path in found if path.exists()), None)


def read_secret(path: Path) -> str:
    """
    Read what a user knows, from a file that holds nothing else.

    @raise HostError: it cannot be read.
    """
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise HostError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def constant(name: str) -> str | None:
    """The value of a constant of the document: it depends on the environment."""
    environment = os.environ
    if name == "WAMP_URI":
        return default_url(environment)
    user = environment.get("WAMP_USER") or SERVER
    return user if name == "WAMP_USER" else find_secret(environment, user)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
