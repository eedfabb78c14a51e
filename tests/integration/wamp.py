"""
Programs that speak WAMP as those of the field do, on the library C{websocket-client}.

What they do of the protocol is in its specification: https://wamp-proto.org, the basic profile.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import websocket

from netsim.datanode.model import BASE_URI, REALM
from tests.integration.processes import PATIENCE

__all__ = ["Member", "WampError"]

HELLO, WELCOME, ABORT, CHALLENGE, AUTHENTICATE, GOODBYE = 1, 2, 3, 4, 5, 6
ERROR, PUBLISH, SUBSCRIBE, SUBSCRIBED, EVENT = 8, 16, 32, 33, 36
CALL, RESULT, REGISTER, REGISTERED, INVOCATION, YIELD = 48, 50, 64, 65, 68, 70
ROLES = {role: {} for role in ("caller", "callee", "publisher", "subscriber")}


class WampError(Exception):
    """The router, or who was called, says no; the first argument is the URI of the error."""


class Member:
    """
    A session, anonymous or of a user.

    @ivar session: its number.
    """

    def __init__(
        self,
        url: str,
        user: str | None = None,
        secret: str = "",
        certificate: Path | None = None,
        **options: Any,
    ) -> None:
        """@raise WampError: the router does not let it in."""
        tls = {"ca_certs": str(certificate), "check_hostname": False} if certificate else {}
        self._socket = websocket.create_connection(
            url, PATIENCE, subprotocols=["wamp.2.json"], sslopt=tls, **options
        )
        self._numbers = count(1)
        self._events: list[tuple[str, Any]] = []
        self._topics: dict[int, str] = {}
        self._procedures: dict[int, Callable[..., Any]] = {}
        details = {"roles": ROLES, "authmethods": ["wampcra" if user else "anonymous"]}
        self._send(HELLO, REALM, {**details, **({"authid": user} if user else {})})
        code, *rest = self._receive()
        if code == CHALLENGE:
            signed = hmac.new(secret.encode(), rest[1]["challenge"].encode(), hashlib.sha256)
            self._send(AUTHENTICATE, base64.b64encode(signed.digest()).decode(), {})
            code, *rest = self._receive()
        if code == ABORT:
            raise WampError(rest[1], rest[0])
        assert code == WELCOME, (code, rest)
        self.session: int = rest[0]

    def call(self, procedure: str, *arguments: Any) -> Any:
        """Call a procedure; what follows the base URI is enough of its name."""
        answer = self._ask(RESULT, CALL, {}, _uri(procedure), list(arguments))
        return (answer[3] if len(answer) > 3 else [None])[0]

    def register(self, procedure: str, result: Callable[..., Any]) -> None:
        """Do something when it is called; that is while this waits for something itself."""
        answer = self._ask(REGISTERED, REGISTER, {}, _uri(procedure))
        self._procedures[answer[2]] = result

    def subscribe(self, topic: str) -> None:
        """Hear of a topic."""
        answer = self._ask(SUBSCRIBED, SUBSCRIBE, {}, _uri(topic))
        self._topics[answer[2]] = topic

    def publish(self, topic: str, *arguments: Any) -> None:
        """Tell a topic."""
        self._send(PUBLISH, next(self._numbers), {}, topic, list(arguments))

    def event(self) -> tuple[str, Any]:
        """Wait for an event: of which topic, and its first argument."""
        while not self._events:
            self._handle(self._receive())
        return self._events.pop(0)

    def add(self, name: str, description: str = "", session: int | None = None) -> Any:
        """Come as a node; the answer of the hub."""
        for procedure in ("get_fields", "get_data"):
            self.register(f"consumer.{name}.{procedure}", lambda *arguments: [{}, {}])
        return self.call("data_node.add", name, description, session or self.session)

    def close(self) -> None:
        """Drop the connection, without a word."""
        self._socket.shutdown()

    def wait_closed(self) -> None:
        """Wait until the router has closed the connection."""
        try:
            while True:
                self._handle(self._receive())
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            pass

    def _ask(self, expected: int, code: int, *rest: Any) -> list[Any]:
        number = next(self._numbers)
        self._send(code, number, *rest)
        while True:
            message = self._receive()
            if message[:3] == [ERROR, code, number]:
                raise WampError(message[4], *(message[5] if len(message) > 5 else ()))
            if message[:2] == [expected, number]:
                return message
            self._handle(message)

    def _handle(self, message: list[Any]) -> None:
        if message[0] == EVENT:
            arguments = message[4] if len(message) > 4 else [None]
            self._events.append((self._topics[message[1]], arguments[0]))
        elif message[0] == INVOCATION:
            arguments = message[4] if len(message) > 4 else []
            self._send(YIELD, message[1], {}, [self._procedures[message[2]](*arguments)])

    def _send(self, *message: Any) -> None:
        self._socket.send(json.dumps(message))

    def _receive(self) -> list[Any]:
        message: list[Any] = json.loads(self._socket.recv())
        return message


def _uri(name: str) -> str:
    return name if name.startswith("wamp.") else f"{BASE_URI}.{name}"
