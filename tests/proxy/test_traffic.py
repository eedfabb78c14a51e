"""L{netsim.proxy.traffic}: sums of what went through."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.proxy.traffic import Traffic


class TrafficTests(SynchronousTestCase):
    def test_a_sum_is_one_of_each_part(self) -> None:
        self.assertEqual(Traffic(11, 22, 33), Traffic(1, 2, 3) + Traffic(10, 20, 30))
        self.assertEqual(Traffic(), sum([], Traffic()))
