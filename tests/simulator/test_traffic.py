"""L{netsim.simulator.traffic}: sums of what was sent."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.traffic import Traffic


class TrafficTests(SynchronousTestCase):
    def test_a_sum_is_one_of_each_part(self) -> None:
        self.assertEqual(Traffic(11, 22), Traffic(1, 2) + Traffic(10, 20))
        self.assertEqual(Traffic(), sum([], Traffic()))
