"""Tests for L{netsim.datanode.node.csvfile}."""

from __future__ import annotations

from zope.interface.verify import verifyObject

from netsim.datanode import budget
from netsim.datanode.csvlayout import Wanted
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import NUMBER, STRING, Field
from netsim.datanode.node.csvfile import CsvSource
from netsim.errors import DataFileError, LimitError
from tests.datanode.node.files import FilesTestCase


class DirectoryTests(FilesTestCase):
    """The files of a directory."""

    def setUp(self) -> None:
        super().setUp()
        self.source = CsvSource("csv", "Columns.", self.directory, Wanted(), 1 << 20)

    def names(self, start: float = 0, end: float = 1e11) -> list[str]:
        return [field.name for field in self.source.fields(start, end).fields]

    def test_interface(self) -> None:
        verifyObject(ISource, self.source)

    def test_too_much(self) -> None:
        """More than a query may have in memory is not taken."""
        for name in "ab":
            self.write(f"{name}.csv", "time,x\n" + "".join(f"{t},1\n" for t in range(100)))
        self.patch(budget, "MOST", 2000)
        self.assertEqual(len(self.source.blocks(["a.x"], 0, 100)), 1)
        self.assertRaises(LimitError, self.source.blocks, ["a.x", "b.x"], 0, 100)

    def test_fields(self) -> None:
        self.write("a.csv", "time,x [K],state\n10,1,on\n20,2,off\n")
        self.write("b.csv", "time,y\n10,1\n70,2\n")
        catalogue = self.source.fields(0, 100)
        self.assertEqual(
            catalogue.fields,
            (
                Field("a.x [K]", "a", None, NUMBER, "K"),
                Field("a.state", "a", None, STRING),
                Field("b.y", "b"),
            ),
        )
        self.assertEqual(catalogue.intervals, {"a": 10, "b": 60})

    def test_interval(self) -> None:
        """Files that have nothing in the interval are not told."""
        self.write("a.csv", "time,x\n10,1\n20,2\n")
        self.write("b.csv", "time,y\n100,1\n")
        self.write("c.csv", "time,z\n")
        self.assertEqual(self.names(), ["a.x", "b.y"])
        self.assertEqual(self.names(20, 100), ["a.x"])
        self.assertEqual(self.names(21, 101), ["b.y"])
        self.assertEqual(self.names(50, 60), [])
        self.assertEqual(self.names(200, 0), [])
        self.assertEqual(self.names(18, 12), [])

    def test_blocks(self) -> None:
        """The columns of a file share its times."""
        self.write("a.csv", "time,x,y\n10,1,5\n20,2,6\n30,3,7\n")
        self.write("b.csv", "time,x\n20,8\n")
        blocks = self.source.blocks(["a.y", "b.x", "a.x"], 15, 30)
        found = {
            block.timeline: (block.t.tolist(), {k: v.tolist() for k, v in block.columns.items()})
            for block in blocks
        }
        self.assertEqual(
            found,
            {"a": ([20], {"a.x": [2], "a.y": [6]}), "b": ([20], {"b.x": [8]})},
        )

    def test_strings(self) -> None:
        self.write("a.csv", "time,state\n10,on\n20,\n")
        self.assertEqual(
            self.all_of(self.source, ["a.state"]), {"a.state": [(10, "on"), (20, None)]}
        )

    def test_dots(self) -> None:
        """Names of files and columns may have dots."""
        self.write("a.csv", "time,b.c\n10,1\n")
        self.write("a.b.csv", "time,c,d\n10,2,3\n")
        found = self.all_of(self.source, ["a.b.d"])
        self.assertEqual(found, {"a.b.d": [(10, 3)]})

    def test_unknown(self) -> None:
        self.write("a.csv", "time,x\n10,1\n")
        names = ["a.y", "b.x", "a", "a.", "", "../a.x", "a.time"]
        self.assertEqual(self.source.blocks(names, 0, 100), [])

    def test_nothing(self) -> None:
        self.write("a.csv", "time,x\n10,1\n20,2\n")
        for start, end in ((0, 10), (21, 30), (11, 20), (30, 0)):
            self.assertEqual(self.source.blocks(["a.x"], start, end), [])

    def test_opened(self) -> None:
        """Ends are looked at once, and files read once, if they are asked for and overlap."""
        self.write("a.csv", "time,x\n10,1\n")
        self.write("b.csv", "time,x\n10,1\n")
        self.write("c.csv", "time,x\n99,1\n")
        for _ in range(2):
            self.source.blocks(["b.x", "c.x"], 0, 50)
        self.assertEqual(self.opened, ["b.csv", "b.csv", "c.csv"])

    def test_grows(self) -> None:
        self.write("a.csv", "time,x\n10,1\n20")
        self.assertEqual(self.all_of(self.source, ["a.x"]), {"a.x": [(10, 1)]})
        self.append("a.csv", ",2\n")
        self.assertEqual(self.all_of(self.source, ["a.x"]), {"a.x": [(10, 1), (20, 2)]})

    def test_finalized(self) -> None:
        self.write("a.csv", "time,x\n10,1\n20,2\n")
        for end, until in ((100, 20), (20, None), (15, None)):
            (block,) = self.source.blocks(["a.x"], 0, end)
            self.assertEqual(block.finalized_until, until)

    def test_trouble(self) -> None:
        """It is told once; the others are served."""
        self.write("a.csv", "nothing\n")
        self.write("b.csv", "time,x\n10,1\ny\n")
        with self.logged() as texts:
            for _ in range(2):
                self.assertEqual(self.names(), ["b.x"])
                self.assertEqual(list(self.all_of(self.source, ["a.x", "b.x"])), ["b.x"])
        reason = "expected a first line with the names of two columns or more"
        self.assertEqual(
            texts,
            [
                f"{self.directory}/a.csv: {reason}; the file is left out",
                f"{self.directory}/b.csv: damaged lines left out: 1",
            ],
        )

    def test_directory_vanished(self) -> None:
        self.directory.rmdir()
        self.assertRaises(DataFileError, self.source.fields, 0, 10)

    def test_wanted(self) -> None:
        self.source = CsvSource("csv", "", self.directory, Wanted("when", "ms"), 1 << 20)
        self.write("a.csv", "x,when\n1,10000\n")
        self.assertEqual(self.all_of(self.source, ["a.x"]), {"a.x": [(10, 1)]})


class FileTests(FilesTestCase):
    """One file, of any name."""

    def setUp(self) -> None:
        super().setUp()
        path = self.write("a.log", "time;x;y\n10;1;2\n")
        self.source = CsvSource("csv", "Columns.", path, Wanted(), 1 << 20)

    def test_fields(self) -> None:
        fields = self.source.fields(0, 100).fields
        self.assertEqual(
            [(field.name, field.timeline) for field in fields], [("x", "a"), ("y", "a")]
        )

    def test_blocks(self) -> None:
        found = self.all_of(self.source, ["y", "a.y"])
        self.assertEqual(found, {"y": [(10, 2)]})

    def test_vanished(self) -> None:
        """It may come back."""
        (self.directory / "a.log").unlink()
        with self.logged() as texts:
            self.assertEqual(self.source.fields(0, 100).fields, ())
            self.assertEqual(self.source.blocks(["x"], 0, 100), [])
        self.assertEqual(len(texts), 1)
        self.write("a.log", "time;x\n10;1\n")
        self.assertEqual(len(self.source.fields(0, 100).fields), 1)
