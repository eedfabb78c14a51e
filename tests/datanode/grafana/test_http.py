"""Tests of L{netsim.datanode.grafana.http}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana import http
from netsim.datanode.grafana.http import FAILED_HEADER
from netsim.web.access import Access
from tests.datanode.grafana.bodies import BODIES
from tests.datanode.grafana.bridge import RANGE, START, Bridge, asking, field
from tests.properties import examples
from tests.web.calls import Answer

MS = int(START * 1000)
POINTS = [[1.5, MS], [None, MS + 1000], [2.0, MS + 2000]]
POSTS = (
    *("/search", "/query", "/annotations", "/tag-keys", "/tag-values"),
    *("/metrics", "/metric-payload-options", "/variable"),
)


class HttpTestCase(SynchronousTestCase):
    """Asks the bridge."""

    def setUp(self) -> None:
        self.bridge = Bridge()
        self.node = self.bridge.node("n")

    def check(self, answer: Answer, expected: Any, failed: str | None = None) -> None:
        """It is this, and these nodes have failed."""
        self.assertEqual((answer.status, answer.value), (200, expected), answer.body)
        self.assertEqual(answer.headers[FAILED_HEADER], failed)
        self.assertEqual(answer.headers["Content-Type"], "application/json")

    def check_refused(self, answer: Answer, status: int, error: str, *problems: str) -> None:
        """It is refused, for a reason."""
        self.assertEqual((answer.status, answer.value["error"]), (status, error))
        self.assertEqual(answer.value.get("problems", []), list(problems))


class SimpleJsonTests(HttpTestCase):
    """The data source of the document."""

    def test_test(self) -> None:
        """The source is tested by asking for nothing."""
        for path in ("/", "", "//"):
            answer = self.bridge.get(path or "/")
            self.assertEqual((answer.status, answer.value["name"]), (200, "netsim-grafana"))

    def test_people(self) -> None:
        """People see the page; a token goes with them."""
        for path, there in {"/": "live", "/?token=x": "live?token=x"}.items():
            answer = self.bridge.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
            self.assertEqual((answer.status, answer.headers["Location"]), (302, there))

    def test_search(self) -> None:
        """All fields of all nodes, whatever is looked for: Grafana chooses by itself."""
        self.bridge.node("m", {"y": field(), "x": field()})
        for body in ({"target": ""}, {"target": "upper_50"}, {}, b""):
            self.check(self.bridge.post("/search", body), ["m::x", "m::y", "n::a"])

    def test_query(self) -> None:
        """What fields have, and nothing of those that are not there."""
        self.check(
            self.bridge.query("n::a", "n::zz", interval="20s", maxDataPoints=550),
            [
                {"target": "n::a", "datapoints": POINTS},
                {"target": "n::zz", "datapoints": []},
            ],
        )
        self.assertEqual(self.node.asked[-1], ("get_data", ["a"], START, START + 100, 20.0))

    def test_g3(self) -> None:
        """The form that g3 nodes use is understood."""
        self.node.fields = {"a": field("a")}
        self.node.data = {
            "data": {"a": [1.5]},
            "timeline": {"group0": {"t": [START], "fields": ["a"], "finalized_until": None}},
        }
        self.check(self.bridge.query("n::a"), [{"target": "n::a", "datapoints": [[1.5, MS]]}])

    def test_texts(self) -> None:
        """Texts are shown as such."""
        self.node.fields = {"a": field(type="string")}
        self.node.data = {"data": {"a": ["on"]}, "timeline": {"t": {"t": [START]}}}
        self.check(self.bridge.query("n::a"), [{"target": "n::a", "datapoints": [["on", MS]]}])

    def test_table(self) -> None:
        """A target may want a table."""
        [table] = self.bridge.query({"target": "n::a", "type": "table"}).value
        self.assertEqual(table["rows"], [point[::-1] for point in POINTS])

    def test_nothing(self) -> None:
        """No targets, no points."""
        self.check(self.bridge.query(), [])
        self.check(self.bridge.query({"target": None}, "select metric"), [])

    def test_annotations(self) -> None:
        """Changes of a field."""
        self.node.data = {
            "data": {"a": ["on", "on", "off"]},
            "timeline": {"t": {"t": [START, START + 1, START + 2]}},
        }
        about = {"name": "state", "query": "n::a"}
        answer = self.bridge.post("/annotations", {"range": RANGE, "annotation": about})
        self.assertEqual(
            [(each["time"], each["text"]) for each in answer.value],
            [(MS, "on"), (MS + 2000, "off")],
        )
        for query in ("", "n::zz"):
            body = {"range": RANGE, "annotation": {**about, "query": query}}
            self.check(self.bridge.post("/annotations", body), [])

    def test_tags(self) -> None:
        """Nodes can be chosen."""
        self.bridge.node("m")
        self.check(self.bridge.post("/tag-keys", {}), [{"type": "string", "text": "node"}])
        self.check(self.bridge.post("/tag-values", {"key": "node"}), [{"text": "m"}, {"text": "n"}])
        chosen = [{"key": "node", "operator": "!=", "value": "n"}]
        answer = self.bridge.query("n::a", "m::a", adhocFilters=chosen)
        self.assertEqual([each["target"] for each in answer.value], ["m::a"])


class JsonTests(HttpTestCase):
    """The data source that came after it."""

    def test_metrics(self) -> None:
        """Fields, and what can be chosen for each."""
        [metric] = self.bridge.post("/metrics", {"metric": "", "payload": {}}).value
        self.assertEqual((metric["label"], metric["value"]), ("n::a", "n::a"))
        [payload] = metric["payloads"]
        body = {"metric": "n::a", "payload": {}, "name": payload["name"]}
        self.check(self.bridge.post("/metric-payload-options", body), payload["options"])

    def test_payload(self) -> None:
        """What was chosen is done."""
        body = {"target": "n::a", "refId": "A", "payload": {"show": "rate"}}
        self.node.data = {"data": {"a": [1, 3]}, "timeline": {"t": {"t": [START, START + 1]}}}
        self.check(self.bridge.query(body), [{"target": "n::a", "datapoints": [[2.0, MS + 1000]]}])

    def test_variable(self) -> None:
        """Fields to choose from."""
        self.check(
            self.bridge.post("/variable", {"payload": {}}),
            [{"__text": "n::a", "__value": "n::a"}],
        )


class PageTests(HttpTestCase):
    """What the page asks for."""

    def test_nodes(self) -> None:
        """The nodes."""
        self.bridge.node("m")
        self.check(
            self.bridge.get("/api/nodes"),
            [{"name": "m", "description": "about m"}, {"name": "n", "description": "about n"}],
        )

    def test_fields(self) -> None:
        """And their fields."""
        self.node.fields = {"a": field(units="K", description="A"), "b": field("u", type="bool")}
        a = {"description": "A", "timeline": "t", "type": "number", "units": "K", "interval": 1.0}
        b = {"description": None, "timeline": "u", "type": "bool", "units": None, "interval": None}
        self.check(self.bridge.get("/api/fields"), {"n": {"a": a, "b": b}})

    def test_failed(self) -> None:
        """Those of which nothing is known have failed; that is an answer, too."""
        self.node.fields = lambda: False
        self.check(self.bridge.get("/api/fields"), {}, "n")


class FailureTests(HttpTestCase):
    """What goes wrong."""

    def test_some(self) -> None:
        """What came is there, and a header names the others."""
        self.bridge.node("much", data=lambda *_: False)
        odd = "ä,b c"
        answer = self.bridge.query("n::a", "much::a", f"{odd}::a")
        self.check(
            answer,
            [
                {"target": "n::a", "datapoints": POINTS},
                {"target": "much::a", "datapoints": []},
                {"target": f"{odd}::a", "datapoints": []},
            ],
            "much,%C3%A4%2Cb%20c",
        )

    def test_longHeader(self) -> None:
        """It does not grow beyond what clients read."""
        answer = self.bridge.query("n::a", *(f"{'ü' * 20}{i}::a" for i in range(100)))
        header = answer.headers[FAILED_HEADER]
        self.assertLess(len(header), 4001)
        self.assertRegex(header, r"^((%C3%BC){20}\d+,)+(%C3%BC){20}\d+$")

    def test_unknown(self) -> None:
        """Where there is none of the nodes, that is told."""
        self.check_refused(self.bridge.query("x::a"), 400, "x is not there")
        self.check_refused(
            self.bridge.query("x::a", "y::a"),
            *(400, "no node has answered", "x is not there", "y is not there"),
        )

    def test_tooMuch(self) -> None:
        """Too much is told as such."""
        self.node.data = lambda *_: False
        answer = self.bridge.query("n::a", "x::a")
        self.assertEqual((answer.status, answer.headers[FAILED_HEADER]), (413, "n,x"))
        body = {"range": RANGE, "annotation": {"query": "n::a"}}
        self.assertEqual(self.bridge.post("/annotations", body).status, 413)

    def test_error(self) -> None:
        """So is an error."""
        self.node.data = lambda *_: 1 // 0
        answer = self.bridge.query("n::a")
        self.flushLoggedErrors(ZeroDivisionError)
        self.assertEqual((answer.status, answer.headers[FAILED_HEADER]), (502, "n"))

    def test_noFields(self) -> None:
        """A node that does not tell its fields any more has those that it had."""
        told, self.node.fields = self.node.fields, lambda: False
        self.assertEqual(self.bridge.post("/search", {}).status, 502)
        self.node.fields = told
        self.check(self.bridge.post("/search", {}), ["n::a"])
        self.bridge.clock.advance(10)
        self.node.fields = lambda: False
        self.check(self.bridge.post("/search", {}), ["n::a"], "n")

    def test_slow(self) -> None:
        """So is a node that takes too long; meanwhile others are answered."""
        self.bridge.query("n::a")
        self.bridge.node("m")
        self.node.answer = Deferred
        waiting = self.bridge.start("/query", asking("n::a"))
        self.bridge.clock.advance(9)
        self.assertEqual(self.bridge.query("m::a").status, 200)
        self.assertEqual(waiting.received, b"")
        self.bridge.clock.advance(1)
        self.check_refused(waiting.answer(), 504, "n did not answer in time")

    def test_left(self) -> None:
        """Who has gone away gets nothing, and there is no noise about it."""
        self.node.answer = Deferred
        waiting = self.bridge.start("/query", asking("n::a"))
        waiting.leave()
        self.bridge.clock.advance(10)
        self.assertEqual(waiting.received, b"")
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_noSession(self) -> None:
        """While there is no session, nobody can be asked; bad bodies are told all the same."""
        self.bridge.leave()
        self.assertEqual(self.bridge.get("/").status, 200)
        for answer in (
            self.bridge.query("n::a"),
            self.bridge.post("/search", {}),
            self.bridge.post("/metrics", {}),
            self.bridge.post("/tag-values", {"key": "node"}),
            self.bridge.get("/api/nodes"),
            self.bridge.get("/api/fields"),
        ):
            self.check_refused(
                answer, 500, "there is no session with the router: it is being tried"
            )
        self.assertEqual(self.bridge.post("/query", {}).status, 400)
        self.bridge.join()
        self.assertEqual(self.bridge.query("n::a").status, 200)

    def test_noHub(self) -> None:
        """Nor before the hub has told its nodes."""
        self.bridge.leave()
        self.bridge.router.drop(self.bridge.hub.session)
        self.bridge.join()
        self.check_refused(
            self.bridge.query("n::a"), 500, "the hub has not told its nodes yet: it is being asked"
        )

    def test_wrong(self) -> None:
        """What is wrong with a body is told, all of it."""
        answer = self.bridge.post("/query", {"targets": [{"target": "x"}], "interval": "1 moon"})
        self.check_refused(
            answer,
            400,
            "the query cannot be answered",
            "range: expected an object with from and to",
            "targets[0].target: expected NODE::FIELD, not 'x'",
            "interval: expected a number and one of ms, s, m, h, d, w, y, not '1 moon'",
        )
        for path in POSTS:
            self.assertEqual(self.bridge.post(path, b"{").status, 400, path)
        for path, body in (
            ("/tag-values", {"key": "x"}),
            ("/metric-payload-options", {"name": "x"}),
        ):
            self.assertEqual(self.bridge.post(path, body).status, 400, path)

    @examples(100)
    @given(st.sampled_from(POSTS), BODIES)
    def test_anyBody(self, path: str, body: Any) -> None:
        """Whatever is sent is answered, or refused with a reason."""
        answer = self.bridge.post(path, json.dumps(body).encode())
        self.assertIn(answer.status, (200, 400), answer.body)
        if answer.status == 400:
            self.assertTrue(answer.value["error"])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_large(self) -> None:
        """What takes long to write is written elsewhere."""
        self.patch(http, "MANY_VALUES", 2)
        waiting = self.bridge.start("/query", asking("n::a"))
        self.assertEqual(waiting.received, b"")
        self.bridge.work()
        self.assertEqual(waiting.answer().value, [{"target": "n::a", "datapoints": POINTS}])

    def test_paths(self) -> None:
        """Other paths and methods are told as such."""
        self.assertEqual(self.bridge.get("/nothing").status, 404)
        answer = self.bridge.get("/query")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "OPTIONS, POST"))
        self.assertEqual(self.bridge.post("/query/", asking("n::a")).status, 200)


class AccessTests(SynchronousTestCase):
    """Who may ask."""

    def test_token(self) -> None:
        """Who knows the token, where there is one."""
        bridge = Bridge(Access(token="secret"))
        bridge.node("n")
        for answer in (bridge.get("/"), bridge.query("n::a"), bridge.get("/api/nodes")):
            self.assertEqual(answer.status, 401)
        headers = {"Authorization": "Bearer secret"}
        self.assertEqual(bridge.post("/query", asking("n::a"), headers=headers).status, 200)
        self.assertEqual(bridge.post("/search?token=secret", {}).status, 200)

    def test_origin(self) -> None:
        """Pages of others may not, unless they were named; then they see who has failed."""
        origin = "http://grafana:3000"
        for origins, status in ((frozenset[str](), 403), (frozenset({origin}), 200)):
            bridge = Bridge(Access(origins=origins))
            bridge.node("n")
            answer = bridge.post("/query", asking("n::a"), headers={"Origin": origin})
            self.assertEqual(answer.status, status)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], origin)
