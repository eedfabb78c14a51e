"""Tests for L{netsim.replay.verdict}."""

from __future__ import annotations

from twisted.internet.testing import EventLoggingObserver
from twisted.logger import LogLevel, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.replay.verdict import Tally, Verdict

PASSED = Verdict("127.0.0.1:5", 3)
FAILED = Verdict("[::1]:5", 2, "exchange 2: {odd}\n  wanted    x")
LEFT = Verdict("unix:a", 1, "exchange 1: the client left", incomplete=True)


class TallyTests(SynchronousTestCase):
    """Each verdict is counted, logged and passed on."""

    def counted(self, tally: Tally) -> tuple[int, int]:
        """Add one verdict of each kind; how many sessions passed, and how many failed."""
        self.logged = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)
        for verdict in (PASSED, FAILED, LEFT):
            tally.add(verdict)
        return tally.passed, tally.failed

    def lines(self, level: LogLevel) -> list[str]:
        """What was logged at this level."""
        return [formatEvent(event) for event in self.logged if event["log_level"] == level]

    def test_strict(self) -> None:
        """A client that leaves early has failed."""
        self.assertEqual((1, 2), self.counted(Tally()))
        self.assertEqual(["127.0.0.1:5: played to the end, 3 exchanges"], self.lines(LogLevel.info))
        self.assertEqual(
            [
                "[::1]:5: failed in exchange 2: {odd}\n  wanted    x",
                "unix:a: failed in exchange 1: the client left",
            ],
            self.lines(LogLevel.error),
        )

    def test_lenient(self) -> None:
        """Or it has not, and the log tells of it."""
        self.assertEqual((2, 1), self.counted(Tally(allow_incomplete=True)))
        self.assertEqual(
            "unix:a: left early, in exchange 1: the client left, 1 exchanges",
            self.lines(LogLevel.info)[1],
        )

    def test_heard(self) -> None:
        """Somebody may listen."""
        verdicts: list[Verdict] = []
        self.counted(Tally(heard=verdicts.append))
        self.assertEqual([PASSED, FAILED, LEFT], verdicts)

    def test_retract(self) -> None:
        """A pass can be taken back."""
        tally = Tally()
        tally.add(PASSED)
        tally.retract()
        self.assertEqual((0, 0), (tally.passed, tally.failed))

    def test_last_failure(self) -> None:
        """It is the last one that counts as one."""
        tally = Tally(allow_incomplete=True)
        self.assertIsNone(tally.last_failure)
        self.counted(tally)
        self.assertEqual(FAILED, tally.last_failure)
