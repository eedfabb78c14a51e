"""Tests of L{netsim.web.door}."""

from __future__ import annotations

import json
from typing import Any

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Request
from twisted.web.static import Data

from netsim.web.access import Access
from netsim.web.answers import Refusal, Reply
from netsim.web.door import FrontDoor, Refused, send
from tests.web.calls import HOST, Answer, ask

OPEN = Access(is_local=False)


class Api(Resource):
    """Tells the path that it was given."""

    isLeaf = True

    def render(self, request: Request) -> bytes:
        """Answer."""
        path = [part.decode() for part in request.postpath]
        return send(request, Reply.of([request.method.decode(), *path]))


class DoorTestCase(SynchronousTestCase):
    """A door, and what is behind it."""

    access = Access(ports=(5000, 5001))

    def setUp(self) -> None:
        self.touched = 0
        self.door = FrontDoor(Api(), self.access, "netsim-test", self.touch, (b"ws",))
        self.door.putChild(b"", Data(b"page", "text/html"))
        self.door.putChild(b"ws", Data(b"socket", "text/plain"))
        files = Resource()
        files.putChild(b"a b", Data(b"file", "text/plain"))
        files.putChild(b"", Data(b"index", "text/plain"))
        self.door.putChild(b"files", files)

    def touch(self) -> None:
        """Something came."""
        self.touched += 1

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Make a request."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.door, method, path, headers=fields)


class WayTests(DoorTestCase):
    """Who answers."""

    def test_api(self) -> None:
        """Everything that nobody else answers; parts of the path are written in one way."""
        for path, parts in {
            "/web/list": ["web", "list"],
            "//web///list//": ["web", "list"],
            "/%77eb/a%2fb%20%c3%a9": ["web", "a%2Fb%20%C3%A9"],
            "/web/a+b;c|d": ["web", "a%2Bb%3Bc%7Cd"],
            "/file": ["file"],
            "/web/files?x=/y": ["web", "files"],
        }.items():
            self.assertEqual(self.ask(path).value, ["GET", *parts], path)

    def test_dots(self) -> None:
        """Dots are names like others: nothing behind the door is a directory above another."""
        self.assertEqual(self.ask("/web/../x/.").value, ["GET", "web", "..", "x", "."])

    def test_page(self) -> None:
        """The root is the page's."""
        for path in ("/", "//", "/?token=x"):
            self.assertEqual(self.ask(path).body, b"page", path)

    def test_noPage(self) -> None:
        """Where there is no page, the root is nothing special."""
        self.door = FrontDoor(Api(), self.access, "netsim-test", self.touch, (b"ws",))
        self.assertEqual(self.ask("/").value, ["GET", ""])

    def test_children(self) -> None:
        """A child is found however its path is written; a slash at the end tells a directory."""
        for path, body in {
            "/files/a%20b": b"file",
            "//files//a%20b": b"file",
            "/fil%65s/": b"index",
            "/files//": b"index",
            "/ws": b"socket",
        }.items():
            self.assertEqual(self.ask(path).body, body, path)
        self.assertEqual(self.ask("/files/other").status, 404)

    def test_notUtf8(self) -> None:
        """Such a path is refused."""
        answer = self.ask("/web/%ff")
        self.assertEqual((answer.status, answer.value), (400, {"error": "the path is not UTF-8"}))

    def test_server(self) -> None:
        """Every answer tells whose it is."""
        for path in ("/", "/web", "/%ff"):
            self.assertEqual(self.ask(path).headers["Server"], "netsim-test")

    def test_untouched(self) -> None:
        """Nobody needs to know of requests."""
        self.door = FrontDoor(Api(), self.access, "netsim-test")
        self.assertEqual(self.ask("/x").value, ["GET", "x"])

    def test_touch(self) -> None:
        """Every request is noticed."""
        for path in ("/", "/ws", "/web", "/%ff"):
            self.ask(path)
        self.assertEqual(self.touched, 4)


class AccessTests(DoorTestCase):
    """Who may come in."""

    def check_refused(self, status: int, answer: Answer) -> None:
        """In JSON, with a reason."""
        self.assertEqual((answer.status, list(answer.value)), (status, ["error"]))

    def test_host(self) -> None:
        """Under a foreign name, nobody; the page included."""
        for path in ("/", "/files/", "/web/list"):
            self.check_refused(403, self.ask(path, Host="example.org"))

    def test_foreignOrigin(self) -> None:
        """Pages of others may change nothing."""
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            for origin in ("http://example.org", "null", "http://127.0.0.1:8000"):
                self.check_refused(403, self.ask("/web", method, Origin=origin))

    def test_ownOrigin(self) -> None:
        """The daemon's own page may, and programs, which send none."""
        self.assertEqual(self.ask("/x", "POST", Origin=f"http://{HOST}").value, ["POST", "x"])
        self.assertEqual(self.ask("/x", "POST").value, ["POST", "x"])

    def test_reading(self) -> None:
        """Where a page comes from is the same to what only reads: it cannot see the answer."""
        for method in ("GET", "HEAD"):
            answer = self.ask(
                "/x", method, Origin="http://example.org", Sec_Fetch_Site="cross-site"
            )
            self.assertEqual(answer.status, 200)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)

    def test_crossSite(self) -> None:
        """Browsers tell it in another way, too."""
        self.check_refused(403, self.ask("/x", "POST", Sec_Fetch_Site="cross-site"))
        self.assertEqual(self.ask("/x", "POST", Sec_Fetch_Site="same-origin").status, 200)

    def test_socket(self) -> None:
        """The WebSocket is left alone: it looks at who comes by itself."""
        self.assertEqual(self.ask("/ws", Host="example.org").body, b"socket")

    def test_noSocket(self) -> None:
        """Where there is none, its path is like others."""
        self.door = FrontDoor(Api(), self.access, "netsim-test", self.touch, (b"ws",))
        self.check_refused(403, self.ask("/ws", Host="example.org"))


class WelcomeTests(DoorTestCase):
    """Pages of other servers, whose origins were named."""

    access = Access(ports=(5000,), origins=frozenset({"http://grafana:3000"}))

    def test_named(self) -> None:
        """They may do everything, and read the answers."""
        for method in ("GET", "POST"):
            for origin in ("http://grafana:3000", "HTTP://Grafana:3000"):
                answer = self.ask("/x", method, Origin=origin, Sec_Fetch_Site="cross-site")
                self.assertEqual(answer.value, [method, "x"])
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], origin)
                self.assertEqual(answer.headers["Access-Control-Expose-Headers"], "*")
                self.assertEqual(answer.headers["Vary"], "Origin")

    def test_preflight(self) -> None:
        """Browsers ask before what may change something; the answer has no body."""
        answer = self.ask(
            "/x",
            "OPTIONS",
            Origin="http://grafana:3000",
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="authorization,content-type",
        )
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(answer.headers["Access-Control-Allow-Methods"], "POST")
        self.assertEqual(
            answer.headers["Access-Control-Allow-Headers"], "authorization,content-type"
        )

    def test_plainOptions(self) -> None:
        """OPTIONS alone is a request like others."""
        answer = self.ask("/x", "OPTIONS", Origin="http://grafana:3000")
        self.assertEqual(answer.value, ["OPTIONS", "x"])

    def test_others(self) -> None:
        """Nobody else is let in by that, and a foreign name is one still."""
        preflight = self.ask(
            "/x", "OPTIONS", Origin="http://x:3000", Access_Control_Request_Method="POST"
        )
        self.assertEqual(preflight.status, 403)
        for origin in ("http://grafana", "https://grafana:3000", "null", "*"):
            answer = self.ask("/x", "POST", Origin=origin)
            self.assertEqual(answer.status, 403, origin)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        answer = self.ask("/x", "POST", Origin="http://grafana:3000", Host="example.org")
        self.assertEqual(answer.status, 403)


class AnyOriginTests(DoorTestCase):
    """All pages are welcome."""

    access = Access(origins=frozenset({"*"}))

    def test_all(self) -> None:
        """Where that was said, and those that hide where they come from, too."""
        for origin in ("http://example.org", "null"):
            self.assertEqual(self.ask("/x", "POST", Origin=origin).value, ["POST", "x"])

    def test_programs(self) -> None:
        """Programs have no origin, and are told nothing of it."""
        self.assertNotIn("Access-Control-Allow-Origin", self.ask("/x", "POST").headers)


class AnyHostTests(DoorTestCase):
    """Where others may come, too."""

    access = OPEN

    def test_anyHost(self) -> None:
        """Any name will do."""
        for host in ("example.org", "[::1]:5000", ""):
            self.assertEqual(self.ask("/x", Host=host).value, ["GET", "x"], host)

    def test_noHost(self) -> None:
        """What cannot be a name is refused before anybody looks for it."""
        for host in ("a..b", "\xff", "x" * 64):
            answer = self.ask("/x", Host=host)
            self.assertEqual((answer.status, answer.value), (400, {"error": "the Host is none"}))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_oldHeaders(self) -> None:
        """A header may be anything but ASCII; that harms nobody."""
        for name in ("Origin", "User_Agent", "Sec_Fetch_Site", "Content_Type"):
            self.assertIn(self.ask("/x", "POST", **{name: "\xff\xe9"}).status, (200, 403), name)
        self.assertEqual(self.ask("/x", "POST", Origin="http://\xe9").status, 403)
        self.assertEqual(self.ask("/x", "POST", User_Agent="\xe9").status, 200)


class SendTests(SynchronousTestCase):
    """Answers over HTTP."""

    def test_headers(self) -> None:
        """They make it safe to show, and are kept by nobody."""
        answer = ask(Refused(Refusal(418, "no", headers={"X-Own": "1"})), "GET", "/")
        self.assertEqual((answer.status, json.loads(answer.body)), (418, {"error": "no"}))
        expected = {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "X-Own": "1",
        }
        self.assertEqual({name: answer.headers[name] for name in expected}, expected)

    def test_anyMethod(self) -> None:
        """A refusal is one for every method; for HEAD without its body."""
        for method in ("POST", "BREW"):
            self.assertEqual(ask(Refused(Refusal(404, "no")), method, "/").value, {"error": "no"})
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        answer = ask(Refused(Refusal(404, "no")), "HEAD", "/")
        self.assertEqual(
            (answer.status, answer.headers["Content-Length"], answer.body), (404, "14", b"")
        )
        self.assertEqual(events, [])
