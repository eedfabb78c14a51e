"""
A connection: libuv's protocol and Twisted's transport in one object.

libuv calls the methods with underscores (asyncio's names), Twisted's protocol the
others.  There is nothing between them: what is read goes on to C{dataReceived},
and what is written is written by libuv's own C{write}.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from twisted.internet.abstract import _LogOwner
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IPushProducer,
    ISystemHandle,
    ITCPTransport,
    ITLSTransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.reactor.consumer import Consumer
from netsim.reactor.producer import Producer

_RESET = struct.pack("ii", 1, 0)
_BY_TLS = ("writeSequence", "loseConnection", "registerProducer", "unregisterProducer")
"""Methods that an open connection has of its own with TLS."""

_log = Logger()


class Owner(Protocol):
    """Who opened a connection."""

    def begin(self, connection: Connection) -> None:
        """It is open: build its protocol, and serve that."""

    def ended(self, reason: Failure) -> None:
        """Its protocol has heard that it is lost."""

    def describe(self, connection: Connection) -> str:
        """Its prefix in the log."""

    def represent(self, connection: Connection) -> str:
        """What C{repr} says of it."""


@implementer(ITCPTransport, ITLSTransport, IConsumer, IPushProducer, ISystemHandle)
class Connection(Producer, Consumer, _LogOwner):
    """
    One open connection of either side.

    @ivar socket: its socket, which belongs to libuv: it reads, writes and closes it.
    @ivar addr: what a client was told to connect to.
    @ivar sessionno: how many its port had accepted before.
    """

    sessionno = 0
    addr: Any = None
    lends_socket = True
    """While it does not read and has nothing to send, others may, on a copy of its socket."""

    _tlsClientDefault = False
    _reason: Exception | None = None

    def __init__(
        self,
        sock: socket.socket,
        reactor: Any,
        owner: Owner,
        peer: IAddress,
        host: Callable[[socket.socket], IAddress],
    ) -> None:
        self.socket = sock
        self.reactor = reactor
        self._loop: Any = reactor._asyncioEventloop
        self._owner = owner
        self._peer = peer
        self._host = host

    def __repr__(self) -> str:
        return self._owner.represent(self)

    def serve(self, protocol: Any) -> None:
        """Let this protocol have the connection."""
        self.protocol = protocol
        protocol.makeConnection(self)

    def drop(self) -> None:
        """Close at once, and tell nobody."""
        self.disconnected, self.connected = True, False
        self.reactor.connections.discard(self)
        self._uv.abort()

    # What Twisted's protocols call.

    def loseConnection(self) -> None:
        """
        Send all that was written, and close.

        Not at once: what is still written in this turn belongs to it.
        """
        if self.connected and not self.disconnecting:
            self.disconnecting = True
            self.pauseProducing()
            self._finish_soon()

    def abortConnection(self) -> None:
        """Close at once with a reset; what is not sent yet is lost."""
        if self.disconnected or self._reason is not None:
            return
        self._reason = ConnectionAborted()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._uv.abort()

    def stopProducing(self) -> None:
        """The consumer of what is read here is gone."""
        self.loseConnection()

    def getHost(self) -> Any:
        """The address on this side."""
        return self._host(self.socket)

    def getPeer(self) -> Any:
        """The address on the other side."""
        return self._peer

    def getHandle(self) -> socket.socket:
        """The socket."""
        return self.socket

    def fileno(self) -> int:
        """The socket's number, -1 when it is closed."""
        return self.socket.fileno()

    def getTcpNoDelay(self) -> bool:
        """Whether small data is sent at once."""
        return bool(self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Send small data at once, or wait until what was sent before has arrived."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, enabled)

    def getTcpKeepAlive(self) -> bool:
        """Whether the system looks from time to time if the other side is there."""
        return bool(self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Have the system look from time to time if the other side is there."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, enabled)

    def logPrefix(self) -> str:
        """What the log says of whom it is about."""
        return self._owner.describe(self)

    @property
    def logstr(self) -> str:
        """The same, under the name that Twisted's transports have for it."""
        return self.logPrefix()

    def startTLS(self, contextFactory: Any, normal: bool = True) -> None:
        """Encrypt from here on; C{normal} is false where the client listens."""
        # Here, as it loads OpenSSL.
        from netsim.reactor.tls import start

        start(self, contextFactory, normal)

    # What libuv calls.

    def connection_made(self, uv: Any) -> None:
        """It is open."""
        self._uv = uv
        self.connected = True
        self.reactor.connections.add(self)
        self._write_through(uv.write)
        try:
            self._owner.begin(self)
        except BaseException:  # noqa: BLE001
            # libuv would leave it open, and never read from it.
            _log.failure("A protocol failed")
        if self.paused:
            # libuv begins to read after this, whatever was said before.
            self._loop.call_soon(self._pause_again)

    def connection_lost(self, error: BaseException | None) -> None:
        """It is closed."""
        if not self.disconnected:
            self.lost(_reason(self._reason or error))

    def cut(self, reason: Failure) -> None:
        """Close at once, and say so at once: libuv will not come to it."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._uv.abort()
        try:
            self.lost(reason)
        except BaseException:  # noqa: BLE001
            _log.failure("A protocol failed")

    connectionLost = cut

    # The pieces of it.

    def lost(self, reason: Failure) -> None:
        """Tell everybody that it is gone."""
        self.connected, self.disconnected = False, True
        self.reactor.connections.discard(self)
        del self.write, self._raw_write
        if self.TLS:
            for name in _BY_TLS:
                self.__dict__.pop(name, None)
        protocol, self.protocol = self.protocol, None
        producer, self.producer = self.producer, None
        try:
            if producer is not None:
                producer.stopProducing()
            protocol.connectionLost(reason)
        finally:
            self._owner.ended(reason)

    def _safely(self, call: Callable[[], None]) -> None:
        """What raises in a producer or protocol loses its connection, and nothing else."""
        try:
            call()
        except BaseException as error:  # noqa: BLE001
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, OSError):
            _log.failure("A protocol failed", Failure(error))
        self._uv._force_close(error)


_DONE = Failure(ConnectionDone())
_LOST = Failure(ConnectionLost())


def _reason(error: BaseException | None) -> Failure:
    """Why it is lost, as Twisted's own transports say it."""
    if error is None:
        return _DONE
    if isinstance(error, OSError):
        # Of libuv's own errors none was ever raised: this one came from a protocol,
        # and nobody has told the log of it.
        if error.__traceback__ is None:
            return _LOST
        _log.failure("A protocol failed", Failure(error))
    return Failure(error)
