"""L{netsim.status.actions}: functions that a page calls."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.task import deferLater
from zope.interface.verify import verifyObject

from netsim.errors import ActionError
from netsim.status.actions import MOST_QUEUED, MOST_THREADS, Actions, belongs_on_reactor
from netsim.status.interfaces import IActions
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase


def train(rate: float, steps: int = 10) -> dict[str, Any]:
    """
    Train it
    for a while.

    This takes time.
    """
    return {"rate": rate, "steps": steps}


class ActionsTestCase(ThreadsTestCase):
    """
    Actions on a reactor in memory.

    @ivar go: lets functions go on that wait for it.
    """

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.actions = Actions(self.reactor)
        self.addCleanup(self.actions.stop)
        self.go = threading.Event()
        self.addCleanup(self.go.set)

    def done(self, deferred: Deferred[Any]) -> Deferred[Any]:
        """The same, when it has fired."""
        self.reactor.until(lambda: deferred.called)
        return deferred

    def result(self, name: str, args: Any = None) -> Any:
        return self.successResultOf(self.done(self.actions.call(name, args)))

    def error(self, name: str, args: Any = None, kind: type[Exception] = ActionError) -> str:
        failure = self.failureResultOf(self.done(self.actions.call(name, args)), kind)
        return failure.getErrorMessage()


class OfferTests(ActionsTestCase):
    def test_interface(self) -> None:
        verifyObject(IActions, self.actions)

    def test_what_is_shown(self) -> None:
        self.actions.add(train)
        self.actions.add(lambda: None, "nothing", blocking=True)
        self.assertEqual(
            {
                "train": {
                    "args": {"rate": "float", "steps": "int = 10"},
                    "blocking": False,
                    "description": "Train it for a while.",
                },
                "nothing": {"args": {}, "blocking": True, "description": ""},
            },
            self.actions.describe(),
        )

    def test_a_long_description_is_cut(self) -> None:
        train.__doc__, doc = "x" * 5000, train.__doc__
        self.addCleanup(setattr, train, "__doc__", doc)
        self.actions.add(train)
        self.assertEqual("x" * 1000, self.actions.describe()["train"]["description"])

    def test_a_name_is_taken_over(self) -> None:
        self.actions.add(lambda: 1, "one")
        self.actions.add(lambda: 2, "one")
        self.assertEqual(2, self.result("one"))

    def test_something_without_a_name(self) -> None:
        self.actions.add(functools.partial(train, 1.0))
        self.assertEqual(["partial"], list(self.actions.describe()))


class CallTests(ActionsTestCase):
    def test_arguments_and_result(self) -> None:
        self.actions.add(train)
        self.assertEqual(
            {"rate": 0.5, "steps": 3}, self.result("train", {"rate": 0.5, "steps": "3"})
        )

    def test_unknown(self) -> None:
        self.assertEqual("there is no action 'x'; there is: none", self.error("x"))
        self.actions.add(train)
        self.actions.add(train, "again")
        self.assertEqual("there is no action 'x'; there is: 'again', 'train'", self.error("x"))

    def test_wrong_arguments(self) -> None:
        """The function is not called; nothing is logged, as nothing has failed here."""
        called: list[int] = []
        self.actions.add(lambda x: called.append(x), "add")
        self.assertIn("'y': there is no such argument", self.error("add", {"x": 1, "y": 2}))
        self.assertEqual(([], []), (called, self.warnings()))

    def test_failure(self) -> None:
        """Who called it gets what was raised; the traceback is in the log."""
        self.actions.add(lambda: {}["gone"], "fail")
        self.assertEqual("'gone'", self.error("fail", kind=KeyError))
        [warning] = self.warnings()
        self.assertTrue(warning.startswith("The action 'fail' has failed:\nTraceback"), warning)
        self.assertEqual("netsim.actions", self.logged[-1]["log_namespace"])

    def test_exits_are_failures(self) -> None:
        def leave() -> None:
            raise SystemExit(3)

        self.actions.add(leave)
        self.failureResultOf(self.done(self.actions.call("leave", None)), SystemExit)

    def test_result_that_cannot_be_told(self) -> None:
        async def later() -> object:
            return object()

        self.actions.add(object, "object")
        self.actions.add(later)
        for name in ("object", "later"):
            self.assertIn("was done, but its result cannot be told", self.error(name))

    def test_the_result_is_a_copy(self) -> None:
        state = {"loss": [1.0, float("nan")]}
        self.actions.add(lambda: state, "state")
        result = self.result("state")
        state["loss"].clear()
        self.assertEqual({"loss": [1.0, None]}, result)


class ThreadTests(ActionsTestCase):
    def wait(self) -> int:
        """An action that takes its time."""
        self.go.wait(PATIENCE)
        return threading.get_ident()

    def test_each_has_a_thread(self) -> None:
        """All of them at once, none of them on the reactor; the threads end."""
        self.actions.add(self.wait)
        waiting = [self.actions.call("wait", None) for _ in range(MOST_THREADS)]
        threads = self.named("netsim action")
        self.assertTrue(all(thread.daemon for thread in threads))
        self.go.set()
        idents = {self.successResultOf(self.done(each)) for each in waiting}
        self.assertEqual(MOST_THREADS, len(idents))
        self.assertNotIn(threading.get_ident(), idents)
        for thread in threads:
            self.end(thread)

    def test_too_many(self) -> None:
        """One too many is refused at once; later there is room again."""
        self.actions.add(self.wait)
        waiting = [self.actions.call("wait", None) for _ in range(MOST_THREADS)]
        failure = self.failureResultOf(self.actions.call("wait", None), ActionError)
        self.assertEqual("too many actions are running: 32", failure.getErrorMessage())
        self.go.set()
        for each in waiting:
            self.done(each)
        self.result("wait")

    def test_there_is_room_again_after_failures(self) -> None:
        self.actions.add(lambda: 1 // 0, "fail")
        self.actions.add(lambda: 1 // 0, "fail_in_turn", blocking=True)
        for name in ("fail", "fail_in_turn"):
            for _ in range(max(MOST_THREADS, MOST_QUEUED) + 1):
                self.error(name, kind=ZeroDivisionError)

    def test_blocking_ones_wait_for_each_other(self) -> None:
        """One thread for all of them, in the order of the calls."""
        done: list[tuple[int, int]] = []

        def act(number: int) -> None:
            self.go.wait(PATIENCE)
            done.append((number, threading.get_ident()))

        self.actions.add(act, "one", blocking=True)
        self.actions.add(act, "other", blocking=True)
        waiting = [
            self.actions.call(("one", "other")[number % 2], {"number": number})
            for number in range(10)
        ]
        self.go.set()
        for each in waiting:
            self.done(each)
        self.assertEqual(list(range(10)), [number for number, _ in done])
        self.assertEqual(1, len({ident for _, ident in done}))

    def test_too_many_blocking_ones(self) -> None:
        self.actions.add(self.wait, blocking=True)
        waiting = [self.actions.call("wait", None) for _ in range(MOST_QUEUED)]
        failure = self.failureResultOf(self.actions.call("wait", None), ActionError)
        self.assertEqual("too many blocking actions are waiting: 100", failure.getErrorMessage())
        # Others are not kept by them.
        self.actions.add(threading.get_ident, "free")
        self.result("free")
        self.go.set()
        for each in waiting:
            self.done(each)
        self.result("wait")

    def test_stop(self) -> None:
        """The thread of blocking ones ends; nothing happens where there was none."""
        self.actions.stop()
        self.actions.add(self.wait, blocking=True)
        waiting = self.actions.call("wait", None)
        [thread] = self.named("netsim blocking actions")
        self.actions.stop()
        self.go.set()
        self.done(waiting)
        self.end(thread)


class ReactorTests(ActionsTestCase):
    def test_coroutine_functions(self) -> None:
        """They run on the reactor, and may wait there."""

        async def later(seconds: float) -> list[object]:
            await deferLater(self.reactor, seconds)
            return [seconds, threading.get_ident()]

        self.actions.add(later)
        waiting = self.actions.call("later", {"seconds": "2"})
        self.assertNoResult(waiting)
        self.reactor.advance(2)
        self.assertEqual([2.0, threading.get_ident()], self.successResultOf(waiting))

    def test_inlineCallbacks(self) -> None:
        @inlineCallbacks
        def later(value: int) -> Iterator[Any]:
            value += yield succeed(1)
            return [value, threading.get_ident()]

        self.actions.add(later)
        waiting = self.actions.call("later", {"value": "2"})
        self.assertEqual([3, threading.get_ident()], self.successResultOf(waiting))

    def test_what_a_thread_leaves_to_be_waited_for(self) -> None:
        """A plain function may turn out to give a Deferred or a coroutine."""

        async def later() -> int:
            return threading.get_ident()

        self.actions.add(lambda: later(), "coroutine")
        self.actions.add(lambda: succeed(5), "deferred")
        self.assertEqual(threading.get_ident(), self.result("coroutine"))
        self.assertEqual(5, self.result("deferred"))

    def test_failure(self) -> None:
        async def fail() -> None:
            raise KeyError("gone")

        self.actions.add(fail)
        self.assertEqual("'gone'", self.error("fail", kind=KeyError))
        self.assertEqual(1, len(self.warnings()))

    def test_who_belongs_there(self) -> None:
        async def coroutine() -> None:
            """Nothing."""

        class Callable:
            async def __call__(self) -> None:
                """Nothing."""

        def generator() -> Iterator[int]:
            yield 1

        @functools.wraps(train)
        def wrapper() -> None:
            """Nothing."""

        for function in (coroutine, functools.partial(coroutine), Callable()):
            self.assertTrue(belongs_on_reactor(function))
        for function in (train, wrapper, generator, functools.partial(train), print):
            self.assertFalse(belongs_on_reactor(function))
