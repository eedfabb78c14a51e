"""L{netsim.status.observer}: what of the log is forwarded, and what is not."""

from __future__ import annotations

from typing import Any

from twisted.logger import ILogObserver, Logger, LogLevel, globalLogPublisher
from twisted.python import log as legacy
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.status.observer import LogObserver


class ObserverTests(SynchronousTestCase):
    """
    One observer that was started.

    @ivar said: what it has forwarded: level, message and whom.
    """

    def setUp(self) -> None:
        self.said: list[tuple[str, str, str]] = []
        self.times: list[float | None] = []
        self.observer = LogObserver(self.say)
        self.observer.start()
        self.addCleanup(self.observer.stop)

    def say(self, level: str, message: str, whom: str, time: float | None) -> None:
        self.said.append((level, message, whom))
        self.times.append(time)

    def test_it_is_an_observer(self) -> None:
        verifyObject(ILogObserver, self.observer)

    def test_levels_have_the_names_of_the_wire(self) -> None:
        log = Logger("mine")
        for level in LogLevel.iterconstants():
            log.emit(level, "{a}", a=level.name)
        self.assertEqual(
            [
                ("debug", "debug", "mine"),
                ("info", "info", "mine"),
                ("warning", "warn", "mine"),
                ("error", "error", "mine"),
                ("critical", "critical", "mine"),
            ],
            self.said,
        )

    def test_the_time_is_that_of_the_event(self) -> None:
        self.observer({"log_format": "x", "log_namespace": "mine", "log_time": 12.5})
        self.assertEqual([12.5], self.times)

    def test_a_failure_is_told_with_its_traceback(self) -> None:
        try:
            {}["gone"]
        except KeyError:
            Logger("mine").failure("it failed")
        [(level, message, _)] = self.said
        self.assertEqual("critical", level)
        self.assertTrue(message.startswith("it failed\nTraceback"), message)
        self.assertIn("KeyError: 'gone'", message)
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_what_the_link_says_stays_here(self) -> None:
        for whom in ("netsim.status.link", "netsim.status", "autobahn.twisted", "txaio"):
            Logger(whom).error("lost")
        self.assertEqual([], self.said)
        Logger("netsim.statuses").error("another")
        self.assertEqual([("error", "another", "netsim.statuses")], self.said)

    def test_chatter_of_libraries_stays_here(self) -> None:
        for whom in ("twisted.web.client", "treq", "-"):
            Logger(whom).info("chatter")
            Logger(whom).debug("chatter")
            Logger(whom).warn("a warning")
        self.assertEqual(["a warning"] * 3, [message for _, message, _ in self.said])

    def test_what_twisted_says_in_the_old_way_stays_here(self) -> None:
        for text in (
            "Factory starting on 5000",
            "(TCP Port 5000 Closed)",
            "(UDP Port 5000 Closed)",
            "Starting factory <twisted.web.client._HTTP11ClientFactory object>",
            "Stopping factory <x>",
            "Main loop terminated.",
            "Received SIGTERM, shutting down.",
        ):
            legacy.msg(text)
        self.assertEqual([], self.said)
        legacy.msg("what a program says")
        self.assertEqual([("info", "what a program says", "log_legacy")], self.said)

    def test_whatever_happens_it_raises_nothing(self) -> None:
        broken: list[Any] = [{}, {"log_level": 3}, {"log_format": 7}, {"log_format": "{a.b}"}]
        for event in broken:
            self.observer(event)

        def fail(*_: object) -> None:
            raise ValueError("no link")

        LogObserver(fail)({"log_format": "x", "log_namespace": "mine"})

    def test_a_broken_link_is_tried_again(self) -> None:
        """One line that cannot be said does not silence those after it."""
        outcomes = iter([ValueError(), None])
        heard: list[str] = []

        def say(level: str, message: str, whom: str, time: float | None) -> None:
            if (error := next(outcomes)) is not None:
                raise error
            heard.append(message)

        observer = LogObserver(say)
        observer({"log_format": "one", "log_namespace": "mine"})
        observer({"log_format": "two", "log_namespace": "mine"})
        self.assertEqual(["two"], heard)

    def test_what_is_logged_meanwhile_is_not_forwarded(self) -> None:
        """Else saying something would say something, and so on."""
        heard: list[str] = []

        def say(level: str, message: str, whom: str, time: float | None) -> None:
            heard.append(message)
            Logger("somebody").info("sending it")

        observer = LogObserver(say)
        observer.start()
        self.addCleanup(observer.stop)
        Logger("mine").info("x")
        self.assertEqual(["x"], heard)

    def test_after_its_end_it_hears_nothing(self) -> None:
        self.observer.stop()
        Logger("mine").info("x")
        self.assertEqual([], self.said)
        self.assertNotIn(self.observer, globalLogPublisher._observers)
