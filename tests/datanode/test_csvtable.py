"""Tests for L{netsim.datanode.csvtable}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import csvtable, growing
from netsim.datanode.csvcells import Cells, read_cells
from netsim.datanode.csvlayout import SAMPLE, Layout, Wanted
from netsim.datanode.csvtable import CsvOutliner, CsvReader, Table
from netsim.errors import DataFileError
from tests.properties import examples


class TableTestCase(SynchronousTestCase):
    """A test with a file."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.touch()
        self.known: Table | None = None
        self.reader = CsvReader()

    def append(self, text: str) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode())

    def read(self) -> Table:
        """Read it, or on in it."""
        self.known = self.reader(self.path, self.known)
        return self.known

    def check(self, bad: int = 0, **columns: list[Any]) -> None:
        """Check what it reads."""
        table = self.read()
        found = {"t": table.t.tolist(), **{k: v.tolist() for k, v in table.columns.items()}}
        self.assertEqual(found, columns)
        self.assertEqual(table.bad, bad)


class ReaderTests(TableTestCase):
    """What is read of a file."""

    def test_columns(self) -> None:
        self.append("time,a,b\n10,1,x\n20,2,y\n")
        self.check(t=[10, 20], a=[1, 2], b=["x", "y"])

    def test_header_only(self) -> None:
        self.append("time,a\n")
        self.check(t=[], a=[])

    def test_disorder(self) -> None:
        """Times ascend, and of equal ones the last counts; strings go with them."""
        self.append("time,a,b\n20,1,x\n10,2,y\n20,3,z\n")
        self.check(t=[10, 20], a=[2, 3], b=["y", "z"])

    def test_wanted(self) -> None:
        self.reader = CsvReader(Wanted("when", "ms", ";"))
        self.append("a;when\n1;20000\n")
        self.check(t=[20], a=[1])

    def test_mark(self) -> None:
        self.reader = CsvReader(Wanted("time"))
        self.append("\ufefftime,a\n1,2\n")
        self.check(t=[1], a=[2])

    def test_unfinished(self) -> None:
        self.append("time,a\n1,2\n3,")
        self.check(t=[1], a=[2])
        self.append("4\n")
        self.check(t=[1, 3], a=[2, 4])

    def test_damaged(self) -> None:
        self.append("time,a\n1,2\nx\n3,4\ny,5\n")
        self.check(t=[1, 3], a=[2, 4], bad=2)

    def test_long_line(self) -> None:
        self.patch(growing, "CHUNK", 64)
        self.append("time,a\n1,2\n" + "3" * 200 + "\n3,4\n")
        self.check(t=[1, 3], a=[2, 4], bad=1)

    def test_no_header(self) -> None:
        reason = "expected a first line with the names of two columns or more"
        for text in ("", "time\n"):
            self.path.write_text(text)
            error = self.assertRaises(DataFileError, self.read)
            self.assertEqual(str(error), f"{self.path}: {reason}")

    def test_wide(self) -> None:
        self.path.write_bytes("time,a\n1,2\n".encode("utf-16"))
        self.assertRaises(DataFileError, self.read)

    def test_missing(self) -> None:
        self.path.unlink()
        self.assertRaises(FileNotFoundError, self.read)

    def test_read_only(self) -> None:
        self.append("time,a\n1,2\n")
        table = self.read()
        for array in (table.t, table.columns["a"]):
            self.assertRaises(ValueError, array.__setitem__, 0, 1.0)

    def test_nbytes(self) -> None:
        self.append("time,a\n1,2\n3,4\n")
        self.assertEqual(self.read().nbytes, 4 * 8)
        self.path.write_text("time,a\n1,a longer string\n")
        self.assertGreater(self.read().nbytes, 2 * 8 + len("a longer string"))


class GrowTests(TableTestCase):
    """Files that grow."""

    def test_types_of_small_files(self) -> None:
        """What columns are is known for good once there is enough."""
        self.append("time,a\n1,\n")
        self.assertEqual(self.read().columns["a"].dtype, float)
        self.append("2,x\n3,y\n")
        self.check(t=[1, 2, 3], a=[None, "x", "y"])

    def test_on(self) -> None:
        """Of a larger file only the rest is read."""
        count = SAMPLE // 8
        self.append("time,a\n" + "".join(f"{row + 1},{row}.5\n" for row in range(count)))
        self.read()
        read: list[bytes] = []

        def counted(data: bytes, layout: Layout) -> Cells:
            read.append(data)
            return read_cells(data, layout)

        self.patch(csvtable, "read_cells", counted)
        self.append(f"{count + 1},x\n{count + 2},0\nz")
        table = self.read()
        self.assertEqual(read, [f"{count + 1},x\n{count + 2},0\n".encode()])
        self.assertEqual((table.t.size, table.bad), (count + 2, 1))
        self.assertTrue(np.isnan(table.columns["a"][-2]))

    def test_replaced(self) -> None:
        count = SAMPLE // 8
        self.append("time,a\n" + "".join(f"{row + 1},{row}.5\n" for row in range(count)))
        self.read()
        self.path.write_text("time,b\n1,2\n")
        self.check(t=[1], b=[2])

    @given(st.lists(st.integers(1, 40), max_size=4), st.integers(20, 60))
    @examples(50)
    def test_as_at_once(self, sizes: list[int], chunk: int) -> None:
        """However it grew, and however much is read at once: it is read as if it had not."""
        self.patch(growing, "CHUNK", chunk)
        self.patch(csvtable, "SAMPLE", 20)
        text = "time,a,state\n1,2,on\n3,,off\nx\n2,5,on\n4,x,on\n\n7,8,\n9,9,9\n"
        self.path.write_text("time,a,state\n1,2,on\n")
        text = text.removeprefix(self.path.read_text())
        self.known = None
        for size in sizes:
            self.append(text[:size])
            text = text[size:]
            self.read()
        self.append(text + "10,11,12\n")
        grown, whole = self.read(), self.reader(self.path)
        np.testing.assert_array_equal(grown.t, whole.t)
        self.assertEqual((grown.bad, grown.layout), (whole.bad, whole.layout))
        for name in ("a", "state"):
            np.testing.assert_array_equal(grown.columns[name], whole.columns[name])


class OutlinerTests(TableTestCase):
    """What the ends of a file tell."""

    def test_small(self) -> None:
        self.append("time,a\n10,1\n20,2\n30,3\n40")
        outline = CsvOutliner()(self.path)
        self.assertEqual(outline.layout.names, ("time", "a"))
        self.assertEqual((outline.first, outline.last, outline.interval), (10, 30, 10))

    def test_empty(self) -> None:
        self.append("time,a\n")
        outline = CsvOutliner()(self.path)
        self.assertEqual((outline.first, outline.last, outline.interval), (None, None, None))

    def test_large(self) -> None:
        count = SAMPLE
        self.append("time,a\n" + "".join(f"{row + 10},{row}\n" for row in range(count)))
        outline = CsvOutliner()(self.path)
        self.assertEqual((outline.first, outline.last, outline.interval), (10, count + 9, 1))
        self.assertEqual(outline.layout, self.read().layout)

    def test_mark(self) -> None:
        self.append("\ufefftime,a\n10,1\n")
        self.assertEqual(CsvOutliner(Wanted("time"))(self.path).first, 10)

    def test_refused(self) -> None:
        self.append("time,a\n")
        error = self.assertRaises(DataFileError, CsvOutliner(Wanted("x")), self.path)
        self.assertEqual(str(error), f"{self.path}: there is no column 'x': it has time, a")
