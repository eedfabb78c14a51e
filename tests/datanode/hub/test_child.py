"""Tests for L{netsim.datanode.hub.child}; the hub's integration tests run real ones."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import child as module
from netsim.datanode.hub.child import ERR, LONGEST, OUT, Child

PID = 2**22 + 7
"""No process has such a number."""


class FakeReactor:
    """
    Starts nothing.

    @ivar spawned: what was to be started.
    """

    def __init__(self) -> None:
        self.spawned: list[Any] = []
        self.pid = PID
        self.stdin = True

    def spawnProcess(self, protocol: Any, *spawned: Any) -> None:
        self.spawned = list(spawned)
        protocol.makeConnection(self)

    def closeStdin(self) -> None:
        self.stdin = False


class ChildTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.lines: list[tuple[int, str]] = []
        self.ended: list[str] = []
        self.sent: list[tuple[str, int, int]] = []
        self.groups = {PID}
        self.patch(module.os, "killpg", self.killpg)
        self.patch(module.os, "kill", lambda pid, number: self.sent.append(("pid", pid, number)))
        self.reactor = FakeReactor()
        self.child = Child(lambda where, text: self.lines.append((where, text)), self.ended.append)
        self.child.start(self.reactor, ["/bin/router", "start"], Path("/place"), {"A": "B"})

    def killpg(self, group: int, number: int) -> None:
        if group not in self.groups:
            raise ProcessLookupError
        self.sent.append(("group", group, number))

    def end(self, reason: Exception) -> None:
        self.child.processExited(Failure(reason))
        self.child.processEnded(Failure(reason))

    def test_start(self) -> None:
        """In a session of its own, where it is told, and with nothing to read."""
        program, words, environment, directory = self.reactor.spawned
        self.assertEqual((program, words[0]), (sys.executable, sys.executable))
        self.assertIn("os.setsid()", words[2])
        self.assertEqual(words[3:], ["/bin/router", "start"])
        self.assertEqual((environment, directory), ({"A": "B"}, "/place"))
        self.assertFalse(self.reactor.stdin)

    def test_lines(self) -> None:
        """However they come; the last one needs no end."""
        self.child.childDataReceived(OUT, b"one\ntw")
        self.child.childDataReceived(ERR, b"bad\r\n\xff\n")
        self.child.childDataReceived(OUT, b"o\nthree")
        self.assertEqual(self.lines, [(OUT, "one"), (ERR, "bad"), (ERR, "\ufffd"), (OUT, "two")])
        self.end(ProcessDone(0))
        self.assertEqual(self.lines[4:], [(OUT, "three")])

    def test_endless_line(self) -> None:
        """It is not kept for ever."""
        self.child.childDataReceived(OUT, b"x" * LONGEST)
        self.assertEqual(self.lines, [])
        self.child.childDataReceived(OUT, b"xy")
        self.assertEqual(self.lines, [(OUT, "x" * (LONGEST + 1) + "y")])

    def test_end(self) -> None:
        """Those that it started end with it."""
        self.end(ProcessTerminated(signal=signal.SIGKILL))
        self.assertEqual(self.ended, ["ended by SIGKILL"])
        self.assertEqual(self.sent, [("group", PID, signal.SIGKILL)])
        self.child.send(signal.SIGTERM)
        self.assertEqual(len(self.sent), 1)

    def test_status(self) -> None:
        self.end(ProcessTerminated(exitCode=3))
        self.assertEqual(self.ended, ["exited with status 3"])

    def test_success(self) -> None:
        self.end(ProcessDone(0))
        self.assertEqual(self.ended, ["exited with status 0"])

    def test_signals(self) -> None:
        """All of it gets them; one that is so new that it has no group, too."""
        self.child.send(signal.SIGTERM)
        self.groups.clear()
        self.child.send(signal.SIGTERM)
        self.assertEqual(self.sent, [("group", PID, signal.SIGTERM), ("pid", PID, signal.SIGTERM)])

    def test_gone(self) -> None:
        """Nobody is left to get a signal."""

        def kill(pid: int, number: int) -> None:
            raise ProcessLookupError

        self.groups.clear()
        self.patch(module.os, "kill", kill)
        self.child.send(signal.SIGTERM)
        self.assertEqual(self.sent, [])
