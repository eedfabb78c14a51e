"""Tests for L{tests.summary}."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.summary import count, main

RAN = "-" * 79 + "\nRan 9 tests in 0.012s\n\n"


class CountTests(SynchronousTestCase):
    """The last verdict of trial's output is counted."""

    def test_passed(self) -> None:
        """A clean run has only successes."""
        self.assertEqual(count(RAN + "PASSED (successes=9)\n"), (9, 0, 0))

    def test_errorsAreFailures(self) -> None:
        """Failures, errors and unexpected successes have all failed."""
        verdict = "FAILED (failures=1, errors=2, unexpectedSuccesses=3, successes=3)\n"
        self.assertEqual(count(RAN + verdict), (3, 6, 0))

    def test_expectedFailuresAreSkipped(self) -> None:
        """A test that was expected to fail has shown nothing."""
        verdict = "PASSED (skips=2, expectedFailures=1, successes=6)\n"
        self.assertEqual(count(RAN + verdict), (6, 0, 3))

    def test_lastVerdict(self) -> None:
        """What a test itself prints does not count."""
        output = "FAILED (errors=1)\n" + RAN + "PASSED (successes=9)\n"
        self.assertEqual(count(output), (9, 0, 0))

    def test_noTests(self) -> None:
        """Trial's verdict on no tests has no counts."""
        self.assertEqual(count("Ran 0 tests in 0.000s\n\nPASSED\n"), (0, 0, 0))

    def test_noVerdict(self) -> None:
        """A run that never came to its verdict is a failure."""
        self.assertEqual(count("Traceback (most recent call last):\n"), (0, 1, 0))


class MainTests(SynchronousTestCase):
    """The count is one line, and a failure the exit status."""

    def runMain(self, *logs: Path) -> tuple[int, str]:
        out = StringIO()
        with redirect_stdout(out):
            status = main(*logs)
        return status, out.getvalue()

    def test_passed(self) -> None:
        """Nothing failed: status 0."""
        log = Path(self.mktemp())
        log.write_text(RAN + "PASSED (skips=1, successes=8)\n")
        self.assertEqual(self.runMain(log), (0, "8 passed, 0 failed, 1 skipped\n"))

    def test_noLog(self) -> None:
        """Trial never started: status 1."""
        log = Path(self.mktemp())
        self.assertEqual(self.runMain(log), (1, "0 passed, 1 failed, 0 skipped\n"))

    def test_severalRuns(self) -> None:
        """They are counted together; one that never started is a failure."""
        logs = [Path(self.mktemp()) for _ in range(3)]
        for log in logs[:2]:
            log.write_text(RAN + "PASSED (skips=1, successes=8)\n")
        self.assertEqual(self.runMain(*logs[:2]), (0, "16 passed, 0 failed, 2 skipped\n"))
        self.assertEqual(self.runMain(*logs), (1, "16 passed, 1 failed, 2 skipped\n"))
