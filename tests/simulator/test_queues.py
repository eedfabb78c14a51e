"""Tests for L{netsim.simulator.queues}."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from time import monotonic
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netsim.simulator.queues import StatusQueue
from tests.properties import examples
from tests.replay.wire import PATIENCE
from tests.simulator.threads import ThreadsTestCase

CALLS: dict[str, Callable[[Any], Any]] = {
    "put_nowait": lambda q: q.put_nowait(b"one"),
    "put": lambda q: q.put(b"two", False),
    "put within": lambda q: q.put(b"three", True, 0),
    "put, at once": lambda q: q.put(b"four", block=False, timeout=-1),
    "put never": lambda q: q.put(b"five", timeout=-1),
    "get_nowait": lambda q: q.get_nowait(),
    "get": lambda q: q.get(False),
    "get within": lambda q: q.get(timeout=0),
    "full": lambda q: q.full(),
    "empty": lambda q: q.empty(),
    "qsize": lambda q: q.qsize(),
}
"""What systems call, none of which waits."""


class Status:
    """Something whose end can be seen."""


def result(call: Callable[[Any], Any], q: Any) -> Any:
    """What a call gives, or the kind of what it raises."""
    try:
        return call(q)
    except Exception as error:  # noqa: BLE001 - to be compared
        return type(error)


class LikeQueueTests(ThreadsTestCase):
    """It is a C{queue.Queue(1)} to the system that puts."""

    def setUp(self) -> None:
        super().setUp()
        self.arrived: list[int] = []
        self.queue = StatusQueue(lambda: self.arrived.append(threading.get_ident()))

    @examples(200)
    @given(st.lists(st.sampled_from(sorted(CALLS))))
    def test_likeQueue(self, names: list[str]) -> None:
        """Whatever is called, in any order, gives and raises the same."""
        arrived: list[None] = []
        ours, theirs = StatusQueue(lambda: arrived.append(None)), queue.Queue[Any](1)
        put = 0
        for name in names:
            expected = result(CALLS[name], theirs)
            self.assertEqual(expected, result(CALLS[name], ours), name)
            put += name.startswith("put") and expected is None
        self.assertEqual(put, len(arrived))

    def test_isQueue(self) -> None:
        """Who asks for its kind is told that it is one, with room for one."""
        self.assertIsInstance(self.queue, queue.Queue)
        self.assertEqual(1, self.queue.maxsize)

    def test_arrived(self) -> None:
        """The thread that puts tells so, each time, and not where there was no room."""
        first = self.begin(threading.get_ident)
        self.queue.put(b"one")
        self.assertRaises(queue.Full, self.queue.put_nowait, b"two")
        self.queue.get_nowait()
        putting = self.begin(lambda: (self.queue.put(b"three"), threading.get_ident()))
        _, other = putting.result(PATIENCE)
        self.assertNotEqual(first.result(PATIENCE), other)
        self.assertEqual([threading.get_ident(), other], self.arrived)

    def test_arrivedTakes(self) -> None:
        """Whoever is told can take it at once."""
        taken = []
        taking = StatusQueue(lambda: taken.append(taking.get_nowait()))
        for status in (b"one", b"two"):
            self.begin(taking.put, status).result(PATIENCE)
        self.assertEqual([b"one", b"two"], taken)

    def test_waits(self) -> None:
        """A put waits for room, for as long as it was told to."""
        self.queue.put(b"one")
        putting = self.begin(self.queue.put, b"two")
        began = monotonic()
        timed = self.begin(self.queue.put, b"three", True, 0.05)
        self.check_waits(putting)
        self.assertRaises(queue.Full, timed.result, PATIENCE)
        self.assertGreaterEqual(monotonic() - began, 0.05)
        self.assertEqual(b"one", self.queue.get_nowait())
        putting.result(PATIENCE)
        self.assertEqual(b"two", self.queue.get_nowait())
        self.assertEqual(2, len(self.arrived))

    def test_getWaits(self) -> None:
        """A get waits for something, as systems may call that, too."""
        getting = self.begin(self.queue.get)
        self.check_waits(getting)
        self.queue.put(b"one")
        self.assertEqual(b"one", getting.result(PATIENCE))

    def test_manyThreads(self) -> None:
        """From many threads, and by a reader that is only told, nothing is lost or doubled."""
        told = threading.Semaphore(0)
        shared = StatusQueue(told.release)
        putting = [
            self.begin(lambda n=number: [shared.put((n, count)) for count in range(300)])
            for number in range(8)
        ]
        taken: list[tuple[int, int]] = []
        while len(taken) < 8 * 300:
            self.assertTrue(told.acquire(timeout=PATIENCE))
            taken.append(shared.get_nowait())
        for future in putting:
            future.result(PATIENCE)
        self.assertTrue(shared.empty())
        for number in range(8):
            self.assertEqual(list(range(300)), [count for n, count in taken if n == number])


class ClosedTests(ThreadsTestCase):
    """Once it is closed, it keeps nobody and nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.arrived: list[None] = []
        self.queue = StatusQueue(lambda: self.arrived.append(None))

    def test_released(self) -> None:
        """All who wait in put go on, without being told anything."""
        self.queue.put(b"one")
        putting = [self.begin(self.queue.put, b"more") for _ in range(3)]
        putting.append(self.begin(self.queue.put, b"more", True, PATIENCE))
        self.check_waits(*putting)
        self.queue.close()
        self.assertEqual([None] * 4, [future.result(PATIENCE) for future in putting])
        self.assertEqual([None], self.arrived)

    def test_keepsNothing(self) -> None:
        """What was in it is let go, and so is what comes."""
        before, after = Status(), Status()
        ends = [weakref.ref(before), weakref.ref(after)]
        self.queue.put(before)
        self.queue.close()
        for _ in range(2):
            self.queue.put(after)
            self.queue.put_nowait(after)
        del before, after
        self.assertEqual([None, None], [end() for end in ends])
        self.assertRaises(queue.Empty, self.queue.get_nowait)
        self.assertEqual(
            (0, True, False), (self.queue.qsize(), self.queue.empty(), self.queue.full())
        )
        self.assertEqual([None], self.arrived)

    def test_twice(self) -> None:
        """It can be closed again."""
        self.queue.close()
        self.queue.close()
        self.assertFalse(self.queue.full())
