"""Calls of nodes: with a time limit, and made once where several wait for the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import Deferred, DeferredSemaphore, TimeoutError, fail
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from netsim.datanode.grafana.model import NodeFailed
from netsim.datanode.interfaces import Caller
from netsim.datanode.model import uri

__all__ = ["MAX_PENDING", "Calls"]

MAX_PENDING = 64
"""Calls of one node that wait at once."""
MAX_ACTIVE = 8
"""Of these so many are under way: each answer may be as large as a message can be."""
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


@define(eq=False)
class Callee:
    """A node that is being called."""

    pending: dict[Key, Pending] = field(factory=dict)
    gate: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(MAX_ACTIVE))


class Calls:
    """Calls procedures of nodes."""

    def __init__(self, session: Callable[[], Caller | None], clock: IReactorTime) -> None:
        """@param session: gives the session that is joined, if any."""
        self._session = session
        self._clock = clock
        self._callees: dict[str, Callee] = {}

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
        callee, key = self._callees.setdefault(node, Callee()), (procedure, *args)
        pending = callee.pending
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
            target = uri(f"consumer.{node}.{procedure}")
            call.answer = callee.gate.run(session.call, target, *args)
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
        callee = self._callees.get(node, Callee())
        if callee.pending.get(key) is call:
            del callee.pending[key]
        if not callee.pending:
            self._callees.pop(node, None)


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
