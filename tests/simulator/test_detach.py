"""Tests for L{netsim.simulator.detach}: with a program that does what a simulator does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError
from netsim.simulator.detach import Detached

READY = "print('x listening on y'); print('up', flush=True);"
LEAVE = "import os; os.dup2(2, 1);"
WAIT = "import time; time.sleep(60)"
CRITICAL = "import sys; print('now [a.b#info] x\\nnow [a.b#critical] no', file=sys.stderr);"


class DetachTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.log = Path(self.mktemp())

    def detached(self, code: str) -> Detached:
        """A program to be started."""
        return Detached([sys.executable, "-ISc", code], self.log)

    def failed(self, code: str) -> str:
        """Why one does not start."""
        detached = self.detached(code)
        error = self.assertRaises(HostError, list, detached.start())
        self.assertTrue(detached.failed)
        return str(error)

    def test_ready(self) -> None:
        """Lines are given until it lets go of its stdout; what it prints then is in its log."""
        detached = self.detached(f"{READY}{LEAVE}print('later', os.getsid(0) == os.getpid())")
        self.assertEqual(["x listening on y", "up"], list(detached.start()))
        self.assertFalse(detached.failed)

    def test_reason(self) -> None:
        """One that ends before gives its reason, and not one of an earlier start."""
        self.log.write_text("now [a.b#critical] before\n")
        self.assertEqual("no", self.failed(CRITICAL))
        self.assertIn("before", self.log.read_text())

    def test_said(self) -> None:
        """One that says itself why needs no other words."""
        detached = self.detached("import sys; print('already running'); sys.exit(1)")
        self.assertEqual(["already running"], list(detached.start()))
        self.assertTrue(detached.failed)

    def test_noLog(self) -> None:
        """One that does not come so far as to log is told as it is."""
        self.assertRegex(self.failed("1 / 0"), r"(?s)\ATraceback.*ZeroDivisionError: .*\Z")

    def test_noReason(self) -> None:
        """Where there is no reason, the log is named."""
        self.log.write_text("now [a.b#critical] before\n")
        self.assertIn(str(self.log), self.failed("pass"))

    def test_nowhere(self) -> None:
        """A log that cannot be written is told."""
        self.log = self.log / "inner"
        error = self.assertRaises(HostError, list, self.detached("pass").start())
        self.assertIn("No such file or directory", str(error))

    def test_interrupted(self) -> None:
        """Whoever stops waiting stops it."""
        code = f"import os; print(os.getpid(), flush=True); {WAIT}"
        lines = self.detached(code).start()
        pid = int(next(lines))
        self.assertRaises(KeyboardInterrupt, lines.throw, KeyboardInterrupt())
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
