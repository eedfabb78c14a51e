"""L{netsim.status.facade}: links as programs have them."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from netsim import background
from netsim.errors import HostError
from netsim.status import facade
from netsim.status.facade import Link
from netsim.status.launch import Launched
from netsim.status.model import Settings
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase
from tests.status.services import FakeService

REMOTE = Settings("http://192.0.2.1:5000")
LOCAL = Settings("http://localhost:5000")


class LinkTestCase(ThreadsTestCase):
    """
    A link in the thread of a reactor in memory.

    @ivar closed: links that were closed.
    """

    service: FakeService

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.closed: list[Link] = []
        self.patch(background, "is_here", lambda: True)

    def link(self, settings: Settings = REMOTE, begin: bool = True) -> Link:
        link = Link(self.reactor, "x", settings, self.make, self.closed.append)
        self.addCleanup(link.close)
        if begin:
            link.begin()
        return link

    def make(self, *args: Any, **named: Any) -> FakeService:
        self.service = FakeService(*args, **named)
        return self.service

    def hear(self, count: int) -> list[str]:
        """So many messages, when they are there."""
        self.reactor.until(lambda: len(self.service.said) >= count)
        return self.service.messages


class SayTests(LinkTestCase):
    def test_set(self) -> None:
        """A value is shown at once, from any thread, as it was then."""
        link, value = self.link(), [1]
        self.begin(link.set, "a", value).result(PATIENCE)
        value.append(2)
        self.assertEqual({"a": [1]}, self.service.values)
        self.assertRaises(ValueError, link.set, "a", object())
        [entry] = self.service.board.document().values()
        self.assertApproximates(time.time(), entry["timestamp"], PATIENCE)

    def test_log(self) -> None:
        link = self.link()
        link.log("info", "now")
        link.log("error", ["no text"], "me", 5.0)
        self.begin(link.log, "debug", "from a thread").result(PATIENCE)
        self.hear(3)
        [(level, message, whom, when), other, (_, third, _, _)] = self.service.said
        self.assertEqual(("info", "now", "", "from a thread"), (level, message, whom, third))
        self.assertApproximates(time.time(), when or 0, PATIENCE)
        self.assertEqual(("error", "['no text']", "me", 5.0), other)

    def test_levels(self) -> None:
        link = self.link()
        for level in ("debug", "INFO", "warn", "Warning", "fatal", "critical", 40, 0):
            link.log(level, "x")
        self.hear(8)
        self.assertEqual(
            ["debug", "info", "warning", "warning", "critical", "critical", "error", "debug"],
            [level for level, *_ in self.service.said],
        )
        error = self.assertRaises(ValueError, link.log, "loud", "x")
        self.assertIn("there is no level 'loud'; they are debug, info", str(error))

    def test_what_it_is(self) -> None:
        link = self.link()
        self.assertEqual("<Link of 'x' to http://192.0.2.1:5000>", repr(link))
        self.assertEqual(("x", REMOTE.url, True, 3), (link.name, link.url, link.is_connected, 3))

    def test_drops_are_counted_everywhere(self) -> None:
        link = self.link(Settings(REMOTE.url, queue=2))
        for number in range(5):
            link.log("info", number)
        self.assertEqual(3 + 3, link.dropped)

    def test_watch(self) -> None:
        """From any thread."""
        link = self.link()
        self.begin(link.watch, lambda: 5, "a", None).result(PATIENCE)
        self.reactor.until(lambda: self.service.values == {"a": 5})
        self.assertEqual(1.0, self.service.board.document()["a"]["interval"])

    def test_actions(self) -> None:
        link = self.link()
        link.actions.add(lambda: 5, "five")
        result = self.service.actions.call("five", None)
        self.reactor.until(lambda: result.called)
        self.assertEqual(5, self.successResultOf(result))


class LogTests(LinkTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = logging.getLogger()
        self.patch(self.root, "handlers", [])
        self.patch(self.root, "level", logging.WARNING)
        self.patch(logging, "lastResort", logging.NullHandler())

    def test_both_kinds(self) -> None:
        link = self.link()
        link.forward_logs("INFO")
        logging.getLogger("a").info("x")
        logging.getLogger("a").debug("y")
        Logger("b").info("z")
        Logger("b").debug("w")
        self.assertEqual(["x", "z"], self.hear(2))
        self.assertEqual(["a", "b"], [whom for _, _, whom, _ in self.service.said])

    def test_failed_actions_are_told(self) -> None:
        link = self.link()
        link.forward_logs("INFO")
        link.actions.add(lambda: 1 // 0, "fail")
        failing = self.service.actions.call("fail", None)
        [message] = self.hear(1)
        self.failureResultOf(failing, ZeroDivisionError)
        self.assertIn("The action 'fail' has failed", message)

    def test_close(self) -> None:
        link = self.link()
        link.forward_logs("INFO")
        link.close()
        logging.getLogger("a").error("x")
        Logger("b").error("y")
        link.log("info", "z")
        self.assertEqual(([], []), (self.root.handlers, self.service.said))
        self.assertTrue(self.reactor.idle())


class EndTests(LinkTestCase):
    def test_begin(self) -> None:
        self.link()
        self.assertEqual(["start"], self.service.did)

    def test_what_was_said_is_sent(self) -> None:
        """Before the end; and the end is waited for."""
        link = self.link()
        self.service.stopping = Deferred()
        for number in range(1000):
            link.log("info", number)
        ends = [link.close(), link.close()]
        self.assertEqual((1000, ["start", "stop"]), (len(self.service.said), self.service.did))
        self.assertEqual({link}, set(self.closed))
        for end in ends:
            self.assertNoResult(end)
        self.service.stopping.callback(None)
        for end in ends:
            self.successResultOf(end)

    def test_it_cannot_be_closed(self) -> None:
        """That is logged, and no more."""
        link = self.link()
        self.service.stopping = Deferred()
        end = link.close()
        self.service.stopping.errback(KeyError("x"))
        self.successResultOf(end)
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_with(self) -> None:
        with self.link() as link:
            self.assertEqual([], self.closed)
        self.assertEqual(link, self.closed[0])

    def test_the_reactor_stops(self) -> None:
        """The reactor waits until everything is sent."""
        link = self.link()
        self.service.stopping = Deferred()
        link.log("info", "last")
        [(phase, trigger)] = [
            (phase, function)
            for phase, events in self.reactor.triggers.items()
            for function, *_ in events.get("shutdown", [])
        ]
        self.assertEqual("before", phase)
        ended = trigger()
        self.assertEqual(["last"], self.service.messages)
        self.assertNoResult(ended)
        self.service.stopping.callback(None)
        self.successResultOf(ended)
        self.successResultOf(link.close())
        self.assertEqual(["start", "stop"], self.service.did)

    def test_closed_before_it_began(self) -> None:
        link = self.link(begin=False)
        link.watch(lambda: 5, "a", None)
        self.patch(background, "is_here", lambda: False)
        self.successResultOf(link.close())
        link.begin()
        self.reactor.until(self.reactor.idle)
        self.assertEqual(([], {}), (self.service.did, self.service.values))

    def test_watches_end(self) -> None:
        link = self.link()
        link.watch(lambda: 5, "a", None)
        self.reactor.until(lambda: self.service.values)
        link.close()
        self.reactor.advance(5)
        self.assertEqual([], self.named("netsim watch a")[1:])

    def test_after_a_fork(self) -> None:
        """It says nothing, as nobody would send it; nor does it end what is its parent's."""
        link = self.link()
        link._process = os.getpid() + 1
        link.log("info", "x")
        self.successResultOf(link.close())
        self.assertTrue(self.reactor.idle())
        self.assertEqual((["start"], []), (self.service.did, self.closed))


class ThreadTests(LinkTestCase):
    """Closed in another thread than the reactor's."""

    def test_it_waits(self) -> None:
        self.patch(background, "is_here", lambda: False)
        link = self.link()
        self.reactor.running = True
        calls: list[tuple[Any, float | None]] = []

        def call(function: Any, timeout: float | None = None) -> None:
            calls.append((function, timeout))
            raise TimeoutError("it took longer")

        self.patch(background, "call", call)
        self.successResultOf(link.close())
        self.assertEqual([(link._end, 3.0)], calls)
        # It is closed once more at the end, which must not start a real one.
        self.reactor.running = False


class LaunchTests(LinkTestCase):
    def launched(self, settings: Settings, outcome: Launched | Exception) -> list[Settings]:
        """Begin, and give the settings with which a launch was tried."""
        tried: list[Settings] = []

        def launch(given: Settings) -> Launched:
            self.assertEqual("netsim daemon launcher", threading.current_thread().name)
            tried.append(given)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        self.patch(facade, "launch", launch)
        self.link(settings)
        for thread in self.named("netsim daemon launcher"):
            self.end(thread)
        while not self.reactor.idle():
            self.reactor.until(self.reactor.idle)
        return tried

    def test_on_this_machine(self) -> None:
        """In a thread; when it is done the link does not wait any more."""
        for outcome in Launched:
            self.assertEqual([LOCAL], self.launched(LOCAL, outcome))
            self.assertEqual(["start", "retry"], self.service.did)

    def test_elsewhere(self) -> None:
        for settings in (
            REMOTE,
            Settings("https://localhost:5000"),
            Settings(LOCAL.url, launch=False),
        ):
            self.assertEqual([], self.launched(settings, Launched.STARTED))

    def test_it_cannot(self) -> None:
        """A program without Twisted sees a warning, unless it wants none."""
        reason = HostError("it has ended")
        with self.assertLogs("netsim.status", "WARNING") as logs:
            self.launched(LOCAL, reason)
        text = "No status daemon answers at http://localhost:5000, and none can be started"
        self.assertEqual([f"WARNING:netsim.status:{text}: it has ended"], logs.output)
        with self.assertNoLogs("netsim.status"):
            self.launched(Settings(LOCAL.url, mute=True), reason)
        self.assertEqual(["start"], self.service.did)

    def test_a_mistake(self) -> None:
        self.launched(LOCAL, KeyError("x"))
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))
