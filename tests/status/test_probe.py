"""L{netsim.status.probe}."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.probe import ANSWER_WITHIN, ASK_EVERY, Probe


class FakeConnection:
    """Counts."""

    def __init__(self) -> None:
        self.pings = self.aborts = 0

    def ping(self, payload: bytes) -> None:
        """Ask."""
        self.pings += 1

    def abort(self) -> None:
        """Give up."""
        self.aborts += 1


class ProbeTests(SynchronousTestCase):
    """Pings tell what has arrived, and who is gone."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.connection: Any = FakeConnection()
        self.arrived = 0
        self.probe = Probe(self.clock, self.connection, self.count)

    def count(self) -> None:
        self.arrived += 1

    def test_one(self) -> None:
        """There is one question at a time."""
        self.assertTrue(self.probe.ask())
        self.assertFalse(self.probe.ask())
        self.assertEqual((1, 0), (self.connection.pings, self.arrived))
        self.probe.answered()
        self.assertEqual(1, self.arrived)
        self.assertTrue(self.probe.ask())

    def test_unasked(self) -> None:
        """A pong that nobody asked for means nothing."""
        self.probe.answered()
        self.assertEqual(0, self.arrived)

    def test_regularly(self) -> None:
        """Where nobody asks, it is asked from time to time."""
        self.probe.ask()
        self.probe.answered()
        self.clock.advance(ASK_EVERY - 1)
        self.assertEqual(1, self.connection.pings)
        self.clock.advance(1)
        self.assertEqual(2, self.connection.pings)

    def test_gone(self) -> None:
        """One that has answered before, and does not any more, is gone."""
        self.probe.ask()
        self.probe.answered()
        self.probe.ask()
        self.clock.advance(ANSWER_WITHIN - 1)
        self.assertEqual(0, self.connection.aborts)
        self.clock.advance(1)
        self.assertEqual((1, 1), (self.connection.aborts, self.arrived))

    def test_mute(self) -> None:
        """One that never answers is taken at its word: nothing else can be known."""
        self.probe.ask()
        self.clock.advance(ANSWER_WITHIN)
        self.assertEqual((0, 1), (self.connection.aborts, self.arrived))
        self.assertTrue(self.probe.ask())

    def test_stop(self) -> None:
        """Nothing is left running."""
        self.probe.stop()
        self.probe.ask()
        self.probe.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
        self.probe.ask()
        self.probe.answered()
        self.probe.stop()
        self.assertEqual([], self.clock.getDelayedCalls())
