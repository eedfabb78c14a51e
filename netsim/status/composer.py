"""Composes a project's status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.logger import Logger

from netsim.status.board import MAX_STATUS, Board
from netsim.status.hardware import hardware, platform_facts
from netsim.status.interfaces import IActions
from netsim.worker import Submit

__all__ = ["Composer"]

MEASURE_EVERY = 1.0
"""Seconds."""


class Composer:
    """
    Puts together what a program shows, and what every program does: its actions, and
    the machine it runs on.

    @ivar board: the program's values.
    """

    log = Logger()

    def __init__(
        self,
        seconds: Callable[[], float],
        now: Callable[[], float],
        submit: Submit,
        actions: IActions | None = None,
        watches: Callable[[], object] | None = None,
        display_name: str | None = None,
        mute: bool = False,
    ) -> None:
        """
        @param seconds: a clock that only runs forward.
        @param now: Unix time.
        @param submit: runs in a thread what looks at the machine, which takes a while.
        @param watches: called each time before; may set values.
        """
        self.board = Board()
        self._own = Board(reserved=None)
        self._seconds = seconds
        self._now = now
        self._submit = submit
        self._actions = actions
        self._watches = watches
        self._mute = mute
        self._measured: float | None = None
        self._has_platform = False
        self._left_out: list[str] = []
        if display_name is not None:
            self._own.set("display_name", display_name, now())

    def compose(self, dropped: int) -> bytes:
        """
        Give the status, as JSON.

        @param dropped: messages that were dropped.
        """
        self._watch()
        self._measure()
        now = self._now()
        self._own.set("__action", self._actions.describe() if self._actions else {}, now)
        self._own.set("__link", {"dropped": dropped}, now)
        own, _ = self._own.members()
        members, left_out = self.board.members(MAX_STATUS - sum(map(len, own)))
        self._tell(left_out)
        return b"{%b}" % b",".join([*own, *members])

    def _watch(self) -> None:
        if self._watches is None:
            return
        try:
            self._watches()
        except Exception:  # noqa: BLE001 - the rest can still be shown
            self.log.failure("some values cannot be told")

    def _measure(self) -> None:
        now = self._seconds()
        if self._measured is None or now - self._measured >= MEASURE_EVERY:
            # Not again until it is done, however long it takes.
            self._measured = float("inf")
            self._submit(self._look).addErrback(self._unseen).addCallback(self._looked)

    def _look(self) -> None:
        if not self._has_platform:
            self._own.set("platform", platform_facts(), self._now())
            self._has_platform = True
        found = hardware()
        if found is not None:
            self._own.set("hardware", found, self._now(), MEASURE_EVERY)

    def _unseen(self, failure: Any) -> None:
        self.log.debug("the machine cannot be looked at: {error}", error=failure.value)

    def _looked(self, _: None) -> None:
        self._measured = self._seconds()

    def _tell(self, left_out: list[str]) -> None:
        if left_out and not self._left_out and not self._mute:
            self.log.warn(
                "the status is too large; left out are the largest values, which are {keys}",
                keys=", ".join(left_out[:10]),
            )
        self._left_out = left_out
