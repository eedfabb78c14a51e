"""L{netsim.status.handler}: what of C{logging} is forwarded, and what is not."""

from __future__ import annotations

import io
import logging
import threading
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.status.handler import LogHandler, level_name

Said = tuple[str, str, str, float | None]


class HandlerTestCase(SynchronousTestCase):
    """
    C{logging} as in a new program.

    @ivar said: what was forwarded.
    @ivar stderr: what was printed.
    """

    def setUp(self) -> None:
        self.root = logging.getLogger()
        self.patch(self.root, "handlers", [])
        self.patch(self.root, "level", logging.WARNING)
        self.patch(self.root.manager, "loggerDict", {})
        self.root.manager._clear_cache()  # type: ignore[attr-defined]
        self.addCleanup(self.root.manager._clear_cache)  # type: ignore[attr-defined]
        self.stderr = io.StringIO()
        last = logging.StreamHandler(self.stderr)
        last.setLevel(logging.WARNING)
        self.patch(logging, "lastResort", last)
        self.patch(logging, "raiseExceptions", False)
        self.said: list[Said] = []

    def say(self, level: str, message: str, whom: str, time: float | None) -> None:
        self.said.append((level, message, whom, time))

    def start(self, level: int | str = logging.INFO, say: Any = None) -> LogHandler:
        handler = LogHandler(say or self.say, level)
        handler.start()
        self.addCleanup(handler.stop)
        return handler

    @property
    def messages(self) -> list[str]:
        return [message for _, message, _, _ in self.said]


class ForwardTests(HandlerTestCase):
    def test_a_record(self) -> None:
        """Its level, its text, its logger and its time."""
        self.start()
        logging.getLogger("a.b").warning("%d of %s", 3, "these")
        [(level, message, whom, time)] = self.said
        self.assertEqual(("warning", "3 of these", "a.b"), (level, message, whom))
        self.assertIsInstance(time, float)

    def test_levels(self) -> None:
        for number, name in (
            (1, "debug"),
            (logging.DEBUG, "debug"),
            (logging.INFO, "info"),
            (25, "info"),
            (logging.WARNING, "warning"),
            (logging.ERROR, "error"),
            (logging.CRITICAL, "critical"),
            (1000, "critical"),
        ):
            self.assertEqual(name, level_name(number))

    def test_the_least_level(self) -> None:
        self.start("ERROR")
        self.root.setLevel(logging.DEBUG)
        logging.getLogger("a").warning("less")
        logging.getLogger("a").error("enough")
        self.assertEqual(["enough"], self.messages)
        self.assertRaises(ValueError, LogHandler, self.say, "LOUD")

    def test_an_exception(self) -> None:
        self.start()
        try:
            {}["gone"]
        except KeyError:
            logging.getLogger("a").exception("it failed")
        logging.getLogger("a").error("here", stack_info=True)
        failed, here = self.messages
        self.assertTrue(failed.startswith("it failed\nTraceback"), failed)
        self.assertTrue(failed.endswith("KeyError: 'gone'"), failed)
        self.assertTrue(here.startswith("here\nStack"), here)

    def test_a_mistake_in_the_call(self) -> None:
        """What can be told is told."""
        self.start()
        logging.getLogger("a").error("%d of them", "three")
        self.assertEqual(["%d of them ('three',)"], self.messages)

    def test_objects_that_cannot_be_shown(self) -> None:
        class Broken:
            def __repr__(self) -> str:
                raise ValueError("no")

        self.start()
        logging.getLogger("a").error("%s", Broken())
        logging.getLogger("a").error(Broken())
        self.assertEqual(["%s (arguments that cannot be shown)"], self.messages)

    def test_what_the_link_says_stays_here(self) -> None:
        self.start()
        for whom in ("netsim.status.link", "netsim.status", "autobahn.x", "txaio", "twisted"):
            logging.getLogger(whom).error("lost")
        self.assertEqual([], self.said)
        logging.getLogger("netsim.statuses").error("another")
        self.assertEqual(["another"], self.messages)

    def test_what_is_logged_meanwhile_is_not_forwarded(self) -> None:
        """Else saying something would say something, and so on; other threads are heard."""

        def say(level: str, message: str, whom: str, time: float | None) -> None:
            self.say(level, message, whom, time)
            logging.getLogger("a").info("sending it")

        self.start(say=say)
        logging.getLogger("a").info("x")
        thread = threading.Thread(target=logging.getLogger("a").info, args=["y"])
        thread.start()
        thread.join()
        self.assertEqual(["x", "y"], self.messages)

    def test_a_broken_link(self) -> None:
        """Whoever logs hears nothing of it, and it is tried again."""
        outcomes: list[Exception | None] = [ValueError(), None]

        def say(level: str, message: str, whom: str, time: float | None) -> None:
            if (error := outcomes.pop(0)) is not None:
                raise error
            self.say(level, message, whom, time)

        self.start(say=say)
        logging.getLogger("a").info("one")
        logging.getLogger("a").info("two")
        self.assertEqual(["two"], self.messages)
        self.assertEqual("", self.stderr.getvalue())


class UnconfiguredTests(HandlerTestCase):
    """A program that has not set up logging."""

    def test_the_level_is_reached(self) -> None:
        """Until it is stopped; then all is as it was."""
        handler = self.start()
        logging.getLogger("a").info("x")
        logging.getLogger("a").debug("y")
        self.assertEqual(["x"], self.messages)
        handler.stop()
        self.assertEqual((logging.WARNING, []), (self.root.level, self.root.handlers))
        logging.getLogger("a").error("z")
        self.assertEqual(["x"], self.messages)

    def test_stderr(self) -> None:
        """Warnings are printed as without this handler; nothing else is."""
        self.start()
        logging.getLogger("a").info("info")
        logging.getLogger("a").warning("warning")
        logging.getLogger("netsim.status").warning("no daemon")
        self.assertEqual("warning\nno daemon\n", self.stderr.getvalue())

    def test_a_handler_that_comes_later(self) -> None:
        """Then it prints."""
        self.start()
        own = io.StringIO()
        logging.getLogger("a").addHandler(logging.StreamHandler(own))
        logging.getLogger("a").warning("x")
        self.root.addHandler(logging.StreamHandler(own))
        logging.getLogger("b").warning("y")
        self.assertEqual(("x\ny\n", ""), (own.getvalue(), self.stderr.getvalue()))

    def test_a_level_that_was_set_meanwhile(self) -> None:
        """It stays."""
        handler = self.start()
        self.root.setLevel(logging.ERROR)
        handler.stop()
        self.assertEqual(logging.ERROR, self.root.level)

    def test_stop_twice(self) -> None:
        handler = self.start()
        handler.stop()
        self.root.setLevel(logging.INFO)
        handler.stop()
        self.assertEqual(logging.INFO, self.root.level)


class ConfiguredTests(HandlerTestCase):
    """A program that has set up logging."""

    def test_it_stays_as_it_is(self) -> None:
        own = io.StringIO()
        self.root.addHandler(logging.StreamHandler(own))
        handler = self.start()
        logging.getLogger("a").info("info")
        logging.getLogger("a").warning("warning")
        self.assertEqual(["warning"], self.messages)
        self.assertEqual(("warning\n", ""), (own.getvalue(), self.stderr.getvalue()))
        handler.stop()
        self.assertEqual(logging.WARNING, self.root.level)

    def test_only_a_level(self) -> None:
        self.root.setLevel(logging.DEBUG)
        self.start().stop()
        self.assertEqual(logging.DEBUG, self.root.level)
