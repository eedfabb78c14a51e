"""The two procedures of a node, as others call them: sisock.txt, section 3.1.1."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from inspect import BoundArguments, signature
from typing import Any, Protocol

from autobahn.wamp.exception import ApplicationError
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.datanode.model import uri
from netsim.errors import NetsimError, QueryError

__all__ = ["EXPLAINED", "NODE_ERROR", "QUERY_ERROR", "Answers", "Procedures"]

QUERY_ERROR = uri("error.query")
"""Of a call whose arguments are wrong."""
NODE_ERROR = uri("error.node")
"""Of a call that could not be answered for another reason."""
EXPLAINED = (QUERY_ERROR, NODE_ERROR)
"""They have been logged."""

Method = Callable[..., Coroutine[Any, Any, Any]]


class Answers(Protocol):
    """Who answers for a node."""

    async def fields(self, start: Any, end: Any) -> Any:
        """Answer C{get_fields}; the arguments are not checked."""

    async def data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        """Answer C{get_data}; the arguments are not checked."""


class Procedures:
    """What is registered: callers get an answer or an error, which is logged."""

    log = Logger()

    def __init__(self, name: str, answers: Answers, is_connected: Callable[[], bool]) -> None:
        """
        @param name: of the node.
        @param is_connected: somebody is there to be told an error.
        """
        self._name = name
        self._is_connected = is_connected
        self.endpoints = {
            uri(f"consumer.{name}.get_fields"): partial(self._answer, answers.fields),
            uri(f"consumer.{name}.get_data"): partial(self._answer, answers.data),
        }

    def _answer(self, method: Method, *args: Any, **kwargs: Any) -> Deferred[Any]:
        answer = ensureDeferred(self._answered(method, *args, **kwargs))
        return answer.addErrback(self._failed)

    async def _answered(self, method: Method, *args: Any, **kwargs: Any) -> Any:
        given = _bound(method, *args, **kwargs)
        return await method(*given.args, **given.kwargs)

    def _failed(self, failure: Failure) -> Failure | None:
        # autobahn would try to send the error even when nobody is there any more.
        return self._explained(failure) if self._is_connected() else None

    def _explained(self, failure: Failure) -> Failure:
        error = failure.value
        if isinstance(error, ApplicationError | CancelledError):
            return failure
        uri, text = NODE_ERROR, str(error)
        if isinstance(error, QueryError):
            uri = QUERY_ERROR
            self.log.info("{name}: {error}", name=self._name, error=text)
        elif isinstance(error, NetsimError):
            self.log.warn("{name} cannot answer: {error}", name=self._name, error=text)
        else:
            self.log.failure("{name}: a mistake in its code", failure, name=self._name)
            text = f"a mistake in the code of the node: {type(error).__name__}: {error}"
        return Failure(ApplicationError(uri, text))


def _bound(method: Method, *args: Any, **kwargs: Any) -> BoundArguments:
    try:
        return signature(method).bind(*args, **kwargs)
    except TypeError as error:
        raise QueryError(str(error)) from error
