"""Tests for L{netsim.datanode.node.chunk}."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import BOOL, NUMBER, STRING
from netsim.datanode.node import chunk
from netsim.datanode.node.chunk import LONGEST, make_chunk, plain, stronger
from tests.properties import examples

VALUES = st.one_of(st.floats(), st.booleans(), st.text(max_size=5), st.none())


class PlainTests(SynchronousTestCase):
    """L{plain}."""

    def test_samples(self) -> None:
        """Numbers, truth values and short texts are samples."""
        for value, expected in ((3, 3.0), (2.5, 2.5), (-1e300, -1e300), ("on", "on"), ("", "")):
            self.assertEqual((expected, type(expected)), (plain(value), type(plain(value))))
        for truth in (True, False):
            self.assertIs(truth, plain(truth))

    def test_none(self) -> None:
        """Nothing else is one."""
        for value in (None, [1], {"a": 1}, 10**400, "x" * (LONGEST + 1), object(), b"bytes"):
            self.assertIsNone(plain(value))


class MakeChunkTests(SynchronousTestCase):
    """L{make_chunk}."""

    def test_numbers(self) -> None:
        """What is missing among numbers, and what is none, is not a number."""
        made = make_chunk([1.0, 3.0, 2.0, 4.0], {"a": [1.5, None, "12", True]})
        np.testing.assert_array_equal([1.5, math.nan, math.nan, 1.0], made.columns["a"])
        self.assertEqual((np.float64, {"a": NUMBER}), (made.columns["a"].dtype, made.kinds))
        self.assertEqual((1.0, 4.0), (made.first, made.last))

    def test_filled(self) -> None:
        """A column that ends early is filled."""
        made = make_chunk([1.0, 2.0], {"a": [True], "b": ["x"], "c": []})
        np.testing.assert_array_equal([1.0, math.nan], made.columns["a"])
        self.assertEqual(["x", None], made.columns["b"].tolist())
        self.assertEqual({"a": BOOL, "b": STRING}, made.kinds)

    def test_absent(self) -> None:
        """A column that is not there, or is something else, is missing."""
        made = make_chunk([1.0, 2.0], {"a": ["x", "y"]})
        np.testing.assert_array_equal([math.nan] * 2, made.column("a", False))
        np.testing.assert_array_equal([math.nan] * 2, made.column("b", False))
        self.assertEqual([None, None], made.column("b", True).tolist())
        self.assertEqual(["x", "y"], made.column("a", True).tolist())

    def test_size(self) -> None:
        """A text that stays the same takes little."""
        same = [" ".join(["same"] * 20) for _ in range(100)]
        other = [f"{text} {number}" for number, text in enumerate(same)]
        times = [float(number) for number in range(100)]
        self.assertLess(make_chunk(times, {"a": same}).nbytes, 2000)
        self.assertGreater(make_chunk(times, {"a": other}).nbytes, 12_000)
        self.assertEqual(1600, make_chunk(times, {"a": times}).nbytes)

    @examples(60)
    @given(st.lists(VALUES, min_size=1, max_size=8))
    def test_property(self, values: list[Any]) -> None:
        """The strongest kind among the values is what the column is, and keeps its samples."""
        made = make_chunk([0.0] * len(values), {"a": values})
        kinds = {float: NUMBER, bool: BOOL, str: STRING}
        expected = None
        for value in values:
            expected = stronger(expected, kinds.get(type(value)))
        self.assertEqual(expected, made.kinds.get("a"))
        wanted = (str,) if expected == STRING else (float, bool)
        shown = made.column("a", expected == STRING).tolist()
        for value, column in zip(values, shown, strict=True):
            if isinstance(value, wanted):
                np.testing.assert_equal(column, value)
            elif expected == STRING:
                self.assertIsNone(column)
            else:
                self.assertTrue(math.isnan(column))


class GivenTests(SynchronousTestCase):
    """L{chunk.given}."""

    def test_truth(self) -> None:
        """Truth values are so only where none is missing."""
        all_there = chunk.given(np.array([1.0, 0.0]), BOOL)
        self.assertEqual([True, False], None if all_there is None else all_there.tolist())
        some = chunk.given(np.array([1.0, math.nan]), BOOL)
        np.testing.assert_array_equal([1.0, math.nan], some)

    def test_nothing(self) -> None:
        """A column without a sample is none."""
        self.assertIsNone(chunk.given(np.array([math.nan]), NUMBER))
        self.assertIsNone(chunk.given(np.array([None, None], object), STRING))
        self.assertIsNotNone(chunk.given(np.array([None, ""], object), STRING))
