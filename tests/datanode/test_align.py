"""L{netsim.datanode.align}."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.align import merge, ordered
from tests.properties import examples

TIMES = st.lists(st.integers(0, 12).map(float), unique=True).map(sorted)
ANY_TIMES = st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.5, math.nan, math.inf, -math.inf]))


def array(*values: Any) -> NDArray[Any]:
    """Values as numpy sees them."""
    return np.array(values)


class MergeTests(SynchronousTestCase):
    """Series of one timeline."""

    def test_equal(self) -> None:
        """Those that have the same times share them, and nothing is copied."""
        t, x, y = array(1.0, 2.0), array(3, 4), array("a", None)
        block = merge({"x": (t, x), "y": (t.copy(), y)}, "line")
        self.assertEqual("line", block.timeline)
        self.assertIs(t, block.t)
        self.assertIs(x, block.columns["x"])
        self.assertIs(y, block.columns["y"])

    def test_union(self) -> None:
        """Else each has all times, and nothing where it has no value."""
        block = merge(
            {
                "x": (array(1.0, 3.0), array(10, 30)),
                "s": (array(2.0, 3.0), np.array(["b", "c"], object)),
                "b": (array(2.0, 4.0), array(True, False)),
                "i": (array(1.0, 2.0, 3.0, 4.0), array(1, 2, 3, 4)),
            },
            "line",
        )
        self.assertEqual([1, 2, 3, 4], block.t.tolist())
        np.testing.assert_equal(block.columns["x"], [10, math.nan, 30, math.nan])
        self.assertEqual([None, "b", "c", None], block.columns["s"].tolist())
        self.assertEqual([None, True, None, False], block.columns["b"].tolist())
        self.assertEqual([1, 2, 3, 4], block.columns["i"].tolist())
        self.assertEqual("i", block.columns["i"].dtype.kind)

    def test_empty(self) -> None:
        """No series is no time; a series without a sample has no value."""
        self.assertEqual(0, merge({}, "line").t.size)
        block = merge({"x": (array(), array()), "y": (array(1.0), array(2.0))}, "line")
        np.testing.assert_equal(block.columns, {"x": [math.nan], "y": [2.0]})

    @given(st.lists(TIMES, min_size=1, max_size=4))
    @examples(150)
    def test_aligned(self, lists: list[list[float]]) -> None:
        """Every column has as many values as there are times, each at its own time."""
        series = {
            str(place): (np.array(t), np.array(t) * (place + 1)) for place, t in enumerate(lists)
        }
        block = merge(series, "line")
        self.assertEqual(sorted(set().union(*lists)), block.t.tolist())
        for place, t in enumerate(lists):
            column = block.columns[str(place)]
            self.assertEqual(block.t.shape, column.shape)
            there = ~np.isnan(column)
            self.assertEqual(t, block.t[there].tolist())
            self.assertEqual([x * (place + 1) for x in t], column[there].tolist())


class OrderedTests(SynchronousTestCase):
    """Samples in the order of their times."""

    def test_inOrder(self) -> None:
        """They are given back as they are."""
        t, x = array(1.0, 2.0), array(3, 4)
        result = ordered(t, x)
        self.assertIs(t, result[0])
        self.assertIs(x, result[1])
        self.assertEqual(0, ordered(np.empty(0))[0].size)

    def test_notFinite(self) -> None:
        """Samples without a finite time are left out, though they are in order."""
        inf = math.inf
        for times in ([-inf, 1.0, 2.0], [1.0, 2.0, inf], [1.0, math.nan, 2.0]):
            self.assertEqual([1, 2], ordered(np.array(times))[0].tolist())

    def test_last(self) -> None:
        """Of samples at the same time the last one is kept, in all columns."""
        t, x, y = ordered(array(3.0, 1.0, 3.0, 2.0), array(1, 2, 3, 4), array("a", "b", "c", "d"))
        self.assertEqual([1, 2, 3], t.tolist())
        self.assertEqual([2, 4, 3], x.tolist())
        self.assertEqual(["b", "d", "c"], y.tolist())

    @given(ANY_TIMES)
    @examples(150)
    def test_rising(self, times: list[float]) -> None:
        """Times rise, are finite, and keep their own values."""
        t, places = ordered(np.array(times), np.arange(len(times)))
        last = {time: place for place, time in enumerate(times) if math.isfinite(time)}
        self.assertEqual(sorted(last), t.tolist())
        self.assertEqual([last[time] for time in sorted(last)], places.tolist())
