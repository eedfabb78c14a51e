"""L{netsim.status.calls}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from netsim.errors import ActionError, SshError
from netsim.status import calls as module
from netsim.status.calls import MAX_ANSWER, Calls
from netsim.status.interfaces import IActions
from netsim.status.lines import MAX_TEXT
from netsim.status.message import ACK, ACTION, NO_ID, Message, decode


@implementer(IActions)
class FakeActions:
    """Actions that do what a test says."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Any]] = []
        self.outcome: Any = None

    def describe(self) -> dict[str, Any]:
        """All of them."""
        return {"double": {"args": {"x": "int"}, "blocking": False, "description": ""}}

    def call(self, name: str, args: Any) -> Deferred[Any]:
        """Do it."""
        self.called.append((name, args))
        if isinstance(self.outcome, Deferred):
            return self.outcome
        if isinstance(self.outcome, ZeroDivisionError):
            raise self.outcome
        return fail(self.outcome) if isinstance(self.outcome, Exception) else succeed(self.outcome)


class CallTests(SynchronousTestCase):
    """Messages become calls, and their results answers."""

    def setUp(self) -> None:
        self.actions = FakeActions()
        self.calls = Calls("project", self.actions)

    def call(self, payload: Any, event_id: int = 5) -> Any:
        message = Message(ACTION, "project", payload, event_id)
        answer = self.successResultOf(self.calls.call(message))
        if answer is None:
            return None
        found = decode(answer)
        self.assertEqual((ACK, "project", event_id), (found.event_type, found.name, found.event_id))
        return found.payload

    def outcome(self, outcome: Any) -> Any:
        self.actions.outcome = outcome
        return self.call({"name": "double", "args": {}})

    def test_result(self) -> None:
        """The answer has the name and the result, and the question's id."""
        self.actions.outcome = [4]
        answer = self.call({"name": "double", "args": {"x": "2"}})
        self.assertEqual({"name": "double", "result": [4]}, answer)
        self.assertEqual([("double", {"x": "2"})], self.actions.called)

    def test_document(self) -> None:
        """The document's form will do as well; arguments may be missing."""
        self.call({"action": {"name": "double", "args": {"x": 1}}})
        self.call({"name": "double"})
        self.call({"name": "double", "args": None})
        self.assertEqual(
            [("double", {"x": 1}), ("double", {}), ("double", {})], self.actions.called
        )

    def test_later(self) -> None:
        """The answer comes when the action is done."""
        self.actions.outcome = done = Deferred()
        answer = self.calls.call(Message(ACTION, "project", {"name": "double"}, 7))
        self.assertNoResult(answer)
        done.callback(1)
        self.assertEqual(7, decode(self.successResultOf(answer) or b"").event_id)

    def test_unwanted(self) -> None:
        """Where no answer is wanted it is done all the same."""
        self.assertIsNone(self.call({"name": "double"}, NO_ID))
        self.assertEqual(1, len(self.actions.called))
        self.actions.outcome = ActionError("no")
        self.assertIsNone(self.call({"name": "double"}, NO_ID))
        self.assertIsNone(self.call("nonsense", NO_ID))

    def test_errors(self) -> None:
        """What fails says why: in a sentence, or with the kind of the error."""
        for error, text in [
            (ActionError("'x' is missing"), "'x' is missing"),
            (SshError("the host is gone"), "the host is gone"),
            (KeyError("x"), "KeyError: 'x'"),
            (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
            (ActionError(""), "ActionError: "),
        ]:
            self.assertEqual({"name": "double", "error": text}, self.outcome(error))

    def test_long_error(self) -> None:
        """What is said of it is bounded."""
        answer = self.outcome(ValueError("x" * 2 * MAX_TEXT))
        self.assertTrue(len(answer["error"]) < MAX_TEXT + 100)

    def test_malformed(self) -> None:
        """What is no call is answered, and called nothing."""
        for payload in [None, 5, [], {}, {"name": 5}, {"action": {}}, {"action": "x"}]:
            self.assertIn("expected", self.call(payload)["error"])
        self.assertEqual([], self.actions.called)

    def test_not_json(self) -> None:
        """A result that JSON cannot say is an error."""
        endless: list[Any] = []
        endless.append(endless)
        for value in [object(), float("nan"), {1}, endless]:
            self.assertIn("JSON cannot say the result of 'double'", self.outcome(value)["error"])

    def test_too_large(self) -> None:
        """A result that no daemon would take is an error."""
        self.assertIn("at most", self.outcome("x" * MAX_ANSWER)["error"])
        self.assertIn("result", self.outcome("x" * (MAX_ANSWER - 200)))

    def test_too_many(self) -> None:
        """So many and no more go on at once."""
        self.patch(module, "MAX_CALLS", 2)
        waiting = []
        for _ in range(2):
            self.actions.outcome = Deferred()
            waiting.append(self.actions.outcome)
            self.calls.call(Message(ACTION, "project", {"name": "double"}, 7))
        self.assertIn("2 actions are running", self.outcome(1)["error"])
        waiting[0].callback(1)
        self.assertEqual(1, self.outcome(1)["result"])
        self.assertEqual(3, len(self.actions.called))

    def test_nothing(self) -> None:
        """A program without actions has none."""
        self.calls = Calls("project", None)
        self.assertIn("no action 'double'", self.call({"name": "double"})["error"])
