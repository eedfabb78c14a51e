"""Tests for L{netsim.datanode.csvlayout}."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.csvlayout import Layout, Wanted, find_layout, number, rows, text_of
from netsim.errors import DataFileError
from tests.properties import examples


class LayoutTests(SynchronousTestCase):
    """What the first lines tell."""

    def layout(self, text: str, **wanted: Any) -> Layout:
        return find_layout(text.encode(), Wanted(**wanted))

    def refused(self, text: str, **wanted: Any) -> str:
        return str(self.assertRaises(DataFileError, self.layout, text, **wanted))

    def test_plain(self) -> None:
        layout = self.layout("time,a,b\n1,2,x\n")
        self.assertEqual(layout, Layout(",", ("time", "a", "b"), 0, "unix", frozenset({0, 1})))
        self.assertEqual(layout.fields, [1, 2])

    def test_header_only(self) -> None:
        """Columns of which nothing is known are of numbers."""
        layout = self.layout("time,a\n")
        self.assertEqual(layout, Layout(",", ("time", "a"), 0, "unix", frozenset({0, 1})))

    def test_delimiters(self) -> None:
        for delimiter in ",;\t|":
            layout = self.layout(delimiter.join("abc") + "\n")
            self.assertEqual((layout.delimiter, layout.names), (delimiter, ("a", "b", "c")))
        self.assertEqual(self.layout("a b,c\n", delimiter=" ").names, ("a", "b,c"))

    def test_names(self) -> None:
        """Every column has one, and its own."""
        layout = self.layout("# time ,,x,x,x_4\n")
        self.assertEqual(layout.names, ("time", "column2", "x", "x_4", "x_4_5"))
        layout = self.layout("x_3,x,x,x_3_4,x_3\n")
        self.assertEqual(layout.names, ("x_3", "x", "x_3_", "x_3_4", "x_3_5"))

    def test_quoted_names(self) -> None:
        layout = self.layout('time,"a, b"\n')
        self.assertEqual(layout.names, ("time", "a, b"))

    def test_carriage_return(self) -> None:
        self.assertEqual(self.layout("time,a\r\n1,2\r\n").names, ("time", "a"))

    def test_units(self) -> None:
        layout = self.layout("time,a (K),b [ m/s ],c,d ()\n")
        self.assertEqual([layout.units(each) for each in range(5)], [None, "K", "m/s", None, None])

    def test_time_column(self) -> None:
        self.assertEqual(self.layout("a,b,c\n", time="b").time, 1)
        self.assertEqual(self.layout("a,b,c\n", time="b").fields, [0, 2])
        reason = "there is no column 'x': it has a, b"
        self.assertEqual(self.refused("a,b\n", time="x"), reason)

    def test_no_columns(self) -> None:
        for text in ("", "\n", "time\n", "1 2\n", '"\n'):
            reason = "expected a first line with the names of two columns or more"
            self.assertEqual(self.refused(text), reason, text)

    def test_clock(self) -> None:
        for cell, clock in (
            ("1500000000", "unix"),
            ("1500000000.25", "unix"),
            ("1500000000000", "ms"),
            ("2017-07-13", "iso"),
            ("2017-07-13T00:00:00+05:30", "iso"),
            ("2017-07-13 00:00:00", "iso"),
            ("x", "unix"),
            ("", "unix"),
        ):
            self.assertEqual(self.layout(f"t,a\n{cell},1\n").clock, clock, cell)
        self.assertEqual(self.layout("t,a\n,1\nx,1\n2017-07-13,1\n").clock, "iso")
        self.assertEqual(self.layout("t,a\n1500000000000,1\n", clock="unix").clock, "unix")

    def test_numbers(self) -> None:
        """A column is one of numbers if most of what is in it are."""
        for cells, is_number in (
            ("1", True),
            ("-1.5e3", True),
            ("x", False),
            ("", True),
            ("n/a", True),
            ("n/a 1", True),
            ("n/a x", False),
            ("1 2 x", True),
            ("1 x y", False),
        ):
            text = "t,a\n" + "".join(f"1,{cell}\n" for cell in (cells.split(" ")))
            self.assertEqual(1 in self.layout(text).numbers, is_number, cells)

    @given(st.binary(max_size=100))
    @examples(300)
    def test_garbage(self, data: bytes) -> None:
        """Whatever it is, there is a layout, or a reason."""
        try:
            layout = find_layout(data, Wanted())
        except DataFileError:
            return
        self.assertEqual(len(set(layout.names)), len(layout.names))


class RowsTests(SynchronousTestCase):
    """How lines become cells."""

    def test_plain(self) -> None:
        text = "1,2\n\n# x\n3,4"
        self.assertEqual(list(rows(text, ",")), [["1", "2"], ["3", "4"]])

    def test_quoted(self) -> None:
        text = '1,"a, ""b"""\n'
        self.assertEqual(list(rows(text, ",")), [["1", 'a, "b"']])

    def test_missing_quote(self) -> None:
        """It does not take the next line with it."""
        text = '1,"a\n2,b\n'
        self.assertEqual(list(rows(text, ",")), [[], ["2", "b"]])


class CellTests(SynchronousTestCase):
    """Single cells."""

    def test_number(self) -> None:
        self.assertEqual(number(" 1.5 "), 1.5)
        for cell in ("", " ", "NaN", "N/A", "null", "-", "None"):
            value = number(cell)
            assert value is not None
            self.assertTrue(math.isnan(value), cell)
        self.assertIsNone(number("x"))

    def test_text(self) -> None:
        self.assertEqual(text_of("°C\r\n".encode()), "°C\n")
        self.assertEqual(text_of("°C".encode("latin-1")), "°C")
