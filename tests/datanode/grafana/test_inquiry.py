"""Tests of L{netsim.datanode.grafana.inquiry}."""

from __future__ import annotations

from autobahn.wamp.types import CallResult
from twisted.internet.defer import Deferred

from netsim.datanode.grafana import inquiry
from netsim.datanode.grafana.fetch import Fetched
from netsim.datanode.grafana.fields import FRESH, OLD
from tests.datanode.grafana.bridge import START, field
from tests.datanode.grafana.fetching import FetchTestCase


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
        self.patch(inquiry, "MANY", 3)
        self.bridge.fetcher._inquiry._fields._limit = 4
        self.node.fields = {str(i): field() for i in range(5)}
        found = Deferred.fromCoroutine(self.bridge.fetcher.all_fields())
        self.assertNoResult(found)
        self.bridge.work()
        self.assertEqual(list(self.successResultOf(found).nodes["n"]), list("0123"))
        self.assertIn("n has more fields than can be remembered: 1 are not", self.bridge.lines)
