"""The way of log lines from all threads to the reactor."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Protocol

__all__ = ["Line", "Mailbox"]

Line = tuple[str, str, str, float]
"""Level, message, who says it, and Unix time."""

BATCH = 500
"""Lines that are delivered in one turn of the reactor."""

MOST_CHARACTERS = 16 << 20
"""Characters that wait."""


class Deliver(Protocol):
    """Takes a line, on the reactor."""

    def __call__(self, level: str, message: str, whom: str, time: float) -> object: ...


class Mailbox:
    """
    Takes lines from any thread, and wakes the reactor once for all that come together.

    Beyond its bounds, which only a reactor that does not turn lets it reach, the oldest
    lines are dropped.

    @ivar dropped: how many, all in all.
    """

    def __init__(self, reactor: Any, deliver: Deliver, limit: int) -> None:
        """@param limit: lines that wait."""
        self.dropped = 0
        self._reactor = reactor
        self._deliver = deliver
        self._limit = limit
        self._lines: deque[Line] = deque()
        self._size = 0
        self._told = 0
        self._is_awake = False
        # A signal handler may log in the very thread that has it.
        self._lock = threading.RLock()

    def put(self, line: Line) -> None:
        """Take a line; from any thread."""
        with self._lock:
            self._lines.append(line)
            self._size += len(line[1])
            while len(self._lines) > self._limit or (
                self._size > MOST_CHARACTERS and len(self._lines) > 1
            ):
                self._size -= len(self._lines.popleft()[1])
                self.dropped += 1
            wakes, self._is_awake = not self._is_awake, True
        if wakes:
            self._reactor.callFromThread(self._turn)

    def drain(self) -> None:
        """Deliver all that is here; on the reactor."""
        while self._lines:
            self._deliver_some()

    def _turn(self) -> None:
        with self._lock:
            self._is_awake = False
        self._deliver_some()
        with self._lock:
            if not self._lines or self._is_awake:
                return
            self._is_awake = True
        # Others have their turn first.
        self._reactor.callLater(0, self._turn)

    def _deliver_some(self) -> None:
        with self._lock:
            lines = [self._lines.popleft() for _ in range(min(BATCH, len(self._lines)))]
            self._size -= sum(len(line[1]) for line in lines)
            dropped, self._told = self.dropped - self._told, self.dropped
        if dropped and lines:
            text = f"{dropped} messages were dropped: the program's reactor did not turn"
            self._deliver("warning", text, "netsim.status", lines[0][3])
        for line in lines:
            self._deliver(*line)
