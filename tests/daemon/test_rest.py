"""Tests of L{netsim.daemon.rest}."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.operations import Operations
from netsim.daemon.rest import make_api, make_app
from netsim.daemon.routes import ROUTES
from netsim.status.message import Message, name_problem
from netsim.web.access import Access
from tests.daemon.test_operations import NAME, Daemon
from tests.properties import examples
from tests.web.calls import Answer, Connection, ask, request_text

STRANGER = IPv4Address("TCP", "192.0.2.1", 40000)


class RestTestCase(SynchronousTestCase):
    """A daemon that is asked over HTTP."""

    access = Access(ports=(5000, 5001))

    def setUp(self) -> None:
        self.daemon = Daemon(has_token=self.access.token is not None)
        self.api = make_api(
            self.daemon.switchboard, self.access, self.daemon.about, self.daemon.stop
        )

    def ask(self, method: str, path: str, body: bytes | None = None, **options: Any) -> Answer:
        """Make a request."""
        return ask(self.api, method, path, body, **options)

    def get(self, path: str, **options: Any) -> Any:
        """Make a request that succeeds; the value of the answer."""
        answer = self.ask("GET", path, **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.value

    def check_refused(self, answer: Answer, status: int, *problems: str) -> None:
        """With a reason, in JSON."""
        self.assertEqual(answer.status, status)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertTrue(answer.value["error"])
        self.assertEqual(answer.value.get("problems", []), list(problems))


class RoutesTests(RestTestCase):
    """Which operation answers."""

    def test_table(self) -> None:
        """klein knows what is in the table, and nothing else."""
        app = make_app(Operations(self.daemon.switchboard, self.daemon.about, int), self.access)
        known = {
            (rule.rule.replace("<", "{").replace(">", "}"), method)
            for rule in app.url_map.iter_rules()
            for method in rule.methods or ()
        }
        wanted = {(route.path, route.method) for route in ROUTES}
        wanted |= {(path, "HEAD") for path, method in wanted if method == "GET"}
        self.assertEqual(known, wanted)

    def test_existingClients(self) -> None:
        """A client in the field: hello, sync with a text of JSON, a doubled slash."""
        self.get("/hello")
        body = json.dumps(json.dumps({"a": {"value": 1}})).encode()
        self.assertEqual(self.ask("POST", "/cli/sync/my%20project", body).status, 200)
        self.assertEqual(self.get("//web/list"), {"names": ["my project"]})
        self.assertEqual(self.get("/web/status/my%20project/"), {"a": {"value": 1}})

    def test_anyContentType(self) -> None:
        """A status may come as anything."""
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = self.ask("POST", "/cli/sync/x", b"{}", headers={"Content-Type": kind})
            self.assertEqual(answer.status, 200, kind)

    @examples(100)
    @given(st.text(min_size=1, max_size=20) | st.sampled_from(["a/b", "/", "//", "..", "%2F", "?"]))
    def test_anyName(self, name: str) -> None:
        """Whatever a project is called, it is found."""
        if name_problem(name):
            return
        path = quote(name, safe="")
        self.daemon.bridge.forget(name)
        self.assertEqual(self.ask("POST", f"/cli/sync/{path}", b'{"x": 1}').status, 200)
        self.assertEqual(self.get(f"/web/status/{path}"), {"x": 1})
        self.assertEqual(self.get(f"/api/v1/projects/{path}")["name"], name)
        self.assertEqual(self.get(f"//api//v1/projects/{path}//status/")["status"], {"x": 1})
        self.assertEqual(self.ask("DELETE", f"/api/v1/projects/{path}").status, 204)

    def test_unknownPath(self) -> None:
        """What is not there is not found."""
        for path in ("/", "/nothing", "/api/v1", "/web/status", "/api/v1/projects/x/y", "/HELLO"):
            self.check_refused(self.ask("GET", path), 404)

    def test_wrongMethod(self) -> None:
        """What is there has its methods; unknown ones are treated alike."""
        for path, allowed in {
            "/hello": "GET, HEAD, OPTIONS",
            "/cli/sync/x": "OPTIONS, POST",
            "/api/v1/projects/x": "DELETE, GET, HEAD, OPTIONS",
        }.items():
            for method in ("PUT", "BREW"):
                answer = self.ask(method, path)
                self.check_refused(answer, 405)
                self.assertEqual(answer.headers["Allow"], allowed)
            answer = self.ask("OPTIONS", path)
            self.assertEqual((answer.status, answer.headers["Allow"]), (204, allowed))
            self.assertEqual((answer.body, answer.headers["Content-Type"]), (b"", None))

    def test_head(self) -> None:
        """All but the body."""
        answer = self.ask("HEAD", "/web/list")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["Content-Length"], str(len(b'{"names":[]}')))
        self.assertEqual(self.ask("HEAD", "/web/status/x").status, 404)

    def test_nothing(self) -> None:
        """204 has no body, and says so by having none."""
        self.ask("POST", "/cli/sync/x", b"{}")
        connection = Connection(self.api)
        connection.write(request_text("DELETE", "/api/v1/projects/x"))
        self.assertTrue(connection.received.endswith(b"\r\n\r\n"))
        self.assertNotIn(b"Transfer-Encoding", connection.received)


class ParametersTests(RestTestCase):
    """What a request says."""

    def test_allProblems(self) -> None:
        """All that is wrong with it is told at once."""
        answer = self.ask("GET", "/api/v1/projects/%0A/logs?level=x&since=nan&limit=0&search=%FF")
        self.check_refused(
            answer,
            400,
            "name: has characters that cannot be shown",
            "level: expected one of debug, info, warning, error, critical, not 'x'",
            "since: expected a number from 0 to 100000000000, not 'nan'",
            "limit: expected a whole number from 1 to 10000, not '0'",
            "search: expected UTF-8",
        )

    def test_unknown(self) -> None:
        """What nobody knows is passed over."""
        self.get("/web/list?x=1&x=2&%FF=%FF")

    def test_body(self) -> None:
        """What is wrong with the body is told."""
        self.check_refused(self.ask("POST", "/cli/sync/x", b"{"), 400,
                           "body: not JSON: Expecting property name enclosed in double quotes:"
                           " line 1 column 2 (char 1)")  # fmt: skip

    def test_noBody(self) -> None:
        """A body where none is expected is not even looked at."""
        self.assertEqual(self.ask("GET", "/hello", b"\xff").status, 200)


class LateAnswersTests(RestTestCase):
    """What takes a while."""

    def setUp(self) -> None:
        super().setUp()
        self.program = self.daemon.connect()
        self.connection = Connection(self.api)
        path = f"/api/v1/projects/{quote(NAME)}/actions/go%2Fon?timeout=5"
        self.connection.write(request_text("POST", path, b'{"args": {"a": 1}}'))
        [self.message] = self.program.messages

    def answer(self) -> None:
        """The program answers."""
        ack = Message("ack", NAME, {"result": 1}, self.message.event_id)
        self.daemon.say(self.program, ack)

    def test_answer(self) -> None:
        """It comes when the program has answered."""
        self.assertEqual(self.message.payload, {"name": "go/on", "args": {"a": 1}})
        self.assertEqual(self.connection.received, b"")
        self.answer()
        self.assertEqual(self.connection.answer().value, {"ack": {"result": 1}})

    def test_timeout(self) -> None:
        """Or when the time is up."""
        self.daemon.clock.advance(6)
        self.daemon.switchboard._tick()
        self.check_refused(self.connection.answer(), 504)

    def test_left(self) -> None:
        """Who goes away meanwhile gets nothing, and there is no noise about it."""
        self.connection.leave()
        self.answer()
        self.assertEqual(self.connection.received, b"")
        self.assertEqual(self.flushLoggedErrors(), [])


class MistakesTests(RestTestCase):
    """Mistakes in the code."""

    def check_failed(self, answer: Answer) -> None:
        """The log tells what, and the answer does not."""
        self.check_refused(answer, 500)
        self.assertNotIn("division", answer.value["error"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_atOnce(self) -> None:
        """In an operation."""
        self.patch(self.daemon.switchboard, "projects", lambda: 1 // 0)
        self.check_failed(self.ask("GET", "/web/list"))

    def test_later(self) -> None:
        """In what an operation waits for."""
        self.ask("POST", "/cli/sync/x", b"{}")
        connection = Connection(self.api)
        connection.write(request_text("GET", "/api/v1/projects/x/logs"))
        self.daemon.archive.asked[0][1].errback(ZeroDivisionError("division"))
        self.check_failed(connection.answer())


class AccessTests(RestTestCase):
    """Who may ask, where no token is needed."""

    def test_foreignPage(self) -> None:
        """Not what other servers' pages do."""
        headers = {"Origin": "http://example.org"}
        self.check_refused(self.ask("POST", "/cli/sync/x", b"{}", headers=headers), 403)
        self.check_refused(self.ask("GET", "/web/list", headers={"Host": "example.org"}), 403)

    def test_shutdown(self) -> None:
        """From this machine only; it ends when the answer is out."""
        for peer in (STRANGER, UNIXAddress(b"/x")):
            self.check_refused(self.ask("POST", "/web/shutdown", peer=peer), 403)
        self.assertEqual(self.daemon.stopped, 0)
        connection = Connection(self.api)
        connection.write(request_text("POST", "/web/shutdown"))
        self.assertEqual(connection.answer().value, {"result": 200})
        self.assertEqual(self.daemon.stopped, 1)

    def test_shutdownOfPages(self) -> None:
        """No page of anybody else can do that."""
        headers = {"Origin": "http://localhost:5000"}
        self.check_refused(self.ask("POST", "/web/shutdown", headers=headers), 403)
        self.check_refused(self.ask("GET", "/web/shutdown"), 405)
        self.assertEqual(self.daemon.stopped, 0)

    def test_idle(self) -> None:
        """A request is traffic."""
        self.daemon.clock.advance(10)
        self.get("/hello")
        self.assertEqual(self.daemon.switchboard.last_traffic, self.daemon.clock.seconds())


class TokenTests(RestTestCase):
    """Who may ask, where a token is needed."""

    access = Access("s3cret", (5000, 5001), is_local=False)

    def test_none(self) -> None:
        """Nobody without it; not even what is there is told."""
        for route in ROUTES:
            if not route.is_open:
                path = route.path.replace("{name}", "x").replace("{action}", "y")
                answer = self.ask(route.method, path)
                self.check_refused(answer, 401)
                self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(self.daemon.stopped, 0)

    def test_wrong(self) -> None:
        """Nor with another one; none is ever shown."""
        for headers in ({"Authorization": "Bearer no"}, {"Authorization": "Basic s3cret"}):
            answer = self.ask("GET", "/web/list", headers=headers)
            self.check_refused(answer, 401)
            self.assertNotIn("s3cret", answer.value["error"])
        self.check_refused(self.ask("GET", "/web/list?token=%FF"), 401)

    def test_given(self) -> None:
        """In the header, or the URL."""
        self.get("/web/list", headers={"Authorization": "Bearer s3cret"})
        self.get("/web/list?token=s3cret")
        self.assertEqual(self.ask("POST", "/cli/sync/x?token=s3cret", b"{}").status, 200)

    def test_open(self) -> None:
        """That a daemon is here, and what can be asked, is no secret."""
        self.get("/hello")
        self.get("/api/openapi.json")

    def test_shutdown(self) -> None:
        """Who knows it may end the daemon, from anywhere."""
        self.assertEqual(self.ask("POST", "/web/shutdown?token=s3cret", peer=STRANGER).status, 200)
        self.assertEqual(self.daemon.stopped, 1)
