"""
Keeps what projects log and tell, on disk or in memory, in a thread of its own.

Rows gather here, in the reactor's thread, until the thread takes all that there are: after
a quarter of a second, or when there are many.  While it writes them, the next ones gather.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.daemon.history import Gathering, HistoryQuery, Kept, LogQuery, Retention
from netsim.daemon.interfaces import IArchive
from netsim.daemon.logline import severity_of
from netsim.daemon.model import Logged, Synced
from netsim.daemon.store import Store
from netsim.errors import DatabaseError
from netsim.rundir import state_directory
from netsim.worker import Worker

__all__ = ["Archive", "default_path"]

DELAY = 0.25
"""Seconds that a row waits to be written."""

MANY = 1000
"""Rows that do not wait."""

EXPIRY = 60.0
"""Seconds between two looks for what is too old."""

CLOSING = 1.0
"""Seconds in which the last rows have to be written."""

R = TypeVar("R")


def default_path(port: int, environment: Mapping[str, str]) -> Path:
    """Where a daemon keeps its history if nobody says where: one file for each port."""
    return state_directory(environment) / f"daemon-{port}.sqlite"


@implementer(IArchive)
class Archive:
    """
    The history of all projects.

    @ivar path: where it should be on disk, if it should.
    @ivar trouble: why it is not on disk, though it should be.
    """

    log = Logger()

    def __init__(
        self, reactor: Any, path: Path | None, retention: Retention, now: Callable[[], float]
    ) -> None:
        """
        @param reactor: its clock, and the way back from a thread.
        @param path: of the database; without one it is in memory.
        @param now: Unix time.
        """
        self.path = path
        self.trouble: str | None = None
        self._reactor = reactor
        self._now = now
        self._keeper = _Keeper(path, retention)
        self._worker = Worker(reactor, "netsim archive")
        self._gathering = Gathering(retention)
        self._timer: IDelayedCall | None = None
        self._is_writing = False
        self._is_closed = False
        self._waiting: list[Deferred[None]] = []
        """Those who wait until everything is on its way to the thread."""
        self._expiring = LoopingCall(self._expire)
        self._expiring.clock = reactor

    def load(self) -> Deferred[list[Kept]]:
        """Open the database, and give the projects that are in it; comes first."""
        self._expiring.start(EXPIRY, now=False)
        now = self._now()
        return self._do(lambda store: store.projects(now))

    def logged(self, event: Logged, now: float) -> None:
        """Keep a line."""
        message = event.message
        self._gathering.add_line(message.name, (now, severity_of(message.payload), event.text))
        self._gathered()

    def synced(self, event: Synced, now: float) -> None:
        """Keep a status."""
        self._gathering.add_status(event.name, (now, event.status))
        self._gathered()

    def logs(self, query: LogQuery) -> Deferred[list[bytes]]:
        """
        Give the last lines of a project that were asked for, the oldest first.

        @return: each as a JSON object: C{id}, C{time}, C{level}, C{payload}.  It fails with
            L{ValueError} where there is no such level.
        """
        return self._ask(lambda store: store.logs(query))

    def history(self, query: HistoryQuery) -> Deferred[list[bytes]]:
        """
        Give the last statuses of a project, the oldest first.

        @return: each as a JSON object: C{time}, C{status}.
        """
        return self._ask(lambda store: store.history(query))

    def forget(self, name: str) -> None:
        """Remove everything of a project."""
        self._gathering.forget(name)
        self._do(lambda store: store.forget(name)).addErrback(self._failed)

    def close(self) -> Deferred[None]:
        """Write what is left, if the disk lets us within a second."""
        if self._is_closed:
            return succeed(None)
        self._is_closed = self._keeper.is_closing = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._expiring.running:
            self._expiring.stop()
        closed = self._flush().addCallback(lambda _: self._end())
        return closed.addTimeout(CLOSING, self._reactor).addErrback(self._failed)

    def _gathered(self) -> None:
        if self._is_closed:
            return
        if self._gathering.count >= MANY:
            self._write()
        elif self._timer is None:
            self._timer = self._reactor.callLater(DELAY, self._waited)

    def _waited(self) -> None:
        self._timer = None
        self._write()

    def _write(self) -> None:
        """Give what has gathered to the thread, unless that has not done the last of it."""
        if self._is_writing or not self._gathering.count:
            return
        self._is_writing = True
        self._tell_dropped()
        batch = self._gathering.take()
        writing = self._do(lambda store: store.write(batch))
        writing.addErrback(self._failed).addCallback(self._written)

    def _written(self, _: object) -> None:
        self._is_writing = False
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._write()
        elif self._gathering.count:
            self._gathered()
        for each in waiting:
            each.callback(None)

    def _flush(self) -> Deferred[None]:
        """Fires when everything that has gathered until now is on its way to the thread."""
        if self._is_writing:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            return waiting
        self._write()
        return succeed(None)

    def _ask(self, action: Callable[[Store], list[bytes]]) -> Deferred[list[bytes]]:
        return self._flush().addCallback(
            lambda _: self._told_by(self._worker.submit(self._keeper.ask, action))
        )

    def _do(self, action: Callable[[Store], Any]) -> Deferred[Any]:
        return self._told_by(self._worker.submit(self._keeper.do, action))

    def _told_by(self, outcome: Deferred[Any]) -> Deferred[Any]:
        return outcome.addBoth(self._tell_trouble)

    def _tell_trouble(self, outcome: R) -> R:
        """Say once that the disk cannot be used."""
        if self._keeper.trouble != self.trouble:
            self.trouble = self._keeper.trouble
            self.log.error(
                "cannot use the database {trouble}; what comes is kept in memory",
                trouble=self.trouble,
            )
        return outcome

    def _tell_dropped(self) -> None:
        if dropped := self._gathering.dropped:
            self._gathering.dropped = 0
            self.log.warn(
                "{dropped} lines or statuses were not kept: they came faster than the "
                "database takes them",
                dropped=dropped,
            )

    def _expire(self) -> Deferred[None]:
        now = self._now()
        return self._do(lambda store: store.expire(now)).addErrback(self._failed)

    def _end(self) -> Deferred[None]:
        ending = self._told_by(self._worker.submit(self._keeper.close))
        self._worker.stop()
        return ending

    def _failed(self, failure: Failure) -> None:
        if failure.check(TimeoutError):
            self.log.warn("the database takes too long; what came last may not be kept")
        elif failure.check(DatabaseError):
            self.log.error("cannot keep what was logged: {reason}", reason=failure.value)
        else:
            self.log.failure("cannot keep what was logged", failure)


class _Keeper:
    """
    Works in the thread; where the disk fails it goes on in memory, with what is in hand.

    @ivar trouble: why the disk cannot be used.
    @ivar is_closing: questions are not worth the time any more.
    """

    def __init__(self, path: Path | None, retention: Retention) -> None:
        self.trouble: str | None = None
        self.is_closing = False
        self._path = path
        self._retention = retention
        self._store: Store | None = None

    def do(self, action: Callable[[Store], R]) -> R:
        """
        Do this with the store.

        @raise DatabaseError: not even memory will do.
        """
        try:
            return action(self._opened())
        except DatabaseError as error:
            if self._path is None:
                raise
            self.trouble = str(error)
        self._path = None
        self._let_go()
        return action(self._opened())

    def ask(self, action: Callable[[Store], list[bytes]]) -> list[bytes]:
        """Do this unless the daemon ends."""
        return [] if self.is_closing else self.do(action)

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()

    def _opened(self) -> Store:
        if self._store is None:
            self._store = Store(self._path, self._retention)
        return self._store

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with suppress(DatabaseError):
                store.close()
