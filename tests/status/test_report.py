"""L{netsim.status.report}: how a service tells a daemon what it does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from netsim import process
from netsim.status import report as module
from netsim.status.duties import Duty
from netsim.status.model import Settings
from netsim.status.options import TOKEN, ReportOptions
from netsim.status.report import (
    LINES,
    LISTED,
    IWatched,
    Report,
    listed,
    moment,
    report_of,
    stop_soon,
)

HERE = IPv4Address("TCP", "127.0.0.1", 8088)
NEXT = IPv4Address("TCP", "127.0.0.1", 8089)


class Board(dict[str, Any]):
    """What is shown."""

    def remove(self, key: str) -> None:
        self.pop(key, None)


class FakeLink(Service):
    """
    Stands for a L{netsim.status.link.Link}.

    @ivar board: what is shown.
    @ivar lines: what was logged.
    """

    def __init__(self, reactor: Any, name: str, settings: Settings, **options: Any) -> None:
        self.project, self.settings, self.options = name, settings, options
        self.board = Board()
        self.lines: list[tuple[str, str, str]] = []
        self.stopped: Deferred[None] = Deferred()

    def set(self, key: str, value: Any) -> None:
        if value is ...:
            raise ValueError("JSON cannot say this")
        self.board[key] = value

    def log(self, level: str, message: str, whom: str, time: float | None) -> None:
        self.lines.append((level, message, whom))

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return self.stopped


@implementer(IWatched)
class Watched:
    """Something that is watched."""

    def __init__(self) -> None:
        self.values: Any = {"sessions": 1, "bytes": 2}

    def status(self) -> Mapping[str, Any]:
        if isinstance(self.values, Exception):
            raise self.values
        return self.values

    def duties(self) -> Iterable[Duty]:
        return [self.stop]

    def stop(self) -> str:
        """Stop it."""
        return "stopping"


class Reactor(MemoryReactorClock):
    """
    A clock, and what threads want.

    @ivar wanted: what they want to be called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[Any] = []

    def callFromThread(self, call: Any, *args: Any) -> None:
        self.wanted.append((call, args))

    def run_wanted(self) -> None:
        wanted, self.wanted = self.wanted, []
        for call, args in wanted:
            call(*args)


class ReportTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.watched = Watched()
        self.report = Report(self.reactor, "mine", Settings(), self.watched, FakeLink)
        self.link: Any = self.report.link

    def start(self) -> None:
        self.report.startService()
        self.addCleanup(self.report._observer.stop)

    def sync(self) -> dict[str, Any]:
        """What the daemon is told next."""
        self.link.options["watches"]()
        return dict(self.link.board)


class StatusTests(ReportTestCase):
    """What is shown."""

    def test_the_values_of_the_moment(self) -> None:
        self.assertEqual({"sessions": 1, "bytes": 2}, self.sync())
        self.watched.values = {"sessions": 5, "bytes": 2}
        self.assertEqual({"sessions": 5, "bytes": 2}, self.sync())

    def test_what_is_gone_is_shown_no_more(self) -> None:
        self.sync()
        self.watched.values = {"bytes": 3}
        self.assertEqual({"bytes": 3}, self.sync())

    def test_a_mistake_disturbs_nobody(self) -> None:
        """It is logged, once, and what was known stays."""
        self.sync()
        self.watched.values = KeyError("x")
        for _ in range(3):
            self.assertEqual({"sessions": 1, "bytes": 2}, self.sync())
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))
        self.watched.values = {"bytes": 3}
        self.assertEqual({"bytes": 3}, self.sync())
        self.watched.values = KeyError("x")
        self.sync()
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_a_value_that_cannot_be_told_disturbs_nobody(self) -> None:
        self.watched.values = {"bytes": ...}
        self.sync()
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))

    def test_what_can_be_done_is_told(self) -> None:
        actions = self.link.options["actions"]
        self.assertEqual(["stop"], list(actions.describe()))
        self.assertEqual("stopping", self.successResultOf(actions.call("stop", {})))


class LogTests(ReportTestCase):
    """What is forwarded of the log."""

    def test_what_is_logged_is_forwarded_while_it_runs(self) -> None:
        Logger("netsim.proxy.session").warn("before")
        self.start()
        Logger("netsim.proxy.session").warn("{a} bytes", a=5)
        Logger("netsim.status.link").warn("the daemon is gone")
        self.link.stopped.callback(None)
        self.successResultOf(self.report.stopService())
        Logger("netsim.proxy.session").warn("after")
        self.assertEqual([("warning", "5 bytes", "netsim.proxy.session")], self.link.lines)

    def test_threads_do_not_touch_the_link(self) -> None:
        """The reactor is woken up once for many lines."""
        self.start()
        for number in (1, 2):
            self.in_thread(lambda: Logger("mine").info("one") or Logger("mine").info("two"))
            self.assertEqual(1, len(self.reactor.wanted))
            self.reactor.run_wanted()
            self.assertEqual(["one", "two"] * number, [line[1] for line in self.link.lines])

    def test_of_threads_that_log_much_the_last_is_kept(self) -> None:
        self.start()

        def log() -> None:
            for number in range(LINES + 5):
                Logger("mine").info("{n}", n=number)

        self.in_thread(log)
        self.reactor.run_wanted()
        self.assertEqual((LINES, "5"), (len(self.link.lines), self.link.lines[0][1]))

    def in_thread(self, function: Any) -> None:
        thread = threading.Thread(target=function)
        thread.start()
        thread.join()


class ServiceTests(ReportTestCase):
    """It is a service, and the child of the one that it is about."""

    def test_it_runs_with_its_parent(self) -> None:
        parent = MultiService()
        parent.startService()
        self.report.setServiceParent(parent)
        self.addCleanup(self.report._observer.stop)
        self.assertTrue(self.link.running)
        stopping = parent.stopService()
        self.assertNoResult(stopping)
        self.link.stopped.callback(None)
        self.successResultOf(stopping)
        self.assertFalse(self.link.running)

    def test_stopping_one_that_never_ran(self) -> None:
        self.link.stopped.callback(None)
        self.successResultOf(self.report.stopService())


class Config(ReportOptions):
    """Options of a service."""


class ReportOfTests(SynchronousTestCase):
    """What the options want."""

    def setUp(self) -> None:
        self.made: list[Any] = []
        self.patch(module, "Report", lambda *args: self.made.append(args))
        self.patch(os, "environ", dict(os.environ))
        os.environ.pop(TOKEN, None)

    def make(self, *words: str, addresses: Iterable[Any] = (HERE,)) -> tuple[str, Settings]:
        config = Config()
        config.parseOptions(["--daemon", "localhost:7", *words])
        report_of(None, config, "netsim-proxy", addresses, Watched())
        return self.made[-1][1:3]

    def test_the_daemon(self) -> None:
        """It is never started: who names one has it."""
        _, settings = self.make()
        self.assertEqual(("http://localhost:7", False), (settings.url, settings.launch))
        self.assertIsNone(settings.token)

    def test_the_project_is_called_as_in_the_ready_line(self) -> None:
        self.assertEqual("netsim-proxy 127.0.0.1:8088", self.make()[0])
        both = [HERE, NEXT]
        self.assertEqual("netsim-proxy 127.0.0.1:8088-8089", self.make(addresses=both)[0])

    def test_the_project_is_called_as_the_user_wants(self) -> None:
        self.assertEqual("mine", self.make("--project", "mine")[0])

    def test_a_name_that_would_be_too_long_is_cut(self) -> None:
        many = [IPv4Address("TCP", "127.0.0.1", 2 * number) for number in range(100)]
        name, _ = self.make(addresses=many)
        self.assertTrue(name.startswith("netsim-proxy 127.0.0.1:0 127.0.0.1:2 "))
        self.assertLessEqual(len(name), 256)

    def test_the_token_is_in_the_environment(self) -> None:
        os.environ[TOKEN] = "secret"
        _, settings = self.make()
        self.assertEqual("secret", settings.token)
        self.assertNotIn("secret", repr(settings))

    def test_an_empty_token_is_none(self) -> None:
        os.environ[TOKEN] = ""
        self.assertIsNone(self.make()[1].token)


class SmallTests(SynchronousTestCase):
    def test_stopping_waits_for_the_answer(self) -> None:
        reactor = MemoryReactorClock()
        stops: list[int] = []
        self.assertEqual("stopping", stop_soon(reactor, lambda: stops.append(1)))
        self.assertEqual([], stops)
        reactor.advance(0)
        self.assertEqual([1], stops)

    def test_stopping_by_itself_stops_the_process(self) -> None:
        reactor = MemoryReactorClock()
        stopped: list[Any] = []
        self.patch(process, "stop", stopped.append)
        stop_soon(reactor)
        reactor.advance(0)
        self.assertEqual([reactor], stopped)

    def test_of_many_the_last_are_listed(self) -> None:
        self.assertEqual({"1": "a"}, listed({1: "a"}))
        many = listed({number: number for number in range(LISTED + 7)})
        self.assertEqual((LISTED, "7"), (len(many), next(iter(many))))

    def test_a_moment(self) -> None:
        self.assertEqual("2023-11-14 22:13:20 UTC", moment(1_700_000_000.9))
