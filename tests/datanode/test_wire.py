"""L{netsim.datanode.wire}."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import BOOL, Block, Catalogue, Field
from netsim.datanode.wire import data_reply, fields_reply, plain, reduce_reply, size
from netsim.errors import QueryError
from tests.properties import examples

NAN, INF = math.nan, math.inf


def block(timeline: str = "line", finalized: float | None = None, **columns: Any) -> Block:
    """A block; its times are 0, 1, 2 and so on."""
    arrays = {
        name: values if isinstance(values, np.ndarray) else np.array(values)
        for name, values in columns.items()
    }
    count = next(iter(arrays.values())).size
    return Block(timeline, np.arange(count, dtype=np.float64), arrays, finalized)


class FieldsTests(SynchronousTestCase):
    """The answer of C{get_fields}."""

    def test_shape(self) -> None:
        """Fields and timelines are told as the document has them."""
        catalogue = Catalogue(
            (
                Field("a", "fast", "about a", units="K"),
                Field("b", "slow"),
                Field("c", "fast", type=BOOL),
            ),
            {"fast": np.float64(0.5), "other": 3.0},
        )
        fields, timelines = fields_reply(catalogue)
        self.assertEqual(
            {
                "a": {"description": "about a", "timeline": "fast", "type": "number", "units": "K"},
                "b": {"description": None, "timeline": "slow", "type": "number", "units": None},
                "c": {"description": None, "timeline": "fast", "type": "bool", "units": None},
            },
            fields,
        )
        self.assertEqual(
            {
                "fast": {"interval": 0.5, "field": ["a", "c"]},
                "slow": {"interval": None, "field": ["b"]},
            },
            timelines,
        )
        self.assertIs(float, type(timelines["fast"]["interval"]))

    def test_empty(self) -> None:
        """There may be nothing."""
        self.assertEqual(({}, {}), fields_reply(Catalogue()))


class DataTests(SynchronousTestCase):
    """The answer of C{get_data}."""

    def test_shape(self) -> None:
        """What has data has a timeline; what has none is an empty list."""
        blocks = [
            block(finalized=5, a=[1.5, 2.5], b=[1, 2], unasked=[3, 4]),
            block("none", c=np.empty(0)),
            block("unasked", d=[1.0]),
        ]
        self.assertEqual(
            {
                "data": {"a": [1.5, 2.5], "b": [1, 2], "c": [], "nobody": []},
                "timeline": {"line": {"t": [0.0, 1.0], "finalized_until": 5}},
            },
            data_reply(["a", "b", "c", "nobody"], blocks),
        )
        self.assertEqual({"data": {}, "timeline": {}}, data_reply([], blocks))

    def test_kinds(self) -> None:
        """Values are Python's, and stay what they are; what is no number is nothing."""
        reply = data_reply(
            list("fibso"),
            [
                block(
                    f=[1.0, NAN, INF, -INF],
                    i=[1, 2, 3, 2**62],
                    b=[True, False, True, True],
                    s=np.array(["x", None, NAN, "y"], object),
                    o=np.array([True, np.float64(1), np.int64(2), None], object),
                )
            ],
        )["data"]
        self.assertEqual([1.0, None, None, None], reply["f"])
        self.assertEqual([1, 2, 3, 2**62], reply["i"])
        self.assertEqual([True, False, True, True], reply["b"])
        self.assertEqual(["x", None, None, "y"], reply["s"])
        self.assertEqual([True, 1.0, 2, None], reply["o"])
        kinds = {type(value) for values in reply.values() for value in values}
        self.assertEqual({float, int, bool, str, type(None)}, kinds)

    @given(
        st.lists(st.floats(), max_size=5),
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=5, max_size=5),
        st.lists(st.text() | st.none(), min_size=5, max_size=5),
        st.text(),
    )
    @examples(200)
    def test_size(self, f: list[float], i: list[int], s: list[str | None], name: str) -> None:
        """No answer is larger than was said."""
        blocks = [
            block("f" + name, np.finfo(float).min, f=np.array(f, float)),
            block("i" + name, i=np.array(i)),
            block("s" + name, s=np.array(s, object)),
            block("b" + name, b=[True, False]),
        ]
        reply = data_reply(["f", "i", "s", "b"], blocks)
        self.assertLessEqual(len(json.dumps(reply)), size(blocks))

    def test_long(self) -> None:
        """Numbers as long as they can be."""
        for number in (float(np.finfo(float).min), -(2**63)):
            some = block(**{f"x{place}": [number] * 100 for place in range(50)})
            reply = data_reply(list(some.columns), [some])
            self.assertLessEqual(len(json.dumps(reply)), size([some]))

    def test_tight(self) -> None:
        """The bound is not far from what the answer takes."""
        some = block(x=np.random.default_rng(1).normal(size=10_000))
        taken = len(json.dumps(data_reply(["x"], [some])))
        self.assertLess(size([some]), 2 * taken)


class PlainTests(SynchronousTestCase):
    """What others' code returns."""

    def test_numpy(self) -> None:
        """Numpy's kinds become Python's, however deep."""
        given = (
            {"a": np.arange(2), np.str_("b"): [np.float32(0.5), {"c": np.array([[1.0, NAN]])}]},
        )
        result = plain(given)
        self.assertEqual([{"a": [0, 1], "b": [0.5, {"c": [[1.0, None]]}]}], result)
        json.dumps(result, allow_nan=False)
        self.assertEqual([True, 3, None], plain([np.True_, np.int8(3), np.float64("inf")]))

    def test_scalars(self) -> None:
        """Other values stay."""
        thing = object()
        for value in (False, 5, "x", None, 1.5, thing):
            self.assertIs(value, plain(value))
        self.assertIsNone(plain(NAN))
        self.assertEqual([], plain(()))

    @given(st.lists(st.floats() | st.integers() | st.none() | st.booleans() | st.text(max_size=2)))
    @examples(200)
    def test_lists(self, values: list[Any]) -> None:
        """Whatever a list has, what is no number goes and the rest stays."""
        result = plain(values)
        expected = [None if x != x or x in (INF, -INF) else x for x in values]
        self.assertEqual(list(map(repr, expected)), list(map(repr, result)))


class ReduceReplyTests(SynchronousTestCase):
    """Answers of others, downsampled."""

    def check(self, expected: Any, reply: Any, *limits: Any, **more: Any) -> None:
        before = copy.deepcopy(reply)
        result = reduce_reply(reply, *limits, **more)
        self.assertEqual(expected, result)
        self.assertEqual(before, reply)

    def unchanged(self, reply: Any, **more: Any) -> None:
        self.check(reply, reply, 2.0, 2, **more)

    def reply(self, **timelines: Any) -> dict[str, Any]:
        return {
            "data": {"a": [0, 9, 1, 2], "b": [True, False, True, True], "c": []},
            "timeline": timelines,
        }

    def test_oneTimeline(self) -> None:
        """All fields follow the only timeline; what else it tells stays."""
        line = {"t": [0, 1, 2, 3], "finalized_until": 3}
        self.check(
            {
                "data": {"a": [0, 9], "b": [True, False], "c": []},
                "timeline": {"line": {"t": [0, 2], "finalized_until": 3}},
                "more": 1,
            },
            {**self.reply(line=line), "more": 1},
            2.0,
        )

    def test_listed(self) -> None:
        """Timelines of g3 nodes list their fields; one that does not stays."""
        one, other = {"t": [0, 1, 2, 3], "fields": ["a", "c", "absent"]}, {"t": [0, 1, 2, 3]}
        expected = {
            "data": {"a": [0, 9], "b": [True, False, True, True], "c": []},
            "timeline": {"group0": {**one, "t": [0, 2]}, "group1": other},
        }
        self.check(expected, self.reply(group0=one, group1=other), 2.0)

    def test_told(self) -> None:
        """What C{get_fields} has told is used."""
        one, other = {"t": [0, 1, 2, 3]}, {"t": (3.0, 2.0, 1.0, 0.0)}
        expected = {
            "data": {"a": [9, 0], "b": [True, False], "c": []},
            "timeline": {"x": {"t": [0, 2]}, "y": {"t": [0, 2]}},
        }
        follows = {"a": "y", "b": "x", "c": "y", "d": "z"}
        self.check(expected, self.reply(x=one, y=other), 2.0, follows=follows)

    def test_arrays(self) -> None:
        """They may be numpy's, or have holes."""
        reply = {
            "data": {"a": np.array([NAN, 5.0, NAN]), "b": [1, None, 2.5], "s": ["x", None, "z"]},
            "timeline": {"line": {"t": np.arange(3)}},
        }
        result = reduce_reply(reply, None, 2)
        data = {"a": [5.0, 5.0], "b": [1, 2.5], "s": ["x", "z"]}
        self.assertEqual({"data": data, "timeline": {"line": {"t": [0, 2]}}}, result)

    def test_scalars(self) -> None:
        """Lists of numpy's scalars, and integers that are too large, are numbers nevertheless."""
        line = {"t": [0.0, 1.0, 2.0]}
        given = {"a": [np.float64(1), np.float64(9), np.float64(2)], "b": [1, 2, 10**400]}
        expected = {"data": {"a": [1, 9], "b": [1, 10**400]}, "timeline": {"line": {"t": [0, 2]}}}
        self.check(expected, {"data": given, "timeline": {"line": line}}, None, 2)

    def test_within(self) -> None:
        """Within the limits it stays as it is."""
        reply = self.reply(line={"t": [3, 0, 1, 2]})
        self.check(reply, reply)
        self.check(reply, reply, 1.0, 4)

    def test_unknown(self) -> None:
        """What is not known, or does not fit together, stays."""
        t = {"t": [0, 1, 2, 3]}
        self.unchanged(self.reply(x=t, y=t))
        self.unchanged(self.reply(x={"t": [0, 1, 2]}))
        self.unchanged({"data": {"a": [0, 9, 1], "b": [1]}, "timeline": {"x": {"t": [0, 1, 2]}}})
        self.unchanged(self.reply(x={"t": ["0", "1", "2", "3"]}))
        self.unchanged(self.reply(x={"t": [None, None, None, None]}))
        self.unchanged(self.reply(x={**t, "fields": 5}))
        self.unchanged(self.reply(x={**t, "fields": ["c"]}))
        self.unchanged(self.reply(x=None))
        self.unchanged(self.reply(x={}))
        self.unchanged(self.reply())
        self.unchanged({"data": {"a": 5, "b": [[1], [2]]}, "timeline": {"x": t}})
        self.unchanged({"data": [], "timeline": {"x": t}})
        self.unchanged({})

    def test_wrong(self) -> None:
        """Limits that are none are refused."""
        with self.assertRaises(QueryError):
            reduce_reply(self.reply(x={"t": [0, 1, 2, 3]}), -1)
