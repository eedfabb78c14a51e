"""
The one reactor thread that blocking callers share.

A program that blocks, such as a test or a script, reaches Twisted code through
L{call}.  The reactor is started in a daemon thread when it is first needed, and
stopped when the interpreter exits, so that services clean up.  A process has one
reactor, which is why this module keeps the thread in a global.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.error import ReactorNotRestartable
from twisted.python import threadable
from twisted.python.failure import Failure

__all__ = ["STOP_WITHIN", "call", "call_anywhere", "is_here"]

STOP_WITHIN = 2.0
"""Seconds that the exit of the interpreter waits for services to clean up."""

_starting = threading.Lock()
_owner: int | None = None
"""The process whose thread runs the reactor: threads do not survive a fork."""


def call(function: Callable[..., Any], *args: Any, timeout: float | None = None) -> Any:
    """
    Call a function in the reactor's thread, and wait for its result.

    A L{Deferred} or coroutine that it returns is waited for as well.  What it raises
    is raised here.

    @param timeout: seconds to wait; then what goes on is cancelled.
    @raise TimeoutError: the result did not come in time.
    @raise RuntimeError: this is the reactor's own thread, where waiting would never
        end, or the reactor has been stopped.
    """
    reactor = _running_reactor()
    waiting = _Call(reactor)
    reactor.callFromThread(waiting.start, function, args)
    try:
        return waiting.result.result(timeout)
    except TimeoutError:
        if waiting.result.done():
            raise
        reactor.callFromThread(waiting.cancel)
        raise TimeoutError(f"{_name(function)} took longer than {timeout} s") from None


def call_anywhere(function: Callable[..., Any], *args: Any) -> Any:
    """
    Call a function in the reactor's thread: wait for its result where that is possible.

    In the reactor's own thread the L{Deferred} is returned.
    """
    if is_here():
        return maybeDeferred(function, *args)
    return call(function, *args)


def is_here() -> bool:
    """Whether this is the thread of a reactor that runs, which must not wait."""
    return threadable.isInIOThread() and _is_running()


class _Call:
    """One call on its way: a result for the caller, a Deferred for the reactor."""

    def __init__(self, reactor: Any) -> None:
        self.result: Future[Any] = Future()
        self._reactor = reactor

    def start(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        """Call the function, in the reactor's thread."""
        self._trigger = self._reactor.addSystemEventTrigger("after", "shutdown", self._lost)
        self._deferred: Deferred[Any] = maybeDeferred(function, *args)
        self._deferred.addBoth(self._finished)

    def cancel(self) -> None:
        """Give up, in the reactor's thread."""
        self._deferred.cancel()

    def _finished(self, outcome: object) -> None:
        if self.result.done():
            return
        self._reactor.removeSystemEventTrigger(self._trigger)
        if isinstance(outcome, Failure):
            self.result.set_exception(outcome.value)
        else:
            self.result.set_result(outcome)

    def _lost(self) -> None:
        self.result.set_exception(RuntimeError("The reactor was stopped before there was a result"))


def _running_reactor() -> Any:
    from twisted.internet import reactor as installed

    reactor: Any = installed
    with _starting:
        if _owner not in (None, os.getpid()):
            raise RuntimeError(
                "The reactor runs in the process that this one was forked from;"
                ' start processes with the "spawn" method, or before netsim is used'
            )
        if not reactor.running:
            _start(reactor)
        elif threadable.isInIOThread():
            raise RuntimeError("call() was used in the reactor's own thread, which must not wait")
    return reactor


def _is_running() -> bool:
    # To ask must not install one.
    reactor = sys.modules.get("twisted.internet.reactor")
    return bool(getattr(reactor, "running", False))


def _start(reactor: Any) -> None:
    global _owner
    started: Future[None] = Future()
    thread = threading.Thread(target=_run, args=(reactor, started), name="reactor", daemon=True)
    thread.start()
    started.result()
    _owner = os.getpid()
    atexit.register(_stop, reactor, thread)


def _run(reactor: Any, started: Future[None]) -> None:
    reactor.callWhenRunning(started.set_result, None)
    try:
        reactor.run(installSignalHandlers=False)
    except ReactorNotRestartable:
        started.set_exception(RuntimeError("The reactor was stopped, and cannot run again"))


def _stop(reactor: Any, thread: threading.Thread) -> None:
    if reactor.running:
        reactor.callFromThread(reactor.stop)
    thread.join(STOP_WITHIN)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", repr(function))
