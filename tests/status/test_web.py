"""L{netsim.status.web}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError, PeerError
from netsim.status.message import ACK, ACTION, HANDSHAKE, LOG, Message
from netsim.status.web import Frontend
from tests.status.daemons import SETTINGS, WELCOME, FakeDaemon


class FrontendTests(SynchronousTestCase):
    """A frontend watches a project."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = FakeDaemon(self.clock, 5000)
        self.logged: list[Any] = []
        self.frontend = Frontend(
            *(self.clock, "project", SETTINGS, self.logged.append),
            random=lambda: 0.5,
            endpoint=self.daemon.endpoint,
        )

    def start(self) -> None:
        self.frontend.startService()
        self.daemon.flush()

    def tell(self, event_type: str, payload: Any, event_id: int = -1) -> None:
        self.daemon.connections[-1].tell(Message(event_type, "project", payload, event_id))
        self.daemon.flush()

    def asked(self) -> Message:
        self.daemon.flush()
        return self.daemon.of_type(ACTION)[-1]

    def test_join(self) -> None:
        """It joins as a frontend, and leaves."""
        waiting = self.frontend.when_connected()
        self.assertFalse(self.frontend.is_connected)
        self.start()
        self.frontend.startService()
        self.daemon.flush()
        self.successResultOf(waiting)
        self.successResultOf(self.frontend.when_connected())
        self.assertTrue(self.frontend.is_connected)
        expected = Message(HANDSHAKE, "project", {"who": "web"}, 1)
        self.assertEqual([expected], self.daemon.received)
        stopped = self.frontend.stopService()
        self.daemon.flush()
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_later(self) -> None:
        """It waits for a project that is not there yet, and joins again after a loss."""
        self.daemon.welcome = {"result": 404, "reason": "name not found"}
        self.start()
        self.assertFalse(self.frontend.is_connected)
        self.daemon.welcome = WELCOME
        self.daemon.advance(0.5)
        self.assertTrue(self.frontend.is_connected)
        self.daemon.lose()
        self.assertFalse(self.frontend.is_connected)
        self.daemon.advance(1)
        self.assertTrue(self.frontend.is_connected)

    def test_never(self) -> None:
        """Nobody waits for one that was stopped."""
        self.daemon.ports = {}
        self.start()
        waiting = self.frontend.when_connected()
        self.successResultOf(self.frontend.stopService())
        self.failureResultOf(waiting, CancelledError)

    def test_logs(self) -> None:
        """It hears what the project logs."""
        self.start()
        self.tell(LOG, {"log": {"message": "hello"}})
        self.tell("whatever", 5)
        self.assertEqual([{"log": {"message": "hello"}}], self.logged)

    def test_call(self) -> None:
        """It calls actions; answers come in any order, as either kind of event."""
        self.start()
        first = self.frontend.call("double", {"x": 1})
        question = self.asked()
        self.assertEqual({"name": "double", "args": {"x": 1}}, question.payload)
        self.assertTrue(0 < question.event_id <= 10**11)
        second = self.frontend.call("other")
        other = self.asked()
        self.assertEqual({"name": "other", "args": {}}, other.payload)
        self.tell(ACTION, {"name": "other", "result": 2}, other.event_id)
        self.assertNoResult(first)
        self.assertEqual(2, self.successResultOf(second))
        self.tell(ACK, {"name": "double", "result": None}, question.event_id)
        self.assertIsNone(self.successResultOf(first))
        self.tell(ACK, {"name": "double", "result": None}, question.event_id)
        self.assertEqual([], [it for it in self.clock.getDelayedCalls() if it.getTime() > 100])

    def test_failures(self) -> None:
        """What fails says whose fault it is."""
        self.start()
        for payload, kind, text in [
            ({"name": "x", "error": "no"}, ActionError, "no"),
            ({"result": 404, "reason": "client offline"}, PeerError, "client offline"),
            ("nonsense", PeerError, "the answer is none"),
        ]:
            answer = self.frontend.call("x")
            self.tell(ACK, payload, self.asked().event_id)
            self.assertEqual(text, str(self.failureResultOf(answer, kind).value))

    def test_timeout(self) -> None:
        """An answer has its time."""
        self.start()
        answer = self.frontend.call("x", timeout=2)
        number = self.asked().event_id
        self.daemon.advance(1.9)
        self.assertNoResult(answer)
        self.daemon.advance(0.1)
        error = self.failureResultOf(answer, PeerError).value
        self.assertEqual("there was no answer within 2 s", str(error))
        self.tell(ACK, {"name": "x", "result": 1}, number)
        self.assertEqual({}, self.frontend._pending)

    def test_cancelled(self) -> None:
        """Who asked may not want to know any more."""
        self.start()
        answer = self.frontend.call("x")
        answer.cancel()
        self.failureResultOf(answer, CancelledError)
        self.assertEqual({}, self.frontend._pending)

    def test_lost(self) -> None:
        """With the connection the answers are lost; without one nothing is asked."""
        self.assertIn("no connection", str(self.failureResultOf(self.frontend.call("x")).value))
        self.start()
        answer = self.frontend.call("x")
        self.daemon.flush()
        self.daemon.lose()
        self.assertIn("was lost", str(self.failureResultOf(answer, PeerError).value))
