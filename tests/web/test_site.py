"""Tests of L{netsim.web.site}."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from netsim.web import site
from tests.web.calls import Connection, ask, parsed, request_text

LONGEST = 100
TOO_LARGE = {"error": "the body is larger than 100 bytes"}


class Echo(Resource):
    """Gives back what it gets."""

    isLeaf = True

    def render(self, request: Request) -> bytes:
        """Answer."""
        assert request.content is not None
        return json.dumps([request.content.read().decode(), len(request.args)]).encode()


class Late(Resource):
    """Answers never."""

    isLeaf = True

    def render(self, request: Request) -> int:
        """Answer."""
        self.left: Deferred[None] = request.notifyFinish()
        return NOT_DONE_YET


def chunked(*chunks: bytes) -> bytes:
    """A request whose body comes in pieces."""
    head = request_text("POST", "/", headers={"Transfer-Encoding": "chunked"})
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


class BodyTests(SynchronousTestCase):
    """How much is read."""

    def setUp(self) -> None:
        self.connection = Connection(Echo(), LONGEST)
        self.addCleanup(self.connection.leave)

    def send(self, data: bytes) -> tuple[int, Any]:
        """Write it; the answer."""
        self.connection.write(data)
        answer = self.connection.answer()
        return answer.status, answer.value

    def test_within(self) -> None:
        """A body of the size that is allowed is read."""
        body = b"x" * 100
        self.assertEqual(self.send(request_text("POST", "/", body)), (200, [body.decode(), 0]))

    def test_chunks(self) -> None:
        """So is one whose size is not told."""
        self.assertEqual(self.send(chunked(b"x" * 60, b"y" * 40)), (200, ["x" * 60 + "y" * 40, 0]))

    def test_beyond(self) -> None:
        """A larger one is read to its end, but not kept, so that the answer is read, too."""
        self.connection.write(request_text("POST", "/", b"x" * 101)[:-1])
        self.assertEqual(self.connection.received, b"")
        self.assertEqual(self.send(b"x"), (413, TOO_LARGE))

    def test_chunksBeyond(self) -> None:
        """Also where it comes in pieces, the first of which would fit."""
        self.assertEqual(self.send(chunked(b"x" * 60, b"y" * 41)), (413, TOO_LARGE))

    def test_goesOn(self) -> None:
        """The connection can be used again."""
        self.connection.write(request_text("POST", "/", b"x" * 101))
        before = len(self.connection.received)
        self.connection.write(request_text("POST", "/", b"y"))
        self.assertEqual(parsed(self.connection.received[before:]).value, ["y", 0])

    def test_memory(self) -> None:
        """Nothing is kept of it while it comes."""
        head = request_text("POST", "/", headers={"Content-Length": "100000"})
        self.connection.write(head + b"x" * 50)
        request = self.connection.protocol._channel.requests[0]
        for _ in range(10):
            self.connection.write(b"x" * 1000)
            self.assertLessEqual(len(request.content.getvalue()), 100)

    def test_cut(self) -> None:
        """Who goes on without end is answered in the middle, and not read any more."""
        self.patch(site, "SPILL", 1000)
        head = request_text("POST", "/", headers={"Content-Length": "100000"})
        self.assertEqual(self.send(head + b"x" * 1101), (413, TOO_LARGE))
        self.assertTrue(self.connection.transport.disconnecting)
        before = self.connection.received
        self.connection.write(b"x" * 2000)
        self.assertEqual(self.connection.received, before)

    def test_cutAtTheEnd(self) -> None:
        """It is answered once, where that is its end, too."""
        self.patch(site, "SPILL", 1000)
        self.send(request_text("POST", "/", b"x" * 1101))
        self.assertEqual(self.connection.received.count(b"HTTP/1.1"), 1)

    def test_forms(self) -> None:
        """Bodies are left as they are, whatever type they say they are."""
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = ask(Echo(), "POST", "/", b"a=1&b=2", {"Content-Type": kind})
            self.assertEqual(answer.value, ["a=1&b=2", 0])


class SilenceTests(SynchronousTestCase):
    """Who says nothing."""

    def test_halfRequest(self) -> None:
        """After a while the connection is closed."""
        connection = Connection(Echo())
        connection.write(request_text("POST", "/", b"abc")[:-1])
        connection.clock.advance(site.TIMEOUT - 1)
        self.assertFalse(connection.transport.disconnecting)
        connection.clock.advance(1)
        self.assertTrue(connection.transport.disconnecting)

    def test_lateAnswer(self) -> None:
        """An answer may take longer."""
        root = Late()
        connection = Connection(root)
        connection.write(request_text("GET", "/"))
        connection.clock.advance(10 * site.TIMEOUT)
        self.assertFalse(connection.transport.disconnecting)
        connection.leave()
        self.failureResultOf(root.left)


class LogTests(SynchronousTestCase):
    """What is told of it."""

    def test_nothing(self) -> None:
        """Nothing: a URL may hold a token."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        ask(Echo(), "GET", "/?token=secret")
        ask(Echo(), "HEAD", "/?token=secret")
        self.assertNotIn("secret", repr(events))
        self.assertEqual([event for event in events if "HTTP" in str(event.get("log_text"))], [])
