"""What a program shows of itself: functions that are asked for values again and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.status.actions import belongs_on_reactor, function_name
from netsim.status.literals import plain
from netsim.worker import Worker

__all__ = ["Watches"]

# Not under the name of this package: the page is to see it.
_log = Logger(namespace="netsim.watches")

Put = Callable[[str, Any, float], object]
"""Takes a name, its value, and the seconds until the next one."""


class Watches:
    """
    Asks each function at its own interval, in a thread of its own.

    One that takes longer than its interval is asked again when it is done.  In the
    place of the value of one that has failed stands an object: C{{"error": TEXT}}.

    It is used on the reactor.
    """

    def __init__(self, reactor: Any, put: Put, interval: float) -> None:
        """@param interval: seconds, for those that have none of their own."""
        self._reactor = reactor
        self._put = put
        self._interval = interval
        self._watches: dict[str, _Watch] = {}
        self._stopped = False

    def add(
        self, function: Callable[[], Any], name: str | None = None, interval: float | None = None
    ) -> None:
        """Ask a function from now on, in the place of another one of the same name."""
        if self._stopped:
            return
        name = function_name(function) if name is None else name
        if name in self._watches:
            self._watches[name].stop()
        seconds = self._interval if interval is None else interval
        watch = self._watches[name] = _Watch(self._reactor, self._put, function, name, seconds)
        watch.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped = True
        for watch in self._watches.values():
            watch.stop()


class _Watch:
    """One function."""

    def __init__(
        self, reactor: Any, put: Put, function: Callable[[], Any], name: str, interval: float
    ) -> None:
        self._put = put
        self._function = function
        self._name = name
        self._interval = interval
        self._worker = Worker(reactor, f"netsim watch {name}")
        self._on_reactor = belongs_on_reactor(function)
        self._error: str | None = None
        # It waits for the Deferred, and calls again at the next multiple of the interval.
        self._loop = LoopingCall(self._ask)
        self._loop.clock = reactor
        self._active = True

    def start(self) -> None:
        self._loop.start(self._interval)

    def stop(self) -> None:
        self._active = False
        if self._loop.running:
            self._loop.stop()
        self._worker.stop()

    def _ask(self) -> Deferred[Any]:
        if self._on_reactor:
            asked = maybeDeferred(self._function).addCallback(plain)
        else:
            asked = self._worker.submit(_value, self._function)
        return asked.addCallback(self._tell).addCallbacks(self._good, self._bad)

    def _tell(self, value: Any) -> None:
        if self._active:
            self._put(self._name, value, self._interval)

    def _good(self, told: None) -> None:
        self._error = None

    def _bad(self, failure: Failure) -> None:
        error = f"{type(failure.value).__name__}: {failure.getErrorMessage()}"
        if error != self._error and self._active:
            trace = failure.getTraceback()
            _log.warn("The watch {name!r} has failed:\n{trace}", name=self._name, trace=trace)
        self._error = error
        # There may be no place for it, either.
        with suppress(ValueError):
            self._tell({"error": error})


def _value(function: Callable[[], Any]) -> Any:
    return plain(function())
