"""Tests of L{netsim.datanode.grafana.targets}."""

from __future__ import annotations

from netsim.datanode.grafana.query import read_query
from netsim.datanode.grafana.targets import MAX_TARGETS
from tests.datanode.grafana.bodies import RANGE, ReadTestCase


class TargetsTests(ReadTestCase):
    """What is asked for."""

    def test_unfinished(self) -> None:
        """What nobody has filled in yet, or has hidden, is passed over."""
        query = self.read(
            {}, "", "select metric", {"target": None}, {"target": "n::f", "hide": True}, "n::g"
        )
        self.assertEqual([target.name for target in query.targets], ["n::g"])

    def test_payload(self) -> None:
        """What is shown, as an object or as a text of one."""
        for payload, show in (
            (None, "value"),
            ("", "value"),
            ({}, "value"),
            ({"show": ""}, "value"),
            ({"show": "rate", "other": 1}, "rate"),
            ('{"show": "rate"}', "rate"),
            (" ", "value"),
        ):
            [target] = self.read({"target": "n::f", "payload": payload}).targets
            self.assertEqual(target.show, show, payload)
        [target] = self.read({"target": "n::f", "data": {"show": "rate"}, "payload": ""}).targets
        self.assertEqual(target.show, "rate")

    def test_filters(self) -> None:
        """Nodes can be left out."""
        both = ("a::f", "b::f")
        for operator, expected in (("=", ["a::f"]), ("!=", ["b::f"])):
            query = self.read(
                *both, adhocFilters=[{"key": "node", "operator": operator, "value": "a"}]
            )
            self.assertEqual([target.name for target in query.targets], expected)

    def test_targets(self) -> None:
        """They have to be there, and not too many."""
        for wrong in ({}, {"targets": None}, {"targets": {}}):
            problems = self.refused(read_query, {"range": RANGE, **wrong}).problems
            self.assertEqual(problems, ("targets: expected a list",))
        self.assertEqual(self.read().targets, ())
        self.assertEqual(len(self.read(*["n::f"] * MAX_TARGETS).targets), MAX_TARGETS)
        self.assertIn("at most 1000", self.problems(*["n::f"] * (MAX_TARGETS + 1))[0])
