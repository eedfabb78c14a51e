"""Tests for L{netsim.datanode.node.archive}."""

from __future__ import annotations

import os

from zope.interface.verify import verifyObject

from netsim.datanode import budget
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Field
from netsim.datanode.node.archive import SLACK, ArchiveSource, Named
from netsim.datanode.textfile import TextReader
from netsim.errors import DataFileError, LimitError
from tests.datanode.node.files import FilesTestCase

DAY = 86400


def read_name(name: str) -> Named | None:
    """Names are such as C{a-3}: the field and the day; or C{a-x}, which does not tell."""
    field, dash, day = name.partition("-")
    if not dash:
        return None
    return Named(field, int(day) * DAY, (int(day) + 1) * DAY) if day.isdigit() else Named(field)


class ArchiveTestCase(FilesTestCase):
    """A test with an archive of a file a day."""

    def setUp(self) -> None:
        super().setUp()
        self.source = ArchiveSource(
            "archive",
            "An archive.",
            self.directory,
            read_name,
            TextReader(),
            {"a": Field("a", "a", "Some", units="K")},
            1 << 20,
        )

    def put(self, field: str, *days: int) -> None:
        """Files with a sample at noon and one six hours later."""
        for day in days:
            noon = day * DAY + DAY // 2
            self.write(f"{field}-{day}", f"{noon} {day}\n{noon + DAY // 4} {day}.5\n")


class FieldsTests(ArchiveTestCase):
    """Which fields there are."""

    def test_interface(self) -> None:
        verifyObject(ISource, self.source)

    def test_fields(self) -> None:
        self.put("a", 1, 2)
        self.put("b", 1)
        catalogue = self.source.fields(0, 100 * DAY)
        self.assertEqual(catalogue.fields, (Field("a", "a", "Some", units="K"), Field("b", "b")))
        self.assertEqual(catalogue.intervals, {"a": DAY / 4, "b": DAY / 4})

    def test_interval(self) -> None:
        """Fields that have nothing near the interval are not told."""
        self.put("a", 1)
        self.put("b", 50)
        self.assertEqual([each.name for each in self.source.fields(0, 3 * DAY).fields], ["a"])
        self.assertEqual(self.source.fields(20 * DAY, 30 * DAY).fields, ())
        self.assertEqual(self.source.fields(60 * DAY, 0).fields, ())
        self.assertEqual(self.source.fields(1.6 * DAY, 1.4 * DAY).fields, ())

    def test_one_file(self) -> None:
        """Of each field one file is opened, the last."""
        self.put("a", *range(1, 100))
        for _ in range(2):
            self.source.fields(0, 200 * DAY)
        self.assertEqual(self.opened, ["a-99"])

    def test_last_unreadable(self) -> None:
        self.put("a", 1, 2)
        (self.directory / "a-2").unlink()
        (self.directory / "a-2").mkdir()
        self.assertEqual(self.source.fields(0, 9 * DAY).intervals, {"a": DAY / 4})

    def test_all_unreadable(self) -> None:
        (self.directory / "a-1").mkdir()
        catalogue = self.source.fields(0, 9 * DAY)
        self.assertEqual(catalogue.intervals, {"a": None})

    def test_other_files(self) -> None:
        self.write("README", "1 2\n")
        self.assertEqual(self.source.fields(0, 9 * DAY).fields, ())

    def test_directory_vanished(self) -> None:
        self.directory.rmdir()
        self.assertRaises(DataFileError, self.source.fields, 0, 10)


class BlocksTests(ArchiveTestCase):
    """What there is in an interval."""

    def test_joined(self) -> None:
        self.put("a", 1, 2, 3, 10)
        found = self.all_of(self.source, ["a"], 1.6 * DAY, 3.6 * DAY)
        self.assertEqual(
            found, {"a": [(1.75 * DAY, 1.5), (2.5 * DAY, 2), (2.75 * DAY, 2.5), (3.5 * DAY, 3)]}
        )

    def test_opened(self) -> None:
        """Only files that overlap the interval are opened, and once."""
        self.put("a", *range(1, 100))
        self.put("b", *range(1, 100))
        for _ in range(2):
            self.all_of(self.source, ["a"], 50 * DAY, 52 * DAY)
        # A name is believed to a day.
        self.assertEqual(self.opened, [f"a-{day}" for day in range(48, 53)])

    def test_too_much(self) -> None:
        """More than a query may have in memory is not taken, though each file is small."""
        self.put("a", *range(1, 100))
        self.patch(budget, "MOST", 50_000)
        self.assertEqual(len(self.source.blocks(["a"], 50 * DAY, 51 * DAY)), 1)
        self.assertRaises(LimitError, self.source.blocks, ["a"], 0, 100 * DAY)

    def test_edges(self) -> None:
        """A file is found by samples that are up to a day off its name."""
        self.write("a-10", f"{9 * DAY + 1} 1\n{12 * DAY - 1} 2\n")
        self.assertEqual(len(self.all_of(self.source, ["a"], 9 * DAY, 9 * DAY + 2)), 1)
        self.assertEqual(len(self.all_of(self.source, ["a"], 12 * DAY - 1, 13 * DAY)), 1)

    def test_named(self) -> None:
        named = Named("a", 10 * DAY, 11 * DAY)
        self.assertFalse(named.overlaps(0, 10 * DAY - SLACK))
        self.assertTrue(named.overlaps(0, 10 * DAY - SLACK + 1))
        self.assertTrue(named.overlaps(11 * DAY + SLACK, 99 * DAY))
        self.assertFalse(named.overlaps(11 * DAY + SLACK + 1, 99 * DAY))

    def test_overlap(self) -> None:
        """A sample that is in two files is given once: that of the later file."""
        self.write("a-1", f"{DAY} 1\n{DAY + 5} 2\n")
        self.write("a-2", f"{DAY + 5} 3\n{DAY + 9} 4\n")
        found = self.all_of(self.source, ["a"])
        self.assertEqual(found, {"a": [(DAY, 1), (DAY + 5, 3), (DAY + 9, 4)]})

    def test_timelines(self) -> None:
        """Each field has its own, as its files may have other times."""
        self.put("a", 1)
        self.put("b", 1)
        blocks = self.source.blocks(["a", "b"], 0, 9 * DAY)
        self.assertEqual([block.timeline for block in blocks], ["a", "b"])

    def test_unknown(self) -> None:
        self.put("a", 1)
        self.assertEqual(self.source.blocks(["b", "a-1", "../a"], 0, 9 * DAY), [])
        self.assertEqual(len(self.source.blocks(["a", "a"], 0, 9 * DAY)), 1)

    def test_nothing(self) -> None:
        self.put("a", 1)
        self.write("a-2", "")
        for start, end in ((0, DAY), (9 * DAY, 0), (1.51 * DAY, 1.52 * DAY)):
            self.assertEqual(self.source.blocks(["a"], start, end), [])

    def test_new_file(self) -> None:
        self.put("a", 1)
        self.all_of(self.source, ["a"])
        self.put("a", 2)
        self.assertEqual(len(self.all_of(self.source, ["a"])["a"]), 4)

    def test_file_gone(self) -> None:
        self.put("a", 1, 2)
        self.all_of(self.source, ["a"])
        (self.directory / "a-1").unlink()
        self.assertEqual(len(self.all_of(self.source, ["a"])["a"]), 2)

    def test_finalized(self) -> None:
        """Files are added after the last, and the last grows."""
        self.put("a", 1, 2)

        def until(end: float) -> float | None:
            (block,) = self.source.blocks(["a"], 0, end)
            return block.finalized_until

        self.assertEqual(until(9 * DAY), 2.75 * DAY)
        self.assertIsNone(until(2.75 * DAY))
        self.assertIsNone(until(2 * DAY))

    def test_damaged_file(self) -> None:
        """The others are served, and it is told once."""
        self.put("a", 1, 2)
        (self.directory / "a-2").write_bytes(b"\xff\xfe\x00\x00\n")
        with self.logged() as texts:
            for _ in range(2):
                self.assertEqual(len(self.all_of(self.source, ["a"])["a"]), 2)
        self.assertEqual(len(texts), 1)
        self.assertIn("a-2: it is in UTF-16", texts[0])


class NamesTests(ArchiveTestCase):
    """Files whose names do not tell their times."""

    def setUp(self) -> None:
        super().setUp()
        self.write("a-x", f"{DAY} 1\n{2 * DAY} 2\n")
        self.write("a-y", f"{50 * DAY} 3\n{51 * DAY} 4\n")

    def test_found(self) -> None:
        self.assertEqual(len(self.all_of(self.source, ["a"])["a"]), 4)
        self.assertEqual(
            self.all_of(self.source, ["a"], 50 * DAY, 51 * DAY), {"a": [(50 * DAY, 3)]}
        )

    def test_only_looked_at(self) -> None:
        """Their ends are looked at once, and they are read if those overlap."""
        for _ in range(2):
            self.all_of(self.source, ["a"], 50 * DAY, 52 * DAY)
        self.assertEqual(sorted(self.opened), ["a-x", "a-y", "a-y"])

    def test_fields(self) -> None:
        self.assertEqual(self.source.fields(20 * DAY, 30 * DAY).fields, ())
        self.assertEqual(len(self.source.fields(0, 2 * DAY).fields), 1)

    def test_empty(self) -> None:
        self.write("a-x", "")
        self.assertEqual(len(self.all_of(self.source, ["a"])["a"]), 2)


class ManyTests(ArchiveTestCase):
    """Thousands of files."""

    def test_names_read_once(self) -> None:
        """Names are read again only when there are others."""
        self.put("a", 1)
        read: list[str] = []

        def counted(name: str) -> Named | None:
            read.append(name)
            return read_name(name)

        self.source._read_name = counted
        for _ in range(3):
            self.source.fields(0, 9 * DAY)
        self.assertEqual(read, ["a-1"])
        self.put("a", 2)
        self.source.fields(0, 9 * DAY)
        self.assertEqual(sorted(read[1:]), ["a-1", "a-2"])

    def test_stats(self) -> None:
        """A query that is asked again looks once at each file, and opens none."""
        self.put("a", *range(1, 30))
        self.all_of(self.source, ["a"], 10 * DAY, 12 * DAY)
        self.opened.clear()
        looks: list[str] = []
        stat = os.stat

        def counted(path: os.PathLike[str]) -> os.stat_result:
            looks.append(os.fspath(path).rpartition("/")[2])
            return stat(path)

        self.patch(os, "stat", counted)
        self.all_of(self.source, ["a"], 10 * DAY, 12 * DAY)
        self.assertEqual(looks, [f"a-{day}" for day in range(8, 13)])
        self.assertEqual(self.opened, [])
