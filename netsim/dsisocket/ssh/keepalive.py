"""Finds out that a server is gone which does not say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

__all__ = ["Keepalive"]


class Keepalive:
    """Asks the server time and again; any answer will do."""

    def __init__(
        self,
        clock: Any,
        interval: float,
        missed: int,
        ask: Callable[[], Deferred[Any]],
        gone: Callable[[float], None],
    ) -> None:
        """
        @param interval: seconds between questions; with 0 nothing is asked.
        @param missed: so many unanswered in a row mean that the server is gone.
        @param ask: asks; what it gives fires with the answer, or fails with a refusal.
        @param gone: called once, with the seconds for which nothing was answered.
        """
        self._clock = clock
        self._interval = interval
        self._missed = missed
        self._ask = ask
        self._gone = gone
        self._unanswered = 0
        self._next: IDelayedCall | None = None

    def start(self) -> None:
        """Begin."""
        if self._interval > 0:
            self._next = self._clock.callLater(self._interval, self._tick)

    def stop(self) -> None:
        """Ask no more."""
        later, self._next = self._next, None
        if later is not None:
            later.cancel()

    def _tick(self) -> None:
        self._next = None
        if self._unanswered >= self._missed:
            self._gone(self._unanswered * self._interval)
            return
        self._unanswered += 1
        self._ask().addBoth(self._answered)
        self._next = self._clock.callLater(self._interval, self._tick)

    def _answered(self, _: object) -> None:
        self._unanswered = 0
