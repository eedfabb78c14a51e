"""
The files that an action module reads and writes: a thread on one side, the reactor on the other.

Both are bounded.  Data that nobody wants to read pauses the client; output that
the client does not take blocks the thread.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition

from netsim.errors import PeerError

LIMIT = 1 << 18
"""Bytes that wait in a pipe before its writer has to."""
MAX_LINE = 1 << 20
"""A longer line is an error (bytes)."""


class InputPipe:
    """
    What the client sends, as the blocking file C{inp} of an action.

    @param drained: called, in the reader's thread, when a full pipe has room again.
    """

    def __init__(self, drained: Callable[[], None]) -> None:
        self._drained = drained
        self._data = bytearray()
        self._changed = Condition()
        self._closed = False
        self._was_full = False
        self._enough: Callable[[], bool] | None = None

    def begin(self, data: bytes, ended: bool) -> None:
        """An action begins: what has come already, and whether that was all."""
        with self._changed:
            self._closed = ended
        self.feed(data)

    def feed(self, data: bytes) -> bool:
        """More has come; whether there is room for still more."""
        with self._changed:
            self._data += data
            satisfied = self._enough is None or self._enough()
            self._was_full = satisfied and len(self._data) > LIMIT
            self._changed.notify_all()
            return not self._was_full

    def close(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> bytes:
        """Everything that was not read."""
        with self._changed:
            return self._cut(len(self._data))

    def read(self, n: int = -1) -> bytes:
        """C{n} bytes, or all there are until the end; fewer only at the end."""
        with self._changed:
            self._wait_for(lambda: 0 <= n <= len(self._data))
            return self._cut(len(self._data) if n < 0 else n)

    def readline(self) -> bytes:
        """
        A line with its newline; without one only at the end.

        @raise PeerError: the line is longer than L{MAX_LINE}.
        """
        with self._changed:
            self._wait_for(lambda: b"\n" in self._data or len(self._data) > MAX_LINE)
            end = self._data.find(b"\n") + 1 or len(self._data)
            if end > MAX_LINE:
                raise PeerError(f"the client sent a line of more than {MAX_LINE} bytes")
            return self._cut(end)

    def _wait_for(self, enough: Callable[[], bool]) -> None:
        # What is waited for may not fit: then a full pipe has room all the same.
        if not enough():
            self._make_room()
        self._enough = enough
        self._changed.wait_for(lambda: self._closed or enough())
        self._enough = None

    def _cut(self, n: int) -> bytes:
        data = bytes(self._data[:n])
        del self._data[:n]
        if len(self._data) <= LIMIT:
            self._make_room()
        return data

    def _make_room(self) -> None:
        if self._was_full:
            self._was_full = False
            self._drained()


class OutputPipe:
    """
    What an action writes, on its way to the client; the file C{outp}.

    @param wake: has L{drain} called on the reactor.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._pieces: list[bytes] = []
        self._size = 0
        self._changed = Condition()
        self._closed = False

    def write(self, data: bytes) -> int:
        """
        Send this; waits while the client does not read.

        @raise BrokenPipeError: the client is gone.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._size < LIMIT)
            if self._closed:
                raise BrokenPipeError("the client is gone")
            self._pieces.append(bytes(data))
            self._size += len(data)
        self._wake()
        return len(data)

    def flush(self) -> None:
        """Wait until everything was handed to the connection."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._size)

    def drain(self) -> bytes:
        """On the reactor: what was written since."""
        with self._changed:
            data = b"".join(self._pieces)
            self._pieces.clear()
            self._size = 0
            self._changed.notify_all()
            return data

    def close(self) -> None:
        """The client is gone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
