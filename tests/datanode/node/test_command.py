"""Tests for L{netsim.datanode.node.command}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.command import LONGEST, Command
from netsim.errors import HostError
from tests.datanode.node.children import Child, Children


class CommandTests(SynchronousTestCase):
    """L{Command}."""

    def setUp(self) -> None:
        self.reactor = Children()

    def start(self) -> tuple[Command, Child]:
        command = Command(self.reactor, ["/usr/bin/sensors", "-u"], 2.0)
        return command, self.reactor.children[-1]

    def check_failed(self, command: Command, reason: str) -> None:
        self.assertEqual(reason, str(self.failureResultOf(command.output, HostError).value))
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_output(self) -> None:
        """What it prints is known when it has ended."""
        command, child = self.start()
        child.protocol.childDataReceived(1, b"one ")
        self.assertNoResult(command.output)
        child.end("two \udcff".encode("utf-8", "replace").decode(), "a warning")
        self.assertEqual("one two ?", self.successResultOf(command.output))
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_environment(self) -> None:
        """It speaks English, and finds what this process finds."""
        _, child = self.start()
        self.assertEqual(["/usr/bin/sensors", "-u"], child.words)
        self.assertEqual("C", child.environment["LC_ALL"])
        self.assertIn("PATH", child.environment)

    def test_failed(self) -> None:
        """It says why it has failed, or its status tells."""
        command, child = self.start()
        child.end("some", "No sensors found!\n", 1)
        self.check_failed(command, "sensors has failed: No sensors found!")
        command, child = self.start()
        child.end(status=3)
        reason = self.failureResultOf(command.output, HostError).getErrorMessage()
        self.assertIn("exit code 3", reason)

    def test_tooLong(self) -> None:
        """It is killed when it takes too long; its end is waited for."""
        command, child = self.start()
        self.reactor.advance(1.9)
        self.assertFalse(child.is_killed)
        self.reactor.advance(0.2)
        self.assertTrue(child.is_killed)
        self.assertNoResult(command.output)
        child.end()
        self.check_failed(command, "sensors took too long")

    def test_killedTooLate(self) -> None:
        """One that is gone already cannot be killed."""
        command, child = self.start()
        child.end("all")
        command.kill()
        self.assertEqual("all", self.successResultOf(command.output))

    def test_cannotStart(self) -> None:
        """A system that starts no process says why."""
        self.reactor.error = OSError(11, "Resource temporarily unavailable")
        command = Command(self.reactor, ["/usr/bin/sensors"], 2.0)
        self.check_failed(command, "sensors cannot be started: Resource temporarily unavailable")

    def test_much(self) -> None:
        """Of a flood the beginning is read."""
        command, child = self.start()
        for _ in range(3):
            child.protocol.childDataReceived(1, b"x" * (LONGEST // 2 + 1))
        child.end()
        self.assertEqual(LONGEST, len(self.successResultOf(command.output)))
