"""Tests for L{netsim.datanode.node.memory}."""

from __future__ import annotations

import math

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import Field
from netsim.datanode.node.memory import About, Memory
from netsim.datanode.node.ring import CHUNK

EVER = (-math.inf, math.inf)


def about(name: str) -> About:
    return f"about {name}", "K"


class MemoryTests(SynchronousTestCase):
    """L{Memory}."""

    def setUp(self) -> None:
        self.memory = Memory(keep=100.0, about=about)

    def names(self, now: float = 0.0) -> set[str]:
        return {field.name for field in self.memory.fields(*EVER, now).fields}

    def test_fields(self) -> None:
        """Fields are told with what they are about."""
        self.memory.extend("t", [1.0, 3.0], {"a": [1.0, 2.0]})
        self.memory.extend("u", [1.0], {"b": ["x"]})
        catalogue = self.memory.fields(0, 5, 5)
        expected = (
            Field("a", "t", "about a", "number", "K"),
            Field("b", "u", "about b", "string", "K"),
        )
        self.assertEqual(expected, catalogue.fields)
        self.assertEqual({"t": 2.0, "u": None}, catalogue.intervals)
        later = self.memory.fields(3.5, 5, 5)
        self.assertEqual(((), {}), (later.fields, later.intervals))

    def test_blocks(self) -> None:
        """Fields that share a timeline are in one block; what will change is told."""
        self.memory.extend("t", [1.0, 3.0], {"a": [1.0, 2.0], "b": [3.0, 4.0]})
        self.memory.extend("u", [2.0], {"c": [5.0]})
        first, second = self.memory.blocks(["a", "c", "b", "d"], 0, 3, 5)
        self.assertEqual(
            ("t", [1.0], 3.0), (first.timeline, first.t.tolist(), first.finalized_until)
        )
        self.assertEqual(
            {"a": [1.0], "b": [3.0]}, {n: c.tolist() for n, c in first.columns.items()}
        )
        self.assertEqual(("u", [2.0]), (second.timeline, second.t.tolist()))
        self.assertEqual([], self.memory.blocks(["a"], 4, 9, 5))

    def test_age(self) -> None:
        """What is too old is not given, and then forgotten."""
        self.memory.extend("t", [float(n) for n in range(CHUNK)], {"a": [1.0] * CHUNK})
        [block] = self.memory.blocks(["a"], *EVER, 200)
        np.testing.assert_array_equal(range(100, CHUNK), block.t)
        self.memory.expire(200)
        self.assertEqual({"a"}, self.names(200))
        self.assertEqual(set(), self.names(300))
        self.memory.expire(300)
        self.assertEqual(set(), self.names())
        self.memory.extend("other", [300.0], {"a": [1.0]})
        self.assertEqual({"a"}, self.names())

    def test_home(self) -> None:
        """A field follows one timeline only, until that is forgotten."""
        self.memory.extend("t", [1.0], {"a": [1.0]})
        self.memory.extend("u", [2.0, 3.0], {"a": [2.0, 3.0]})
        self.assertEqual(2, self.memory.refused)
        [block] = self.memory.blocks(["a"], *EVER, 5)
        self.assertEqual("t", block.timeline)
        self.memory.forget("t")
        self.memory.forget("t")
        self.memory.extend("u", [2.0], {"a": [2.0]})
        [block] = self.memory.blocks(["a"], *EVER, 5)
        self.assertEqual("u", block.timeline)

    def test_maxFields(self) -> None:
        """There are not more fields than that."""
        memory = self.memory = Memory(max_fields=2)
        memory.extend("t", [1.0], {name: [1.0] for name in "abc"})
        memory.extend("u", [1.0], {name: [1.0] for name in "bd"})
        self.assertEqual(({"a", "b"}, 3), (self.names(), memory.refused))
        memory.extend("t", [2.0], {"b": [2.0]})
        self.assertEqual(3, memory.refused)

    def test_room(self) -> None:
        """What is too much goes: the oldest of the timeline that has the most."""
        memory = self.memory = Memory(max_nbytes=40 * CHUNK)
        memory.extend("u", [0.0] * CHUNK, {"b": [1.0] * CHUNK})
        for number in range(4):
            memory.extend("t", [float(number)] * CHUNK, {f"a{number}": [1.0] * CHUNK})
        memory.expire(0)
        self.assertEqual((3, {"a3", "b"}), (memory.dropped, self.names()))
        memory.expire(0)
        self.assertEqual(3, memory.dropped)

    def test_rows(self) -> None:
        """Of each timeline the last rows are kept."""
        memory = Memory(rows=2)
        memory.extend("t", [1.0, 2.0, 3.0], {"a": [1.0, 2.0, 3.0]})
        [block] = memory.blocks(["a"], *EVER, 0)
        self.assertEqual([2.0, 3.0], block.t.tolist())

    def test_empty(self) -> None:
        """An event without rows makes no timeline."""
        self.memory.extend("t", [], {"a": []})
        self.memory.extend("t", [1.0], {})
        self.memory.expire(500)
        self.assertEqual((), self.memory.fields(*EVER, 0).fields)
        self.assertEqual([], self.memory.blocks(["a"], *EVER, 0))
