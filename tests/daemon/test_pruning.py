"""Tests for L{netsim.daemon.pruning}."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon import pruning
from netsim.daemon.database import open_database
from netsim.daemon.history import Retention
from netsim.daemon.pruning import Pruner

KIB = 1 << 10


class PrunerTestCase(SynchronousTestCase):
    """A test with a database."""

    retention = Retention(logs=100, statuses=10, age=1000.0, size=256 * KIB, memory=128 * KIB)
    path: Path | None = None

    def setUp(self) -> None:
        self.database = open_database(self.path)
        self.addCleanup(self.database.close)
        self.pruner = self.make_pruner()

    def make_pruner(self, **changes: int) -> Pruner:
        retention = evolve(self.retention, **changes)
        return Pruner(self.database, retention, in_memory=self.path is None)

    def insert(
        self, table: str, count: int, project: int = 1, time: float = 0.0, size: int = 0
    ) -> None:
        """Add rows, one a second."""
        columns = {"logs": "20, zeroblob(?)", "statuses": "zeroblob(?)"}[table]
        self.database.executemany(
            f"INSERT INTO {table} SELECT NULL, ?, ?, {columns}",
            [(project, time + number, size) for number in range(count)],
        )

    def ids(self, table: str, project: int = 1) -> list[int]:
        rows = self.database.execute(
            f"SELECT id FROM {table} WHERE project = ? ORDER BY id", (project,)
        )
        return [number for [number] in rows]

    @property
    def used(self) -> int:
        [pages] = self.database.execute("PRAGMA page_count").fetchone()
        [free] = self.database.execute("PRAGMA freelist_count").fetchone()
        return int((pages - free) * 4096)


class RowsTests(PrunerTestCase):
    """So many rows of each project."""

    def test_trim(self) -> None:
        """The oldest of a project go, of no other."""
        self.insert("logs", 150, project=2)
        self.insert("logs", 150)
        self.pruner.trim("logs", 1)
        self.assertEqual(list(range(201, 301)), self.ids("logs"))
        self.assertEqual(150, len(self.ids("logs", 2)))
        self.pruner.trim("logs", 1)
        self.pruner.trim("logs", 3)
        self.assertEqual(100, len(self.ids("logs")))

    def test_enough(self) -> None:
        """Nothing goes while there are not too many."""
        self.insert("logs", 100)
        self.pruner.trim("logs", 1)
        self.assertEqual(100, len(self.ids("logs")))

    def test_each(self) -> None:
        """Each table has its own bound."""
        self.insert("statuses", 15)
        self.pruner.trim("statuses", 1)
        self.assertEqual(list(range(6, 16)), self.ids("statuses"))

    def test_added(self) -> None:
        """They go when there are a tenth too many, not before."""
        for count, left in ((90, 90), (20, 110), (1, 100), (10, 110), (5, 100), (500, 100)):
            self.insert("logs", count)
            self.insert("logs", count, project=2)
            self.pruner.added("logs", {1: count})
            self.assertEqual(left, len(self.ids("logs")), count)
        self.assertEqual(626, len(self.ids("logs", 2)))

    def test_clear(self) -> None:
        """What somebody else has removed is counted again."""
        self.insert("logs", 110)
        self.pruner.added("logs", {1: 110})
        self.database.execute("DELETE FROM logs")
        self.pruner.clear()
        self.insert("logs", 50)
        self.pruner.added("logs", {1: 50})
        self.assertEqual(50, len(self.ids("logs")))

    def test_none(self) -> None:
        """Nothing may be what is kept."""
        self.pruner = self.make_pruner(logs=0)
        self.insert("logs", 5)
        self.pruner.added("logs", {1: 5})
        self.assertEqual([], self.ids("logs"))


class AgeTests(PrunerTestCase):
    """What is too old."""

    def project(self, number: int, last_seen: float) -> None:
        self.database.execute(
            "INSERT INTO projects (id, name, last_seen) VALUES (?, ?, ?)",
            (number, str(number), last_seen),
        )

    def test_rows(self) -> None:
        """Lines and statuses of every project go when they are too old."""
        for project in (1, 2):
            self.insert("logs", 20, project)
            self.insert("statuses", 20, project)
        self.pruner.expire(1015.0)
        for project in (1, 2):
            self.assertEqual(5, len(self.ids("logs", project)))
            self.assertEqual(5, len(self.ids("statuses", project)))

    def test_many(self) -> None:
        """Of many some go each time, until all are gone."""
        self.patch(pruning, "_OLD", 10)
        self.patch(pruning, "_EXPIRE", pruning._EXPIRE.replace("10000", "10"))
        self.patch(pruning, "_MAX_OLD", 3)
        self.insert("logs", 75)
        left = []
        for _ in range(4):
            self.pruner.expire(2000.0)
            left.append(len(self.ids("logs")))
        self.assertEqual([45, 15, 0, 0], left)

    def test_counted(self) -> None:
        """What is gone does not count any more."""
        self.insert("logs", 90)
        self.pruner.added("logs", {1: 90})
        self.pruner.expire(2000.0)
        self.insert("logs", 90)
        self.pruner.added("logs", {1: 90})
        self.assertEqual(90, len(self.ids("logs")))

    def test_projects(self) -> None:
        """A project goes when nothing is left of it."""
        self.project(1, 10.0)
        self.project(2, 500.0)
        self.project(3, 10.0)
        self.insert("logs", 1, project=3, time=500.0)
        self.project(4, 10.0)
        self.insert("statuses", 1, project=4, time=500.0)
        self.pruner.expire(1011.0)
        projects = self.database.execute("SELECT id FROM projects ORDER BY id").fetchall()
        self.assertEqual([(2,), (3,), (4,)], projects)


class SizeTests(PrunerTestCase):
    """The size of it all."""

    def test_small(self) -> None:
        """Nothing goes while there is room."""
        self.insert("logs", 20, size=4 * KIB)
        self.pruner.shrink()
        self.assertEqual(20, len(self.ids("logs")))

    def test_logs(self) -> None:
        """The oldest lines go, of whatever project, and no statuses; no more than needed."""
        self.insert("statuses", 5)
        self.insert("logs", 20, project=2, size=4 * KIB)
        self.insert("logs", 40, size=4 * KIB)
        self.pruner.shrink()
        self.assertLessEqual(self.used, 128 * KIB)
        self.assertGreater(self.used, 100 * KIB)
        self.assertEqual([], self.ids("logs", 2))
        self.assertEqual(60, self.ids("logs")[-1])
        self.assertEqual(5, len(self.ids("statuses")))

    def test_statuses(self) -> None:
        """Where statuses are the most, the oldest of them go."""
        self.insert("logs", 5)
        self.insert("statuses", 40, size=4 * KIB)
        self.pruner.shrink()
        self.assertLessEqual(self.used, 128 * KIB)
        self.assertEqual(5, len(self.ids("logs")))
        self.assertEqual(40, self.ids("statuses")[-1])

    def test_noLogs(self) -> None:
        """Statuses go, too, when there is nothing else."""
        self.pruner = self.make_pruner(memory=64 * KIB)
        self.database.execute("CREATE TABLE other AS SELECT zeroblob(32768)")
        self.insert("logs", 5)
        self.insert("statuses", 8, size=3 * KIB)
        self.pruner.shrink()
        self.assertEqual([], self.ids("logs"))
        self.assertLess(len(self.ids("statuses")), 8)

    def test_hopeless(self) -> None:
        """When nothing is left it ends."""
        self.pruner = self.make_pruner(memory=0)
        self.insert("logs", 5)
        self.insert("statuses", 5)
        self.pruner.shrink()
        self.assertEqual(([], []), (self.ids("logs"), self.ids("statuses")))

    def test_counted(self) -> None:
        """What is gone does not count any more."""
        self.insert("logs", 90, size=4 * KIB)
        self.pruner.added("logs", {1: 90})
        self.pruner.shrink()
        left = len(self.ids("logs"))
        self.insert("logs", 100 - left)
        self.pruner.added("logs", {1: 100 - left})
        self.assertEqual(100, len(self.ids("logs")))


class FileTests(PrunerTestCase):
    """A file on disk."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        super().setUp()

    def test_size(self) -> None:
        """It has a bound of its own."""
        self.insert("logs", 100, size=4 * KIB)
        self.pruner.shrink()
        self.assertLessEqual(self.used, 256 * KIB)
        self.assertGreater(self.used, 200 * KIB)

    def test_givesBack(self) -> None:
        """Room that is not needed any more is given back to the disk."""
        self.insert("logs", 100, size=64 * KIB)
        before = self.pages()
        self.pruner.expire(10_000.0)
        self.assertLess(self.pages(), before // 4)

    def test_keepsSome(self) -> None:
        """A little room is kept for what comes next."""
        self.insert("logs", 100, size=64 * KIB)
        before = self.pages()
        self.pruner.expire(1010.0)
        self.assertEqual(90, len(self.ids("logs")))
        self.assertEqual(before, self.pages())

    def pages(self) -> int:
        try:
            [count] = self.database.execute("PRAGMA page_count").fetchone()
        except sqlite3.Error as error:
            raise AssertionError from error
        return int(count)
