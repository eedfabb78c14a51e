"""L{netsim.datanode.procedures}."""

from __future__ import annotations

from typing import Any

from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.procedures import NODE_ERROR, QUERY_ERROR, Procedures
from netsim.errors import DatabaseError, QueryError

FIELDS = "org.simonsobservatory.consumer.some.get_fields"
DATA = "org.simonsobservatory.consumer.some.get_data"


class Answers:
    """Answers with what it was given."""

    result: Any = "fields"

    async def fields(self, start: Any, end: Any) -> Any:
        if isinstance(self.result, Exception):
            raise self.result
        return await self.result if isinstance(self.result, Deferred) else self.result

    async def data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        return field, start, end, min_stride


class ProceduresTests(SynchronousTestCase):
    """Calls are answered, or fail."""

    def setUp(self) -> None:
        self.answers = Answers()
        self.connected = True
        self.procedures = Procedures("some", self.answers, lambda: self.connected)

    def call(self, procedure: str, *args: Any, **kwargs: Any) -> Any:
        return self.procedures.endpoints[procedure](*args, **kwargs)

    def error(self, *args: Any) -> tuple[Any, str, list[LogLevel]]:
        """What a call fails with: its URI, its text, and how it is logged."""
        with capturedLogs() as captured:
            error = self.failureResultOf(self.call(*args), ApplicationError).value
        self.assertTrue(all("some" in (formatEvent(event) or "") for event in captured))
        return error.error, error.args[0], [event["log_level"] for event in captured]

    def test_answers(self) -> None:
        """Arguments may have names."""
        self.assertEqual([FIELDS, DATA], list(self.procedures.endpoints))
        self.assertEqual("fields", self.successResultOf(self.call(FIELDS, 1, end=2)))
        expected = (["a"], 1, 2, None)
        self.assertEqual(expected, self.successResultOf(self.call(DATA, ["a"], 1, end=2)))

    def test_arguments(self) -> None:
        """They may be wrong."""
        for call, text in {
            (FIELDS,): "missing a required argument: 'start'",
            (FIELDS, 1, 2, 3): "too many positional arguments",
        }.items():
            self.assertEqual((QUERY_ERROR, text, [LogLevel.info]), self.error(*call))

    def test_errors(self) -> None:
        """Each is told to the caller, and logged as serious as it is."""
        for error, uri, text, level in [
            (QueryError("a reason"), QUERY_ERROR, "a reason", LogLevel.info),
            (DatabaseError("a reason"), NODE_ERROR, "a reason", LogLevel.warn),
            (KeyError("a"), NODE_ERROR, "code of the node: KeyError: 'a'", LogLevel.critical),
        ]:
            self.answers.result = error
            found = self.error(FIELDS, 1, 2)
            self.assertEqual((uri, [level]), (found[0], found[2]))
            self.assertIn(text, found[1])
        self.flushLoggedErrors(KeyError)

    def test_own(self) -> None:
        """What is one of WAMP's is passed on, and is for the session to log."""
        self.answers.result = ApplicationError("some.error", "a reason")
        self.assertEqual(("some.error", "a reason", []), self.error(FIELDS, 1, 2))

    def test_canceled(self) -> None:
        """So is what was canceled."""
        canceled: list[Any] = []
        self.answers.result = Deferred(canceled.append)
        called = self.call(FIELDS, 1, 2)
        called.cancel()
        self.failureResultOf(called, CancelledError)
        self.assertEqual(1, len(canceled))

    def test_gone(self) -> None:
        """Nobody is there to be told."""
        self.connected = False
        self.answers.result = DatabaseError("a reason")
        with capturedLogs() as captured:
            self.assertIsNone(self.successResultOf(self.call(FIELDS, 1, 2)))
        self.assertEqual([], captured)
