"""A link as programs have it: its methods may be called in any thread, and cost little."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim import background
from netsim.errors import NetsimError
from netsim.status.actions import Actions
from netsim.status.board import Board
from netsim.status.handler import LogHandler, level_name
from netsim.status.launch import Launched, launch
from netsim.status.lines import LEVELS
from netsim.status.mailbox import Mailbox
from netsim.status.model import Settings
from netsim.status.observer import LogObserver
from netsim.status.watches import Watches
from netsim.worker import Worker

__all__ = ["CLOSE_WITHIN", "Link", "Service"]

CLOSE_WITHIN = 3.0
"""Seconds that L{Link.close} waits at most; most of it for a reactor that is busy."""

_LEVELS = {**{level: level for level in LEVELS}, "warn": "warning", "fatal": "critical"}


class Service(Protocol):
    """What is needed of L{netsim.status.link.Link}."""

    @property
    def board(self) -> Board: ...
    @property
    def is_connected(self) -> bool: ...
    @property
    def dropped(self) -> int: ...
    def set(self, key: str, value: Any, interval: float | None = None) -> None: ...
    def log(self, level: str, message: str, whom: str = "", time: float | None = None) -> None: ...
    def retry(self) -> None: ...
    def startService(self) -> None: ...
    def stopService(self) -> Deferred[Any]: ...


class Link:
    """
    What a program says to the status daemon.

    Whether a daemon is there or not, nothing here waits for it or fails because of it.
    When the program ends, what it said last is sent, which takes a second at most.

    In a process that was forked from the program's, a link does nothing.

    @ivar name: the project's.
    @ivar url: where the daemon is, or would be.
    """

    _logger = Logger()

    def __init__(
        self,
        reactor: Any,
        name: str,
        settings: Settings,
        make_service: Callable[..., Service],
        closed: Callable[[Link], object] = lambda link: None,
    ) -> None:
        """
        @param make_service: makes the link that is used on the reactor, as the class
            L{netsim.status.link.Link} does.
        @param closed: called when it is closed.
        """
        self.name = name
        self.url = settings.url
        self.actions = Actions(reactor)
        self._reactor = reactor
        self._settings = settings
        self._service = make_service(reactor, name, settings, actions=self.actions)
        self._watches = Watches(reactor, self._service.set, settings.interval)
        self._mailbox = Mailbox(reactor, self._service.log, settings.queue)
        self._closed = closed
        self._handler: LogHandler | None = None
        self._observer: LogObserver | None = None
        self._least = 0
        self._process = os.getpid()
        self._trigger: Any = None
        self._ended: Deferred[Any] | None = None
        self._is_closed = False

    @property
    def is_connected(self) -> bool:
        """Whether the daemon hears what is logged, and actions can be called."""
        return self._service.is_connected

    @property
    def dropped(self) -> int:
        """Messages that were dropped, as nobody was there to take them."""
        return self._service.dropped + self._mailbox.dropped

    def set(self, key: str, value: Any) -> None:
        """
        Show a value; it is sent with the next sync.

        @raise ValueError: JSON cannot say it, or the key cannot be used; see L{Board.set}.
        """
        self._service.board.set(key, value, time.time())

    def log(
        self, level: str | int, message: object, whom: str = "", time: float | None = None
    ) -> None:
        """
        Say a line.

        @param level: C{debug}, C{info}, C{warning}, C{error} or C{critical}, or a number
            of C{logging}.
        @param whom: who says it, such as the name of a logger.
        @param time: Unix time; now, if it is not given.
        @raise ValueError: there is no such level.
        """
        if self._is_closed or os.getpid() != self._process:
            return
        now = _now() if time is None else time
        self._mailbox.put((_level(level), str(message), str(whom), now))

    def close(self) -> Deferred[Any]:
        """
        Say goodbye; what was said is sent, which takes a second at most.

        @return: in the reactor's thread, where nobody may wait, it fires when all is done;
            else all is done already.
        """
        if os.getpid() != self._process:
            return succeed(None)
        self._detach()
        if background.is_here():
            return self._end()
        if getattr(self._reactor, "running", False):
            # One that is busy, or stops, ends the link by itself.
            with suppress(TimeoutError, RuntimeError):
                background.call(self._end, timeout=CLOSE_WITHIN)
        return succeed(None)

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        return f"<Link of {self.name!r} to {self.url}>"

    # For L{netsim.status.program.Program}.

    def begin(self) -> None:
        """Begin to speak with the daemon; on the reactor."""
        if self._is_closed:
            self._watches.stop()
            return
        self._trigger = self._reactor.addSystemEventTrigger("before", "shutdown", self._shut)
        self._service.startService()
        settings = self._settings
        if settings.launch and settings.is_local and settings.url.startswith("http:"):
            worker = Worker(self._reactor, "netsim daemon launcher")
            worker.submit(launch, settings).addCallbacks(self._launched, self._not_launched)
            worker.stop()

    def watch(self, function: Callable[[], Any], name: str | None, interval: float | None) -> None:
        """Show what a function returns; from any thread."""
        self._reactor.callFromThread(self._watches.add, function, name, interval)

    def forward_logs(self, level: int | str) -> None:
        """
        Say what is logged with C{logging}, or with Twisted.

        @raise ValueError: there is no such level.
        """
        self._handler = LogHandler(self.log, level)
        self._observer = LogObserver(self._log_event)
        self._least = LEVELS.index(level_name(self._handler.level))
        self._handler.start()
        self._observer.start()

    def _log_event(self, level: str, message: str, whom: str, time: float | None) -> None:
        if LEVELS.index(level) >= self._least:
            self.log(level, message, whom, time)

    def _launched(self, outcome: Launched) -> None:
        if not self._is_closed:
            self._service.retry()

    def _not_launched(self, failure: Failure) -> None:
        if not failure.check(NetsimError):
            self._logger.failure("A status daemon cannot be started", failure)
        elif not self._settings.mute:
            # Programs without Twisted see this.
            text = "No status daemon answers at %s, and none can be started: %s"
            logging.getLogger("netsim.status").warning(text, self.url, failure.getErrorMessage())

    def _detach(self) -> None:
        """Take no more lines."""
        # The reactor may do so at the same time.
        handler, self._handler = self._handler, None
        observer, self._observer = self._observer, None
        if handler is not None:
            handler.stop()
        if observer is not None:
            observer.stop()
        self._is_closed = True
        self._closed(self)

    def _shut(self) -> Deferred[Any]:
        """The reactor stops."""
        self._trigger = None
        return self._end()

    def _end(self) -> Deferred[Any]:
        """On the reactor."""
        self._detach()
        if self._ended is None:
            trigger, self._trigger = self._trigger, None
            if trigger is not None:
                self._reactor.removeSystemEventTrigger(trigger)
            self._watches.stop()
            self.actions.stop()
            self._mailbox.drain()
            self._ended = self._service.stopService()
            self._ended.addErrback(lambda failure: self._logger.failure("Cannot close", failure))
        # Whoever waits for it gets a Deferred of his own.
        waiting: Deferred[Any] = Deferred()
        self._ended.addBoth(lambda _: waiting.callback(None))
        return waiting


def _now() -> float:
    return time.time()


def _level(level: str | int) -> str:
    if isinstance(level, int):
        return level_name(level)
    found = _LEVELS.get(level) or _LEVELS.get(str(level).lower())
    if found is None:
        raise ValueError(f"there is no level {level!r}; they are {', '.join(LEVELS)}")
    return found
