"""Tests of L{netsim.datanode.grafana.calls}."""

from __future__ import annotations

from typing import Any

from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.calls import MAX_ACTIVE, MAX_PENDING, Calls
from netsim.datanode.grafana.model import NodeFailed
from netsim.datanode.model import uri
from tests.datanode.router import Router


class FakeSession:
    """Makes calls that a test answers."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.answers: list[Deferred[Any]] = []
        self.cancelled = 0

    def call(self, *args: Any) -> Deferred[Any]:
        """Call."""
        self.calls.append(args)
        self.answers.append(Deferred(self._cancel))
        return self.answers[-1]

    def _cancel(self, answer: Deferred[Any]) -> None:
        self.cancelled += 1


class CallsTestCase(SynchronousTestCase):
    """Calls by a session."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.session: Any = FakeSession()
        self.calls = Calls(lambda: self.session, self.clock)

    def call(self, node: str = "n", *args: Any, timeout: float = 10.0) -> Deferred[Any]:
        """Make a call."""
        return self.calls.call(node, "get_data", *args, timeout=timeout)

    def check_failed(self, call: Deferred[Any], reason: str, status: int = 502) -> None:
        """It has failed for this reason."""
        failed = self.failureResultOf(call, NodeFailed).value
        self.assertEqual((str(failed), failed.status), (reason, status))


class CallTests(CallsTestCase):
    """One call."""

    def test_answer(self) -> None:
        """It goes to the node, and its answer comes back."""
        call = self.call("n", ("a",), 1.5, None)
        self.assertEqual(self.session.calls, [(uri("consumer.n.get_data"), ("a",), 1.5, None)])
        self.assertNoResult(call)
        self.session.answers[0].callback({"x": 1})
        self.assertEqual(self.successResultOf(call), {"x": 1})
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.calls._callees, {})

    def test_tooLate(self) -> None:
        """Nobody waits for longer than was said; the node is told."""
        call = self.call(timeout=2.5)
        self.clock.advance(2.4)
        self.assertNoResult(call)
        self.clock.advance(0.1)
        self.check_failed(call, "did not answer in time", 504)
        self.assertEqual((self.session.cancelled, self.calls._callees), (1, {}))

    def test_gaveUp(self) -> None:
        """Who has asked may lose interest."""
        call = self.call()
        call.cancel()
        self.failureResultOf(call, CancelledError)
        self.assertEqual((self.session.cancelled, self.calls._callees), (1, {}))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_noSession(self) -> None:
        """There may be nobody to ask by."""
        self.session = None
        self.check_failed(self.call(), "there is no session with the router", 500)

    def test_sessionLost(self) -> None:
        """A session that is gone is told nothing."""
        session, call = self.session, self.call()
        self.session = None
        self.clock.advance(10)
        self.check_failed(call, "did not answer in time", 504)
        self.assertEqual(session.cancelled, 0)

    def test_errors(self) -> None:
        """What nodes and routers complain about is told, with what it means."""
        for error, reason, status in (
            (ApplicationError(ApplicationError.NO_SUCH_PROCEDURE), "is not there", 502),
            (ApplicationError(uri("error.query"), "start: no"), "start: no", 400),
            (ApplicationError("wamp.error.runtime_error", "oh"), "oh", 502),
            (ValueError("odd"), "could not be asked: odd", 502),
        ):
            call = self.call()
            self.session.answers[-1].errback(error)
            failed = self.failureResultOf(call, NodeFailed).value
            self.assertIn(reason, str(failed))
            self.assertEqual(failed.status, status)

    def test_longErrors(self) -> None:
        """Not more of it than fits into a line."""
        call = self.call()
        self.session.answers[-1].errback(ApplicationError("x.y", "z" * 10_000))
        self.assertLess(len(str(self.failureResultOf(call, NodeFailed).value)), 400)

    def test_notSent(self) -> None:
        """It may fail at once."""

        def fails(*args: Any) -> None:
            raise ValueError("closed")

        self.session.call = fails
        self.check_failed(self.call(), "could not be asked: closed")
        self.assertEqual(self.clock.getDelayedCalls(), [])


class MergedTests(CallsTestCase):
    """Several that ask for the same."""

    def test_once(self) -> None:
        """It is called once, and all get the answer."""
        calls = [self.call("n", ("a",), 1.0) for _ in range(3)]
        self.assertEqual(len(self.session.calls), 1)
        self.session.answers[0].callback(7)
        self.assertEqual([self.successResultOf(call) for call in calls], [7, 7, 7])
        self.call("n", ("a",), 1.0)
        self.assertEqual(len(self.session.calls), 2)

    def test_error(self) -> None:
        """Or the error."""
        calls = [self.call() for _ in range(2)]
        self.session.answers[0].errback(ValueError("odd"))
        for call in calls:
            self.check_failed(call, "could not be asked: odd")

    def test_different(self) -> None:
        """What is not the same is called by itself."""
        self.call("n", ("a",), 1.0)
        for node, args in (("n", (("a",), 2.0)), ("n", (("b",), 1.0)), ("m", (("a",), 1.0))):
            self.call(node, *args)
        self.assertEqual(len(self.session.calls), 4)

    def test_oneGivesUp(self) -> None:
        """That is not the end of it, as long as somebody waits."""
        first, second = self.call(timeout=1), self.call(timeout=5)
        self.clock.advance(1)
        self.check_failed(first, "did not answer in time", 504)
        self.assertEqual(self.session.cancelled, 0)
        self.session.answers[0].callback(7)
        self.assertEqual(self.successResultOf(second), 7)

    def test_otherSession(self) -> None:
        """What was asked by a session that is gone is asked anew."""
        first = self.call()
        old, self.session = self.session, FakeSession()
        second = self.call()
        self.assertEqual(len(self.session.calls), 1)
        old.answers[0].errback(ValueError("lost"))
        self.check_failed(first, "could not be asked: lost")
        third = self.call()
        self.session.answers[0].callback(7)
        self.assertEqual([self.successResultOf(one) for one in (second, third)], [7, 7])

    def test_many(self) -> None:
        """A node that never answers is not asked without end."""
        waiting = [self.call("n", i) for i in range(MAX_PENDING)]
        self.check_failed(self.call("n", "x"), "has 64 calls to answer already")
        waiting += [self.call("n", 0), self.call("m", "x")]
        self.clock.advance(10)
        for call in waiting:
            self.check_failed(call, "did not answer in time", 504)
        self.assertEqual(self.calls._callees, {})
        again = self.call("n", "x")
        self.session.answers[-1].callback(7)
        self.assertEqual(self.successResultOf(again), 7)

    def test_active(self) -> None:
        """Nor for all at once: answers may be large."""
        calls = [self.call("n", i) for i in range(MAX_ACTIVE + 2)]
        self.assertEqual(len(self.session.calls), MAX_ACTIVE)
        self.session.answers[3].callback(3)
        self.assertEqual(self.session.calls[-1][1], MAX_ACTIVE)
        calls[0].cancel()
        self.failureResultOf(calls[0], CancelledError)
        self.assertEqual(self.session.calls[-1][1], MAX_ACTIVE + 1)
        for answer in self.session.answers[1:3] + self.session.answers[4:]:
            answer.callback(0)
        self.assertEqual([self.successResultOf(call) for call in calls[1:]], [0, 0, 3] + [0] * 6)

    def test_neverCalled(self) -> None:
        """One that is given up before its turn is never made."""
        calls = [self.call("n", i) for i in range(MAX_ACTIVE + 1)]
        calls[-1].cancel()
        self.failureResultOf(calls[-1], CancelledError)
        for answer in self.session.answers:
            answer.callback(0)
        self.assertEqual(len(self.session.calls), MAX_ACTIVE)


class RouterTests(SynchronousTestCase):
    """By autobahn's sessions."""

    def setUp(self) -> None:
        self.router = Router()
        self.session = self.router.session()
        self.node = self.router.session()
        self.answer: Any = 7
        self.node.register(lambda *args: self.answer, uri("consumer.n.get_data"))
        self.clock = Clock()
        self.calls = Calls(lambda: self.session, self.clock)

    def call(self) -> Deferred[Any]:
        """Make a call."""
        return self.calls.call("n", "get_data", ("a",), 1.0, timeout=5)

    def test_answer(self) -> None:
        """A call at once."""
        self.assertEqual(self.successResultOf(self.call()), 7)

    def test_lateAnswer(self) -> None:
        """An answer that comes too late harms nobody."""
        self.answer = late = Deferred(lambda _: None)
        call = self.call()
        self.clock.advance(5)
        self.failureResultOf(call, NodeFailed)
        late.addErrback(lambda failure: failure.trap(CancelledError))
        self.answer = 8
        self.assertEqual(self.successResultOf(self.call()), 8)

    def test_noNode(self) -> None:
        """A node that has gone is not there."""
        self.router.drop(self.node)
        failed = self.failureResultOf(self.call(), NodeFailed).value
        self.assertEqual(str(failed), "is not there")

    def test_goes(self) -> None:
        """Neither is one that goes meanwhile."""
        self.answer = Deferred()
        call = self.call()
        self.router.drop(self.node)
        self.assertIn("callee is gone", str(self.failureResultOf(call, NodeFailed).value))
