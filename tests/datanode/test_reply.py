"""L{netsim.datanode.reply}."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.reply import check_names, check_query, finished, timelines
from netsim.errors import DataFileError, QueryError


def answer(count: int = 1000) -> dict[str, Any]:
    """One field."""
    t = np.arange(float(count))
    return {
        "data": {"some": np.sin(t)},
        "timeline": {"t": {"t": t, "finalized_until": None}},
    }


class QueryTests(SynchronousTestCase):
    """Arguments of calls."""

    def test_times(self) -> None:
        """Numbers are times, also backwards; other things are none."""
        for start, end in [(1, 0), (-10.5, 0), (0, -10), (5, 1), (1500000000, 1600000000.5)]:
            check_query(start, end)
        for wrong in (None, "1", True, math.nan, math.inf, [1]):
            self.assertIn("start", str(self.assertRaises(QueryError, check_query, wrong, 1)))
            self.assertIn("end", str(self.assertRaises(QueryError, check_query, 1, wrong)))

    def test_stride(self) -> None:
        """A stride is a number of seconds, or none."""
        for right in (None, 0, 1, 0.5):
            check_query(1, 2, right)
        for wrong in (-1, math.nan, "1", True):
            error = self.assertRaises(QueryError, check_query, 1, 2, wrong)
            self.assertIn("min_stride", str(error))

    def test_names(self) -> None:
        """A list of names, each once."""
        self.assertEqual(["b", "a"], check_names(["b", "a", "b"]))
        self.assertEqual([], check_names([]))
        for wrong in ("a", None, [1], {"a": 1}, ["a", None]):
            self.assertRaises(QueryError, check_names, wrong)


class TimelinesTests(SynchronousTestCase):
    """L{timelines}."""

    def test_told(self) -> None:
        """What each field follows; what is none of the document is passed over."""
        fields = {"a": {"timeline": "t"}, "b": {"timeline": 5}, "c": None, "d": {}}
        self.assertEqual({"a": "t"}, timelines((fields, {})))

    def test_nothing(self) -> None:
        """Another shape tells nothing."""
        for told in (None, [], 5, "ab", [None, {}], {"a": {"timeline": "t"}}):
            self.assertIsNone(timelines(told), told)


class FinishedTests(SynchronousTestCase):
    """Answers of a node's own code."""

    def finished(
        self, given: Any, stride: Any = None, points: Any = None, most: int = 1 << 30
    ) -> Any:
        return finished(given, stride, points, most)

    def test_plain(self) -> None:
        """Arrays become lists; what is no number becomes none."""
        given = answer(3)
        given["data"]["some"][1] = np.nan
        reply = self.finished(given)
        self.assertEqual([0.0, None, math.sin(2)], reply["data"]["some"])
        self.assertEqual([0.0, 1.0, 2.0], reply["timeline"]["t"]["t"])
        json.dumps(reply, allow_nan=False)

    def test_limits(self) -> None:
        """It is downsampled, whether the node has done that or not."""
        self.assertEqual(1000, len(self.finished(answer())["data"]["some"]))
        self.assertLessEqual(len(self.finished(answer(), None, 10)["data"]["some"]), 10)
        times = self.finished(answer(), 100.0)["timeline"]["t"]["t"]
        self.assertGreaterEqual(min(np.diff(times)), 100 - 1e-6)
        self.assertEqual(1000, len(self.finished(answer(), 0)["data"]["some"]))

    def test_allowance(self) -> None:
        """Too much is told as such."""
        self.assertIs(False, self.finished(answer(), most=1000))
        self.assertIsNot(False, self.finished(answer(10), most=1000))
        self.assertIsNot(False, self.finished(answer(), None, 10, 1000))

    def test_false(self) -> None:
        """So can the node itself."""
        self.assertIs(False, self.finished(False))

    def test_nonsense(self) -> None:
        """Other things are no answers."""
        for wrong in (None, [], 0, "text"):
            error = self.assertRaises(DataFileError, self.finished, wrong)
            self.assertIn(type(wrong).__name__, str(error))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**63), 2**64)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class SizeTests(SynchronousTestCase):
    """The size of an answer."""

    @given(value=VALUES)
    def test_bound(self, value: Any) -> None:
        """It is never larger than it was thought to be."""
        reply = {"data": {}, "timeline": {}, "more": value}
        size = len(json.dumps(reply).encode())
        self.assertIs(False, finished(reply, None, None, size - 1))
