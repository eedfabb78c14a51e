"""What connects a program to the status daemon."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from random import SystemRandom
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, gatherResults, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from netsim.errors import InputError
from netsim.status.board import MAX_STATUS, Board
from netsim.status.calls import Calls
from netsim.status.hardware import hardware, platform_facts
from netsim.status.interfaces import IActions
from netsim.status.lines import LineWriter
from netsim.status.message import ACTION, CLI, Message, name_problem
from netsim.status.model import Settings
from netsim.status.outgoing import Outgoing
from netsim.status.sync import OwnHttp, Sync
from netsim.worker import Submit, Worker

__all__ = ["Link"]

FLUSH_WITHIN = 1.0
"""Seconds that the end of a link waits for what was still to be sent."""

_BATCH = 64 << 10
"""Bytes that are written at once."""

_MEASURE_EVERY = 1.0
"""Seconds."""


class Link(MultiService):
    """
    Tells the daemon what a program is doing, and does what its page asks for.

    It is used in the reactor's thread.  Whether there is a daemon or not: it does not
    wait, does not fail, and does not grow; what it cannot send it keeps, up to
    C{settings.queue} messages.

    @ivar board: the values that are shown; any thread may set them.
    """

    _logger = Logger()

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
        @param submit: where the hardware is looked at, which takes a while.
        @param endpoint: how the WebSocket is reached; see L{netsim.status.keeper.Keeper}.
        @raise InputError: there cannot be a project of this name, or what it takes to
            talk to a daemon is not installed.
        """
        super().__init__()
        if problem := name_problem(name):
            raise InputError(f"the project's name {problem}")
        make_keeper = _keeper()
        self.board = Board()
        self._facts = Board(reserved=None)
        self._settings = settings
        self._name = name
        self._reactor = reactor
        self._now = now
        self._actions = actions
        self._watches = watches
        self._lines = LineWriter(name)
        self._calls = Calls(name, actions)
        self._outgoing = Outgoing(settings.queue, self._mark)
        self._http = OwnHttp(reactor)
        random = random or SystemRandom().random
        self._keeper = make_keeper(reactor, settings, name, CLI, self, random, endpoint)
        self._sync = Sync(
            *(reactor, settings, name, self._compose, random),
            http or self._http,
            self._keeper.retry,
        )
        self._worker = None if submit else Worker(reactor, "netsim-status")
        self._submit: Submit = submit or self._worker.submit
        self._measured: float | None = None
        self._has_platform = False
        self._left_out: list[str] = []
        self._flushing: IDelayedCall | None = None
        self._probed = 0
        self._waiting: list[Deferred[None]] = []
        self._flushed: Deferred[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether logs go to the daemon, and actions come from it."""
        return self._keeper.connection is not None

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
        self._outgoing.push(self._lines.write(level, message, whom, time or self._now()))
        self._flush_soon()

    def when_connected(self) -> Deferred[None]:
        """Fires when L{is_connected} is true; it may be cancelled."""
        if self.is_connected:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def retry(self) -> None:
        """There is reason to believe that the daemon is there now: do not wait."""
        self._keeper.retry()
        self._sync.retry()

    def startService(self) -> None:
        """Begin."""
        if not self.running:
            super().startService()
            self._keeper.start()
            self._sync.start()

    def stopService(self) -> Deferred[Any]:
        """Send what is left, as far as the daemon takes it within a second, and say goodbye."""
        if not self.running:
            return succeed(None)
        stopped = super().stopService()
        told = gatherResults([self._flush_all(), self._sync.stop(FLUSH_WITHIN)])
        return told.addCallback(lambda _: self._end()).addCallback(lambda _: stopped)

    # What the keeper of the WebSocket tells.

    def joined(self, connection: Any) -> None:
        """Logs are not held back any more."""
        self._probed = 0
        self._sync.retry()
        self._flush()
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def received(self, connection: Any, message: Message) -> None:
        """Somebody calls an action."""
        if message.event_type != ACTION:
            return

        def answer(text: bytes | None) -> None:
            # Another connection may know nothing of the question.
            if text is None or connection is not self._keeper.connection:
                return
            if self._outgoing.answer(text):
                self._flush_soon()
            else:
                connection.abort()

        self._calls.call(message).addCallback(answer)

    def ponged(self) -> None:
        """What was sent has arrived."""
        self._outgoing.confirm(self._probed)
        self._ask()

    def drained(self) -> None:
        """The daemon reads."""
        self._flush()

    def left(self) -> None:
        """What has not arrived has to be sent again."""
        self._outgoing.lost()

    # Messages.

    def _flush_soon(self) -> None:
        if self._flushing is None and self._keeper.connection is not None:
            self._flushing = self._reactor.callLater(0, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        self._flushing = None
        connection = self._keeper.connection
        while self._outgoing and connection is not None and connection.ready:
            connection.send(self._outgoing.take(_BATCH))
        self._ask()
        if not self._outgoing and self._flushed is not None:
            flushed, self._flushed = self._flushed, None
            flushed.callback(None)

    def _ask(self) -> None:
        if self._outgoing.unconfirmed:
            position = self._outgoing.position
            if self._keeper.probe():
                self._probed = position

    def _flush_all(self) -> Deferred[None]:
        if not self._outgoing or not (self.is_connected or self._keeper.is_trying):
            return succeed(None)
        flushed = self._flushed = Deferred()
        self._flush_soon()
        return flushed.addTimeout(FLUSH_WITHIN, self._reactor).addErrback(lambda _: None)

    def _end(self) -> Deferred[Any]:
        self._flushed = None
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        if self._worker is not None:
            self._worker.stop()
        for waiting in self._waiting[:]:
            waiting.cancel()
        return gatherResults([self._keeper.stop(), self._http.close()])

    def _mark(self, count: int) -> bytes:
        text = f"{count} messages were dropped: the status daemon did not take them in time"
        return self._lines.write("warning", text, "netsim.status", self._now())

    # The status.

    def _compose(self) -> bytes:
        if self._watches is not None:
            self._watches()
        self._measure()
        now = self._now()
        self._facts.set("__action", self._actions.describe() if self._actions else {}, now)
        self._facts.set("__link", {"dropped": self.dropped}, now)
        if self._settings.display_name is not None:
            self._facts.set("display_name", self._settings.display_name, now)
        own, _ = self._facts.members()
        room = MAX_STATUS - sum(map(len, own))
        members, left_out = self.board.members(room)
        if left_out != self._left_out:
            self._left_out = left_out
            self._tell_left_out()
        return b"{%b}" % b",".join([*own, *members])

    def _tell_left_out(self) -> None:
        if self._left_out and not self._settings.mute:
            self._logger.warn(
                "the status of {name} is too large; these values are left out: {keys}",
                name=self._name,
                keys=", ".join(self._left_out[:10]),
            )

    def _measure(self) -> None:
        now = self._reactor.seconds()
        if self._measured is None or now - self._measured >= _MEASURE_EVERY:
            # Until this is done there is no other.
            self._measured = float("inf")
            self._submit(self._look).addBoth(self._looked)

    def _look(self) -> None:
        if not self._has_platform:
            self._facts.set("platform", platform_facts(), self._now())
            self._has_platform = True
        found = hardware()
        if found is not None:
            self._facts.set("hardware", found, self._now(), _MEASURE_EVERY)

    def _looked(self, result: Any) -> None:
        self._measured = self._reactor.seconds()


def _keeper() -> Any:
    """Import what needs autobahn, which not everybody has."""
    try:
        from netsim.status.keeper import Keeper
    except ImportError as error:
        raise InputError(
            f"to talk to a status daemon takes `pip install netsim[daemon]`: {error}"
        ) from None
    return Keeper
