"""How long to wait before something is tried again."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Backoff"]


class Backoff:
    """
    Delays that double from failure to failure, up to a limit.

    Chance makes each a little shorter, so that many who have lost the same server do
    not all come back to it at once.
    """

    def __init__(
        self,
        random: Callable[[], float],
        first: float = 1.0,
        limit: float = 30.0,
        jitter: float = 0.25,
        lasting: float = 10.0,
    ) -> None:
        """
        @param random: gives numbers from 0 up to 1.
        @param first: seconds of the first delay, before chance shortens it.
        @param limit: seconds that no delay exceeds.
        @param jitter: the part of a delay that is left to chance, from 0 up to 1.
        @param lasting: seconds that something has to hold to have been a success.
        """
        self._random = random
        self._first = first
        self._limit = limit
        self._jitter = jitter
        self._lasting = lasting
        self._next = min(first, limit)

    def delay(self) -> float:
        """Seconds to wait now, after a failure."""
        delay, self._next = self._next, min(self._next * 2, self._limit)
        return delay * (1 - self._jitter * self._random())

    def held(self, seconds: float) -> bool:
        """
        It worked for so long; say whether that was a success, after which delays start anew.

        What breaks as soon as it works is no reason to try more often.
        """
        succeeded = seconds >= self._lasting
        if succeeded:
            self._next = min(self._first, self._limit)
        return succeeded
