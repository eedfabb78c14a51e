"""Tests for L{netsim.worker}."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.worker import Worker

PATIENCE = 10
"""Seconds after which a thread is taken for hung."""


class Reactor:
    """Runs what threads hand over when the test says so."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]]] = (
            queue.SimpleQueue()
        )

    def callFromThread(self, function: Callable[..., Any], *args: Any) -> None:
        self._calls.put((function, args))

    def run(self) -> None:
        """Wait for the next call, and do it."""
        function, args = self._calls.get(timeout=PATIENCE)
        function(*args)


class WorkerTests(SynchronousTestCase):
    """One task after the other, in a thread of its own."""

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.worker = Worker(self.reactor, self.id())
        self.addCleanup(self.worker.stop)

    def result(self, waiting: Deferred[Any]) -> Any:
        """What the next task gives."""
        self.reactor.run()
        return self.successResultOf(waiting)

    def threads(self) -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == self.id()]

    def test_result(self) -> None:
        """A task runs in the worker's thread with its arguments; its result comes back."""

        def task(*args: int) -> tuple[str, int]:
            return threading.current_thread().name, sum(args)

        self.assertEqual((self.id(), 7), self.result(self.worker.submit(task, 3, 4)))

    def test_onTheReactor(self) -> None:
        """The result is told by the reactor, not by the worker's thread."""
        waiting = self.worker.submit(threading.get_ident)
        waiting.addCallback(lambda ident: (ident, threading.get_ident()))
        self.assertNoResult(waiting)
        worked, told = self.result(waiting)
        self.assertNotEqual(worked, told)
        self.assertEqual(threading.get_ident(), told)

    def test_order(self) -> None:
        """Tasks are done in the order they came, by one thread."""
        done: list[tuple[int, int]] = []
        waiting = [
            self.worker.submit(lambda n=number: done.append((n, threading.get_ident())))
            for number in range(20)
        ]
        for each in waiting:
            self.result(each)
        self.assertEqual(list(range(20)), [number for number, _ in done])
        self.assertEqual(1, len({ident for _, ident in done}))

    def test_failure(self) -> None:
        """What a task raises is its failure, and the next task is done."""

        def exit() -> None:
            raise SystemExit(3)

        for task, kind in ((lambda: 1 // 0, ZeroDivisionError), (exit, SystemExit)):
            waiting = self.worker.submit(task)
            self.reactor.run()
            self.failureResultOf(waiting, kind)
        self.assertEqual(5, self.result(self.worker.submit(int, "5")))

    def test_startsLate(self) -> None:
        """There is no thread before the first task, and it never keeps the process."""
        self.assertEqual([], self.threads())
        self.result(self.worker.submit(int))
        [thread] = self.threads()
        self.assertTrue(thread.daemon)

    def test_stop(self) -> None:
        """The thread ends when everything submitted is done."""
        go = threading.Event()
        waiting = [self.worker.submit(go.wait, PATIENCE), self.worker.submit(int, "5")]
        [thread] = self.threads()
        self.worker.stop()
        self.assertTrue(thread.is_alive())
        go.set()
        self.assertEqual([True, 5], [self.result(each) for each in waiting])
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_stopUnused(self) -> None:
        """A worker that never worked can be stopped, and again."""
        self.worker.stop()
        self.worker.stop()
        self.assertEqual([], self.threads())

    def test_afterStop(self) -> None:
        """A task that comes after the end is done by another thread."""
        first = self.result(self.worker.submit(threading.current_thread))
        self.worker.stop()
        first.join(PATIENCE)
        second = self.result(self.worker.submit(threading.current_thread))
        self.assertIsNot(first, second)
