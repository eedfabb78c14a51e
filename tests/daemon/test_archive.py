"""Tests for L{netsim.daemon.archive}."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.daemon import archive, history
from netsim.daemon.archive import Archive, default_path
from netsim.daemon.database import open_database
from netsim.daemon.history import HistoryQuery, Kept, LogQuery, Retention
from netsim.daemon.interfaces import IArchive
from netsim.daemon.model import Logged, Synced
from netsim.daemon.store import Store
from netsim.errors import DatabaseError
from netsim.status.message import LOG, Message

PATIENCE = 10
"""Seconds after which a thread is taken for hung."""


class Reactor(Clock):
    """A clock; what threads hand over is done when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )

    def callFromThread(self, function: Callable[..., Any], *args: Any) -> None:
        self._calls.put((function, args))

    def turn(self) -> None:
        """Wait for the next call, and do it."""
        function, args = self._calls.get(timeout=PATIENCE)
        function(*args)


class ArchiveTestCase(SynchronousTestCase):
    """A test with an archive, on disk unless L{path} is none."""

    retention = Retention()

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.path: Path | None = Path(self.mktemp()).absolute()
        self.writes: list[int] = []
        write = Store.write

        def counted(store: Store, batch: Any) -> None:
            self.writes.append(sum(map(len, [*batch.lines.values(), *batch.statuses.values()])))
            write(store, batch)

        self.patch(Store, "write", counted)

    def make(self) -> Archive:
        made = Archive(self.reactor, self.path, self.retention, self.reactor.seconds)
        self.addCleanup(self.close, made)
        return made

    def close(self, made: Archive) -> None:
        if not made._is_closed:
            self.result(made.close())

    def result(self, waiting: Deferred[Any]) -> Any:
        """Let the thread work until there is a result."""
        self.wait(waiting)
        return self.successResultOf(waiting)

    def wait(self, waiting: Deferred[Any]) -> None:
        results: list[Any] = []

        def got(result: Any) -> Any:
            results.append(result)
            return result

        waiting.addBoth(got)
        while not results:
            self.reactor.turn()

    def log(self, made: Archive, *payloads: Any, name: str = "a") -> None:
        for payload in payloads:
            message = Message(LOG, name, payload)
            made.logged(Logged(message, message.encode()), self.reactor.seconds())

    def payloads(self, made: Archive, name: str = "a", **query: Any) -> list[Any]:
        entries = self.result(made.logs(LogQuery(name, **query)))
        return [json.loads(entry)["payload"] for entry in entries]

    def rows(self, table: str) -> int:
        """How many rows are in the file of an archive that is closed."""
        assert self.path is not None
        with closing(sqlite3.connect(self.path)) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


class DefaultPathTests(SynchronousTestCase):
    """Where the database is if nobody says where."""

    def check(self, expected: str, **environment: str) -> None:
        self.assertEqual(Path(expected), default_path(5000, environment))

    def test_paths(self) -> None:
        """Where programs keep their state, one file for each port."""
        self.check("/s/netsim/daemon-5000.sqlite", XDG_STATE_HOME="/s", HOME="/h")
        self.check("/h/.local/state/netsim/daemon-5000.sqlite", HOME="/h")
        self.assertEqual("daemon-80.sqlite", default_path(80, {}).name)
        self.assertTrue(default_path(80, {}).is_absolute())

    def test_relative(self) -> None:
        """A path that is not absolute is none: the specification of XDG says so."""
        self.check("/h/.local/state/netsim/daemon-5000.sqlite", XDG_STATE_HOME="s", HOME="/h")


class KeepingTests(ArchiveTestCase):
    """What is logged and told comes back."""

    def test_interface(self) -> None:
        """It is what the switchboard needs."""
        self.assertTrue(verifyObject(IArchive, self.make()))

    def test_empty(self) -> None:
        """A new one has nothing."""
        made = self.make()
        self.assertEqual([], self.result(made.load()))
        self.assertEqual([], self.payloads(made))
        self.assertEqual([], self.result(made.history(HistoryQuery("a"))))
        self.assertIsNone(made.trouble)

    def test_logs(self) -> None:
        """Lines come back with their time and level, without waiting for them to be written."""
        made = self.make()
        self.reactor.advance(5.0)
        self.log(made, {"log": {"level": "error", "message": "x"}})
        [entry] = self.result(made.logs(LogQuery("a")))
        expected = {
            "id": 1,
            "time": 5.0,
            "level": "error",
            "payload": {"log": {"level": "error", "message": "x"}},
        }
        self.assertEqual(expected, json.loads(entry))

    def test_history(self) -> None:
        """So do statuses."""
        made = self.make()
        made.synced(Synced("a", {"n": {"value": 1, "timestamp": 1, "interval": 1}}), 5.0)
        entries = self.result(made.history(HistoryQuery("a")))
        self.assertEqual([{"time": 5.0, "status": {"n": 1}}], list(map(json.loads, entries)))

    def test_nextDaemon(self) -> None:
        """The next daemon knows the project, its status and its history."""
        made = self.make()
        self.result(made.load())
        self.log(made, "one", "two")
        made.synced(Synced("a", {"n": 1, "platform": {}}), 7.0)
        self.close(made)
        other = self.make()
        self.assertEqual([Kept("a", 7.0, {"n": 1, "platform": {}})], self.result(other.load()))
        self.assertEqual(["one", "two"], self.payloads(other))

    def test_memory(self) -> None:
        """Without a path it is the same, but for the next daemon."""
        self.path = None
        made = self.make()
        self.assertEqual([], self.result(made.load()))
        self.log(made, "one")
        self.assertEqual(["one"], self.payloads(made))
        self.assertIsNone(made.trouble)
        self.close(made)
        self.assertEqual([], self.result(self.make().load()))

    def test_forget(self) -> None:
        """Nothing is left of a project, be it written already or not."""
        made = self.make()
        self.log(made, "written")
        self.assertEqual(["written"], self.payloads(made))
        self.log(made, "not yet")
        self.log(made, "stays", name="b")
        made.forget("a")
        self.assertEqual([], self.payloads(made))
        self.assertEqual(["stays"], self.payloads(made, "b"))
        self.log(made, "anew")
        self.assertEqual(["anew"], self.payloads(made))

    def test_forgetWhileWriting(self) -> None:
        """Nor if it is being written."""
        made = self.make()
        self.log(made, "on its way")
        self.reactor.advance(archive.DELAY)
        made.forget("a")
        self.assertEqual([], self.payloads(made))

    def test_wrongLevel(self) -> None:
        """A level that does not exist is the asker's mistake, and no trouble."""
        made = self.make()
        waiting = made.logs(LogQuery("a", level="loud"))
        self.wait(waiting)
        self.failureResultOf(waiting, ValueError)
        self.assertIsNone(made.trouble)

    def test_expires(self) -> None:
        """What is too old is looked for every minute."""
        self.retention = Retention(age=100.0)
        made = self.make()
        self.result(made.load())
        self.log(made, "old")
        self.reactor.advance(archive.DELAY)
        self.reactor.turn()
        for seconds, left in ((60, ["old"]), (59, ["old"]), (1, [])):
            self.reactor.advance(seconds)
            self.assertEqual(left, self.payloads(made), seconds)


class WritingTests(ArchiveTestCase):
    """When the thread gets what has gathered."""

    def test_delay(self) -> None:
        """A row waits for a quarter of a second, and others go with it."""
        made = self.make()
        self.log(made, "one")
        self.reactor.advance(archive.DELAY / 2)
        self.log(made, "two")
        self.assertEqual([], self.writes)
        self.reactor.advance(archive.DELAY / 2)
        self.reactor.turn()
        self.assertEqual([2], self.writes)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_many(self) -> None:
        """Many do not wait."""
        self.patch(archive, "MANY", 5)
        made = self.make()
        self.log(made, *range(5))
        self.reactor.turn()
        self.assertEqual([5], self.writes)

    def test_oneAtATime(self) -> None:
        """While some are written the next ones gather, and go together."""
        self.patch(archive, "MANY", 5)
        made = self.make()
        self.log(made, *range(33))
        self.reactor.turn()
        self.assertEqual(5, self.writes[0])
        self.reactor.turn()
        self.assertEqual([5, 28], self.writes)

    def test_fewLeft(self) -> None:
        """Few that gathered meanwhile wait as others do."""
        made = self.make()
        self.log(made, 1)
        self.reactor.advance(archive.DELAY)
        self.log(made, 2)
        self.reactor.turn()
        self.assertEqual([1], self.writes)
        self.reactor.advance(archive.DELAY)
        self.reactor.turn()
        self.assertEqual([1, 1], self.writes)

    def test_leftBySlowness(self) -> None:
        """So do few whose time was up while others were written."""
        made = self.make()
        self.log(made, 1)
        self.reactor.advance(archive.DELAY)
        self.log(made, 2)
        self.reactor.advance(archive.DELAY)
        self.reactor.turn()
        self.reactor.advance(archive.DELAY)
        self.reactor.turn()
        self.assertEqual([1, 1], self.writes)

    def test_query(self) -> None:
        """A question waits for what is being written, and for what came before the question."""
        made = self.make()
        self.log(made, 1)
        self.reactor.advance(archive.DELAY)
        self.log(made, 2)
        waiting = [made.logs(LogQuery("a")), made.logs(LogQuery("a", limit=1))]
        self.assertEqual([2, 1], [len(self.result(each)) for each in waiting])
        self.assertEqual([1, 1], self.writes)

    def test_bounded(self) -> None:
        """A thread that does not come after drops the oldest rows, which is told once."""
        self.patch(archive, "MANY", 1)
        go = threading.Event()
        made = self.make()
        made._gathering.max_bytes = 5 * (history.OVERHEAD + 100)
        made._do(lambda store: go.wait(PATIENCE))
        self.log(made, *range(30))
        self.assertLess(made._gathering.count, 6)
        dropped = made._gathering.dropped
        go.set()
        with capturedLogs() as events:
            kept = self.payloads(made)
            self.log(made, "next")
            self.payloads(made)
        self.assertEqual([0, *range(dropped + 1, 30)], kept)
        told = [event["dropped"] for event in events if "dropped" in event]
        self.assertEqual([dropped], told)

    def test_lost(self) -> None:
        """A batch that cannot be written is told; the next one is written."""
        made = self.make()
        self.log(made, "x", name="\ud800")
        self.reactor.advance(archive.DELAY)
        self.reactor.turn()
        self.assertEqual(1, len(self.flushLoggedErrors(UnicodeEncodeError)))
        self.log(made, "next")
        self.assertEqual(["next"], self.payloads(made))


class ClosingTests(ArchiveTestCase):
    """The end of a daemon."""

    def test_flushed(self) -> None:
        """Everything is written: what is on its way, and what has gathered since."""
        made = self.make()
        self.log(made, 1)
        self.reactor.advance(archive.DELAY)
        self.log(made, 2)
        self.result(made.close())
        self.assertEqual(2, self.rows("logs"))

    def test_nothingLeft(self) -> None:
        """Nothing waits then, no thread runs, and the file is one."""
        made = self.make()
        self.result(made.load())
        self.log(made, 1)
        [thread] = [each for each in threading.enumerate() if each.name == "netsim archive"]
        self.result(made.close())
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())
        self.assertEqual([], self.reactor.getDelayedCalls())
        assert self.path is not None
        self.assertEqual([self.path], list(self.path.parent.glob(f"{self.path.name}*")))
        open_database(self.path).close()

    def test_again(self) -> None:
        """It can be closed twice; what comes after is not kept."""
        made = self.make()
        self.log(made, 1)
        self.result(made.close())
        self.log(made, 2)
        self.successResultOf(made.close())
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.assertEqual(1, self.rows("logs"))

    def test_unused(self) -> None:
        """One that was never used leaves no file."""
        self.result(self.make().close())
        assert self.path is not None
        self.assertFalse(self.path.exists())

    def test_slow(self) -> None:
        """A disk that is too slow is not waited for; it is told."""
        go = threading.Event()
        self.addCleanup(go.set)
        made = self.make()
        busy = made._do(lambda store: go.wait(PATIENCE))
        self.log(made, 1)
        closed = made.close()
        self.reactor.advance(archive.CLOSING - 0.01)
        self.assertNoResult(closed)
        with capturedLogs() as events:
            self.reactor.advance(0.01)
        self.successResultOf(closed)
        self.assertIn("takes too long", events[0]["log_format"])
        go.set()
        self.result(busy)

    def test_questions(self) -> None:
        """Questions that still wait are not worth the time: their answers are empty."""
        go = threading.Event()
        made = self.make()
        self.log(made, 1)
        made._do(lambda store: go.wait(PATIENCE))
        asked = made.logs(LogQuery("a"))
        closed = made.close()
        go.set()
        self.result(closed)
        self.assertEqual([], self.successResultOf(asked))
        self.assertEqual(1, self.rows("logs"))


class TroubleTests(ArchiveTestCase):
    """A disk that cannot be used."""

    def troubles(self, events: list[Any]) -> list[str]:
        return [event["trouble"] for event in events if "trouble" in event]

    def check_goesOn(self, made: Archive, reason: str) -> None:
        """From the beginning it is in memory, which is told once."""
        with capturedLogs() as events:
            self.assertEqual([], self.result(made.load()))
            self.log(made, "one")
            self.assertEqual(["one"], self.payloads(made))
            made.forget("b")
            self.result(made.close())
        assert made.trouble is not None
        self.assertIn(f"{self.path}: {reason}", made.trouble)
        self.assertEqual([made.trouble], self.troubles(events))

    def test_noDatabase(self) -> None:
        """A file that is no database is left as it is."""
        assert self.path is not None
        self.path.write_text("precious" * 1000)
        self.check_goesOn(self.make(), "it is no database; move it away")
        self.assertEqual("precious" * 1000, self.path.read_text())
        self.assertEqual([self.path], list(self.path.parent.glob(f"{self.path.name}*")))

    def test_inUse(self) -> None:
        """Of two daemons the second one goes on in memory, the first one as before."""
        first = self.make()
        self.result(first.load())
        self.check_goesOn(self.make(), "it is in use by another program")
        self.log(first, "mine")
        self.assertEqual(["mine"], self.payloads(first))
        self.assertIsNone(first.trouble)

    def test_noDirectory(self) -> None:
        """A directory that cannot be made."""
        assert self.path is not None
        self.path.write_text("a file")
        self.path = self.path / "daemon.sqlite"
        self.check_goesOn(self.make(), "Not a directory")

    def fill_disk(self, made: Archive) -> None:
        pragma = "PRAGMA max_page_count = 1"
        self.result(made._do(lambda store: store._database.execute(pragma)))

    def test_fullDisk(self) -> None:
        """Where the disk is full what is in hand is in memory, and what comes next."""
        made = self.make()
        self.result(made.load())
        self.log(made, "on disk")
        self.assertEqual(["on disk"], self.payloads(made))
        self.fill_disk(made)
        large = ["x" * 5000 + str(number) for number in range(20)]
        with capturedLogs() as events:
            self.log(made, *large)
            self.assertEqual(large, self.payloads(made))
            self.log(made, "next")
            self.assertEqual([*large, "next"], self.payloads(made))
            self.result(made.close())
        [trouble] = self.troubles(events)
        self.assertIn(f"{self.path}: there is no room for it", trouble)
        self.assertEqual(trouble, made.trouble)
        self.assertEqual(1, self.rows("logs"))

    def test_damagedLater(self) -> None:
        """A file that is damaged while it is used is not written to any more."""
        made = self.make()
        self.log(made, *("x" * 2000 for _ in range(200)))
        self.result(made.close())
        assert self.path is not None
        with self.path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * (self.path.stat().st_size - 8192))
        damaged = self.path.read_bytes()
        other = self.make()
        self.result(other.load())
        self.log(other, "next")
        self.assertEqual(["next"], self.payloads(other))
        self.result(other.close())
        self.assertIn("it is damaged", str(other.trouble))
        self.assertTrue(damaged == self.path.read_bytes())

    def test_notEvenMemory(self) -> None:
        """Where memory fails, too, it is told, and nothing else happens."""
        self.path = None
        made = self.make()
        self.fill_disk(made)
        with capturedLogs() as events:
            self.log(made, "x" * 50_000)
            self.assertEqual([], self.payloads(made))
        self.assertEqual(1, len([event for event in events if "reason" in event]))
        self.log(made, "small")
        self.assertEqual(["small"], self.payloads(made))

    def test_askingFails(self) -> None:
        """Who asks then is told."""
        self.path = None
        made = self.make()
        self.result(made._do(Store.close))
        waiting = made.logs(LogQuery("a"))
        self.wait(waiting)
        self.failureResultOf(waiting, DatabaseError)
