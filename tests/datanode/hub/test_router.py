"""Tests for L{netsim.datanode.hub.router}."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import router as module
from netsim.datanode.hub.child import ERR, OUT
from netsim.datanode.hub.router import KILL_AFTER, UP_WITHIN, RouterProcess
from netsim.errors import RouterError

UP = "<crossbar.node.node.Node.boot>::NODE_BOOT_COMPLETE[node_id=1]"


class FakeChild:
    """A child that does what the test does."""

    def __init__(self, line: Any, ended: Any) -> None:
        self.line = line
        self.ended = ended
        self.sent: list[int] = []
        self.started: Any = None

    def start(self, *started: Any) -> None:
        self.started = started

    def send(self, number: int) -> None:
        self.sent.append(number)


class RouterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.children: list[FakeChild] = []
        self.patch(module, "Child", self.make_child)
        self.clock = Clock()
        self.directory = Path(self.mktemp())
        self.directory.mkdir(parents=True)
        self.heard: list[str] = []
        self.logged: list[str] = []
        globalLogPublisher.addObserver(self.observe)
        self.addCleanup(globalLogPublisher.removeObserver, self.observe)

    def observe(self, event: Any) -> None:
        if event["log_namespace"].startswith("netsim"):
            self.logged.append(event["log_format"].format(**event))

    def make_child(self, *arguments: Any) -> FakeChild:
        self.children.append(FakeChild(*arguments))
        return self.children[-1]

    @property
    def child(self) -> FakeChild:
        return self.children[-1]

    def start(self, verbose: bool = False) -> Deferred[None]:
        self.router = RouterProcess(
            self.clock,
            Path("/bin/crossbar"),
            self.directory,
            up=lambda: self.heard.append("up"),
            down=lambda: self.heard.append("down"),
            verbose=verbose,
            random=lambda: 0.0,
        )
        running = self.router.when_up()
        self.router.startService()
        return running

    def run_up(self) -> None:
        self.successResultOf(self.start_up())

    def start_up(self) -> Deferred[None]:
        running = self.start()
        self.child.line(OUT, UP)
        return running

    def test_start(self) -> None:
        """It is up when it says so."""
        running = self.start()
        reactor, words, directory, environment = self.child.started
        self.assertIs(reactor, self.clock)
        self.assertEqual(words[:4], ["/bin/crossbar", "start", "--cbdir", str(self.directory)])
        self.assertEqual(directory, self.directory)
        self.assertEqual(environment["PYTHONUNBUFFERED"], "1")
        self.child.line(OUT, "Booting node")
        self.assertNoResult(running)
        self.child.line(OUT, UP)
        self.successResultOf(running)
        self.assertEqual(self.heard, ["up"])
        self.assertEqual((self.logged, self.clock.getDelayedCalls()), ([], []))

    def test_older_words(self) -> None:
        running = self.start()
        self.child.line(OUT, "Ok, local node configuration ran successfully.")
        self.successResultOf(running)

    def test_does_not_start(self) -> None:
        """What it complained about is told, and it is not tried again."""
        running = self.start()
        self.child.line(ERR, "Invalid node configuration")
        self.child.line(ERR, "  File x")
        self.child.ended("exited with status 1")
        failure = self.failureResultOf(running, RouterError)
        self.assertEqual(
            failure.getErrorMessage(),
            "crossbar exited with status 1, and says:\n    Invalid node configuration",
        )
        self.assertEqual((self.heard, self.clock.getDelayedCalls()), ([], []))

    def test_late(self) -> None:
        """One that never comes to run is ended."""
        running = self.start()
        self.clock.advance(UP_WITHIN)
        self.assertEqual(self.child.sent, [signal.SIGKILL])
        self.child.ended("ended by SIGKILL")
        failure = self.failureResultOf(running, RouterError)
        self.assertIn("it does not run after 60 seconds", failure.getErrorMessage())

    def test_complaints(self) -> None:
        """They are logged once it runs; the rest of what it says is not."""
        running = self.start()
        self.child.line(ERR, "noise")
        self.child.line(OUT, UP)
        self.successResultOf(running)
        for where, text in ((OUT, "chatter"), (ERR, ""), (ERR, "trouble")):
            self.child.line(where, text)
        self.assertEqual(self.logged, ["crossbar: trouble"])

    def test_verbose(self) -> None:
        self.start(verbose=True).addErrback(lambda _: None)
        for text in ("one", UP, "two"):
            self.child.line(ERR, text)
        self.assertEqual(self.logged, ["crossbar: one", f"crossbar: {UP}", "crossbar: two"])

    def test_started_again(self) -> None:
        """After its end, at growing intervals, until it has held for a while."""
        self.run_up()
        (self.directory / "node.pid").write_text("{}")  # As of one that was killed.
        self.child.ended("ended by SIGKILL")
        self.assertEqual(self.heard, ["up", "down"])
        self.assertEqual(
            self.logged, ["crossbar ended by SIGKILL: it is started again in 0.5 seconds."]
        )
        self.clock.advance(0.5)
        self.assertEqual(len(self.children), 2)
        self.assertFalse((self.directory / "node.pid").exists())
        self.child.line(ERR, "bad day")
        self.child.ended("exited with status 1")
        self.assertEqual(
            self.logged[1:],
            [
                "crossbar exited with status 1: it is started again in 1.0 seconds."
                " It says:\n    bad day"
            ],
        )
        self.clock.advance(1)
        self.child.line(OUT, UP)
        self.assertEqual(self.heard, ["up", "down", "up"])
        self.clock.advance(60)
        self.child.ended("ended by SIGTERM")
        self.assertIn("in 0.5 seconds", self.logged[-1])

    def test_stop(self) -> None:
        """It has little time to end by itself; nothing that it says then is told."""
        self.run_up()
        stopping = self.router.stopService()
        self.assertEqual(self.child.sent, [signal.SIGTERM])
        self.child.line(ERR, "received SIGTERM")
        self.clock.advance(KILL_AFTER)
        self.assertEqual(self.child.sent, [signal.SIGTERM, signal.SIGKILL])
        self.assertNoResult(stopping)
        self.child.ended("ended by SIGKILL")
        self.successResultOf(stopping)
        self.assertEqual((self.heard, self.logged), (["up"], []))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stop_while_it_starts(self) -> None:
        """Who waits for it does so no longer by itself."""
        running = self.start()
        stopping = self.router.stopService()
        self.child.line(OUT, UP)
        self.child.ended("ended by SIGTERM")
        self.successResultOf(stopping)
        self.assertEqual((self.heard, len(self.children)), ([], 1))
        self.assertNoResult(running)

    def test_cancelled(self) -> None:
        """Nobody waits any longer when it is up."""
        running = self.start()
        running.addErrback(lambda _: None)
        running.cancel()
        self.child.line(OUT, UP)
        self.assertEqual(self.heard, ["up"])

    def test_stop_between(self) -> None:
        """While it waits to be started again."""
        self.run_up()
        self.child.ended("ended by SIGKILL")
        self.successResultOf(self.router.stopService())
        self.clock.advance(100)
        self.assertEqual(len(self.children), 1)
