"""Tests of L{netsim.datanode.grafana.fetch}."""

from __future__ import annotations

from twisted.internet.defer import CancelledError

from netsim.datanode.grafana import fetch
from tests.datanode.grafana.bridge import START, field
from tests.datanode.grafana.fetching import FetchTestCase


class DataTests(FetchTestCase):
    """What a panel wants."""

    def test_together(self) -> None:
        """Fields of a node are asked for in one call."""
        self.node.fields = {name: field() for name in "abc"}
        self.node.data = {
            "data": {name: [1, 2] for name in "abc"},
            "timeline": {"t": {"t": [START, START + 1]}},
        }
        fetched = self.data("n::b", "n::a", "n::b", stride=5.0)
        self.assertEqual(sorted(fetched.nodes["n"]), ["a", "b"])
        self.assertEqual(
            self.node.asked,
            [("get_fields", 1, 0), ("get_data", ["b", "a"], START, START + 100, 5.0)],
        )

    def test_parallel(self) -> None:
        """Nodes are asked at the same time."""
        other = self.bridge.node("m")
        waiting = [*map(self.slow, (self.node, other))]
        found = self.start("n::a", "m::a")
        self.assertEqual([len(each) for each in waiting], [1, 1])
        for _ in range(2):
            for each in waiting:
                each.pop().callback(None)
        self.assertEqual(sorted(self.successResultOf(found).nodes), ["m", "n"])

    def test_slow(self) -> None:
        """A node that is too slow is left out; what others gave is there."""
        self.bridge.node("m")
        self.data("n::a", "m::a")
        self.slow(self.node)
        found = self.start("n::a", "m::a")
        self.clock.advance(9.9)
        self.assertNoResult(found)
        self.clock.advance(0.1)
        fetched = self.successResultOf(found)
        self.assertEqual(sorted(fetched.nodes), ["m"])
        self.assertEqual(self.reasons(fetched), {"n": ("did not answer in time", 504)})
        self.assertIn("n did not answer in time", self.bridge.lines)

    def test_slowTwice(self) -> None:
        """The time is that of both calls together."""
        waiting = self.slow(self.node)
        found = self.start("n::a")
        self.clock.advance(6)
        waiting.pop().callback(None)
        self.clock.advance(3.9)
        self.assertNoResult(found)
        self.clock.advance(0.2)
        self.assertEqual(list(self.successResultOf(found).failed), ["n"])

    def test_fails(self) -> None:
        """A node that fails, or is not there, does not take the others down."""
        bad = self.bridge.node("bad", data=lambda *_: 1 // 0)
        fetched = self.data("n::a", "bad::a", "gone::a")
        self.flushLoggedErrors(ZeroDivisionError)
        self.assertEqual(list(fetched.nodes), ["n"])
        self.assertIn("division", self.reasons(fetched)["bad"][0])
        self.assertEqual(self.reasons(fetched)["gone"], ("is not there", 400))
        self.assertEqual(bad.calls, ["get_fields", "get_data"])

    def test_tooMuch(self) -> None:
        """A node may have too much."""
        self.node.data = lambda *_: False
        self.assertEqual(
            self.reasons(self.data("n::a")),
            {"n": ("would have too much to send: ask for less at once", 413)},
        )

    def test_unknownField(self) -> None:
        """What a node does not have it is not asked for."""
        self.assertEqual(self.data("n::x").nodes, {"n": {}})
        self.assertEqual(list(self.data("n::x", "n::a").nodes["n"]), ["a"])
        self.assertEqual(self.node.calls, ["get_fields", "get_data"])

    def test_beforeTheEpoch(self) -> None:
        """Times that nodes would take for seconds before now are not sent."""
        self.data("n::a", start=-1e9, end=START)
        self.assertEqual(self.node.asked[-1], ("get_data", ["a"], 1, START, None))
        for start, end in ((-1e9, -1e8), (-1e9, 0.0), (START, START)):
            self.assertEqual(self.data("n::a", start=start, end=end).nodes, {"n": {}})
        self.assertEqual(self.node.calls.count("get_data"), 1)

    def test_tooMany(self) -> None:
        """A node that does not keep to what it is asked for is cut."""
        t = [START + i / 10 for i in range(1000)]
        self.node.data = {"data": {"a": t}, "timeline": {"t": {"t": t}}}
        block = self.data("n::a", points=100).nodes["n"]["a"]
        self.assertLessEqual(block.t.size, 100)
        self.assertEqual(block.columns["a"].max(), t[-1])

    def test_large(self) -> None:
        """What takes long to read is read elsewhere."""
        self.patch(fetch, "MANY_VALUES", 2)
        found = self.start("n::a")
        self.assertNoResult(found)
        self.bridge.work()
        self.assertEqual(list(self.successResultOf(found).nodes["n"]), ["a"])

    def test_odd(self) -> None:
        """What cannot be read is told; its fields are asked for again."""
        self.node.fields = {"a": field(), "b": field()}
        self.node.data = {
            "data": {"a": [1], "b": [1, 2]},
            "timeline": {"t": {"t": [START, START + 1]}},
        }
        self.assertEqual(list(self.data("n::a", "n::b").nodes["n"]), ["b"])
        self.assertIn(
            "n has sent what cannot be read: a: 1 values at 2 times of t", self.bridge.lines
        )
        self.data("n::b")
        self.assertEqual(self.node.calls, ["get_fields", "get_data"] * 2)

    def test_nobodyWaits(self) -> None:
        """Who has asked may go; that is no mistake."""
        self.bridge.node("m")
        self.slow(self.node)
        found = self.start("n::a", "m::a")
        found.cancel()
        self.failureResultOf(found, CancelledError)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_mistake(self) -> None:
        """A mistake in the code is one."""
        self.patch(fetch, "read_answer", lambda *_: 1 // 0)
        self.failureResultOf(self.start("n::a"), ZeroDivisionError)

    def test_saidOnce(self) -> None:
        """What is wrong with a node is logged when that changes."""
        self.node.data = lambda *_: False
        for _ in range(3):
            self.data("n::a")
        self.node.data = {"data": {}, "timeline": {}}
        self.data("n::a")
        warnings = [line for line in self.bridge.lines if line.startswith("n ")]
        self.assertEqual(len(warnings), 3, warnings)
        self.assertEqual(warnings[-1], "n answers again")
