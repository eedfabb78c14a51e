"""Tests for L{netsim.simulator.hosted}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.hosted import Hosted
from netsim.simulator.messages import Status
from netsim.simulator.model import Entry, Place
from tests.simulator.hosting import FakeSimulator


class StatusTests(SynchronousTestCase):
    def test_status(self) -> None:
        """While it starts, the addresses are those that it wants; then those that it has."""
        entries = [
            Entry(Place("127.0.0.1", 0), Place("127.0.0.1", 2)),
            Entry(Place("localhost", 3), datagram=True),
        ]
        simulator = FakeSimulator("ifd", ports=[7, 2])
        simulator.entries = entries
        hosted = Hosted(simulator, "if_distributor", 5)
        wanted = ("127.0.0.1:0", "127.0.0.1:2", "udp:127.0.0.1:3")
        starting = Status("ifd", "if_distributor", 2, wanted, 0, None, 5)
        self.assertEqual(starting, hosted.status(100))
        self.successResultOf(simulator.open())
        simulator.clients, simulator.skipped, simulator.missed = 4, 6, 8
        hosted.since = 100
        there = ("127.0.0.1:7", "127.0.0.1:2")
        self.assertEqual(
            Status("ifd", "if_distributor", 2, there, 4, 23, 5, 6, 8),
            hosted.status(123),
        )
