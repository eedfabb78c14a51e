"""Tests for L{netsim.simulator.crew}."""

from __future__ import annotations

import threading
import time
from typing import Any

from twisted.internet.defer import Deferred

from netsim.simulator.crew import Crew, Hand, OnReactor, Shared
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase, switches


class CrewTestCase(ThreadsTestCase):
    """A crew of two."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.crew = Crew(self.reactor, 2)
        self.go = threading.Event()
        self.addCleanup(self.go.set)

    def result(self, deferred: Deferred[Any]) -> Any:
        """What it gives, when it does."""
        self.reactor.until(lambda: deferred.called)
        return self.successResultOf(deferred)

    def hand(self) -> Hand:
        return self.crew.hand(self.id())

    def busy(self) -> Hand:
        """A hand whose thread works until C{go}."""
        hand = self.hand()
        hand.submit(self.go.wait, PATIENCE)
        return hand

    def threads(self) -> list[threading.Thread]:
        return self.named(self.id())


class HandTests(CrewTestCase):
    """Each hand has a thread of its own."""

    def test_thread(self) -> None:
        """All that a hand does is done by the same thread, in order; others have others."""
        done: list[tuple[int, threading.Thread]] = []
        hands = [self.hand(), self.hand()]
        working = [
            hands[number % 2].submit(lambda n=number: done.append((n, threading.current_thread())))
            for number in range(40)
        ]
        for deferred in working:
            self.result(deferred)
        by_hand = [[(n, thread) for n, thread in done if n % 2 == hand] for hand in range(2)]
        for hand, did in enumerate(by_hand):
            self.assertEqual(list(range(hand, 40, 2)), [number for number, _ in did])
            self.assertEqual(1, len({thread for _, thread in did}))
        self.assertIsNot(by_hand[0][0][1], by_hand[1][0][1])
        self.assertTrue(all(thread.daemon and thread.name == self.id() for _, thread in done))
        for hand in hands:
            hand.stop()
        for thread in {thread for _, thread in done}:
            self.end(thread)

    def test_result(self) -> None:
        """Results and exceptions come back, on the reactor."""
        hand = self.hand()
        told = hand.submit(int, "5").addCallback(lambda five: (five, threading.get_ident()))
        self.assertEqual((5, threading.get_ident()), self.result(told))
        failing = hand.submit(int, "five")
        self.reactor.until(lambda: failing.called)
        self.failureResultOf(failing, ValueError)
        self.assertEqual(6, self.result(hand.submit(int, "6")))
        hand.stop()

    def test_noThread(self) -> None:
        """A hand that never worked has no thread, and its place is not taken."""
        for _ in range(5):
            self.hand()
            self.hand().stop()
        self.assertEqual([], self.threads())
        self.assertEqual(5, self.result(self.crew.once(self.id(), int, "5")))

    def test_once(self) -> None:
        """For one thing there is a thread that ends with it."""
        thread = self.result(self.crew.once(self.id(), threading.current_thread))
        self.assertEqual(self.id(), thread.name)
        self.end(thread)

    def test_idle(self) -> None:
        """A thread without work does not wake up."""
        hand = self.hand()
        thread = self.result(hand.submit(threading.current_thread))
        self.addCleanup(hand.stop)
        time.sleep(0.02)
        before = switches(thread)
        time.sleep(0.2)
        self.assertEqual(before, switches(thread))

    def test_late(self) -> None:
        """What comes after the end is done, by a thread that ends with it."""
        hand = self.hand()
        first = self.result(hand.submit(threading.current_thread))
        hand.stop()
        self.end(first)
        second = self.result(hand.submit(threading.current_thread))
        self.assertIsNot(first, second)
        self.end(second)
        self.assertEqual([], self.threads())


class BoundTests(CrewTestCase):
    """There are only so many threads."""

    def test_waits(self) -> None:
        """A hand waits until a thread has ended, and is told of in the log, once."""
        first, second = self.busy(), self.busy()
        third, fourth = (self.crew.once(self.id(), int, text) for text in ("3", "4"))
        self.assertEqual(2, len(self.threads()))
        self.assertEqual(["all 2 worker threads are busy: others wait"], self.warnings())
        first.stop()
        self.assertNoResult(third)
        self.go.set()
        self.assertEqual([3, 4], [self.result(third), self.result(fourth)])
        second.stop()

    def test_order(self) -> None:
        """Those that wait begin in the order in which they came, each with what it was given."""
        first, second = self.busy(), self.busy()
        done: list[tuple[int, int]] = []
        waiting = []
        for number in range(4):
            hand = self.hand()
            tasks = [hand.submit(lambda n=number, i=i: done.append((n, i))) for i in range(3)]
            waiting += tasks
            hand.stop()
        first.stop()
        self.go.set()
        for deferred in waiting:
            self.result(deferred)
        self.assertEqual([(n, i) for n in range(4) for i in range(3)], done)
        second.stop()

    def test_never(self) -> None:
        """A thread that does not end keeps its place, whoever has stopped it."""
        first, second = self.busy(), self.busy()
        for _ in range(3):
            first.stop()
        waiting = self.crew.once(self.id(), int)
        self.reactor.advance(3600)
        self.assertTrue(self.reactor.idle())
        self.assertNoResult(waiting)
        self.go.set()
        self.assertEqual(0, self.result(waiting))
        second.stop()

    def test_stoppedTwice(self) -> None:
        """However often a hand is stopped, it makes room for one."""
        hand = self.hand()
        thread = self.result(hand.submit(threading.current_thread))
        for _ in range(3):
            hand.stop()
        self.end(thread)
        self.reactor.until(self.reactor.idle)
        busy = [self.busy(), self.busy()]
        self.crew.once(self.id(), int)
        self.assertEqual(2, len(self.threads()))
        self.assertEqual(1, len(self.warnings()))
        for each in busy:
            each.stop()

    def test_failed(self) -> None:
        """What raises gives its place back, too."""
        for _ in range(5):
            failing = self.crew.once(self.id(), int, "five")
            self.reactor.until(lambda: failing.called)  # noqa: B023 - it is called here
            self.failureResultOf(failing, ValueError)
        self.assertEqual(5, self.result(self.crew.once(self.id(), int, "5")))

    def test_withdraw(self) -> None:
        """What has not begun can be taken back; then nobody does it, nor waits for it."""
        first, second = self.busy(), self.busy()
        done: list[str] = []
        gone, here = self.hand(), self.hand()
        for hand, name in ((gone, "gone"), (here, "here")):
            hand.submit(done.append, name)
        self.assertTrue(gone.withdraw())
        self.assertFalse(first.withdraw())
        self.go.set()
        first.stop()
        here.stop()
        self.reactor.until(lambda: done)
        second.stop()
        self.assertEqual(["here"], done)
        self.assertTrue(self.hand().withdraw())

    def test_beyond(self) -> None:
        """What cannot wait has a thread beside the others, and takes no place of theirs."""
        first, second = self.busy(), self.busy()
        self.assertEqual(5, self.result(self.crew.beyond(self.id(), int, "5")))
        waiting = self.crew.once(self.id(), int)
        self.assertNoResult(waiting)
        self.go.set()
        first.stop()
        second.stop()
        self.assertEqual(0, self.result(waiting))

    def test_many(self) -> None:
        """Of many that come at once all are done, never more than so many at a time."""
        lock, at_once, most = threading.Lock(), 0, 0

        def work() -> None:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.001)
            with lock:
                at_once -= 1

        working = [self.crew.once(self.id(), work) for _ in range(100)]
        for deferred in working:
            self.result(deferred)
        self.assertEqual((0, 2), (at_once, most))


class SharedTests(CrewTestCase):
    """Both addresses of an instance have the same thread for their datagrams."""

    def test_shared(self) -> None:
        """What both submit is done in order, by one thread, which ends with the last of them."""
        shared = Shared(self.hand())
        first, second = shared.use(), shared.use()
        done: list[tuple[int, int]] = []
        for number in range(10):
            hand = (first, second)[number % 2]
            hand.submit(lambda n=number: done.append((n, threading.get_ident())))
        self.assertFalse(first.withdraw())
        first.stop()
        self.assertEqual(7, self.result(second.submit(int, "7")))
        self.assertEqual(list(range(10)), [number for number, _ in done])
        self.assertEqual(1, len({thread for _, thread in done}))
        [thread] = self.threads()
        second.stop()
        self.end(thread)


class OnReactorTests(ThreadsTestCase):
    """Systems that do not block need no thread."""

    def test_here(self) -> None:
        """It calls at once, where it was told to."""
        hand = OnReactor()
        self.assertEqual(
            threading.get_ident(), self.successResultOf(hand.submit(threading.get_ident))
        )
        self.failureResultOf(hand.submit(int, "five"), ValueError)
        self.assertFalse(hand.withdraw())
        hand.stop()
