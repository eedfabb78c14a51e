"""Tests of L{netsim.datanode.grafana.query}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netsim.datanode.grafana.checked import read_object
from netsim.datanode.grafana.model import Annotation, Query, Target
from netsim.datanode.grafana.query import (
    read_annotation,
    read_payload_name,
    read_query,
    read_tag_key,
)
from netsim.web.answers import Refusal
from tests.datanode.grafana.bodies import BODIES, RANGE, START, ReadTestCase, written
from tests.properties import examples


class QueryTests(ReadTestCase):
    """C{/query}."""

    def test_simple(self) -> None:
        """What SimpleJson sends."""
        body = {
            "panelId": 1,
            "range": {**RANGE, "raw": {"from": "now-1h", "to": "now"}},
            "rangeRaw": {"from": "now-1h", "to": "now"},
            "interval": "20s",
            "intervalMs": 20000,
            "targets": [
                {"target": "apex::pwv", "refId": "A", "type": "timeserie"},
                {"target": "apex::t", "refId": "B", "type": "table"},
            ],
            "adhocFilters": [{"key": "node", "operator": "=", "value": "apex"}],
            "format": "json",
            "maxDataPoints": 550,
        }
        targets = (
            Target("apex::pwv", "apex", "pwv"),
            Target("apex::t", "apex", "t", form="table"),
        )
        self.assertEqual(read_query(written(body)), Query(START, START + 3600, targets, 20.0, 550))

    def test_times(self) -> None:
        """With any offset, or as milliseconds, in figures or as a text of them."""
        for start in ("2017-07-13T05:30:00+05:30", "2017-07-13", 1499904000000, "1499904000000"):
            query = self.read(range={"from": start, "to": RANGE["to"]})
            self.assertEqual((query.start, query.end), (START, START + 3600), start)

    def test_span(self) -> None:
        """The interval counts, and its milliseconds where it is not there."""
        for more, stride in (
            ({}, None),
            ({"interval": "500ms", "intervalMs": 7}, 0.5),
            ({"interval": "1d"}, 86400.0),
            ({"interval": "", "intervalMs": 250}, 0.25),
            ({"interval": None, "intervalMs": None}, None),
        ):
            self.assertEqual(self.read(**more).stride, stride, more)

    def test_points(self) -> None:
        """A whole number, however it is written."""
        for value in (100, 100.0, "100", 100.7):
            self.assertEqual(self.read(maxDataPoints=value).points, 100)
        self.assertIsNone(self.read(maxDataPoints=None).points)

    def test_allProblems(self) -> None:
        """Everything that is wrong is told at once, each with its place."""
        problems = self.problems(
            1,
            {"target": 3},
            "n",
            {"target": "n::f", "type": "z", "payload": {"show": "x"}},
            {"target": "n::f", "payload": "{"},
            {"target": "n::f", "payload": [1]},
            range={"from": "yesterday", "to": True},
            interval="3 weeks",
            maxDataPoints=0,
            adhocFilters=[{"key": "x"}, {"key": "node", "value": "a", "operator": "<"}, 3],
        )
        places = [problem.partition(":")[0] for problem in problems]
        self.assertEqual(
            places,
            [
                *("range.from", "range.to"),
                *("adhocFilters[0]", "adhocFilters[1]", "adhocFilters[2]"),
                *("targets[0]", "targets[1].target", "targets[2].target"),
                *("targets[3].type", "targets[3].payload"),
                *("targets[4].payload", "targets[5].payload"),
                *("interval", "maxDataPoints"),
            ],
        )

    def test_range(self) -> None:
        """It has to be there, and to have an order."""
        for body in ({}, {"range": None}, {"range": []}):
            problems = self.refused(read_query, {"targets": [], **body}).problems
            self.assertEqual(problems, ("range: expected an object with from and to",))
        self.assertEqual(
            self.problems(range={"from": RANGE["to"], "to": RANGE["from"]}),
            ("range: from lies after to",),
        )
        self.assertEqual(
            self.problems(range={"from": RANGE["from"]}),
            ("range.to: expected ISO 8601 or Unix milliseconds",),
        )
        far = self.problems(range={"from": 0, "to": 1e300})
        self.assertEqual(far, ("range.to: expected a time up to the year 9999, not 1e+300",))

    def test_wrongNumbers(self) -> None:
        """What is no number of points, or of milliseconds, is told."""
        for value in (True, -1, 0, "x", "1.5", [], 2e-1):
            self.assertEqual(len(self.problems(maxDataPoints=value)), 1, value)
        for value in (True, -1, "x", []):
            self.assertEqual(len(self.problems(intervalMs=value)), 1, value)

    def test_longValues(self) -> None:
        """Nor with what was sent."""
        for problem in self.problems("x" * 5000, interval="y" * 5000, maxDataPoints="z" * 5000):
            self.assertLess(len(problem), 300)

    @examples(100)
    @given(BODIES)
    def test_any(self, body: Any) -> None:
        """Whatever is sent is read, or refused with a reason."""
        for read in (read_query, read_annotation, read_object, read_tag_key, read_payload_name):
            try:
                read(written(body))
            except Refusal as refusal:
                self.assertEqual(refusal.status, 400)
                self.assertTrue(str(refusal))

    @examples(100)
    @given(st.binary(max_size=50))
    def test_anyBytes(self, body: bytes) -> None:
        """Also if it is not JSON."""
        try:
            read_query(body)
        except Refusal as refusal:
            self.assertEqual(refusal.status, 400)


class OthersTests(ReadTestCase):
    """The other paths."""

    def test_annotation(self) -> None:
        """It has a field as its query; what it is comes back with the answer."""
        asked = {"name": "x", "enable": True, "query": "n::state"}
        self.assertEqual(
            read_annotation(written({"range": RANGE, "annotation": asked})),
            Annotation(asked, START, START + 3600, Target("n::state", "n", "state")),
        )

    def test_annotationOfNothing(self) -> None:
        """It may have none yet."""
        for asked in ({"name": "x", "query": ""}, {"name": "x"}, None):
            body = written({"range": RANGE, "annotation": asked})
            self.assertIsNone(read_annotation(body).target)

    def test_annotationWrong(self) -> None:
        """Range and query are checked."""
        refusal = self.refused(read_annotation, {"annotation": {"query": "state"}})
        self.assertEqual(
            [problem.partition(":")[0] for problem in refusal.problems],
            ["range", "annotation.query"],
        )

    def test_names(self) -> None:
        """Keys and options are texts."""
        self.assertEqual(read_tag_key(written({"key": "node"})), "node")
        self.assertEqual(read_payload_name(written({"name": "show", "metric": "x"})), "show")
        self.assertEqual(str(self.refused(read_tag_key, {"key": 1})), "key: expected text")
        self.assertEqual(str(self.refused(read_payload_name, {})), "name: expected text")
