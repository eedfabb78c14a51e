"""Tests for L{netsim.datanode.scanner.service}."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.python.failure import Failure
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.datanode import sqloptions
from netsim.datanode.scanner import service
from netsim.datanode.scanner.scan import Report
from netsim.datanode.scanner.service import RETRY, STOP_WITHIN, Options, ScannerService
from netsim.errors import DatabaseError


class ServiceTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.environment = {"HOME": str(self.directory)}
        self.patch(sqloptions.os, "environ", self.environment)
        self.patch(service.options, "find_spec", lambda name: mock.sentinel.found)

    def options(self, *arguments: str) -> Options:
        parsed = Options()
        parsed.parseOptions([f"--data-directory={self.directory}", *arguments])
        return parsed


class OptionsTests(ServiceTestCase):
    def refused(self, *arguments: str) -> str:
        return str(self.assertRaises(UsageError, self.options, *arguments))

    def test_defaults(self) -> None:
        """Once an hour, into a file of the user."""
        config = self.options()
        self.assertEqual((config["interval"], config["once"]), (3600.0, 0))
        self.assertTrue(config.url.database.endswith("netsim/housekeeping.sqlite"))

    def test_environment(self) -> None:
        """The variables of the document."""
        more = {"DATA_DIRECTORY": str(self.directory), "SCAN_INTERVAL": "60", "SQL_HOST": "h",
                "SQL_USER": "u", "SQL_DB": "d"}  # fmt: skip
        self.environment |= more
        parsed = Options()
        parsed.parseOptions([])
        self.assertEqual((parsed["data-directory"], parsed["interval"]), (self.directory, 60.0))
        self.assertEqual(parsed.url.host, "h")

    def test_refused(self) -> None:
        self.assertIn("no directory /nowhere", self.refused("--data-directory=/nowhere"))
        for value in ("0", "-1", "x"):
            self.assertIn("--interval", self.refused(f"--interval={value}"))
        self.assertIn("--database", self.refused("--database=oracle://h/n"))

    def test_without_the_extra(self) -> None:
        found = lambda name: None if name == "so3g" else mock.sentinel.found  # noqa: E731
        self.patch(service.options, "find_spec", found)
        self.assertIn("pip install 'netsim[g3]'", self.refused())


class FakeWorker:
    """Does what it is told when the test says so."""

    def __init__(self, reactor: Any, name: str) -> None:
        self.waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.stopped = 0

    def submit(self, function: Callable[[], Any]) -> Deferred[Any]:
        result: Deferred[Any] = Deferred()
        self.waiting.append((function, result))
        return result

    def stop(self) -> None:
        self.stopped += 1


class ScannerTests(ServiceTestCase):
    def make(self, *arguments: str) -> ScannerService:
        self.patch(service, "Worker", FakeWorker)
        self.patch(service, "random", lambda: 0.0)
        self.clock = Clock()
        self.clock.stop = mock.Mock()  # type: ignore[attr-defined]
        self.clock.callWhenRunning = lambda call, *args: call(*args)  # type: ignore[attr-defined]
        self.status = mock.Mock()
        self.patch(process, "set_exit_status", self.status)
        made = ScannerService(self.options("--database=x.sqlite", *arguments), self.clock)
        self.worker: Any = made._worker
        made.ready()
        return made

    def ends(self, outcome: Any = None, took: float = 0.0) -> str:
        """A scan ends; what is logged."""
        self.clock.advance(took)
        with capturedLogs() as logged:
            self.worker.waiting.pop()[1].callback(outcome or Report(3, 2))
        return " ".join(str(formatEvent(event)) for event in logged)

    def fails(self, error: Exception) -> str:
        return self.ends(Failure(error))

    def waits(self) -> float | None:
        """Seconds until the next scan."""
        calls = self.clock.getDelayedCalls()
        return calls[0].getTime() - self.clock.seconds() if calls else None

    def test_interval(self) -> None:
        """Scans begin at the interval, however long each takes."""
        self.make("--interval=60")
        told = self.ends(took=10.0)
        self.assertEqual(told, f"{self.directory}: 3 files, 2 read, in 10.0 seconds")
        self.assertEqual(self.waits(), 50.0)
        self.clock.advance(50.0)
        self.ends(took=70.0)
        self.clock.advance(0.0)
        self.assertEqual(len(self.worker.waiting), 1)

    def test_one_at_a_time(self) -> None:
        """None begins before the one before has ended."""
        self.make("--interval=1")
        self.clock.advance(100.0)
        self.assertEqual(len(self.worker.waiting), 1)

    def test_failures(self) -> None:
        """A database that is away is tried again soon, then not that soon; never less often than
        the interval."""
        self.make("--interval=3")
        delays = []
        for error in (DatabaseError("gone"), FileNotFoundError(2, "No such file"), OSError()):
            self.assertIn("cannot scan: ", self.fails(error))
            delays.append(self.waits())
            self.clock.advance(3.0)
        self.assertEqual(delays, [1.0, 2.0, 3.0])
        self.status.assert_not_called()

    def test_long_failures(self) -> None:
        self.make()
        for _ in range(10):
            told = self.fails(DatabaseError("gone"))
            delay = self.waits() or 0.0
            self.clock.advance(delay)
        self.assertEqual(delay, RETRY)
        self.assertEqual(told, "cannot scan: gone; tried again in 60 seconds")
        self.ends()
        self.clock.advance(3600.0)
        self.fails(DatabaseError("gone"))
        self.assertEqual(self.waits(), 1.0)

    def test_mistakes(self) -> None:
        """They are logged, and the service goes on."""
        self.make("--interval=7")
        self.assertIn("A mistake in the code", self.fails(ZeroDivisionError()))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.waits(), 7.0)

    def test_once(self) -> None:
        """The process ends with 0, or with 1 if it could not be done."""
        for outcome, status in ((Report(), 0), (Failure(DatabaseError("x")), 1),
                                (Failure(ZeroDivisionError()), 1)):  # fmt: skip
            self.make("--once")
            self.ends(outcome)
            self.status.assert_called_once_with(status)
            self.clock.stop.assert_called_once_with()  # type: ignore[attr-defined]
            self.assertIsNone(self.waits())
        self.flushLoggedErrors(ZeroDivisionError)

    def test_stops_between_scans(self) -> None:
        made = self.make()
        self.ends()
        self.successResultOf(made.stopService())
        self.assertEqual((self.waits(), self.worker.stopped), (None, 1))

    def test_stops_amidst_a_scan(self) -> None:
        """The scan is told, and waited for a little."""
        made = self.make("--once")
        stopped = made.stopService()
        self.assertTrue(made._is_stopping)
        self.assertNoResult(stopped)
        self.ends()
        self.successResultOf(stopped)
        self.assertIsNone(self.waits())
        self.status.assert_not_called()

    def test_stops_without_the_scan(self) -> None:
        """One that hangs is left."""
        stopped = self.make().stopService()
        self.clock.advance(STOP_WITHIN)
        self.successResultOf(stopped)
        self.assertIsNone(self.waits())
        self.ends()
        self.assertIsNone(self.waits())

    def test_ready(self) -> None:
        """The ready line tells directory and database, and no password."""
        self.environment["SQL_PASSWD"] = "s3cret"
        for arguments, place in (((), "sqlite:///x.sqlite"), (
            ("--database=mysql://u@h/n",), "mysql+pymysql://u:***@h/n")):  # fmt: skip
            made = self.make(*arguments)
            with mock.patch.object(process, "print_ready") as printed:
                self.assertEqual(self.successResultOf(made.listen()), [])
                made.announce([])
            printed.assert_called_once_with(
                f"netsim-scanner scanning {self.directory} into {place}"
            )

    def test_scan(self) -> None:
        """A real one, of a directory without files."""
        made = self.make(f"--database={self.directory / 'x.sqlite'}")
        run, _ = self.worker.waiting.pop()
        self.assertEqual(run(), Report())
        made._database.close()
        self.assertTrue((self.directory / "x.sqlite").exists())
