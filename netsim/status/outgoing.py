"""What waits to be sent to a daemon that may not be there, or does not read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

__all__ = ["MAX_BYTES", "Outgoing"]

MAX_BYTES = 16 << 20
"""What the messages that wait may hold together."""


class Outgoing:
    """
    A queue of messages that is bounded: beyond the bounds the oldest are dropped.

    What was taken is kept until L{confirm} says that it has arrived, and is taken
    again after L{lost}: what a connection had not delivered when it broke is sent over
    the next one.  Answers are for the connection over which they were asked for: they
    are not dropped, taken first, and gone with it.

    @ivar dropped: messages that were dropped so far, all in all.
    """

    def __init__(
        self, limit: int, mark: Callable[[int], bytes], limit_bytes: int = MAX_BYTES
    ) -> None:
        """
        @param limit: messages that are kept.
        @param mark: makes a message of how many were dropped, which is sent in their place.
        @param limit_bytes: of them together; of the answers together, too.
        """
        self.dropped = 0
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._mark = mark
        self._waiting: deque[bytes] = deque()
        self._taken: deque[bytes] = deque()
        self._answers: deque[bytes] = deque()
        self._bytes = self._answer_bytes = 0
        self._missing = self._position = 0

    def __bool__(self) -> bool:
        """Whether there is something to take."""
        return bool(self._waiting or self._answers or self._missing)

    @property
    def position(self) -> int:
        """How many times a message was taken so far, for L{confirm}; answers do not count."""
        return self._position

    @property
    def unconfirmed(self) -> int:
        """Messages that were taken, of which nobody knows whether they have arrived."""
        return len(self._taken)

    def push(self, text: bytes) -> None:
        """Add a message."""
        self._waiting.append(text)
        self._bytes += len(text)
        while self._is_full():
            self._drop()

    def answer(self, text: bytes) -> bool:
        """Add an answer; whether there is room for it."""
        if self._answer_bytes + len(text) > self._limit_bytes:
            return False
        self._answers.append(text)
        self._answer_bytes += len(text)
        return True

    def take(self, size: int) -> list[bytes]:
        """Take the oldest messages, until they have so many bytes."""
        taken = []
        for text in self._next():
            taken.append(text)
            size -= len(text)
            if size <= 0:
                break
        return taken

    def confirm(self, position: int) -> None:
        """All that had been taken at this position have arrived."""
        while self._taken and self._position - len(self._taken) < position:
            self._bytes -= len(self._taken.popleft())

    def lost(self) -> None:
        """The connection is gone: what has not arrived has to be sent again."""
        self._waiting.extendleft(reversed(self._taken))
        self._taken.clear()
        self._answers.clear()
        self._answer_bytes = 0

    def _is_full(self) -> bool:
        count = len(self._waiting) + len(self._taken)
        return count > self._limit or self._bytes > self._limit_bytes

    def _next(self) -> Iterator[bytes]:
        while self._answers:
            text = self._answers.popleft()
            self._answer_bytes -= len(text)
            yield text
        if self._missing:
            missing, self._missing = self._missing, 0
            text = self._mark(missing)
            self._keep(text)
            self._bytes += len(text)
            yield text
        while self._waiting:
            text = self._waiting.popleft()
            self._keep(text)
            yield text

    def _keep(self, text: bytes) -> None:
        self._taken.append(text)
        self._position += 1

    def _drop(self) -> None:
        # What was sent has arrived, as far as one can know.
        if self._taken:
            self._bytes -= len(self._taken.popleft())
            return
        self._bytes -= len(self._waiting.popleft())
        self._missing += 1
        self.dropped += 1
