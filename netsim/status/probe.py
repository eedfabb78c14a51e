"""Asks whether what was sent has arrived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall

from netsim.status.connection import Connection

__all__ = ["ANSWER_WITHIN", "ASK_EVERY", "Probe"]

ANSWER_WITHIN = 20.0
ASK_EVERY = 20.0
"""Seconds; where nobody else asks, to find out that the other side is gone."""


class Probe:
    """
    Pings one connection, with one ping at a time.

    A daemon that has answered before and does so no more is gone, though TCP may not
    know it for hours.  Of one that never answers nothing can be told that way: TCP has
    to find out.
    """

    def __init__(self, reactor: Any, connection: Connection, arrived: Callable[[], None]) -> None:
        """@param arrived: called when all that had been sent before the ping has arrived."""
        self._reactor = reactor
        self._connection = connection
        self._arrived = arrived
        self._timer: IDelayedCall | None = None
        self._is_asking = self._was_answered = False

    def ask(self) -> bool:
        """Ping; False while an answer is still to come."""
        if self._is_asking:
            return False
        self.stop()
        self._is_asking = True
        self._connection.ping(b"netsim")
        self._timer = self._reactor.callLater(ANSWER_WITHIN, self._unanswered)
        return True

    def answered(self) -> None:
        """A pong has come."""
        if not self._is_asking:
            return
        self._was_answered = True
        self.stop()
        self._timer = self._reactor.callLater(ASK_EVERY, self.ask)
        self._arrived()

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._is_asking = False
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _unanswered(self) -> None:
        self._is_asking = False
        if self._was_answered:
            self._connection.abort()
        else:
            self._arrived()
