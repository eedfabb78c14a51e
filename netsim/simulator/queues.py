"""The queue through which a system's own threads send to one client."""

from __future__ import annotations

import queue
from collections.abc import Callable
from time import monotonic
from typing import Any


class StatusQueue(queue.Queue[Any]):
    """
    A C{queue.Queue(1)} that tells when something was put into it.

    Systems use it from threads of their own, with everything that C{Queue} has
    (WIRE.md, section 4).  Nobody waits in C{get} for them: C{arrived} is called
    instead, in the thread that put.  Once closed, it swallows what is put, and lets
    go whoever waits.
    """

    def __init__(self, arrived: Callable[[], None]) -> None:
        super().__init__(1)
        self._arrived = arrived
        self._closed = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """
        Put something in, when there is room.

        @raise queue.Full: there was none, within so many seconds.
        @raise ValueError: the seconds are negative, as C{Queue} has it.
        """
        if block and timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        end = None if timeout is None else monotonic() + timeout
        with self.not_full:
            while not self._closed and self._qsize():
                rest = None if end is None else end - monotonic()
                if not block or (rest is not None and rest <= 0):
                    raise queue.Full
                self.not_full.wait(rest)
            if self._closed:
                return
            self._put(item)
            self.unfinished_tasks += 1
            self.not_empty.notify()
        self._arrived()

    def close(self) -> None:
        """Nobody takes anything out any more."""
        with self.mutex:
            self._closed = True
            self.queue.clear()
            self.not_full.notify_all()
