"""Tests for L{netsim.datanode.csvcells}."""

from __future__ import annotations

import math
import os
import time
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import csvcells
from netsim.datanode.csvcells import Cells, read_cells
from netsim.datanode.csvlayout import Layout
from tests.properties import examples


def layout(
    width: int = 3, numbers: tuple[int, ...] = (1,), clock: str = "unix", **more: Any
) -> Layout:
    names = tuple(f"column{index}" for index in range(width))
    return Layout(more.get("delimiter", ","), names, more.get("time", 0), clock, frozenset(numbers))


class ReadTests(SynchronousTestCase):
    """What lines have."""

    def read(self, text: str, of: Layout) -> tuple[list[float], list[list[Any]], int]:
        cells = read_cells(text.encode(), of)
        return cells.t.tolist(), [column.tolist() for column in cells.columns], cells.bad

    def test_mixed(self) -> None:
        found = self.read("1,2.5,on\n2,3.5,off\n", layout())
        self.assertEqual(found, ([1, 2], [[2.5, 3.5], ["on", "off"]], 0))

    def test_numbers(self) -> None:
        for delimiter in ",;\t| ":
            text = "1,2.5,-3\n2,3.5,4e5\n".replace(",", delimiter)
            found = self.read(text, layout(3, (0, 1, 2), delimiter=delimiter))
            self.assertEqual(found, ([1, 2], [[2.5, 3.5], [-3, 400_000]], 0), delimiter)

    def test_nothing(self) -> None:
        self.assertEqual(self.read("", layout()), ([], [[], []], 0))
        self.assertEqual(self.read("\n# x\n", layout()), ([], [[], []], 0))

    def test_time_column(self) -> None:
        found = self.read("a,5,1\nb,6,2\n", layout(3, (1, 2), time=2))
        self.assertEqual(found, ([1, 2], [["a", "b"], [5, 6]], 0))
        found = self.read("7,5,1\n8,6,2\n", layout(3, (0, 1), time=2))
        self.assertEqual(found, ([1, 2], [[7, 8], [5, 6]], 0))

    def test_clocks(self) -> None:
        for numbers in ((1,), (0, 1)):
            found = self.read("1500000000250,1\n", layout(2, numbers, "ms"))
            self.assertEqual(found[0], [1500000000.25])
        for text in (
            "2017-07-14T02:40:00.25Z",
            "2017-07-14 02:40:00.250",
            "2017-07-14T08:10:00.25+05:30",
            "20170714T024000.25Z",
            "2017-07-14T02:40:00.2500000000000Z",
        ):
            found = self.read(f"{text},1\n", layout(2, (1,), "iso"))
            self.assertEqual(found[0], [1500000000.25], text)

    def set_zone(self, name: str | None) -> None:
        os.environ.pop("TZ", None)
        if name is not None:
            os.environ["TZ"] = name
        time.tzset()

    def test_zone(self) -> None:
        """Times without an offset are in UTC, wherever this runs."""
        before = os.environ.get("TZ")
        self.addCleanup(self.set_zone, before)
        self.set_zone("Asia/Tokyo")
        found = self.read("2017-07-14T02:40:00,1\n", layout(2, (1,), "iso"))
        self.assertEqual(found[0], [1500000000])

    def test_no_time(self) -> None:
        """Such rows are left out, and counted."""
        for clock in ("unix", "ms", "iso"):
            for text in (",1,a\n", "x,1,a\n", "inf,1,a\n"):
                self.assertEqual(self.read(text, layout(clock=clock)), ([], [[], []], 1), text)
        self.assertEqual(self.read(",1\n5,2\n", layout(2, (0, 1))), ([5], [[2]], 1))

    def test_width(self) -> None:
        for numbers in ((1,), (0, 1, 2)):
            found = self.read("1,2\n3,4,5\n6,7,8,9\n", layout(3, numbers))
            self.assertEqual((found[0], found[2]), ([3], 2))

    def test_missing(self) -> None:
        """A number that is not there is no damage."""
        for numbers in ((1,), (1, 2)):
            cells = read_cells(b"1,,2\n2,n/a,3\n", layout(3, numbers))
            self.assertTrue(np.isnan(cells.columns[0]).all())
            self.assertEqual(cells.bad, 0)

    def test_missing_string(self) -> None:
        self.assertEqual(self.read("1,2, \n2,3,\n", layout())[1][1], [None, None])

    def test_no_number(self) -> None:
        """The rest of the row is there."""
        for numbers in ((1,), (0, 1, 2)):
            cells = read_cells(b"1,x,2\n2,3,4\n", layout(3, numbers))
            self.assertTrue(math.isnan(cells.columns[0][0]))
            self.assertEqual((cells.t.tolist(), cells.bad), ([1, 2], 1))

    def test_quoted(self) -> None:
        found = self.read('1,2,"a, b"\n"2","3",c\n', layout())
        self.assertEqual(found, ([1, 2], [[2, 3], ["a, b", "c"]], 0))

    def test_shared_strings(self) -> None:
        """Equal ones are in memory once."""
        cells = read_cells(b"1,2,some state\n" * 1000, layout())
        self.assertIs(cells.columns[1][0], cells.columns[1][999])
        self.assertLess(cells.strings, 100)

    cell = st.sampled_from(["1", "-2.5", "", "3e4", " 5", "nan", "x", "1500000000.125", '"7"'])

    @given(st.lists(st.lists(cell, min_size=2, max_size=4)), st.sampled_from(["unix", "ms"]))
    @examples(200)
    def test_either_way(self, table: list[list[str]], clock: str) -> None:
        """What is read fast is what is read slowly."""
        data = "".join(f"{','.join(row)}\n" for row in table).encode()
        of = layout(3, (0, 1, 2), clock)
        fast = read_cells(data, of)
        with mock.patch.object(csvcells, "_plain", return_value=None):
            slow = read_cells(data, of)
        self.assertEqual((fast.t.tolist(), fast.bad), (slow.t.tolist(), slow.bad))
        for one, other in zip(fast.columns, slow.columns, strict=True):
            np.testing.assert_array_equal(one, other)

    @given(st.binary(max_size=200))
    @examples(300)
    def test_garbage(self, data: bytes) -> None:
        """Whatever there is, all columns have as many values as there are times."""
        for of in (layout(), layout(3, (0, 1, 2)), layout(clock="iso")):
            cells: Cells = read_cells(data, of)
            self.assertEqual({len(column) for column in cells.columns}, {len(cells.t)})
