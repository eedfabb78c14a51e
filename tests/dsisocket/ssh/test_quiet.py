"""L{netsim.dsisocket.ssh.quiet}."""

from __future__ import annotations

from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.quiet import QuietLog


class QuietLogTests(SynchronousTestCase):
    """Tests of L{QuietLog}."""

    def test_steps_are_not_told(self) -> None:
        """Nothing below a warning is logged."""
        log = QuietLog("here")
        with capturedLogs() as events:
            log.debug("a {thing}", thing=1)
            log.info("a {thing}", thing=2)
        self.assertEqual([], list(events))

    def test_the_rest_is(self) -> None:
        """Warnings, errors and mistakes are, with their values."""
        log = QuietLog("here")
        with capturedLogs() as events:
            log.warn("one {thing}", thing=1)
            log.error("two {thing}", thing=2)
            try:
                raise ValueError("three")
            except ValueError:
                log.failure("three")
        self.assertEqual(
            [LogLevel.warn, LogLevel.error, LogLevel.critical],
            [event["log_level"] for event in events],
        )
        self.assertEqual([1, 2], [event["thing"] for event in events[:2]])
        self.assertEqual({"here"}, {event["log_namespace"] for event in events})
        self.assertEqual(1, len(self.flushLoggedErrors(ValueError)))
