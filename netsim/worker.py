"""
A thread of one's own for work that blocks: files, foreign code.

The reactor's own pool is not used for it: stopping the reactor waits for that
pool, and what runs here may take longer than a process may take to stop.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


class Submit(Protocol):
    """Runs a function somewhere, and tells its result on the reactor."""

    def __call__(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]: ...


class Reactor(Protocol):
    """What a worker needs of a reactor: the way back to it."""

    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None: ...


class Worker:
    """
    A daemon thread that does one thing after another.

    It starts with the first task; what it has not done when the process ends
    stays undone.
    """

    def __init__(self, reactor: Reactor, name: str) -> None:
        self._reactor = reactor
        self._name = name
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Do this after everything submitted before; fires on the reactor."""
        result: Deferred[Any] = Deferred()

        def task() -> None:
            try:
                outcome = function(*args)
            except BaseException:  # noqa: BLE001 - whoever waits for the result gets it
                outcome = Failure()
            self._reactor.callFromThread(result.callback, outcome)

        self._tasks.put(task)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return result

    def stop(self) -> None:
        """End the thread once everything submitted is done."""
        if self._thread is not None:
            self._tasks.put(None)
            self._thread = None

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
