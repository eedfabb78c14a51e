"""What a page can do to a program: functions, each called where it disturbs nobody."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.errors import ActionError
from netsim.status.interfaces import IActions
from netsim.status.literals import plain
from netsim.status.signature import Signature
from netsim.worker import Reactor, Worker

__all__ = ["MOST_QUEUED", "MOST_THREADS", "Actions", "belongs_on_reactor", "function_name"]

MOST_THREADS = 32
"""Functions that run at once, each in a thread of its own."""

MOST_QUEUED = 100
"""Calls of blocking functions that run or wait."""

MOST_DESCRIBED = 1000
"""Characters of a description."""

Function = Callable[..., Any]

# Not under the name of this package: what the link says of itself is not forwarded.
_log = Logger(namespace="netsim.actions")


class _Action:
    def __init__(self, function: Function, blocking: bool) -> None:
        self.function = function
        self.signature = Signature(function)
        self.blocking = blocking

    @cached_property
    def description(self) -> dict[str, Any]:
        """What is shown of it; its first paragraph tells what it does."""
        text = (inspect.getdoc(self.function) or "").partition("\n\n")[0]
        return {
            "args": self.signature.describe(),
            "blocking": self.blocking,
            "description": " ".join(text.split())[:MOST_DESCRIBED],
        }


@implementer(IActions)
class Actions:
    """
    Functions by their names, which are called with what a page sends.

    What may block runs in threads: each call in one of its own, or, for functions that
    are C{blocking}, one call after the other in one thread for all of them.  Coroutine
    functions and C{inlineCallbacks} run on the reactor.

    It is used on the reactor, but for L{add}.
    """

    def __init__(self, reactor: Reactor) -> None:
        self._reactor = reactor
        self._actions: dict[str, _Action] = {}
        self._queue = Worker(reactor, "netsim blocking actions")
        self._running = self._queued = 0

    def add(self, function: Function, name: str | None = None, blocking: bool = False) -> None:
        """Offer a function, in the place of another one of the same name; from any thread."""
        name = function_name(function) if name is None else name
        self._actions[name] = _Action(function, blocking)

    def describe(self) -> dict[str, Any]:
        """Say what there is: by name, its arguments, whether it blocks, and what it does."""
        return {name: action.description for name, action in list(self._actions.items())}

    def call(self, name: str, args: Any) -> Deferred[Any]:
        """
        Call a function.

        @return: what it returns, as JSON says it.  It fails with L{ActionError} where
            there is no such action, it does not take these arguments, too many are
            called already, or JSON cannot say its result; else with what it raises.
        """
        return maybeDeferred(self._call, name, args).addErrback(self._failed, name)

    def stop(self) -> None:
        """End the thread of blocking functions, once they have returned."""
        self._queue.stop()

    def _call(self, name: str, args: Any) -> Deferred[Any]:
        action = self._actions.get(name)
        if action is None:
            known = ", ".join(map(repr, sorted(self._actions))) or "none"
            raise ActionError(f"there is no action {name!r}; there is: {known}")
        positional, named = action.signature.bind(args)
        call = partial(action.function, *positional, **named)
        if belongs_on_reactor(action.function):
            return maybeDeferred(call).addCallback(_result)
        return (self._in_turn if action.blocking else self._at_once)(call)

    def _at_once(self, call: Function) -> Deferred[Any]:
        if self._running >= MOST_THREADS:
            raise ActionError(f"too many actions are running: {self._running}")
        self._running += 1
        worker = Worker(self._reactor, "netsim action")
        done = worker.submit(_run, call)
        worker.stop()
        return done.addBoth(self._at_end).addCallback(_waited)

    def _in_turn(self, call: Function) -> Deferred[Any]:
        if self._queued >= MOST_QUEUED:
            raise ActionError(f"too many blocking actions are waiting: {self._queued}")
        self._queued += 1
        return self._queue.submit(_run, call).addBoth(self._at_end_of_turn).addCallback(_waited)

    def _at_end(self, outcome: Any) -> Any:
        self._running -= 1
        return outcome

    def _at_end_of_turn(self, outcome: Any) -> Any:
        self._queued -= 1
        return outcome

    def _failed(self, failure: Failure, name: str) -> Failure:
        if not failure.check(ActionError):
            trace = failure.getTraceback()
            _log.warn("The action {name!r} has failed:\n{trace}", name=name, trace=trace)
        return failure


def belongs_on_reactor(function: Function) -> bool:
    """Whether it is written for the reactor: a coroutine function, or C{inlineCallbacks}."""
    while isinstance(function, partial):
        function = function.func
    candidates = (function, type(function).__call__)
    return any(map(inspect.iscoroutinefunction, candidates)) or inspect.isgeneratorfunction(
        # What its decorator made of it gives a Deferred.
        inspect.unwrap(function) if hasattr(function, "__wrapped__") else None
    )


def function_name(function: Function) -> str:
    """How a function is called that was given no name."""
    return str(getattr(function, "__name__", type(function).__name__))


def _run(call: Function) -> Any:
    """In a thread: what it returns is copied here, where that may take its time."""
    outcome = call()
    is_later = isinstance(outcome, Deferred) or inspect.iscoroutine(outcome)
    return _Later(outcome) if is_later else _result(outcome)


@frozen
class _Later:
    """Something to be waited for, on the reactor."""

    outcome: Any


def _waited(outcome: Any) -> Any:
    if not isinstance(outcome, _Later):
        return outcome
    return maybeDeferred(lambda: outcome.outcome).addCallback(_result)


def _result(value: Any) -> Any:
    try:
        return plain(value)
    except ValueError as error:
        raise ActionError(f"the action was done, but its result cannot be told: {error}") from None
