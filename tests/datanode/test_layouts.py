"""L{netsim.datanode.layouts}."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import layouts
from netsim.datanode.digits import Digits
from netsim.datanode.layouts import Group, Numeral, groups, line, numerals
from tests.properties import examples


def found(text: str) -> tuple[int, list[Group]]:
    """Groups of a text."""
    array = np.frombuffer(text.encode("latin-1"), np.uint8)
    count, some = groups(array, Digits.of(array))
    return count, list(some)


class NumeralsTests(SynchronousTestCase):
    """Numbers in a layout."""

    def check(self, expected: Any, text: str, columns: int = 1, separator: Any = None) -> None:
        key = found(text)[1][0].key
        self.assertEqual(expected, numerals(key, line(columns, separator)), text)

    def test_forms(self) -> None:
        """All forms of a number."""
        self.check([Numeral(0, None, None)], "12\n")
        self.check([Numeral(0, None, None)], "-12.\n")
        self.check([Numeral(0, 1, None)], "12.5\n")
        self.check([Numeral(None, 1, None)], ".5\n")
        self.check([Numeral(0, None, 1)], "1e+5\n")
        self.check([Numeral(0, 1, 2)], "1.5E5\r\n")

    def test_several(self) -> None:
        """Several, with what is between them."""
        two = [Numeral(0, None, None), Numeral(1, None, None)]
        self.check(two, "1 2\n", 2)
        self.check(two, "1,2\n", 2, b",")
        self.check([Numeral(1, None, None), Numeral(4, 5, None)], " 1 \t,2.5  \r\n", 2, b",")
        self.check(two, "1\t2\n", 2, b"\t")

    def test_none(self) -> None:
        """Other lines."""
        for text in (
            "x\n",
            "\n",
            "1 2\n",
            "e5\n",
            ".\n",
            "1e\n",
            "1.2.3\n",
            "#1\n",
            "1\r2\n",
            "\xb2\n",
        ):
            self.check(None, text)
        for text in ("1\n", "1  2 3\n", "1,2\n"):
            self.check(None, text, 2)
        self.check(None, "1\t\t2\n", 2, b"\t")
        self.check(None, "1 2\n", 2, b",")
        self.check(None, "1,,2\n", 2, b",")


class GroupsTests(SynchronousTestCase):
    """Lines of one layout."""

    def check(self, group: Group, lines: list[str]) -> None:
        """It tells of each line where its characters are, and how many digits come before."""
        starts = np.cumsum([0, *map(len, lines)])[:-1]
        mine = np.arange(len(lines))[group.rows]
        self.assertEqual(group.size, mine.size)
        texts = np.frombuffer("".join(lines).encode("latin-1"), np.uint8)
        for place, character in enumerate(group.key):
            ends = np.arange(texts.size)[group.ends(place)]
            counts = np.broadcast_to(group.counts(place), ends.shape)
            self.assertEqual({min(character & 0x7F, 127)}, set(np.minimum(texts[ends], 127)))
            before = ends - counts - 1
            if place:
                self.assertEqual(
                    np.arange(texts.size)[group.ends(place - 1)].tolist(), before.tolist()
                )
            else:
                self.assertEqual((starts[mine] - 1).tolist(), before.tolist())

    def kind(self, expected: str, *lines: str) -> None:
        count, some = found("".join(lines))
        self.assertEqual(len(lines), count)
        self.assertEqual(expected, type(some[0]).__name__)
        for group in some:
            self.check(group, list(lines))

    def test_regular(self) -> None:
        """Lines that are as wide."""
        self.kind("_Regular", "1.5 -2\n", "3.5 44\n", "7.8 99\n")
        self.kind("_Regular", "1 2\n")

    def test_anchored(self) -> None:
        """Lines of which the end is the same, wherever it is."""
        self.kind("_Anchored", "1.5 2.5\n", "3.5 44.5\n", "7.8 -999.1\n")
        self.kind("_Anchored", "1\n", "22\n")
        self.kind("_Anchored", "1.5\n", ".5\n")

    def test_scattered(self) -> None:
        """All others; of each layout one group."""
        self.kind("_Scattered", "1.5 2.25\n", "33.5 44.5\n")
        self.kind("_Scattered", "1.5 2\n", "3 4\n", "5.5 6\n", "\n", "7 8\n", "x\xe9 y\n")
        long = "1" + " 2" * 12 + "\n"
        self.kind("_Scattered", long, long.replace("2", "22"), long.replace(" ", ",", 1), "\n")

    def test_short(self) -> None:
        """Lines that are too short for the layout of the first one are of others."""
        self.kind("_Scattered", "10.5 2.5\n", "1\n", "\n", "10.5 2.5\n")
        self.kind("_Scattered", "1.5 2.123456\n", "1.5 2345\n")

    def test_late(self) -> None:
        """What only the last of many lines shows is seen."""
        self.kind("_Scattered", *["1.5 2.5\n", "1.5 22.5\n"] * 200, "1,5 2.5\n")
        self.kind("_Scattered", *["1.5 2.5\n"] * 200, "1,5 2.5\n")

    def test_bounded(self) -> None:
        """Of many layouts only some are looked for."""
        self.patch(layouts, "LAYOUTS", 5)
        count, some = found("".join(" " * size + "\n" for size in range(20)))
        self.assertEqual((20, 5), (count, len(some)))

    @given(st.lists(st.text("01.-e \t,x\xe9\0", max_size=12), min_size=1, max_size=12))
    @examples(300)
    def test_everyLine(self, texts: list[str]) -> None:
        """Each line is in one group, and all of a group have its layout."""
        lines = [text + "\n" for text in texts]
        count, some = found("".join(lines))
        self.assertEqual(len(lines), count)
        rows = [row for group in some for row in np.arange(count)[group.rows].tolist()]
        self.assertEqual(list(range(count)), sorted(rows))
        for group in some:
            if not any(sign in "".join(lines) for sign in "\xe9\0"):
                self.check(group, lines)
