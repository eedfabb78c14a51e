"""
Clients of a replay, in memory.

The server's end is Twisted's own TCP transport on a socket that is none, so that
buffers, flow control, half-closes and resets are those of real connections.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable
from errno import EPIPE, EWOULDBLOCK
from functools import partial
from socket import IPPROTO_TCP, SO_LINGER, SOL_SOCKET, TCP_NODELAY
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ServerFactory
from twisted.internet.tcp import Server
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

PATIENCE = 20
"""Seconds after which a thread that says nothing is taken for dead."""


class Reactor(MemoryReactorClock):
    """
    A clock, connections in memory, and a queue of what threads want to be called.

    @ivar clients: those that have connected.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clients: list[Client] = []
        self._calls: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()

    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:
        self._calls.put(partial(call, *args))

    def until(self, condition: Callable[[], Any]) -> None:
        """Do what threads ask for, and move bytes, until this is true."""
        self.pump()
        while not condition():
            self._calls.get(timeout=PATIENCE)()
            self.pump()

    def idle(self) -> bool:
        """No thread wants anything."""
        return self._calls.empty()

    def pump(self) -> None:
        """Move bytes between clients and server until nothing moves."""
        while sum(client.turn() for client in self.clients):
            pass

    def pass_time(self, seconds: float) -> None:
        """Let time pass, then move bytes."""
        self.advance(seconds)
        self.pump()


class Socket:
    """
    The kernel's side of the server's end.

    @ivar segments: what the client has sent and the server has not read.
    @ivar window: how many bytes the client will still take.
    @ivar half_closed: the server says no more.
    @ivar prompt: small segments do not wait for acknowledgements.
    """

    def __init__(self, window: float) -> None:
        self.segments: deque[bytes] = deque()
        self.received = bytearray()
        self.window = window
        self.no_more = False
        self.gone = False
        self.half_closed = False
        self.closed = False
        self.reset = self.prompt = False

    def setblocking(self, blocking: bool) -> None:
        pass

    def fileno(self) -> int:
        return 1 << 20

    def recv(self, size: int) -> bytes:
        if not self.segments:
            return b""
        segment = self.segments.popleft()
        if len(segment) > size:
            self.segments.appendleft(segment[size:])
        return segment[:size]

    def send(self, data: bytes) -> int:
        if self.gone:
            raise OSError(EPIPE, "the client is gone")
        if not self.window:
            raise OSError(EWOULDBLOCK, "the client does not read")
        taken = bytes(data[: int(min(len(data), self.window))])
        self.received += taken
        self.window -= len(taken)
        return len(taken)

    def shutdown(self, how: int) -> None:
        self.half_closed = True

    def setsockopt(self, level: int, option: int, value: Any) -> None:
        self.reset = self.reset or (level, option) == (SOL_SOCKET, SO_LINGER)
        self.prompt = self.prompt or (level, option, value) == (IPPROTO_TCP, TCP_NODELAY, 1)

    def close(self) -> None:
        self.closed = True


class Client:
    """
    A client that has connected to a factory.

    @param window: how many bytes it takes until it is told to L{read} more.
    """

    def __init__(
        self, reactor: Reactor, factory: ServerFactory, window: float = float("inf")
    ) -> None:
        port = 50001 + len(reactor.clients)
        self.socket = Socket(window)
        self._reactor = reactor
        protocol = factory.buildProtocol(None)
        self.transport = Server(self.socket, protocol, ("127.0.0.1", port), None, port, reactor)
        reactor.clients.append(self)
        protocol.makeConnection(self.transport)
        reactor.pump()

    def say(self, *segments: bytes) -> None:
        """Send these, one by one."""
        self.socket.segments.extend(segments)
        self._reactor.pump()

    def say_each(self, segments: Iterable[bytes]) -> None:
        """Send these, each after the server had its say."""
        for segment in segments:
            self.say(segment)

    def half_close(self) -> None:
        """Say no more, and go on reading."""
        self.socket.no_more = True
        self._reactor.pump()

    def leave(self) -> None:
        """Close; what the server goes on to say is refused."""
        self.socket.gone = True
        self.half_close()

    def read(self, size: float = float("inf")) -> None:
        """Take this many more bytes."""
        self.socket.window += size
        self._reactor.pump()

    @property
    def received(self) -> bytes:
        """Everything that it was sent."""
        return bytes(self.socket.received)

    @property
    def told_end(self) -> bool:
        """The server says no more, and still listens."""
        return self.socket.half_closed and not self.socket.closed

    @property
    def closed(self) -> bool:
        """The server has closed the connection."""
        return self.socket.closed

    @property
    def unheard(self) -> int:
        """Bytes that the server has not read."""
        return sum(map(len, self.socket.segments))

    @property
    def buffered(self) -> int:
        """Bytes that wait in the server's transport."""
        transport = self.transport
        return len(transport.dataBuffer) - transport.offset + transport._tempDataLen

    def turn(self) -> bool:
        """What a reactor does when its selector returns; whether anything was done."""
        transport, socket = self.transport, self.socket
        moved = False
        if transport in self._reactor.getWriters() and (socket.window or socket.gone):
            self._end_of(transport.doWrite(), False)
            moved = True
        if transport in self._reactor.getReaders() and (socket.segments or socket.no_more):
            self._end_of(transport.doRead(), True)
            moved = True
        return moved

    def _end_of(self, reason: Exception | None, reading: bool) -> None:
        if reason is None:
            return
        self._reactor.removeReader(self.transport)
        if reading and isinstance(reason, ConnectionDone):
            self.transport.readConnectionLost(Failure(reason))
        else:
            self._reactor.removeWriter(self.transport)
            self.transport.connectionLost(Failure(reason))
