"""Tests for L{netsim.systems.weather_station.noise}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.weather_station.noise import Noise
from tests.properties import examples

times = st.floats(-1e10, 1e10)


class NoiseTests(SynchronousTestCase):
    def test_it_is_always_the_same(self) -> None:
        self.assertApproximates(Noise(1).pick("front", 7), -0.5989196, 1e-6)
        for name in ("front", "ripple"):
            self.assertEqual(Noise(1).smooth(name, 5.5, 2), Noise(1).smooth(name, 5.5, 2))

    def test_another_seed_name_or_number_is_another_value(self) -> None:
        found = [
            Noise(1).pick("a", 1),
            Noise(2).pick("a", 1),
            Noise(1).pick("b", 1),
            Noise(1).pick("a", 2),
        ]
        self.assertEqual(len(set(found)), 4)

    def test_it_goes_through_the_values_of_its_periods(self) -> None:
        noise = Noise(3)
        for number in range(-3, 4):
            self.assertEqual(noise.smooth("a", number * 10, 10), noise.pick("a", number))
        halfway = (noise.pick("a", 0) + noise.pick("a", 1)) / 2
        self.assertApproximates(noise.smooth("a", 5, 10), halfway, 1e-12)

    def test_values_are_all_over_the_range(self) -> None:
        values = [Noise(1).pick("a", number) for number in range(1000)]
        self.assertApproximates(sum(values) / 1000, 0, 0.1)
        for low in (-1, -0.5, 0, 0.5):
            share = sum(low <= value < low + 0.5 for value in values) / 1000
            self.assertApproximates(share, 0.25, 0.05)

    @examples(300)
    @given(st.integers(), times, st.floats(1, 1e6))
    def test_it_never_jumps_nor_leaves_its_range(
        self, seed: int, time: float, period: float
    ) -> None:
        noise = Noise(seed)
        one, other = (
            noise.smooth("a", time, period),
            noise.smooth("a", time + period / 1000, period),
        )
        self.assertLessEqual(abs(one), 1)
        self.assertLessEqual(abs(one - other), 0.004)
