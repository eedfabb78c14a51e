"""L{netsim.status.watches}: functions that are asked for values."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from netsim.status.watches import Watches
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase


class WatchesTests(ThreadsTestCase):
    """
    Watches on a reactor in memory.

    @ivar shown: what was shown: name, value and interval.
    """

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.shown: list[tuple[str, Any, float]] = []
        self.watches = Watches(self.reactor, self.put, 1.0)
        self.addCleanup(self.watches.stop)

    def put(self, name: str, value: Any, interval: float) -> None:
        if value == "refused":
            raise ValueError("no place for it")
        self.shown.append((name, value, interval))

    def until(self, count: int) -> None:
        """Wait until so many values were shown."""
        self.reactor.until(lambda: len(self.shown) >= count)

    def answers(self, *answers: Any, name: str = "x") -> Callable[[], Any]:
        """Watch what gives these one after the other; exceptions are raised."""
        waiting = iter(answers)

        def function() -> Any:
            answer = next(waiting)
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.watches.add(function, name)
        return function

    def ask_all(self, count: int) -> list[Any]:
        """Let time pass until so many values were shown; the values."""
        for number in range(1, count + 1):
            self.until(number)
            self.reactor.advance(1)
        return [value for _, value, _ in self.shown]

    def test_again_and_again(self) -> None:
        """At once, then at each interval; in a thread."""
        self.watches.add(threading.get_ident, "thread", 2.0)
        self.until(1)
        self.reactor.advance(1.9)
        self.assertEqual(1, len(self.shown))
        self.reactor.advance(0.1)
        self.until(2)
        [(name, one, interval), (_, other, _)] = self.shown
        self.assertEqual(("thread", 2.0, one), (name, interval, other))
        self.assertNotEqual(threading.get_ident(), one)

    def test_defaults(self) -> None:
        """The function's own name, and the interval of all."""

        def progress() -> int:
            return 5

        self.watches.add(progress)
        self.until(1)
        self.assertEqual([("progress", 5, 1.0)], self.shown)

    def test_a_slow_one(self) -> None:
        """It is not asked twice at once, and keeps no other."""
        go: queue.Queue[int] = queue.Queue()
        running: list[int] = []

        def slow() -> int:
            running.append(1)
            value = go.get(timeout=PATIENCE)
            running.pop()
            return value + len(running)

        self.watches.add(slow)
        self.watches.add(lambda: "quick", "quick")
        for number in range(1, 4):
            self.until(number)
            self.reactor.advance(1)
        self.assertEqual([("quick", "quick", 1.0)] * 3, self.shown)
        go.put(5)
        self.until(5)
        self.assertIn(("slow", 5, 1.0), self.shown)
        go.put(6)

    def test_what_fails(self) -> None:
        """Its error is shown in its place, and logged whenever it is another one."""
        self.answers(1, KeyError("a"), KeyError("a"), KeyError("b"), 2, KeyError("b"))
        a, b = {"error": "KeyError: 'a'"}, {"error": "KeyError: 'b'"}
        self.assertEqual([1, a, a, b, 2, b], self.ask_all(6))
        warnings = self.warnings()
        self.assertEqual(3, len(warnings), warnings)
        self.assertTrue(warnings[0].startswith("The watch 'x' has failed:\nTraceback"))
        self.assertEqual("netsim.watches", self.logged[-1]["log_namespace"])

    def test_what_json_cannot_say(self) -> None:
        self.answers(object())
        [value] = self.ask_all(1)
        self.assertIn("JSON cannot say it", value["error"])

    def test_what_has_no_place(self) -> None:
        """That is an error, too."""
        self.answers("refused", "refused", 1)
        error = {"error": "ValueError: no place for it"}
        self.assertEqual([error, error, 1], self.ask_all(3))
        self.assertEqual(1, len(self.warnings()))

    def test_where_nothing_has_a_place(self) -> None:
        """It is asked again all the same."""
        tries: list[Any] = []

        def put(name: str, value: Any, interval: float) -> None:
            tries.append(value)
            raise ValueError("too many")

        watches = Watches(self.reactor, put, 1.0)
        self.addCleanup(watches.stop)
        watches.add(lambda: 5, "x")
        self.reactor.until(lambda: len(tries) == 2)
        self.reactor.advance(1)
        self.reactor.until(lambda: len(tries) == 4)
        self.assertEqual([5, {"error": "ValueError: too many"}] * 2, tries)

    def test_the_value_is_a_copy(self) -> None:
        values = [1, float("nan")]
        self.watches.add(lambda: values, "x")
        self.until(1)
        values.clear()
        self.assertEqual([("x", [1, None], 1.0)], self.shown)

    def test_coroutine_functions(self) -> None:
        """They run on the reactor, and are not asked twice at once, either."""
        waiting: list[Deferred[int]] = []

        async def later() -> int:
            waiting.append(Deferred())
            return await waiting[-1] + threading.get_ident()

        self.watches.add(later)
        self.reactor.advance(1)
        self.assertEqual((1, []), (len(waiting), self.shown))
        waiting[0].callback(1)
        self.assertEqual([("later", threading.get_ident() + 1, 1.0)], self.shown)
        self.reactor.advance(1)
        self.assertEqual(2, len(waiting))

    def test_a_name_is_taken_over(self) -> None:
        self.answers(*range(10))
        self.until(1)
        self.watches.add(lambda: "new", "x")
        self.assertEqual([0, "new", "new"], self.ask_all(3))

    def test_stop(self) -> None:
        """Nothing more is asked or shown, and the threads end."""
        go = threading.Event()
        self.watches.add(lambda: 1, "x")
        self.watches.add(lambda: go.wait(PATIENCE), "slow")
        self.until(1)
        threads = [*self.named("netsim watch x"), *self.named("netsim watch slow")]
        self.assertEqual(2, len(threads))
        self.watches.stop()
        self.watches.add(lambda: 2, "late")
        go.set()
        for thread in threads:
            self.end(thread)
        self.reactor.advance(5)
        while not self.reactor.idle():
            self.reactor.until(lambda: self.reactor.idle())
        self.assertEqual([("x", 1, 1.0)], self.shown)
        self.watches.stop()
