"""Tests for L{netsim.datanode.node.ring}."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import BOOL, NUMBER, STRING
from netsim.datanode.node.ring import CHUNK, Ring
from tests.properties import examples

EVER = (-math.inf, math.inf)


def filled(count: int, rows: int = 1 << 20) -> Ring:
    """A ring with a reading for each second: its own number."""
    ring = Ring(rows)
    for number in range(count):
        ring.extend([float(number)], {"a": [float(number)]})
    return ring


class RingTests(SynchronousTestCase):
    """L{Ring}."""

    def check(self, ring: Ring, start: float, end: float, expected: list[float]) -> None:
        times, columns = ring.select(["a"], start, end)
        np.testing.assert_array_equal(expected, times)
        np.testing.assert_array_equal(expected, columns.get("a", []))

    def test_interval(self) -> None:
        """The end of what is asked for is not part of it, its start is."""
        ring = filled(2 * CHUNK + 10)
        for start, end in ((0, 3), (CHUNK - 2, CHUNK + 2), (CHUNK, CHUNK + 1), (260, 270)):
            expected = [float(number) for number in range(start, min(end, 2 * CHUNK + 10))]
            self.check(ring, start, end, expected)

    def test_nothing(self) -> None:
        """Before, after, between and the wrong way round there is nothing."""
        ring = filled(5)
        for start, end in ((-9, 0), (5, 9), (1.5, 1.7), (3, 1), (2, 2)):
            self.check(ring, start, end, [])
        self.check(Ring(10), *EVER, [])
        self.assertEqual((None, None), (Ring(10).span(), Ring(10).interval()))
        self.assertNotIn("b", ring.select(["b"], *EVER)[1])

    def test_rows(self) -> None:
        """The last rows are shown, whatever the size of chunks."""
        for rows in (1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 300):
            for count in (1, rows, rows + 1, 3 * CHUNK + 7):
                expected = [float(number) for number in range(max(count - rows, 0), count)]
                self.check(filled(count, rows), *EVER, expected)

    def test_bounded(self) -> None:
        """What is kept is not much more than what is shown."""
        self.assertLessEqual(filled(5000, 300).nbytes, (300 + CHUNK) * 16)

    def test_copies(self) -> None:
        """What was given can be changed, and nobody else sees that."""
        ring = filled(CHUNK)
        times, columns = ring.select(["a"], *EVER)
        times[0] = columns["a"][0] = 99
        self.check(ring, 0, 2, [0.0, 1.0])

    def test_unordered(self) -> None:
        """Rows that come late are put where they belong."""
        ring = filled(CHUNK)
        ring.extend([3.5, CHUNK, 1.5], {"a": [3.5, CHUNK, 1.5]})
        self.check(ring, 1, 4, [1.0, 1.5, 2.0, 3.0, 3.5])
        self.assertEqual((0.0, CHUNK), ring.span())

    def test_fieldsComeAndGo(self) -> None:
        """A field has no samples where it was not there."""
        ring = Ring(1000)
        ring.extend([1.0], {"a": [1.0]})
        ring.extend([2.0, 3.0], {"b": ["x", None]})
        ring.extend([4.0], {"a": [4.0], "c": [True]})
        times, columns = ring.select(["c", "b", "a", "b"], 1, 4)
        np.testing.assert_array_equal([1, 2, 3], times)
        self.assertEqual({"a", "b"}, set(columns))
        np.testing.assert_array_equal([1, math.nan, math.nan], columns["a"])
        self.assertEqual([None, "x", None], columns["b"].tolist())
        self.assertEqual({"a": NUMBER, "b": STRING, "c": BOOL}, ring.kinds())

    def test_otherKind(self) -> None:
        """A field that becomes a number is one; what it was before is missing."""
        ring = Ring(1000)
        ring.extend([float(n) for n in range(CHUNK)], {"a": ["off"] * CHUNK})
        ring.extend([500.0, 501.0], {"a": [True, 7.0]})
        _, columns = ring.select(["a"], CHUNK - 1, math.inf)
        np.testing.assert_array_equal([math.nan, 1, 7], columns["a"])
        self.assertEqual({"a": NUMBER}, ring.kinds())

    def test_kindsBetween(self) -> None:
        """Fields are told whose chunks are about then."""
        ring = filled(CHUNK)
        ring.extend([1000.0], {"b": [1.0]})
        self.assertEqual({"a"}, set(ring.kinds(0, 5)))
        self.assertEqual({"b"}, set(ring.kinds(1000, 1001)))
        self.assertEqual({}, ring.kinds(500, 1000))

    def test_expire(self) -> None:
        """Chunks go when all of them is old."""
        ring = filled(2 * CHUNK + 1)
        self.assertFalse(ring.expire(CHUNK - 1))
        size = ring.nbytes
        self.assertTrue(ring.expire(CHUNK))
        self.assertEqual((float(CHUNK), 2.0 * CHUNK), ring.span())
        self.assertEqual(size / 2, ring.nbytes)
        ring.drop()
        ring.drop()
        self.assertEqual((0, (2.0 * CHUNK, 2.0 * CHUNK)), (ring.nbytes, ring.span()))

    def test_meanInterval(self) -> None:
        """The mean time between rows."""
        ring = Ring(10)
        ring.extend([1.0], {"a": [1.0]})
        self.assertIsNone(ring.interval())
        ring.extend([2.0, 6.0], {"a": [1.0, 2.0]})
        self.assertEqual(2.5, ring.interval())

    @examples(60)
    @given(
        st.lists(st.lists(st.integers(0, 500), max_size=40), max_size=12),
        st.integers(1, 300),
        st.integers(-1, 501),
        st.integers(-1, 501),
    )
    def test_property(self, events: list[list[int]], rows: int, start: int, end: int) -> None:
        """It gives what a list would, sorted."""
        ring = Ring(rows)
        for event in events:
            ring.extend(event, {"a": [float(time) for time in event]})
        kept = [float(time) for event in events for time in event][-rows:]
        self.check(ring, start, end, sorted(time for time in kept if start <= time < end))
