"""What connects a program to the status daemon."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from random import SystemRandom
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, gatherResults, succeed

from netsim.errors import InputError
from netsim.status.board import Board
from netsim.status.calls import Calls
from netsim.status.composer import Composer
from netsim.status.http import OwnHttp
from netsim.status.interfaces import IActions
from netsim.status.lines import LineWriter
from netsim.status.message import ACTION, CLI, Message, name_problem
from netsim.status.model import Settings
from netsim.status.outgoing import Outgoing
from netsim.status.sync import Sync
from netsim.worker import Submit, Worker

__all__ = ["Link"]

FLUSH_WITHIN = 1.0
"""Seconds that the end of a link waits for what was still to be sent."""


class Link(MultiService):
    """
    Tells the daemon what a program is doing, and does what its page asks for.

    It is used in the reactor's thread.  Whether there is a daemon or not: it does not
    wait, does not fail, and does not grow; what it cannot send it keeps, up to
    C{settings.queue} messages.
    """

    def __init__(
        self,
        reactor: Any,
        name: str,
        settings: Settings,
        *,
        actions: IActions | None = None,
        watches: Callable[[], object] | None = None,
        http: Any = None,
        random: Callable[[], float] | None = None,
        now: Callable[[], float] = clock.time,
        submit: Submit | None = None,
        endpoint: Any = None,
    ) -> None:
        """
        @param name: the project's.
        @param actions: what can be done to the program.
        @param watches: called before each sync; may set values.
        @param http: what the status is sent with, such as treq.
        @param random: gives numbers from 0 up to 1.
        @param now: Unix time.
        @param submit: runs in a thread what looks at the machine.
        @param endpoint: how the WebSocket is reached; see L{netsim.status.keeper.Keeper}.
        @raise InputError: there cannot be a project of this name, or what it takes to
            talk to a daemon is not installed.
        """
        super().__init__()
        if problem := name_problem(name):
            raise InputError(f"the project's name {problem}")
        random = random or SystemRandom().random
        self._now = now
        self._lines = LineWriter(name)
        self._calls = Calls(name, actions)
        self._outgoing = Outgoing(settings.queue, self._mark)
        self._worker = Worker(reactor, "netsim-status")
        self._composer = Composer(
            *(reactor.seconds, now, submit or self._worker.submit, actions, watches),
            *(settings.display_name, settings.mute),
        )
        keeper_of, sender_of = _parts()
        self._sender = sender_of(
            reactor,
            self._outgoing,
            lambda member: keeper_of(reactor, settings, name, CLI, member, random, endpoint),
            joined=self._joined,
            received=self._received,
        )
        self._http = OwnHttp(reactor)
        self._sync = Sync(
            *(reactor, settings, name, self._compose, random, http or self._http),
            arrived=self._sender.keeper.retry,
        )
        self._waiting: list[Deferred[None]] = []

    @property
    def board(self) -> Board:
        """The values that are shown; any thread may set them."""
        return self._composer.board

    @property
    def is_connected(self) -> bool:
        """Whether logs go to the daemon, and actions come from it."""
        return self._sender.keeper.connection is not None

    @property
    def dropped(self) -> int:
        """Messages that were dropped, all in all."""
        return self._outgoing.dropped

    def set(self, key: str, value: Any, interval: float | None = None) -> None:
        """
        Show a value.

        @param interval: seconds after which it will be set again, if that is known.
        @raise ValueError: see L{Board.set}.
        """
        self.board.set(key, value, self._now(), interval)

    def log(self, level: str, message: str, whom: str = "", time: float | None = None) -> None:
        """
        Send a log line, or keep it until there is somebody to send it to.

        @param level: C{debug}, C{info}, C{warning}, C{error} or C{critical}.
        @param whom: who says it, such as the name of a logger.
        @param time: Unix time; now, if it is not given.
        @raise ValueError: there is no such level.
        """
        when = self._now() if time is None else time
        self._sender.push(self._lines.write(level, message, whom, when))

    def when_connected(self) -> Deferred[None]:
        """
        Fires when L{is_connected} is true.

        @raise CancelledError: the link was stopped before.
        """
        if self.is_connected:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def retry(self) -> None:
        """There is reason to believe that the daemon is there now: do not wait."""
        self._sender.keeper.retry()
        self._sync.retry()

    def startService(self) -> None:
        """Begin; the first status is sent at once."""
        if not self.running:
            super().startService()
            self._sender.keeper.start()
            self._sync.start()

    def stopService(self) -> Deferred[Any]:
        """Send what is left, as far as the daemon takes it within a second, and say goodbye."""
        if not self.running:
            return succeed(None)
        told = gatherResults(
            [
                super().stopService(),
                self._sender.flush(FLUSH_WITHIN),
                self._sync.stop(FLUSH_WITHIN),
            ]
        )
        return told.addCallback(self._end)

    def _end(self, _: object) -> Deferred[Any]:
        self._worker.stop()
        for waiting in self._waiting[:]:
            waiting.cancel()
        return gatherResults([self._sender.stop(), self._http.close()])

    def _joined(self) -> None:
        self._sync.retry()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def _received(self, connection: Any, message: Message) -> None:
        if message.event_type == ACTION:

            def answer(text: bytes | None) -> None:
                if text is not None:
                    self._sender.answer(connection, text)

            self._calls.call(message).addCallback(answer)

    def _compose(self) -> bytes:
        return self._composer.compose(self.dropped)

    def _mark(self, count: int) -> bytes:
        text = f"{count} messages were dropped: the status daemon did not take them in time"
        return self._lines.write("warning", text, "netsim.status", self._now())


def _parts() -> tuple[Any, Any]:
    """Import what needs autobahn, which not everybody has."""
    try:
        from netsim.status.keeper import Keeper
        from netsim.status.sender import Sender
    except ImportError as error:
        raise InputError(
            f"to talk to a status daemon takes `pip install netsim[daemon]`: {error}"
        ) from None
    return Keeper, Sender
