"""Tests for L{netsim.daemon.store}."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon import store
from netsim.daemon.history import Batch, HistoryQuery, Kept, LogQuery, Retention
from netsim.daemon.logline import LEVELS, severity_of
from netsim.daemon.store import Store
from netsim.errors import DatabaseError
from netsim.status.message import LOG, Message
from tests.properties import examples


def lines(name: str, payloads: Iterable[Any], start: float = 1000.0) -> Batch:
    """A line a second."""
    rows = deque(
        (start + number, severity_of(payload), Message(LOG, name, payload).encode())
        for number, payload in enumerate(payloads)
    )
    return Batch(lines={name: rows})


def statuses(name: str, told: Iterable[dict[str, Any]], start: float = 1000.0) -> Batch:
    """A status a second."""
    return Batch(statuses={name: deque((start + n, status) for n, status in enumerate(told))})


class StoreTestCase(SynchronousTestCase):
    """A test with a store in a file."""

    retention = Retention()

    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute()
        self.open()

    def open(self, path: Path | None = None) -> None:
        self.store = Store(path or self.path, self.retention)
        self.addCleanup(self.store.close)

    def reopen(self) -> None:
        self.store.close()
        self.open()

    def logs(self, name: str = "a", **query: Any) -> list[dict[str, Any]]:
        return [json.loads(entry) for entry in self.store.logs(LogQuery(name, **query))]

    def payloads(self, name: str = "a", **query: Any) -> list[Any]:
        return [entry["payload"] for entry in self.logs(name, **query)]

    def history(self, name: str = "a", **query: Any) -> list[dict[str, Any]]:
        return [json.loads(entry) for entry in self.store.history(HistoryQuery(name, **query))]


class LogsTests(StoreTestCase):
    """Lines that were written come back."""

    def test_entry(self) -> None:
        """A line is told with its id, time, level and payload."""
        payload = {"log": {"level": "error", "message": "gr\u00fcn \u2028\n"}}
        self.store.write(lines("a", [payload], start=1700000000.25))
        expected = {"id": 1, "time": 1700000000.25, "level": "error", "payload": payload}
        self.assertEqual([expected], self.logs())

    def test_kept(self) -> None:
        """It is still there when the file is opened again; ids go on."""
        self.store.write(lines("a", ["one", "two"]))
        self.reopen()
        self.store.write(lines("a", ["three"]))
        self.assertEqual(["one", "two", "three"], self.payloads())
        self.assertEqual([1, 2, 3], [entry["id"] for entry in self.logs()])

    def test_asItCame(self) -> None:
        """The text is kept to the byte."""
        text = b'{ "event-type":"log", "extra":[1.50], "name":"a","payload":"\\u0061 \xc3\xbc"}'
        self.store.write(Batch({"a": deque([(1.0, 20, text)])}))
        self.assertEqual(["a \u00fc"], self.payloads())
        self.store.close()
        with closing(sqlite3.connect(self.path)) as database:
            self.assertEqual([(text,)], database.execute("SELECT text FROM logs").fetchall())

    def test_projects(self) -> None:
        """Every project has its own lines; one that is not known has none."""
        batch = Batch({**lines("a", ["1", "2"]).lines, **lines("b", ["3"]).lines})
        self.store.write(batch)
        self.assertEqual(["1", "2"], self.payloads("a"))
        self.assertEqual(["3"], self.payloads("b"))
        self.assertEqual([], self.payloads("c"))

    def test_limit(self) -> None:
        """The last ones are given, the oldest of them first."""
        self.store.write(lines("a", range(10)))
        self.assertEqual([7, 8, 9], self.payloads(limit=3))
        self.assertEqual([], self.payloads(limit=0))
        self.assertEqual([], self.payloads(limit=-1))
        self.assertEqual(list(range(10)), self.payloads(limit=2**70))

    def test_mostLimit(self) -> None:
        """However many are asked for, the answer is bounded."""
        self.patch(store, "MAX_LIMIT", 4)
        self.store.write(lines("a", range(10)))
        self.assertEqual([6, 7, 8, 9], self.payloads(limit=5))

    def test_level(self) -> None:
        """Lines below a level are left out."""
        self.store.write(lines("a", [{"level": level} for level in LEVELS]))
        for number, level in enumerate(LEVELS):
            levels = [entry["level"] for entry in self.logs(level=level)]
            self.assertEqual(list(LEVELS)[number:], levels)
        self.assertRaises(ValueError, self.logs, level="loud")

    def test_since(self) -> None:
        """Lines of then and later are given."""
        self.store.write(lines("a", range(5), start=1000.0))
        self.assertEqual([2, 3, 4], self.payloads(since=1002.0))
        self.assertEqual([4], self.payloads(since=1002.0, limit=1))
        self.assertEqual([], self.payloads(since=1004.5))

    def test_after(self) -> None:
        """Only lines that came later than one that is known."""
        self.store.write(lines("a", range(5)))
        last = self.logs()[2]["id"]
        self.assertEqual([3, 4], self.payloads(after=last))
        self.assertEqual([4], self.payloads(after=last, limit=1))
        self.assertEqual([], self.payloads(after=10**30))
        self.assertEqual(5, len(self.payloads(after=-(10**30))))

    def test_search(self) -> None:
        """A part of the text is enough, in whatever case, escaped or not."""
        payloads = [
            {"log": {"message": "Gr\u00dcN 100%", "whom": "eye"}},
            {"msg": "gr\u00fcn_1", "whom": "net"},
            {"msg": 'a "quoted" word\n'},
        ]
        self.store.write(lines("a", payloads))
        escaped = json.dumps({"event-type": "log", "name": "a", "payload": "gr\u00fcn"}).encode()
        self.store.write(Batch({"a": deque([(1.0, 20, escaped)])}))
        for search, found in (
            ("gr\u00fcn", [0, 1, 3]),
            ("GR\u00dcN", [0, 1, 3]),
            ("0%", [0]),
            ("n_1", [1]),
            ("NET", [1]),
            ('"quoted" word\n', [2]),
            ("message", []),
            ("event-type", []),
            ("", [0, 1, 2, 3]),
        ):
            numbers = [entry["id"] - 1 for entry in self.logs(search=search)]
            self.assertEqual(found, numbers, search)

    def test_searchLast(self) -> None:
        """Of those that are found the last ones are given, with the other conditions."""
        words = [{"level": ("info", "error")[n % 2], "msg": f"{n} of 10"} for n in range(10)]
        self.store.write(lines("a", words))
        self.assertEqual(words[8:], self.payloads(search="OF", limit=2))
        self.assertEqual(words[7::2], self.payloads(search="OF", limit=2, level="error"))
        self.assertEqual([words[3]], self.payloads(search="3"))

    def test_searchBounded(self) -> None:
        """A search does not look at lines for ever."""
        self.patch(store, "SCAN", 3)
        self.store.write(lines("a", ["x1", "x2", "y", "y", "x5"]))
        self.assertEqual(["x5"], self.payloads(search="x"))

    def test_unreadable(self) -> None:
        """A line that cannot be read is given without what it said."""
        for text in (b"", b"\xff", b"[]", b"{}", b"5", b"[" * 100_000):
            self.store.write(Batch({"a": deque([(1.0, 20, text)])}))
        self.assertEqual([None] * 6, self.payloads())
        self.assertEqual([], self.payloads(search="x"))

    @given(st.lists(st.integers(0, 1200), max_size=4))
    @examples(20)
    def test_chunks(self, sizes: list[int]) -> None:
        """However many are written at once, all of them are there, in their order."""
        self.store.forget("a")
        start = 0
        for size in sizes:
            self.store.write(lines("a", range(start, start + size)) if size else Batch())
            start += size
        self.assertEqual(list(range(start)), self.payloads(limit=10_000))


class StatusesTests(StoreTestCase):
    """Statuses that were written come back."""

    def test_entry(self) -> None:
        """A status is told with its time; only what a program tells about itself, as it is."""
        status = {
            "loss": {"value": 0.5, "timestamp": 1.0, "interval": 10},
            "\u00fc": [1],
            "platform": {},
            "__action": {},
        }
        self.store.write(statuses("a", [status], start=1700000000.25))
        expected = {"time": 1700000000.25, "status": {"loss": 0.5, "\u00fc": [1]}}
        self.assertEqual([expected], self.history())

    def test_limits(self) -> None:
        """The last ones since then, the oldest of them first."""
        self.store.write(statuses("a", ({"n": n} for n in range(10))))
        self.store.write(statuses("b", [{"n": 99}]))
        self.assertEqual([{"n": 8}, {"n": 9}], [e["status"] for e in self.history(limit=2)])
        self.assertEqual([1007.0, 1008.0, 1009.0], [e["time"] for e in self.history(since=1007.0)])
        self.assertEqual(10, len(self.history()))
        self.assertEqual([], self.history("c"))
        self.assertEqual([], self.history(limit=-1))

    def test_noNumbers(self) -> None:
        """What JSON cannot say is null; the rest is there."""
        status = {"a": [float("nan"), {"b": float("inf")}], "c": "\ud800", "d": 1.5}
        self.store.write(statuses("a", [status]))
        expected = {"a": [None, {"b": None}], "c": "\ud800", "d": 1.5}
        self.assertEqual(expected, self.history()[0]["status"])
        self.assertEqual(expected, self.store.projects(1000.0)[0].status)

    def test_kept(self) -> None:
        """They are still there when the file is opened again."""
        self.store.write(statuses("a", [{"n": 1}, {"n": 2}]))
        self.reopen()
        self.assertEqual([{"n": 1}, {"n": 2}], [entry["status"] for entry in self.history()])


class ProjectsTests(StoreTestCase):
    """What a later daemon knows of projects."""

    retention = Retention(age=1000.0)

    def test_kept(self) -> None:
        """When it was last seen, and all of its last status."""
        status = {"n": {"value": 2, "timestamp": 1.0, "interval": 1}, "platform": {"a": 1}}
        self.store.write(statuses("b", [{"n": 1}, status], start=1000.0))
        self.store.write(lines("a", ["x", "y"], start=1003.0))
        self.reopen()
        expected = [Kept("a", 1004.0, None), Kept("b", 1001.0, status)]
        self.assertEqual(expected, self.store.projects(1005.0))

    def test_lastSeen(self) -> None:
        """A line is a sign of life, and leaves the status as it was."""
        self.store.write(statuses("a", [{"n": 1}], start=1000.0))
        self.store.write(lines("a", ["x"], start=1500.0))
        self.assertEqual([Kept("a", 1500.0, {"n": 1})], self.store.projects(1500.0))
        batch = Batch(lines("a", ["x"], 1600.0).lines, statuses("a", [{}], 1700.0).statuses)
        self.store.write(batch)
        self.assertEqual([Kept("a", 1700.0, {})], self.store.projects(1500.0))

    def test_old(self) -> None:
        """Those that have not been seen for too long are not told."""
        self.store.write(lines("a", ["x"], start=1000.0))
        self.assertEqual(["a"], [kept.name for kept in self.store.projects(2000.0)])
        self.assertEqual([], self.store.projects(2001.0))

    def test_forget(self) -> None:
        """Nothing is left of one that is forgotten; it can begin anew, with other ids."""
        for name in ("a", "b"):
            self.store.write(lines(name, ["x"]))
            self.store.write(statuses(name, [{"n": 1}]))
        self.store.forget("a")
        self.store.forget("unknown")
        self.reopen()
        self.assertEqual(["b"], [kept.name for kept in self.store.projects(1000.0)])
        self.assertEqual(([], []), (self.logs("a"), self.history("a")))
        self.assertEqual((1, 1), (len(self.logs("b")), len(self.history("b"))))
        self.store.forget("b")
        self.store.write(lines("c", ["y"]))
        self.assertEqual(([], [3]), (self.logs("b"), [entry["id"] for entry in self.logs("c")]))

    def test_anew(self) -> None:
        """What comes of one that was forgotten, or too old, is kept as of a new one."""
        self.store.write(lines("b", ["x"], start=1000.0))
        removals = (lambda: self.store.forget("a"), lambda: self.store.expire(2001.0))
        for remove in removals:
            self.store.write(lines("a", ["old"], start=1000.0))
            remove()
            self.assertEqual([], self.logs("a"))
            self.store.write(lines("a", ["new"], start=1500.0))
            self.reopen()
            self.assertEqual(["new"], self.payloads("a"))
            self.store.forget("a")

    def test_unreadable(self) -> None:
        """A status that cannot be read is none."""
        self.store.write(lines("a", ["x"]))
        self.store.close()
        for text in (b"", b"[]", b"{", b"\xff"):
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("UPDATE projects SET status = ?", (text,))
            self.reopen()
            self.assertEqual([Kept("a", 1000.0, None)], self.store.projects(1000.0))
            self.store.close()

    def test_memory(self) -> None:
        """In memory there is no later daemon: whole statuses are not kept there."""
        self.store = Store(None, self.retention)
        self.store.write(statuses("a", [{"n": 1}]))
        self.assertEqual([Kept("a", 1000.0, None)], self.store.projects(1000.0))
        self.assertEqual([{"n": 1}], [entry["status"] for entry in self.history()])


class RetentionTests(StoreTestCase):
    """No more is kept than should be."""

    retention = Retention(logs=100, statuses=10, size=1 << 20)

    def rows(self, table: str) -> int:
        """How many are in the file."""
        self.store.close()
        with closing(sqlite3.connect(self.path)) as database:
            [count] = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        self.open()
        return int(count)

    def test_told(self) -> None:
        """Nobody is told of more rows than are kept."""
        self.store.write(lines("a", range(105)))
        self.store.write(statuses("a", ({"n": n} for n in range(11))))
        self.assertEqual(list(range(5, 105)), self.payloads())
        self.assertEqual([{"n": n} for n in range(1, 11)], [e["status"] for e in self.history()])

    def test_written(self) -> None:
        """They are removed even if nobody asks."""
        self.store.write(lines("a", range(1000)))
        self.store.write(statuses("a", ({"n": n} for n in range(100))))
        self.assertEqual((100, 10), (self.rows("logs"), self.rows("statuses")))

    def test_size(self) -> None:
        """The file does not grow beyond its size, whatever is written."""
        for name in "abcdefgh":
            self.store.write(lines(name, ("x" * 4000 for _ in range(80))))
        self.assertLess(self.rows("logs"), 260)
        self.assertEqual([], self.payloads("a"))
        self.assertEqual(80, len(self.payloads("h")))


class TroubleTests(StoreTestCase):
    """A file that cannot be used any more."""

    def limit(self, pages: int) -> None:
        self.store._database.execute(f"PRAGMA max_page_count = {pages}")

    def test_full(self) -> None:
        """All of a batch is written or nothing, and the path is told."""
        self.store.write(lines("a", ["small"]))
        self.limit(1)
        with self.assertRaises(DatabaseError) as caught:
            self.store.write(lines("b", ["x" * 5000] * 20))
        self.assertIn(f"{self.path}: there is no room for it", str(caught.exception))
        self.assertEqual(["a"], [kept.name for kept in self.store.projects(1000.0)])
        self.limit(1 << 30)
        self.store.write(lines("b", ["again"]))
        self.assertEqual(["again"], self.payloads("b"))

    def test_undone(self) -> None:
        """What was undone is forgotten: projects that came with it are new ones later."""
        self.limit(1)
        large = ["x" * 5000] * 20
        batch = Batch({**lines("a", large).lines, **lines("b", large).lines})
        self.assertRaises(DatabaseError, self.store.write, batch)
        self.limit(1 << 30)
        self.store.write(lines("b", ["of b"]))
        self.store.write(lines("a", ["of a"]))
        self.reopen()
        self.assertEqual((["of a"], ["of b"]), (self.payloads("a"), self.payloads("b")))

    def test_damaged(self) -> None:
        """It is told when a file is damaged while it is used."""
        self.store.write(lines("a", ["x" * 2000] * 200))
        self.reopen()
        with self.path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (self.path.stat().st_size - 4096))
        with self.assertRaises(DatabaseError) as caught:
            self.logs()
        self.assertIn(f"{self.path}: it is damaged", str(caught.exception))

    def test_closed(self) -> None:
        """A store that is closed is an error, too."""
        self.store.close()
        self.assertRaises(DatabaseError, self.logs)
        self.assertRaises(DatabaseError, self.store.write, lines("a", ["x"]))
