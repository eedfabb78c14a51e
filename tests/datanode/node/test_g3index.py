"""Tests for L{netsim.datanode.node.g3index}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, event
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.database import Database, read_url
from netsim.datanode.node.g3index import Index, Known, Where
from netsim.datanode.scanner.listing import Found
from netsim.datanode.scanner.store import Store
from netsim.datanode.scanner.summary import Feed, Span
from netsim.datanode.tables import SERIES


class IndexTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.database = Database(read_url(str(Path(self.mktemp()).absolute()), None))
        self.addCleanup(self.database.close)
        self.index = Index(self.database)

    def write(self, name: str, start: float, *fields: str, feed: str = "f") -> None:
        """A file with samples of these fields for a hundred seconds."""
        self.database.prepare()
        spans = tuple(Span(each, start, start + 100, f"{feed}.b", "bool", 2.0) for each in fields)
        Store(self.database).write(Found("/data", name, 1, 1), [Feed(0, feed, spans)])

    def files(self, names: list[str], start: float, end: float) -> dict[str, list[str]]:
        found = self.index.where(names, start, end).files
        return {path.name: [*each] for path, each in found.items()}

    def test_before_the_scanner(self) -> None:
        """As long as no scanner has made the tables there is nothing."""
        self.assertEqual(self.index.fields(), [])
        self.assertEqual(self.index.where(["a.b"], 0, 1), Where())

    def test_fields(self) -> None:
        """All fields, in order, with what is known of them; that is one query."""
        self.write("1.g3", 0.0, "b", "a")
        self.write("2.g3", 0.0, "b", "c", feed="e")
        self.index.fields()
        statements: list[str] = []
        listen = lambda *args: statements.append(args[2])  # noqa: E731
        event.listen(self.database._engine, "before_cursor_execute", listen)
        names = ["e.b", "e.c", "f.a", "f.b"]
        expected = [Known(name, f"{name[0]}.b", "bool", 2.0) for name in names]
        self.assertEqual(self.index.fields(), expected)
        self.assertEqual([each for each in statements if not each.startswith("BEGIN")],
                         statements[-1:])  # fmt: skip

    def test_fields_of_other_scanners(self) -> None:
        """A field of which no more than the name is known has a timeline of its own."""
        self.write("1.g3", 0.0, "a")
        with self.database.writing() as connection:
            connection.execute(delete(SERIES))
        self.assertEqual(self.index.fields(), [Known("f.a", "f.a")])
        self.assertEqual(self.index.where(["f.a"], 0, 1).timelines, {"f.a": "f.a"})

    def test_files(self) -> None:
        """Those that have a sample in the interval, in the order of time."""
        for name, start in (("3", 300.0), ("1", 100.0), ("2", 200.0)):
            self.write(name, start, "a")
        cases: Any = (
            ((0.0, 1000.0), "1 2 3"), ((100.0, 100.0), ""), ((0.0, 100.0), ""),
            ((0.0, 100.1), "1"), ((200.0, 250.0), "1 2"), ((200.1, 300.0), "2"),
            ((400.0, 500.0), "3"), ((400.1, 500.0), ""), ((-1e30, 1e30), "1 2 3"),
            ((-5.0, -1.0), ""), ((1e30, 2e30), ""),
        )  # fmt: skip
        for (start, end), names in cases:
            self.assertEqual([*self.files(["f.a"], start, end)], names.split(), (start, end))

    def test_names(self) -> None:
        """Fields are found by feed and name, both of which may have dots; others are not."""
        self.write("1", 0.0, "c", "b.c", "b", "y", feed="a.b")
        self.write("2", 0.0, "b.c", "", "°C x", feed="a")
        names = ["a.b.c", "a.b.b.c", "a.", "a.°C x", "nothing", "a.b.c.d", "", "c", ".c", "x.y"]
        found = self.index.where(names, 0, 1)
        self.assertEqual(
            self.files(names, 0, 1), {"1": ["a.b.b.c", "a.b.c"], "2": ["a.", "a.b.c", "a.°C x"]}
        )
        self.assertEqual(found.timelines.keys(), {"a.b.c", "a.b.b.c", "a.", "a.°C x"})
        self.assertEqual([*found.files], [Path("/data/1"), Path("/data/2")])

    def test_many_names(self) -> None:
        """More than one query may ask for."""
        fields = [f"x.{number}" for number in range(1200)]
        self.write("1", 0.0, *fields)
        names = [f"f.{each}" for each in fields]
        self.assertEqual(sorted(self.files(names, 0, 1)["1"]), sorted(names))
