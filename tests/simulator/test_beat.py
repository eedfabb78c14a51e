"""Tests for L{netsim.simulator.beat}."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from netsim.simulator.beat import Beat
from netsim.simulator.crew import Crew
from netsim.simulator.instance import Instance
from netsim.simulator.system import SendingSystem
from tests.properties import examples
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase


class Board(SendingSystem):
    """Counts how often it was asked, unless it is told to do something else."""

    sampling_time = 0.25

    def __init__(self, act: Callable[[int], Any] = "{}".format) -> None:
        self.asked = 0
        self.act = act

    def status(self) -> Any:
        self.asked += 1
        return self.act(self.asked)


class Ears:
    """A subscriber that keeps what it hears, and when."""

    def __init__(self, reactor: Reactor) -> None:
        self.ready = True
        self.heard: list[bytes] = []
        self.times: list[float] = []
        self._reactor = reactor

    def write(self, data: bytes) -> None:
        self.heard.append(data)
        self.times.append(self._reactor.seconds())


class BeatTestCase(ThreadsTestCase):
    """A beat on a clock."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.host(Board())

    def host(self, board: Board, crew: Crew | None = None) -> None:
        self.board = board
        self.instance = Instance(board, "board", self.reactor, crew)
        self.beat = Beat(self.instance)

    def subscribe(self, name: str = "client") -> Ears:
        ears = Ears(self.reactor)
        self.beat.add(ears, name)
        return ears

    def advance(self, *steps: float) -> None:
        for step in steps:
            self.reactor.advance(step)

    def failures(self) -> list[str]:
        """What was raised, as text."""
        return [str(failure.value) for failure in self.flushLoggedErrors()]


class GridTests(BeatTestCase):
    """The status is asked for on a grid of time."""

    def test_grid(self) -> None:
        """The first subscriber gets it at once, and then each period, however the clock steps."""
        ears = self.subscribe()
        self.assertEqual([b"1"], ears.heard)
        self.advance(0.125, 0.125, 0.25, 0.0625, 0.0625, 0.0625, 0.0625)
        self.assertEqual([b"1", b"2", b"3", b"4"], ears.heard)
        self.assertEqual([0.0, 0.25, 0.5, 0.75], ears.times)

    def test_late(self) -> None:
        """A beat that comes late does not shift those after it."""
        ears = self.subscribe()
        self.advance(0.3, 0.2, 0.2, 0.05)
        self.assertEqual([0.0, 0.3, 0.5, 0.75], [round(time, 9) for time in ears.times])
        self.assertEqual(0, self.beat.skipped)

    @example(0.2, 3, 17.3)
    @example(0.1, 1, 0.0)
    @examples(30)
    @given(st.sampled_from([0.01, 0.1, 0.2, 0.3, 0.7, 1.0]), st.integers(1, 5), st.floats(0, 1e6))
    def test_fractions(self, period: float, cuts: int, start: float) -> None:
        """Sums of fractions are not exact: still no beat is lost, doubled or skipped."""
        self.reactor = Reactor()
        self.host(Board())
        self.board.sampling_time = period
        self.advance(start)
        ears = self.subscribe()
        self.advance(*[period / cuts] * (100 * cuts))
        # The last one may be a hair's breadth away.
        self.assertIn(len(ears.heard), (100, 101))
        self.assertEqual((0, []), (self.beat.skipped, self.warnings()))

    def test_first(self) -> None:
        """Whoever comes later waits for the next beat."""
        self.subscribe()
        self.advance(0.125)
        second = self.subscribe()
        self.assertEqual([], second.heard)
        self.advance(0.125)
        self.assertEqual([b"2"], second.heard)

    def test_nobody(self) -> None:
        """Without subscribers nothing runs: neither before the first nor after the last."""
        self.assertEqual([], self.reactor.getDelayedCalls())
        ears, other = self.subscribe(), self.subscribe()
        self.beat.remove(other)
        self.assertEqual(1, len(self.reactor.getDelayedCalls()))
        self.beat.remove(ears)
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.advance(1)
        self.assertEqual((1, [b"1"]), (self.board.asked, ears.heard))

    def test_again(self) -> None:
        """It begins anew with the next subscriber, at once, and the pause is no skipped beat."""
        self.beat.remove(self.subscribe())
        self.advance(10.1)
        ears = self.subscribe()
        self.advance(0.25)
        self.assertEqual([b"2", b"3"], ears.heard)
        self.assertEqual(0, self.beat.skipped)

    def test_stranger(self) -> None:
        """Who never subscribed, or has left, can leave."""
        ears = self.subscribe()
        self.beat.remove(Ears(self.reactor))
        for _ in range(2):
            self.beat.remove(ears)
        self.assertEqual([], self.warnings())

    def test_short(self) -> None:
        """A period of nothing is a millisecond."""
        for period in (0, -1, 1e-9):
            self.host(Board())
            self.board.sampling_time = period
            ears = self.subscribe()
            self.advance(*[0.001] * 5)
            self.assertIn(len(ears.heard), (5, 6))
            self.beat.remove(ears)

    def test_skipped(self) -> None:
        """Beats that never were are counted, and told of once."""
        ears = self.subscribe()
        self.advance(1.1, 0.15, 1.1)
        self.assertEqual([b"1", b"2", b"3", b"4"], ears.heard)
        self.assertEqual(6, self.beat.skipped)
        self.assertEqual(
            ["board: the beat of 0.25 seconds cannot be kept: beats are skipped"], self.warnings()
        )


class StatusTests(BeatTestCase):
    """What the system gives."""

    def test_shared(self) -> None:
        """All subscribers get the same, which is asked for and encoded once."""
        self.host(Board(lambda number: f"status \xff {number}"))
        everybody = [self.subscribe() for _ in range(20)]
        self.advance(0.25)
        self.assertEqual(2, self.board.asked)
        last = [ears.heard[-1] for ears in everybody]
        self.assertEqual([b"status \xff 2"] * 20, last)
        self.assertTrue(all(status is last[0] for status in last))

    def test_bytes(self) -> None:
        """Bytes are sent as they are."""
        status = bytes(range(256))
        self.host(Board(lambda number: status))
        self.assertIs(status, self.subscribe().heard[0])

    def test_nothing(self) -> None:
        """Nothing sends nothing, and is no mistake."""
        for nothing in (None, b"", ""):
            self.host(Board(lambda number: nothing))  # noqa: B023 - it is called here
            ears = self.subscribe()
            self.advance(0.25)
            self.assertEqual((2, []), (self.board.asked, ears.heard))
            self.beat.remove(ears)
        self.assertEqual([], self.warnings())

    def test_nonsense(self) -> None:
        """What is no status is told of, and the next one is sent."""
        nonsense = [42, True, [b"x"], "\u20ac"]
        self.host(Board(lambda number: [*nonsense, b"fine"][number - 1]))
        ears = self.subscribe()
        self.advance(*[0.25] * 4)
        self.assertEqual([b"fine"], ears.heard)
        expected = [f"board: unexpected response: {each!r} to the beat" for each in nonsense]
        self.assertEqual(expected, [text.partition(",")[0] for text in self.warnings()])

    def test_raises(self) -> None:
        """What it raises is logged, and the next one is sent."""
        self.host(Board(lambda number: (number % 2 and 1 / 0) or b"fine"))
        ears = self.subscribe()
        self.advance(*[0.25] * 3)
        self.assertEqual([b"fine"] * 2, ears.heard)
        self.assertEqual(["division by zero"] * 2, self.failures())
        self.beat.remove(ears)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_subscriberRaises(self) -> None:
        """Nor does a subscriber that raises end it for the others."""
        ears = self.subscribe()
        ears.write = lambda data: 1 / 0  # type: ignore[assignment, method-assign]
        self.advance(0.25)
        self.beat.remove(ears)
        other = self.subscribe()
        self.advance(0.25)
        self.assertEqual([b"3", b"4"], other.heard)
        self.assertEqual(["division by zero"], self.failures())

    def test_slow(self) -> None:
        """One that holds the reactor up is logged, with what helps."""
        self.host(Board(lambda number: self.advance([0.05, 0.051][number - 1]) or b"fine"))
        self.subscribe()
        self.assertEqual([], self.warnings())
        self.advance(0.25)
        [warning] = self.warnings()
        self.assertIn("board: a status took 0.051 seconds on the reactor", warning)
        self.assertIn("`worker = True` in the class gives it a thread", warning)

    def test_async(self) -> None:
        """One that takes its time is waited for; the beats meanwhile are skipped."""
        coming: list[Deferred[bytes]] = []

        async def act() -> bytes:
            coming.append(Deferred())
            return await coming[-1]

        self.host(Board(lambda number: act()))
        ears = self.subscribe()
        self.advance(0.25, 0.25, 0.1)
        self.assertEqual((1, []), (len(coming), ears.heard))
        coming[0].callback(b"late")
        self.assertEqual([b"late"], ears.heard)
        self.advance(0.15)
        self.assertEqual((2, 2), (len(coming), self.beat.skipped))

    def test_left(self) -> None:
        """What was asked for those who have left is not for those who came then."""
        coming: list[Deferred[bytes]] = []
        self.host(Board(lambda number: coming.append(Deferred()) or coming[-1]))
        self.beat.remove(self.subscribe())
        ears = self.subscribe()
        coming[0].callback(b"old")
        self.assertEqual([], ears.heard)
        coming[1].callback(b"new")
        # There is one beat now, and not two.
        self.advance(0.25)
        self.assertEqual(([b"new"], 3), (ears.heard, len(coming)))
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_leavesMeanwhile(self) -> None:
        """The last one may leave while the system is asked."""
        ears = Ears(self.reactor)
        self.host(Board(lambda number: self.beat.remove(ears) or b"last"))
        self.beat.add(ears, "client")
        self.advance(1)
        self.assertEqual(([], 1), (ears.heard, self.board.asked))
        self.assertEqual([], self.reactor.getDelayedCalls())


class DeafTests(BeatTestCase):
    """A subscriber that does not read is passed over."""

    def test_passedOver(self) -> None:
        """It misses what comes meanwhile, and the others do not."""
        deaf, other = self.subscribe("deaf"), self.subscribe("other")
        deaf.ready = False
        self.advance(0.25, 0.25)
        deaf.ready = True
        self.advance(0.25)
        self.assertEqual(([b"1", b"4"], 2), (deaf.heard, self.beat.missed))
        self.assertEqual([b"2", b"3", b"4"], other.heard)

    def test_told(self) -> None:
        """The log tells of the first time, and at the end how often it was."""
        deaf, other = self.subscribe("10.0.0.1:5000"), self.subscribe("other")
        for ready in (False, True, False, False):
            deaf.ready = ready
            self.advance(0.25)
        first = "board: 10.0.0.1:5000 does not read: no status is sent to it until it does"
        self.assertEqual([first], self.warnings())
        for ears in (other, deaf):
            self.beat.remove(ears)
        last = "board: 10.0.0.1:5000 did not read: 3 statuses were not sent to it"
        self.assertEqual([first, last], self.warnings())

    def test_gone(self) -> None:
        """One that goes while the others are sent to is not counted."""
        first, second = self.subscribe("first"), self.subscribe("second")
        self.advance(0.25)

        def write(data: bytes) -> None:
            second.ready = False
            self.beat.remove(second)

        first.write = write  # type: ignore[method-assign]
        self.advance(0.25, 0.25)
        self.assertEqual((0, [b"2"], []), (self.beat.missed, second.heard, self.warnings()))


class WorkerTests(BeatTestCase):
    """A system that may block is asked in a thread."""

    def setUp(self) -> None:
        super().setUp()
        self.go = threading.Event()
        self.addCleanup(self.go.set)
        self.threads: list[threading.Thread] = []
        self.wait = False
        self.host(Board(self.act), Crew(self.reactor))

    def act(self, number: int) -> str:
        self.threads.append(threading.current_thread())
        if self.wait:
            self.go.wait(PATIENCE)
        return str(number)

    def test_thread(self) -> None:
        """All come from one thread, which ends with the last subscriber."""
        ears = self.subscribe()
        for number in range(1, 4):
            self.reactor.until(lambda: len(ears.heard) == number)  # noqa: B023 - as above
            self.advance(0.25)
        self.reactor.until(lambda: len(ears.heard) == 4)
        self.assertEqual([b"1", b"2", b"3", b"4"], ears.heard)
        [thread] = set(self.threads)
        self.assertIsNot(threading.current_thread(), thread)
        self.beat.remove(ears)
        self.end(thread)

    def test_blocks(self) -> None:
        """One that blocks is waited for, by nobody else; the beats meanwhile are skipped."""
        self.wait = True
        ears = self.subscribe()
        self.advance(*[0.25] * 4)
        self.assertEqual([], ears.heard)
        self.go.set()
        self.reactor.until(lambda: ears.heard)
        self.advance(0.25)
        self.reactor.until(lambda: len(ears.heard) == 2)
        self.assertEqual(([b"1", b"2"], 4), (ears.heard, self.beat.skipped))
        self.assertEqual(1, len(self.warnings()))

    def test_again(self) -> None:
        """While one blocks, all may leave and come: a new thread then does it, once a beat."""
        self.wait = True
        self.beat.remove(self.subscribe())
        ears = self.subscribe()
        self.go.set()
        for thread in self.threads[:1]:
            self.end(thread)
        self.reactor.until(lambda: ears.heard)
        for count in range(2, 5):
            self.advance(0.25)
            self.reactor.until(lambda: len(ears.heard) == count)  # noqa: B023 - as above
        self.assertEqual(5, self.board.asked)
        self.assertEqual(1, len(self.reactor.getDelayedCalls()))
        self.beat.remove(ears)
        self.assertEqual([], self.reactor.getDelayedCalls())
