"""Calls of nodes: with a time limit, and made once where several wait for the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import Deferred, TimeoutError, fail, maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from netsim.datanode.grafana.model import NodeFailed
from netsim.datanode.interfaces import Caller
from netsim.datanode.model import uri

__all__ = ["MAX_PENDING", "Calls"]

MAX_PENDING = 64
"""Calls of one node that wait for their answers at once."""
LONGEST = 300
"""Characters of a reason that a node has given."""
BAD_QUERY = uri("error.query")
"""The error of nodes that find something wrong with a query."""
UNKNOWN = ApplicationError.NO_SUCH_PROCEDURE

Key = tuple[Any, ...]


@define(eq=False)
class Pending:
    """A call on its way, and those who wait for it."""

    session: Caller
    answer: Deferred[Any] | None = None
    waiting: list[Deferred[Any]] = field(factory=list)


class Calls:
    """Calls procedures of nodes."""

    def __init__(self, session: Callable[[], Caller | None], clock: IReactorTime) -> None:
        """@param session: gives the session that is joined, if any."""
        self._session = session
        self._clock = clock
        self._pending: dict[str, dict[Key, Pending]] = {}

    def call(self, node: str, procedure: str, *args: Any, timeout: float) -> Deferred[Any]:
        """
        Call a procedure of a node.

        @param args: values that can be told apart; a tuple arrives as a list.
        @param timeout: seconds.
        @return: the answer, or a L{NodeFailed}.
        """
        session = self._session()
        if session is None:
            return fail(NodeFailed("there is no session with the router", 500))
        pending, key = self._pending.setdefault(node, {}), (procedure, *args)
        is_new = key not in pending or pending[key].session is not session
        if is_new:
            if len(pending) >= MAX_PENDING:
                return fail(NodeFailed(f"has {MAX_PENDING} calls to answer already"))
            pending[key] = Pending(session)
        call = pending[key]
        waiting: Deferred[Any] = Deferred(lambda one: self._gave_up(node, key, call, one))
        call.waiting.append(waiting)
        waiting.addTimeout(timeout, self._clock)
        waiting.addErrback(_too_late)
        if is_new:
            call.answer = maybeDeferred(session.call, uri(f"consumer.{node}.{procedure}"), *args)
            call.answer.addBoth(self._answered, node, key, call)
        return waiting

    def _answered(self, answer: Any, node: str, key: Key, call: Pending) -> None:
        self._forget(node, key, call)
        waiting, call.waiting = call.waiting, []
        for one in waiting:
            if isinstance(answer, Failure):
                one.errback(_explained(answer))
            else:
                one.callback(answer)

    def _gave_up(self, node: str, key: Key, call: Pending, one: Deferred[Any]) -> None:
        """Somebody does not wait any longer."""
        if one in call.waiting:
            call.waiting.remove(one)
        if call.waiting:
            return
        self._forget(node, key, call)
        # A session that is gone has nobody to tell it to.
        if call.answer is not None and self._session() is call.session:
            call.answer.cancel()

    def _forget(self, node: str, key: Key, call: Pending) -> None:
        pending = self._pending.get(node, {})
        if pending.get(key) is call:
            del pending[key]
        if not pending:
            self._pending.pop(node, None)


def _too_late(failure: Failure) -> Failure:
    if failure.check(TimeoutError):
        return Failure(NodeFailed("did not answer in time", 504))
    return failure


def _explained(failure: Failure) -> NodeFailed:
    error = failure.value
    if not isinstance(error, ApplicationError):
        return NodeFailed(f"could not be asked: {failure.getErrorMessage() or failure.type}")
    if error.error == UNKNOWN:
        return NodeFailed("is not there")
    reason = error.error_message()[:LONGEST]
    return NodeFailed(f"refuses: {reason}", 400 if error.error == BAD_QUERY else 502)
