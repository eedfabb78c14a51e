"""Tests of L{netsim.datanode.grafana.shown}."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.model import RATE, TABLE, Annotation, Received, Target
from netsim.datanode.grafana.shown import MAX_MARKS, answer, marks, reduced
from netsim.datanode.model import Block
from tests.properties import examples


def block(t: Any, **columns: Any) -> Block:
    """Make a block; lists with a text in them become texts."""
    made = {}
    for name, values in columns.items():
        made[name] = np.asarray(values)
        if any(isinstance(value, str) for value in values):
            made[name] = np.array([*values, None], object)[:-1]
    return Block("t", np.asarray(t, float), made)


class AnswerTests(SynchronousTestCase):
    """The answer to a query."""

    def answer(self, *targets: Target, **nodes: Block) -> Any:
        """Write one, and read it."""
        blocks = {node: dict.fromkeys(given.columns, given) for node, given in nodes.items()}
        return json.loads(answer(targets, blocks))

    def test_order(self) -> None:
        """It has the order of the targets; one may be there twice, or have nothing."""
        names = ("m::a", "n::a", "n::zz", "n::a", "gone::a")
        targets = [Target(name, *name.split("::")) for name in names]
        found = self.answer(*targets, n=block([1], a=[2]), m=block([3], a=[4]))
        self.assertEqual([each["target"] for each in found], list(names))
        self.assertEqual(
            [each["datapoints"] for each in found], [[[4, 3000]], [[2, 1000]], [], [[2, 1000]], []]
        )

    def test_table(self) -> None:
        """A target may want a table."""
        [found] = self.answer(Target("n::a", "n", "a", TABLE), n=block([1], a=[2]))
        self.assertEqual((found["type"], found["rows"]), ("table", [[1000, 2]]))

    def test_rate(self) -> None:
        """Or how much its values change in a second."""
        target = Target("n::a", "n", "a", show=RATE)
        for t, values, expected in (
            ([0, 2, 3], [1, 2, 0], [[0.5, 2000], [-2.0, 3000]]),
            ([0, 1], [True, False], [[-1.0, 1000]]),
            ([0, 1, 1], [1.0, np.nan, 2.0], [[None, 1000], [None, 1000]]),
            ([0, 1], [np.inf, np.inf], [[None, 1000]]),
            ([0], [1], []),
            ([], [], []),
        ):
            [found] = self.answer(target, n=block(t, a=values))
            self.assertEqual(found["datapoints"], expected)

    def test_rateOfTexts(self) -> None:
        """Texts have none, and stay."""
        [found] = self.answer(Target("n::a", "n", "a", show=RATE), n=block([1], a=["x"]))
        self.assertEqual(found["datapoints"], [["x", 1000]])

    def test_noTargets(self) -> None:
        """Nobody asks for anything."""
        self.assertEqual(self.answer(), [])


class ReducedTests(SynchronousTestCase):
    """How much is shown."""

    @examples(50)
    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 50))
    def test_points(self, values: list[float], points: int) -> None:
        """No more than was asked for, with the extremes, whatever a node has sent."""
        received = Received((block(np.arange(len(values)), a=values, b=values),))
        found = reduced(received, points)["a"]
        self.assertLessEqual(found.t.size, points)
        if points > 1:
            self.assertEqual(found.columns["a"].max(), max(values))
            self.assertEqual(found.columns["a"].min(), min(values))

    def test_untouched(self) -> None:
        """What is little enough stays as it is."""
        given_block = block([1, 2], a=[1, 2])
        for points in (None, 2, 3):
            self.assertIs(reduced(Received((given_block,)), points)["a"], given_block)


class MarksTests(SynchronousTestCase):
    """Annotations."""

    def marks(self, t: Any, values: Any) -> Any:
        """Write them, and read them."""
        about = Annotation({"name": "x"}, 0.0, 1.0, Target("n::a", "n", "a"))
        return json.loads(marks(about, "a", block(t, a=values)))

    def test_changes(self) -> None:
        """Each change is one, and what it was at first."""
        found = self.marks([1, 2, 3.5, 4], ["on", "on", "off", "on"])
        self.assertEqual(
            [(each["time"], each["text"]) for each in found],
            [(1000, "on"), (3500, "off"), (4000, "on")],
        )
        self.assertEqual(
            found[0],
            {"annotation": {"name": "x"}, "time": 1000, "title": "n::a", "text": "on", "tags": []},
        )

    def test_kinds(self) -> None:
        """Numbers and truths are written as people do."""
        for values, texts in (
            ([True, False, False], ["true", "false"]),
            ([1, 1, 2], ["1", "2"]),
            ([1.5, np.nan, np.nan, 2.0], ["1.5", "nan", "2"]),
            ([], []),
            ([3], ["3"]),
        ):
            found = self.marks(range(len(values)), values)
            self.assertEqual([each["text"] for each in found], texts)

    def test_many(self) -> None:
        """There are not too many; the latest count."""
        found = self.marks(range(3000), [i % 2 for i in range(3000)])
        self.assertEqual((len(found), found[-1]["time"]), (MAX_MARKS, 2999000))
