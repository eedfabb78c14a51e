"""L{netsim.datanode.ownanswers}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import ALLOWANCE
from netsim.datanode.ownanswers import OwnAnswers, result_of
from netsim.errors import QueryError


class Node:
    """A user's."""

    allowance = ALLOWANCE

    def __init__(self) -> None:
        self.called: list[str] = []

    def get_fields(self, start: float, end: float) -> Any:
        self.called.append("get_fields")
        return {"a": {"units": np.str_("K")}}, {"t": {"interval": np.float64(np.nan)}}

    def get_data(self, field: Any, start: float, end: float, min_stride: Any = None) -> Any:
        self.called.append("get_data")
        return succeed(self.data())

    def _get_data_blocking(
        self, field: Any, start: float, end: float, min_stride: Any = None
    ) -> Any:
        self.called.append("_get_data_blocking")
        return self.data()

    def data(self) -> dict[str, Any]:
        t = np.arange(100.0)
        return {"data": {"a": t}, "timeline": {"t": {"t": t, "finalized_until": None}}}


class FakeWorker:
    """Does it at once, and remembers how often."""

    count = 0

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        self.count += 1
        return maybeDeferred(function, *args)


class AnswersTests(SynchronousTestCase):
    """A user's methods are asked."""

    def ask(self, is_blocking: bool, points: int | None = None) -> tuple[Node, FakeWorker, Any]:
        node, worker = Node(), FakeWorker()
        return node, worker, OwnAnswers(node, is_blocking, worker, points)  # type: ignore

    def test_fields(self) -> None:
        """Numpy's kinds become plain."""
        _, _, answers = self.ask(False)
        fields, timelines = self.successResultOf(ensureDeferred(answers.fields(1, 0)))
        self.assertEqual({"a": {"units": "K"}}, fields)
        self.assertEqual({"t": {"interval": None}}, timelines)
        self.assertIs(str, type(fields["a"]["units"]))

    def test_data(self) -> None:
        """The user's method is called on the reactor, and the rest done on the thread."""
        for is_blocking, called in ((False, "get_data"), (True, "_get_data_blocking")):
            node, worker, answers = self.ask(is_blocking, 10)
            reply = self.successResultOf(ensureDeferred(answers.data(["a"], 1, 0)))
            self.assertLessEqual(len(reply["data"]["a"]), 10)
            self.assertEqual(([called], 1), (node.called, worker.count))

    def test_timelines(self) -> None:
        """With several timelines, what fields have told says which field follows which."""
        node, _, answers = self.ask(False, 10)
        fields = {name: {"timeline": f"{name}s"} for name in "ab"}
        t = np.arange(100.0)
        both = {f"{name}s": {"t": t, "finalized_until": None} for name in "ab"}
        answer = {"data": {"a": t, "b": t}, "timeline": both}
        self.patch(node, "get_fields", lambda start, end: (fields, {}))
        self.patch(node, "data", lambda: answer)
        counts = []
        for _ in range(2):
            reply = self.successResultOf(ensureDeferred(answers.data(["a", "b"], 1, 0)))
            counts.append([len(column) for column in reply["data"].values()])
            self.successResultOf(ensureDeferred(answers.fields(1, 0)))
        self.assertEqual([100, 100], counts[0])
        self.assertTrue(all(count <= 10 for count in counts[1]), counts)

    def test_allowance(self) -> None:
        """Of the node, at the time of the call."""
        node, _, answers = self.ask(True)
        node.allowance = 100
        self.assertIs(False, self.successResultOf(ensureDeferred(answers.data(["a"], 1, 0))))

    def test_query(self) -> None:
        """Nonsense is not asked."""
        node, worker, answers = self.ask(False)
        for call in (answers.fields("x", 1), answers.data("a", 1, 0), answers.data([], 1, "x")):
            self.failureResultOf(ensureDeferred(call), QueryError)
        self.assertEqual(([], 0), (node.called, worker.count))


class ResultTests(SynchronousTestCase):
    """What methods return."""

    def test_kinds(self) -> None:
        """Values, Deferreds and coroutines."""

        async def coroutine() -> int:
            return 3

        for value in (3, succeed(3), coroutine()):
            self.assertEqual(3, self.successResultOf(ensureDeferred(result_of(value))))
