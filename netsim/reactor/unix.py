"""Unix connections: they send file descriptors, too."""

from __future__ import annotations

import socket
from array import array
from typing import Any

from twisted.internet.error import FileDescriptorOverrun
from twisted.internet.interfaces import IUNIXTransport
from zope.interface import implementer

from netsim.reactor.connection import Connection

_MANY = 64
"""File descriptors that wait before a producer is paused, as in Twisted's transports."""

_AGAIN = 0.01
"""Seconds until a system that takes no file descriptors is asked again."""


@implementer(IUNIXTransport)
class UNIXConnection(Connection):
    """
    One open Unix connection of either side.

    libuv cannot send file descriptors, so they are sent past it, each with one byte
    of what is written next, as soon as all before that is sent.
    """

    _descriptors: list[int]
    _waiting: bytes = b""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._descriptors = []

    def sendFileDescriptor(self, fileno: int) -> None:
        """Send this with the next byte that is written."""
        self._descriptors.append(fileno)
        if len(self._descriptors) == _MANY + 1 and self.streamingProducer:
            self._pause_producer()
        if len(self._descriptors) == 1 and self.connected:
            self._write_through(self._write_behind)
            self._uv.set_write_buffer_limits(0)
            self._loop.call_soon(self._send_descriptors)

    def resume_writing(self) -> None:
        """Nearly all is sent."""
        super().resume_writing()
        if self._descriptors:
            self._send_descriptors()

    def getTcpNoDelay(self) -> bool:
        """There is no such thing here."""
        return False

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is no such thing here."""

    def _write_behind(self, data: bytes) -> None:
        self._waiting += data

    def _send_descriptors(self) -> None:
        if not self.connected or self._full or not self._descriptors:
            return
        if len(self._descriptors) > len(self._waiting):
            self._uv._force_close(FileDescriptorOverrun())
        elif self._all_sent():
            data, self._waiting = self._waiting, b""
            self._write_as_ever()
            self._raw_write(data)
            if self.producerPaused and not self._full:
                self._safely(self._resume_producer)
            if self.disconnecting:
                self._finish()
        else:
            self._loop.call_later(_AGAIN, self._send_descriptors)

    def _all_sent(self) -> bool:
        try:
            while self._descriptors:
                rights = array("i", self._descriptors[:1])
                ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                self.socket.sendmsg([self._waiting[:1]], ancillary)
                del self._descriptors[0]
                self._waiting = self._waiting[1:]
        except BlockingIOError:
            return False
        except OSError as error:
            self._descriptors.clear()
            self._uv._force_close(error.with_traceback(None))
        return True

    def _finish(self) -> None:
        """Close, unless something waits: it has its say first."""
        if self._descriptors:
            self._finishing = None
        else:
            super()._finish()
