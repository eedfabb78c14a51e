"""Tests of L{netsim.datanode.grafana.fetch}."""

from __future__ import annotations

from typing import Any

from autobahn.wamp.types import CallResult
from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana import fetch
from netsim.datanode.grafana.fetch import Fetched
from netsim.datanode.grafana.fields import FRESH, OLD
from netsim.datanode.grafana.model import Query, Target, split_name
from tests.datanode.grafana.bridge import START, Bridge, field


class FetchTestCase(SynchronousTestCase):
    """Asks nodes."""

    def setUp(self) -> None:
        self.bridge = Bridge()
        self.clock = self.bridge.clock
        self.node = self.bridge.node("n")

    def start(
        self, *names: str, start: float = START, end: float = START + 100.0, **more: Any
    ) -> Deferred[Fetched]:
        """Ask for data."""
        targets = tuple(Target(name, *split_name(name)) for name in names)
        query = Query(start, end, targets, **more)
        return Deferred.fromCoroutine(self.bridge.fetcher.data(query))

    def data(self, *names: str, **more: Any) -> Fetched:
        """Ask for data that comes at once."""
        return self.successResultOf(self.start(*names, **more))

    def fields(self) -> Fetched:
        """Ask for fields that come at once."""
        return self.successResultOf(Deferred.fromCoroutine(self.bridge.fetcher.all_fields()))

    def reasons(self, fetched: Fetched) -> dict[str, tuple[str, int]]:
        """Why nodes failed."""
        return {n: (str(failed), failed.status) for n, failed in fetched.failed.items()}

    def slow(self, node: Any) -> list[Deferred[Any]]:
        """Let a node answer when the test says so."""
        waiting: list[Deferred[Any]] = []

        def later() -> Deferred[Any]:
            waiting.append(Deferred())
            return waiting[-1]

        node.answer = later
        return waiting


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


class FieldsTests(FetchTestCase):
    """When nodes are asked for their fields."""

    def test_remembered(self) -> None:
        """Not each time."""
        for _ in range(3):
            self.data("n::a")
        self.assertEqual(self.node.calls, ["get_fields"] + ["get_data"] * 3)

    def test_newField(self) -> None:
        """When a field is asked for that is not known."""
        self.data("n::a")
        self.node.fields = {"a": field(), "b": field()}
        self.node.data = {"data": {"b": [1]}, "timeline": {"t": {"t": [START]}}}
        self.clock.advance(FRESH)
        self.assertEqual(list(self.data("n::b").nodes["n"]), ["b"])

    def test_old(self) -> None:
        """When it was long ago; nobody waits for that, and it may fail."""
        self.data("n::a")
        self.clock.advance(OLD)
        self.node.fields = lambda: 1 // 0
        self.assertEqual(list(self.data("n::a").nodes["n"]), ["a"])
        self.assertEqual(self.node.calls, ["get_fields", "get_data"] * 2)
        self.flushLoggedErrors(ZeroDivisionError)

    def test_back(self) -> None:
        """When a node has come again."""
        self.data("n::a")
        self.bridge.hub.add("n")
        self.data("n::a")
        self.assertEqual(self.node.calls, ["get_fields", "get_data"] * 2)

    def test_all(self) -> None:
        """All nodes are asked at once, and not again at once."""
        self.bridge.node("m", {"x": field(), "y": field()})
        found = {node: list(entries) for node, entries in self.fields().nodes.items()}
        self.assertEqual(found, {"n": ["a"], "m": ["x", "y"]})
        self.fields()
        self.assertEqual(self.node.calls, ["get_fields"])
        self.clock.advance(FRESH)
        self.fields()
        self.assertEqual(self.node.calls, ["get_fields"] * 2)

    def test_failed(self) -> None:
        """Of one that fails, what it had told is told, and that it has failed."""
        self.bridge.node("m", lambda: (1, 2, 3))
        fetched = self.fields()
        self.assertEqual(list(fetched.nodes), ["n"])
        self.assertEqual(
            self.reasons(fetched),
            {"m": ("does not tell its fields: expected the fields and their timelines", 502)},
        )
        self.clock.advance(FRESH)
        self.node.fields = lambda: False
        fetched = self.fields()
        self.assertEqual((list(fetched.nodes), sorted(fetched.failed)), (["n"], ["m", "n"]))

    def test_gone(self) -> None:
        """A node that is gone is not asked."""
        self.fields()
        self.bridge.hub.subtract("n")
        self.assertEqual(self.fields(), Fetched({}, {}))

    def test_twoResults(self) -> None:
        """Both dictionaries may come as two results."""
        self.node.fields = lambda: CallResult({"z": field()}, {})
        self.assertEqual(list(self.fields().nodes["n"]), ["z"])

    def test_many(self) -> None:
        """Many are read elsewhere, and not all are remembered."""
        self.patch(fetch, "MANY_FIELDS", 3)
        self.bridge.fetcher._fields._limit = 4
        self.node.fields = {str(i): field() for i in range(5)}
        found = Deferred.fromCoroutine(self.bridge.fetcher.all_fields())
        self.assertNoResult(found)
        self.bridge.work()
        self.assertEqual(list(self.successResultOf(found).nodes["n"]), list("0123"))
        self.assertIn("n has more fields than can be remembered: 1 are not", self.bridge.lines)
