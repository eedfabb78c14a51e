"""
What a worker thread speaks through while a connection is its own.

A busy connection is read and written by its thread, with no way round through the
reactor: that way, there and back, takes longer than most systems take to answer.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

IDLE = 0.05
"""Seconds without a word after which a connection goes back to the reactor."""

_SEGMENT = 1 << 16


class Line(Protocol):
    """Both directions of a connection, in a worker thread."""

    def send(self, data: bytes) -> bool:
        """Send all of it, however long that takes; false when the client is gone."""

    def receive(self) -> bytes:
        """What has come; nothing when it is the reactor's turn to listen."""

    def hang_up(self) -> None:
        """Let go a thread that waits; in any thread."""

    def close(self) -> None:
        """No thread uses it any more."""


def line(transport: Any, write: Callable[[bytes], None], reactor: Any) -> Line:
    """The line of a transport that has stopped reading."""
    # Here, as it loads OpenSSL where there is no reactor yet.
    from twisted.internet.tcp import Server

    # Only of these kinds is it known that nobody else reads or writes meanwhile.
    lends = type(transport) is Server or getattr(transport, "lends_socket", False)
    if lends and not transport.TLS:
        # There may be no file descriptor left for it.
        with suppress(OSError):
            return SocketLine(transport.getHandle().dup())
    return ReactorLine(write, reactor)


class SocketLine:
    """A socket of its own for the same connection: one that nobody closes meanwhile."""

    def __init__(self, own: socket.socket) -> None:
        self._socket = own
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(own, select.POLLIN)
        self._writable.register(own, select.POLLOUT)

    def send(self, data: bytes) -> bool:
        rest = memoryview(data)
        try:
            while (sent := self._send(rest)) < len(rest):
                rest = rest[sent:]
                if not sent:
                    self._writable.poll()
        except OSError:
            return False
        return True

    def receive(self) -> bytes:
        try:
            return self._socket.recv(_SEGMENT) if self._readable.poll(IDLE * 1000) else b""
        except OSError:
            return b""

    def hang_up(self) -> None:
        """Let go a thread that waits; in any thread."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """No thread uses it any more."""
        self._socket.close()

    def _send(self, rest: memoryview) -> int:
        try:
            return self._socket.send(rest)
        except BlockingIOError:
            return 0


class ReactorLine:
    """The way round through the reactor, for every other transport."""

    def __init__(self, write: Callable[[bytes], None], reactor: Any) -> None:
        self._write = write
        self._reactor = reactor

    def send(self, data: bytes) -> bool:
        self._reactor.callFromThread(self._write, data)
        return True

    def receive(self) -> bytes:
        return b""

    def hang_up(self) -> None:
        """Nobody waits."""

    def close(self) -> None:
        """There is nothing to close."""
