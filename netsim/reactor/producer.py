"""
The reading side of a connection: what is read, and when.

libuv reads as soon as a connection is open, and may have read something already when it
is told to pause: that is kept here until its protocol wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol


class Producer:
    """
    Gives what is read to a protocol, unless it is paused.

    @ivar paused: nothing is read for now.
    """

    connected: bool
    disconnecting: bool
    protocol: Any
    paused = False

    _loop: Any
    _uv: Any
    _held: list[bytes] | None = None
    _at_end = False
    _end_held = False

    def pauseProducing(self) -> None:
        """Read no more for now."""
        if self.connected:
            self.paused = True
            self._uv.pause_reading()

    def resumeProducing(self) -> None:
        """Read again."""
        if not self.paused or not self.connected or self.disconnecting:
            return
        self.paused = False
        if self._held or self._end_held:
            self._loop.call_soon(self._release)
        elif not self._at_end:
            self._uv.resume_reading()

    startReading = resumeProducing
    stopReading = pauseProducing

    # What libuv calls.

    def data_received(self, data: bytes) -> None:
        """
        This was read.

        The method is looked up each time, as protocols do replace it.
        """
        if self.paused:
            self._uv.pause_reading()
            if self._held is None:
                self._held = []
            self._held.append(data)
        else:
            self.protocol.dataReceived(data)

    def eof_received(self) -> bool:
        """
        The other side sends no more.

        It is this side that closes, not libuv: it would first send what it keeps,
        for as long as the other side likes.
        """
        self._at_end, self._end_held = True, self.paused
        if not self.paused:
            self._safely(self._reading_ended)
        return True

    # The pieces of it.

    def _pause_again(self) -> None:
        if self.paused and self.connected:
            self._uv.pause_reading()

    def _release(self) -> None:
        """Hand over what was read in spite of a pause."""
        held = self._held or []
        while held and not self.paused and not self._uv.is_closing():
            self._safely(partial(self.protocol.dataReceived, held.pop(0)))
        if self.paused or not self.connected or held:
            return
        if self._end_held:
            self._end_held = False
            self._safely(self._reading_ended)
        else:
            self._uv.resume_reading()

    def _reading_ended(self) -> None:
        protocol: Any = IHalfCloseableProtocol(self.protocol, None)
        if protocol is None:
            self._uv.abort()
        else:
            protocol.readConnectionLost()

    def _safely(self, call: Callable[[], None]) -> None:
        """What raises in a producer or protocol loses its connection, and nothing else."""
        raise NotImplementedError
