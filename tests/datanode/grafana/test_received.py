"""Tests of L{netsim.datanode.grafana.received}."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.model import Entry, Received
from netsim.datanode.grafana.received import read_answer, size
from netsim.datanode.model import BOOL, STRING
from tests.properties import examples

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abtu"), inner),
    max_leaves=8,
)
ANSWERS = ANYTHING | st.fixed_dictionaries(
    {
        "data": ANYTHING | st.dictionaries(st.sampled_from("abc"), ANYTHING),
        "timeline": ANYTHING
        | st.dictionaries(
            st.sampled_from(["t", "u", "group0"]),
            ANYTHING | st.fixed_dictionaries({"t": ANYTHING}, optional={"fields": ANYTHING}),
            max_size=3,
        ),
    }
)


def timelines(**times: Any) -> dict[str, Any]:
    """Timelines in the form of the document."""
    return {name: {"t": t, "finalized_until": None} for name, t in times.items()}


class ReadTestCase(SynchronousTestCase):
    """Reads answers."""

    def read(self, data: Any, timeline: Any, known: Any = None, asked: Any = None) -> Received:
        """Read one."""
        answer = {"data": data, "timeline": timeline}
        return read_answer(answer, data if asked is None else asked, known or {})

    def series(self, received: Received) -> dict[str, tuple[list[float], list[Any]]]:
        """What came, by field; not-a-number is L{None}."""
        self.assertEqual(received.problems, ())
        return {
            name: (
                block.t.tolist(),
                [None if isinstance(v, float) and math.isnan(v) else v for v in column.tolist()],
            )
            for block in received.blocks
            for name, column in block.columns.items()
        }


class FormTests(ReadTestCase):
    """Which timeline a field follows."""

    def test_document(self) -> None:
        """That which C{get_fields} has told; fields that share it are together."""
        received = self.read(
            {"a": [1.0, 2.0], "b": [3, 4], "c": [5.0]},
            timelines(t=[10, 11], u=[12]),
            {"a": Entry("t"), "b": Entry("t"), "c": Entry("u")},
        )
        self.assertEqual(
            self.series(received),
            {"a": ([10, 11], [1, 2]), "b": ([10, 11], [3, 4]), "c": ([12], [5])},
        )
        self.assertEqual([list(block.columns) for block in received.blocks], [["a", "b"], ["c"]])
        self.assertEqual([block.timeline for block in received.blocks], ["t", "u"])

    def test_g3(self) -> None:
        """Or that which lists it, whatever C{get_fields} calls it."""
        received = self.read(
            {"a": [1.0], "b": [2.0, 3.0]},
            {
                "group0": {"t": [10], "fields": ["a"], "finalized_until": 1},
                "group1": {"t": [11, 12], "fields": ["b"]},
            },
            {"a": Entry("a"), "b": Entry(None)},
        )
        self.assertEqual(self.series(received), {"a": ([10], [1]), "b": ([11, 12], [2, 3])})

    def test_only(self) -> None:
        """Or the only one that there is."""
        received = self.read({"a": [1.0]}, timelines(x=[10]), {"a": Entry("t")})
        self.assertEqual(self.series(received), {"a": ([10], [1])})

    def test_unknown(self) -> None:
        """Or none, and that is told; the others are read."""
        received = self.read({"a": [1.0], "b": [2.0]}, timelines(x=[1], y=[2]), {"b": Entry("y")})
        self.assertEqual(received.problems, ("a: nothing tells its timeline",))
        self.assertEqual([list(block.columns) for block in received.blocks], [["b"]])

    def test_nothing(self) -> None:
        """A field without data is none, and that is right."""
        for data in ({}, {"a": []}, {"a": None}):
            received = self.read(data, {}, asked=["a"])
            self.assertEqual((received.blocks, received.problems), ((), ()))

    def test_others(self) -> None:
        """What nobody has asked for is passed over."""
        received = self.read({"a": [1.0], "b": [2.0]}, timelines(t=[1]), asked=["a"])
        self.assertEqual(list(self.series(received)), ["a"])


class ValueTests(ReadTestCase):
    """What values become."""

    def column(self, values: Any, kind: str = "number") -> Any:
        """Read one column."""
        times = timelines(t=list(range(len(values))))
        received = self.read({"a": values}, times, {"a": Entry("t", type=kind)})
        self.assertEqual(received.problems, ())
        [block] = received.blocks
        return block.columns["a"]

    def test_kinds(self) -> None:
        """Numbers, integers, truths and texts, with gaps."""
        for values, kind, dtype, expected in (
            ([1.5, 2], "number", "f", [1.5, 2.0]),
            ([1, 2], "number", "i", [1, 2]),
            ([True, False], "number", "b", [True, False]),
            ([0, 1], BOOL, "b", [False, True]),
            (["x", "y"], "number", "O", ["x", "y"]),
            (["1", None], STRING, "O", ["1", None]),
            (["x", None], "number", "O", ["x", None]),
            ([1, 2.5, None], STRING, "O", ["1", "2.5", None]),
            ([2**63], "number", "u", [2**63]),
            ([2**70], "number", "f", [2.0**70]),
        ):
            column = self.column(values, kind)
            self.assertEqual((column.dtype.kind, column.tolist()), (dtype, expected))

    def test_gaps(self) -> None:
        """Numbers and truths that are missing are not numbers."""
        for values in ([1.5, None], [1, None], [True, None]):
            column = self.column(values)
            self.assertEqual((column.dtype.kind, column[0]), ("f", float(values[0])))
            self.assertTrue(np.isnan(column[1]))

    def test_wrong(self) -> None:
        """What cannot be read is told, each with its field."""
        data = {
            "short": [1.0],
            "text": "ab",
            "object": {"x": 1},
            "deep": [[1.0], [2.0]],
            "ragged": [[1.0], 2.0],
            "odd": [{}, {}],
            "good": [1.0, 2.0],
        }
        received = self.read(data, timelines(t=[1, 2]))
        self.assertEqual(
            received.problems,
            (
                "short: 1 values at 2 times of t",
                "text: expected a list of values",
                "object: expected a list of values",
                "deep: expected a list of values, and no lists in it",
                "ragged: expected numbers, truths or texts",
                "odd: expected numbers, truths or texts",
            ),
        )
        [block] = received.blocks
        self.assertEqual(list(block.columns), ["good"])

    def test_times(self) -> None:
        """They are numbers; one that is none is left out with its values."""
        for times in (None, "x", [[1]], ["x"], [{}], {"t": 1}):
            received = self.read({"a": [1.0]}, {"t": {"t": times}})
            self.assertEqual(len(received.problems), 1, times)
            self.assertEqual(received.blocks, ())
        received = self.read(
            {"a": [1, 2, 3, 4, 5], "b": list("vwxyz")},
            timelines(t=[1, None, math.inf, 1e300, 2]),
        )
        self.assertEqual(self.series(received), {"a": ([1, 2], [1, 5]), "b": ([1, 2], ["v", "z"])})

    def test_order(self) -> None:
        """They are put in order; those of the same time stay as they came."""
        received = self.read({"a": [1, 2, 3, 4], "b": list("wxyz")}, timelines(t=[2, 1, 2, 0]))
        self.assertEqual(
            self.series(received),
            {"a": ([0, 1, 2, 2], [4, 2, 1, 3]), "b": ([0, 1, 2, 2], list("zxwy"))},
        )

    def test_sameTimes(self) -> None:
        """However many there are."""
        times = [1.0] * 100 + [0.0]
        received = self.read({"a": list(range(101))}, timelines(t=times))
        self.assertEqual(received.blocks[0].columns["a"].tolist(), [100, *range(100)])


class AnyTests(ReadTestCase):
    """Whatever a node sends."""

    def test_noAnswer(self) -> None:
        """What has not even the form is told."""
        for answer in (None, [], 1, "x", {}, {"data": {}}, {"data": [], "timeline": {}}):
            received = read_answer(answer, ["a"], {})
            self.assertEqual(received.problems, ("the answer has no data, or no timeline",))

    @examples(100)
    @given(ANSWERS, st.sampled_from(["number", "string", "bool"]))
    def test_any(self, answer: Any, kind: str) -> None:
        """What is read has the form of a block; the rest is told."""
        known = {"a": Entry("t", type=kind), "b": Entry("u", type=kind)}
        received = read_answer(answer, "ab", known)
        size(answer)
        for block in received.blocks:
            self.assertTrue(np.isfinite(block.t).all())
            self.assertTrue((np.diff(block.t) >= 0).all())
            for column in block.columns.values():
                self.assertEqual(column.shape, block.t.shape)
                self.assertIn(column.dtype.kind, "biufO")

    def test_size(self) -> None:
        """It is known how much it is before it is read."""
        self.assertEqual(size({"data": {"a": [1, 2], "b": [3], "c": None}}), 3)
        for answer in (None, False, {}, {"data": 1}):
            self.assertEqual(size(answer), 0)
