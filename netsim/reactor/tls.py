"""C{startTLS}: Twisted's own TLS, put between an open connection and its protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet._newtls import startTLS

from netsim.reactor.connection import Connection


class Raw:
    """What TLS itself uses of a connection: the methods as they were before."""

    loseConnection = Connection.loseConnection
    registerProducer = Connection.registerProducer
    unregisterProducer = Connection.unregisterProducer

    def write(self: Any, data: bytes) -> None:
        """Send what is encrypted."""
        self._raw_write(data)

    def writeSequence(self: Any, iovec: Iterable[bytes]) -> None:
        """Send what is encrypted."""
        self._raw_write(b"".join(iovec))


def start(connection: Any, contextFactory: Any, normal: bool) -> None:
    """Encrypt a connection from here on."""
    producer, streaming = connection.producer, connection.streamingProducer
    connection.unregisterProducer()
    startTLS(connection, contextFactory, normal, Raw)
    encrypted = connection.protocol
    for name in ("write", "writeSequence", "registerProducer", "unregisterProducer"):
        setattr(connection, name, getattr(encrypted, name))
    connection.loseConnection = encrypted.loseConnection
    if producer is not None:
        connection.registerProducer(producer, streaming)
