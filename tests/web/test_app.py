"""Tests of L{netsim.web.app}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.server import Request

from netsim.web.access import Access
from netsim.web.answers import Refusal, Reply
from netsim.web.app import check_token, new_app
from netsim.web.door import FrontDoor, send
from tests.web.calls import Answer, ask


class AppTests(SynchronousTestCase):
    """What every application answers."""

    def setUp(self) -> None:
        app = new_app()
        self.result: Any = Reply.of("it")
        self.access = Access(token="secret")

        @app.route("/open", methods=["GET"])
        def open(request: Request) -> bytes:
            if isinstance(self.result, Exception):
                raise self.result
            return send(request, self.result)

        @app.route("/closed", methods=["POST"])
        async def closed(request: Request) -> bytes:
            check_token(request, self.access)
            return send(request, self.result)

        self.root = FrontDoor(app.resource(), Access(), "netsim-test")

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """Make a request."""
        return ask(self.root, method, path, headers=headers)

    def test_answer(self) -> None:
        """What a route returns."""
        self.assertEqual(self.ask("GET", "/open").value, "it")

    def test_refusal(self) -> None:
        """A refusal is the answer, with what belongs to it."""
        self.result = Refusal(418, "no", ["a", "b"], {"X-Own": "1"})
        answer = self.ask("GET", "/open")
        self.assertEqual((answer.status, answer.headers["X-Own"]), (418, "1"))
        self.assertEqual(answer.value, {"error": "no", "problems": ["a", "b"]})

    def test_token(self) -> None:
        """Who does not know it is told how to give it."""
        answer = self.ask("POST", "/closed")
        self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"))
        self.assertEqual(self.ask("POST", "/closed?token=x").status, 401)
        self.assertEqual(self.ask("POST", "/closed", Authorization="Bearer secret").value, "it")
        self.assertEqual(self.ask("POST", "/closed?token=secret").value, "it")

    def test_nothing(self) -> None:
        """There is nothing there."""
        answer = self.ask("GET", "/other")
        self.assertEqual(
            (answer.status, answer.value), (404, {"error": "there is nothing at this path"})
        )

    def test_method(self) -> None:
        """It has other methods, and OPTIONS tells which."""
        for method, status in {"PUT": 405, "OPTIONS": 204}.items():
            answer = self.ask(method, "/closed")
            self.assertEqual((answer.status, answer.headers["Allow"]), (status, "OPTIONS, POST"))

    def test_mistake(self) -> None:
        """The log tells what it is, and the answer does not."""
        self.result = ZeroDivisionError("secret")
        answer = self.ask("GET", "/open")
        self.assertEqual(
            (answer.status, answer.value), (500, {"error": "the server failed; its log says why"})
        )
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_gone(self) -> None:
        """That nobody waits any longer is no mistake."""
        self.result = CancelledError()
        self.assertEqual(self.ask("GET", "/open").status, 500)
        self.assertEqual(self.flushLoggedErrors(), [])
