"""Tests for L{netsim.datanode.scanner.store}."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pymysql
from sqlalchemy import Table, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.database import Database, read_url
from netsim.datanode.scanner import store
from netsim.datanode.scanner.listing import Found
from netsim.datanode.scanner.store import Store
from netsim.datanode.scanner.summary import Feed, Span
from netsim.datanode.tables import DESCRIPTION, FEEDS, FIELDS, SEEN, SERIES
from netsim.errors import DatabaseError

FILE = Found("/data", "1.g3", 100, 5)
T0 = 1552927915.76223
SPAN = Span("Channel 1", T0, T0 + 600, "feed.temps", "number", 1.5)


def feed(*spans: Span, number: int = 0, description: str = "feed") -> Feed:
    return Feed(number, description, spans or (SPAN,))


class StoreTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.database = Database(read_url(str(Path(self.mktemp()).absolute()), None))
        self.addCleanup(self.database.close)
        self.database.prepare()
        self.store = Store(self.database)

    def rows(self, table: Table) -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(table))]

    def write(self, file: Found, *feeds: Feed) -> None:
        self.assertEqual(self.store.write(file, feeds), [])

    def test_rows(self) -> None:
        """All that the document's tables tell of a file, and what they have no room for."""
        self.write(FILE, feed())
        self.assertEqual(self.rows(FEEDS), [(1, "1.g3", "/data", 0, "feed", True)])
        start = datetime(2019, 3, 18, 16, 51, 55, 762230)
        end = datetime(2019, 3, 18, 17, 1, 55, 762230)
        self.assertEqual(self.rows(FIELDS), [(1, "Channel 1", start, end)])
        self.assertEqual(self.rows(DESCRIPTION), [("feed.Channel 1",)])
        self.assertEqual(self.rows(SEEN), [("/data", "1.g3", 100, 5)])
        self.assertEqual(self.rows(SERIES), [("feed.Channel 1", "feed.temps", "number", 1.5)])

    def test_seen(self) -> None:
        self.write(FILE)
        self.write(Found("/data/x", "1.g3", 2**40, 2**62))
        self.assertEqual(
            self.store.seen(),
            {("/data", "1.g3"): (100, 5), ("/data/x", "1.g3"): (2**40, 2**62)},
        )

    def test_times_enclose(self) -> None:
        """What is between two microseconds lies in what is written down."""
        self.write(FILE, feed(Span("a", 1.0000004, 2.0000004, "t")))
        _, _, start, end = self.rows(FIELDS)[0]
        self.assertEqual((start.microsecond, end.microsecond), (0, 1))

    def test_changed(self) -> None:
        """What is known of a file gives way; its feeds keep their numbers."""
        self.write(FILE, feed(), feed(number=1, description="gone"))
        later = Found("/data", "1.g3", 200, 6)
        self.write(later, feed(Span("b", 1.0, 2.0, "t"), description="renamed"), feed(number=2))
        feeds = [(row[0], row[3], row[4]) for row in self.rows(FEEDS)]
        self.assertEqual(feeds, [(1, 0, "renamed"), (2, 2, "feed")])
        self.assertEqual(
            [(row[0], row[1]) for row in self.rows(FIELDS)], [(1, "b"), (2, "Channel 1")]
        )
        self.assertEqual(self.store.seen(), {("/data", "1.g3"): (200, 6)})

    def test_written_by_others(self) -> None:
        """What another scanner has written down of a file is put right."""
        with self.database.writing() as connection:
            known = {"filename": "1.g3", "path": "/data", "prov_id": 0, "description": "feed"}
            connection.execute(insert(FEEDS), [known])
            local = datetime(2019, 3, 18, 12, 51)
            row = {"feed_id": 1, "field": "Channel 1", "start": local, "end": local}
            connection.execute(insert(FIELDS), [row])
        self.write(FILE, feed())
        self.assertEqual(self.rows(FEEDS), [(1, "1.g3", "/data", 0, "feed", True)])
        self.assertEqual([row[2].hour for row in self.rows(FIELDS)], [16])

    def test_same_name_elsewhere(self) -> None:
        """Files of the same name are told apart, and found again."""
        self.write(FILE, feed())
        other = Found("/data/x", "1.g3", 1, 1)
        for size in (1, 2):
            self.write(Found("/data/x", "1.g3", size, 1), feed())
        names = [row[1:3] for row in self.rows(FEEDS)]
        self.assertEqual(names, [("1.g3", "/data"), ("/data/x/1.g3", "/data/x")])
        self.assertEqual(len(self.rows(FIELDS)), 2)
        self.assertEqual(len(self.store.seen()), 2)
        self.assertEqual(Path(*names[1][::-1]), other.path)

    def test_another_was_quicker(self) -> None:
        """What another scanner has written down of the same state is left as it is."""
        self.write(FILE, feed())
        self.assertIsNone(self.store.write(FILE, [feed(description="other")]))
        self.assertEqual(self.rows(FEEDS)[0][4], "feed")

    def test_another_at_the_same_time(self) -> None:
        """Whatever the database says then, nothing is changed, and it is no error."""
        for number in (1205, 1213):
            busy = OperationalError("", {}, pymysql.err.OperationalError(number, "Deadlock"))
            self.fails(busy)
            self.assertIsNone(self.store.write(FILE, [feed()]))
        self.fails(IntegrityError("", {}, Exception("UNIQUE constraint failed")))
        self.assertIsNone(self.store.write(FILE, [feed()]))
        self.assertEqual(self.rows(SEEN), [])

    def test_gone(self) -> None:
        """A database that is away is an error."""
        gone = pymysql.err.OperationalError(2013, "Lost connection")
        self.fails(OperationalError("", {}, gone))
        error = self.assertRaises(DatabaseError, self.store.write, FILE, [feed()])
        self.assertIn("Lost connection", str(error))

    def fails(self, error: Exception) -> None:
        self.patch(store, "_feed_numbers", mock.Mock(side_effect=error))

    def test_refused_rows(self) -> None:
        """A field that the database does not take is told; the others are written."""
        with self.database.writing() as connection:
            connection.execute(text("CREATE UNIQUE INDEX x ON fields (feed_id, lower(field))"))
        spans = [Span(name, 1.0, 2.0, "t") for name in ("Channel", "CHANNEL", "b")]
        [refused] = self.store.write(FILE, [feed(*spans)]) or []
        self.assertIn("field 'CHANNEL' is left out: the database says UNIQUE", refused)
        self.assertEqual([row[1] for row in self.rows(FIELDS)], ["Channel", "b"])
        self.assertEqual(len(self.store.seen()), 1)

    def test_any_characters(self) -> None:
        """Case, accents, blanks and any language count."""
        names = ["a", "A", "ä", "a ", " a", "температура", "🌡", "", "'; DROP TABLE feeds; --", "%"]
        self.write(FILE, feed(*[Span(name, 1.0, 2.0, "t") for name in names]))
        self.assertEqual([row[1] for row in self.rows(FIELDS)], names)
        self.assertEqual({row[0] for row in self.rows(DESCRIPTION)}, {f"feed.{n}" for n in names})

    def test_many(self) -> None:
        """Thousands of fields are no matter."""
        spans = [Span(f"field {number}", 1.0, 2.0, "t") for number in range(5000)]
        self.write(FILE, feed(*spans))
        self.assertEqual(len(self.rows(DESCRIPTION)), 5000)
