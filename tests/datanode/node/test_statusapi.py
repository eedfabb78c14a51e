"""Tests for L{netsim.datanode.node.statusapi}."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import ResponseDone, ResponseFailed

from netsim.datanode.node import statusapi
from netsim.datanode.node.statusapi import LIMIT, WITHIN, StatusApi
from netsim.errors import LimitError, PeerError
from netsim.status.model import Settings


class Response:
    """An answer that comes bit by bit."""

    def __init__(self, code: int = 200) -> None:
        self.code = code
        self.transport = StringTransport()

    def deliverBody(self, protocol: Protocol) -> None:
        """To this."""
        self.body = protocol
        protocol.makeConnection(self.transport)

    def end(self, content: bytes, reason: Exception | None = None) -> None:
        """All of it comes, and the end."""
        self.body.dataReceived(content)
        self.body.connectionLost(Failure(reason or ResponseDone()))


class Http:
    """Keeps questions until they are answered."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], Deferred[Any]]] = []

    def get(self, url: str, **options: Any) -> Deferred[Any]:
        self.asked.append((url, options, Deferred()))
        return self.asked[-1][2]

    def close(self) -> str:
        return "closed"

    def answer(self, code: int = 200) -> Response:
        """Begin to answer the last question."""
        response = Response(code)
        self.asked[-1][2].callback(response)
        return response


class StatusApiTests(SynchronousTestCase):
    """L{StatusApi}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.http: Any = Http()
        self.api = StatusApi(self.clock, Settings(token="secret"), self.http)

    def ask(self, question: Coroutine[Any, Any, bytes]) -> Deferred[bytes]:
        return Deferred.fromCoroutine(question)

    def test_projects(self) -> None:
        """The list, with the token."""
        asked = self.ask(self.api.projects())
        url, options, _ = self.http.asked[0]
        self.assertEqual("http://127.0.0.1:5000/api/v1/projects", url)
        self.assertEqual({"Authorization": "Bearer secret"}, options["headers"])
        self.assertFalse(options["allow_redirects"])
        self.http.answer().end(b"list")
        self.assertEqual(b"list", self.successResultOf(asked))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_noToken(self) -> None:
        """Without one, none is told."""
        self.api = StatusApi(self.clock, Settings(), self.http)
        self.ask(self.api.projects())
        self.assertEqual({}, self.http.asked[0][1]["headers"])

    def test_history(self) -> None:
        """Of a project, whatever its name is."""
        asked = self.ask(self.api.history("a/b c", 1.5))
        url, options, _ = self.http.asked[0]
        self.assertTrue(url.endswith("/projects/a%2Fb%20c/status/history"))
        self.assertEqual({"since": "1.500000", "limit": str(LIMIT)}, options["params"])
        self.http.answer().end(b"entries")
        self.assertEqual(b"entries", self.successResultOf(asked))

    def test_tooLong(self) -> None:
        """Where the answer is too long, it asks for less."""
        self.patch(statusapi, "LONGEST", 10)
        asked = self.ask(self.api.history("a", -5.0))
        limits = []
        for _ in range(100):
            limits.append(int(self.http.asked[-1][1]["params"]["limit"]))
            if limits[-1] < 50:
                break
            response = self.http.answer()
            response.body.dataReceived(b"x" * 11)
            self.assertTrue(response.transport.disconnecting)
            response.end(b"x")
        self.assertEqual([10_000, 2500, 625, 156, 39], limits)
        self.http.answer().end(b"x" * 10)
        self.assertEqual(b"x" * 10, self.successResultOf(asked))

    def test_alwaysTooLong(self) -> None:
        """Not even one fits."""
        self.patch(statusapi, "LONGEST", 10)
        asked = self.ask(self.api.history("a", 0.0))
        for _ in range(8):
            self.assertNoResult(asked)
            self.http.answer().end(b"x" * 11)
        self.failureResultOf(asked, LimitError)

    def test_refused(self) -> None:
        """A refusal says why."""
        for code in (401, 404, 301, 500):
            asked = self.ask(self.api.projects())
            self.http.answer(code).end(b'{"error": "no"}')
            reason = self.failureResultOf(asked, PeerError).getErrorMessage()
            self.assertEqual(f'it answers {code} {{"error": "no"}}', reason)

    def test_lost(self) -> None:
        """An answer that breaks off is none."""
        asked = self.ask(self.api.projects())
        self.http.answer().end(b"{", ResponseFailed([]))
        self.failureResultOf(asked, ResponseFailed)

    def test_slow(self) -> None:
        """An answer that takes too long is not waited for."""
        asked = self.ask(self.api.projects())
        response = self.http.answer()
        self.clock.advance(WITHIN)
        self.failureResultOf(asked, TimeoutError)
        self.assertTrue(response.transport.disconnecting)
        response.end(b"")

    def test_close(self) -> None:
        """Its connection is closed."""
        self.assertEqual("closed", self.api.close())
