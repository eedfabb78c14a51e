"""L{netsim.status.board}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.status import board as module
from netsim.status.board import Board
from tests.properties import examples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class BoardTests(SynchronousTestCase):
    """Values are shown as they were set."""

    def setUp(self) -> None:
        self.board = Board()

    def problem(self, key: Any, value: Any = 1) -> str:
        return str(self.assertRaises(ValueError, self.board.set, key, value, 0.0))

    def shown(self) -> dict[str, Any]:
        members, left_out = self.board.members()
        self.assertEqual([], left_out)
        found: dict[str, Any] = json.loads(b"{%b}" % b",".join(members))
        self.assertEqual(self.board.document(), found)
        return found

    def test_value(self) -> None:
        """Each value has the time at which it was set, and what was said of the next."""
        self.board.set("a", [1], 1700000000.5)
        self.board.set("b", "ü", 3, interval=2)
        self.assertEqual(
            {
                "a": {"value": [1], "timestamp": 1700000000.5, "interval": None},
                "b": {"value": "ü", "timestamp": 3.0, "interval": 2.0},
            },
            self.shown(),
        )

    def test_snapshot(self) -> None:
        """What becomes of an object later does not matter."""
        value = [1]
        self.board.set("a", value, 0)
        value.append(2)
        self.assertEqual([1], self.shown()["a"]["value"])

    def test_replaced(self) -> None:
        """A key has one value, until it is removed."""
        self.board.set("a", 1, 0)
        self.board.set("a", 2, 5)
        self.assertEqual(2, self.shown()["a"]["value"])
        self.board.remove("a")
        self.board.remove("a")
        self.assertEqual({}, self.shown())

    def test_not_finite(self) -> None:
        """Numbers that JSON has not are null, wherever they are."""
        nan, infinity = float("nan"), float("inf")
        self.board.set("a", {"x": [nan, (infinity, 1)], "y": 2.5, nan: 0}, 0)
        value = self.shown()["a"]["value"]
        self.assertEqual({"x": [None, [None, 1]], "y": 2.5, "nan": 0}, value)

    def test_not_json(self) -> None:
        """What JSON cannot say is an error that names the key."""
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        endless: list[Any] = []
        endless.append(endless)
        for value in [object(), {1, 2}, b"bytes", endless, deep, {(1, 2): 3}, [float("nan"), {1}]]:
            self.assertIn("'here'", self.problem("here", value))
        self.assertEqual({}, self.shown())

    def test_keys(self) -> None:
        """Keys are texts that are not empty, not too long, and not the link's own."""
        for key in ["", "x" * 257, 5, "platform", "hardware", "display_name", "__action", "__x"]:
            self.problem(key)
        self.board.set("x" * 256, 1, 0)
        Board(reserved=None).set("__action", 1, 0)

    def test_too_many(self) -> None:
        """The number of keys is bounded; those that are there can still be set."""
        self.patch(module, "MAX_KEYS", 2)
        self.board.set("a", 1, 0)
        self.board.set("b", 1, 0)
        self.assertIn("'c'", self.problem("c"))
        self.board.set("a", 2, 0)
        self.board.remove("b")
        self.board.set("c", 1, 0)

    def test_too_large(self) -> None:
        """A value that no status could hold is refused."""
        self.assertIn("'a' has", self.problem("a", "x" * module.MAX_STATUS))

    def test_left_out(self) -> None:
        """Of many that are too large together the largest are left out."""
        for key, size in [("a", 100), ("b", 900), ("c", 500), ("d", 10)]:
            self.board.set(key, "x" * size, 0)
        members, left_out = self.board.members(1000)
        self.assertEqual(["b"], left_out)
        self.assertEqual(3, len(members))
        self.assertTrue(sum(map(len, members)) <= 1000)
        self.assertEqual(["b", "c", "a", "d"], self.board.members(0)[1])

    @given(JSON, st.text(min_size=1))
    @examples(200)
    def test_any(self, value: Any, key: str) -> None:
        """Every value of JSON can be set, and its size is not underestimated."""
        board = Board(reserved=None)
        board.set(key, value, 1.7e9, 0.1)
        [member], _ = board.members()
        self.assertIn(key, json.loads(b"{%b}" % member))
        self.assertEqual(([], [key]), board.members(len(member) - 1))
