"""HTTP in memory: requests as bytes, answers as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

from attrs import frozen
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.web.resource import IResource

from netsim.web.site import LONGEST, make_site

HOST = "127.0.0.1:5000"
HERE = IPv4Address("TCP", "127.0.0.1", 40000)


@frozen
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def value(self) -> Any:
        """The JSON of its body."""
        return json.loads(self.body)


class Connection:
    """A connection of a client, which can write whatever it likes."""

    def __init__(self, root: IResource, longest: int = LONGEST, peer: Any = HERE) -> None:
        self.clock = Clock()
        self.transport = StringTransport(peerAddress=peer)
        self.transport.abortConnection = self.transport.loseConnection
        site = make_site(root, longest, self.clock)
        site.startFactory()
        self.protocol = site.buildProtocol(peer)
        self.protocol.makeConnection(self.transport)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.protocol.dataReceived(data)

    def leave(self) -> None:
        """Close it."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    @property
    def received(self) -> bytes:
        """All that came back."""
        return self.transport.value()

    def answer(self, method: str = "GET") -> Answer:
        """The first answer that came back."""
        return parsed(self.received, method)


def request_text(
    method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Write a request."""
    fields = {"Host": HOST, **(headers or {})}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


def parsed(data: bytes, method: str = "GET") -> Answer:
    """Read an answer."""

    class _Socket:
        def makefile(self, mode: str) -> BytesIO:
            return BytesIO(data)

    response = HTTPResponse(_Socket(), method=method)  # type: ignore[arg-type]
    response.begin()
    return Answer(response.status, response.headers, response.read())


def ask(
    root: IResource,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    longest: int = LONGEST,
    peer: Any = HERE,
) -> Answer:
    """Make one request, on a connection of its own, that is answered at once."""
    connection = Connection(root, longest, peer)
    connection.write(request_text(method, path, body, headers))
    connection.leave()
    return connection.answer(method)
