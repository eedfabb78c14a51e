"""Tests for L{netsim.systems.if_distributor.model}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.if_distributor.model import BANDS, INPUTS, Distributor, Reason, Refused
from tests.properties import examples

FLOOR = -75.0
MOST_DRIFT = 0.37


class DistributorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.device = Distributor(3, seed=1)

    def refused(self, reason: Reason, method: Callable[..., Any], *arguments: Any) -> None:
        self.assertEqual(self.assertRaises(Refused, method, *arguments).reason, reason)

    def settings(self) -> list[tuple[int, int, int]]:
        return [(one.steps, one.input, one.band) for one in self.device.channels]

    def test_it_begins_as_after_power_on(self) -> None:
        self.assertEqual(self.settings(), [(40, 1, 0)] * 3)
        self.assertEqual(self.device.frequency, 2_000_000)

    def test_one_channel_is_set(self) -> None:
        self.device.attenuate(1, 127)
        self.device.connect(2, 3)
        self.device.filter(3, 3)
        self.assertEqual(self.settings(), [(127, 1, 0), (40, 3, 0), (40, 1, 3)])

    def test_all_channels_are_set(self) -> None:
        self.device.attenuate(0, 0)
        self.device.connect(0, 0)
        self.device.filter(0, 1)
        self.assertEqual(self.settings(), [(0, 0, 1)] * 3)

    def test_all_attenuators_are_set_or_none(self) -> None:
        self.device.attenuate_all([0, 1, 127])
        self.refused(Reason.RANGE, self.device.attenuate_all, [5, 5, 128])
        self.refused(Reason.RANGE, self.device.attenuate_all, [5, 5, -1])
        self.assertEqual(self.settings(), [(0, 1, 0), (1, 1, 0), (127, 1, 0)])

    def test_what_does_not_exist_is_refused(self) -> None:
        device = self.device
        for number in (-1, 4):
            for setting in (device.attenuate, device.connect, device.filter):
                self.refused(Reason.CHANNEL, setting, number, 1000)
            self.refused(Reason.CHANNEL, device.power, 1.0, number)
            self.refused(Reason.CHANNEL, device.channel, number)
        self.refused(Reason.CHANNEL, device.channel, 0)

    def test_what_cannot_be_set_is_refused(self) -> None:
        device = self.device
        for setting, most in ((device.attenuate, 127), (device.connect, 3), (device.filter, 3)):
            setting(1, most)
            self.refused(Reason.RANGE, setting, 1, most + 1)
            self.refused(Reason.RANGE, setting, 1, -1)

    def test_the_oscillator_takes_time_to_lock(self) -> None:
        device = self.device
        device.tune(100.0, 3_000_000)
        self.assertEqual((device.locked(100.19), device.locked(100.2)), (False, True))
        device.tune(101.0, 3_000_000)
        self.assertTrue(device.locked(101.0))
        device.tune(101.0, 3_000_001)
        self.assertFalse(device.locked(101.0))

    def test_times_of_today_lock_in_time(self) -> None:
        for tenth in range(100):
            now = 1_700_000_000 + tenth / 10
            self.device.tune(now, 3_000_000 + tenth)
            self.assertTrue(self.device.locked(now + 0.2))

    def test_the_oscillator_has_a_range(self) -> None:
        for frequency in (1_000_000, 4_000_000):
            self.device.tune(0, frequency)
            self.assertEqual(self.device.frequency, frequency)
        for frequency in (999_999, 4_000_001):
            self.refused(Reason.RANGE, self.device.tune, 0, frequency)

    def test_power_on_must_lock_anew(self) -> None:
        self.device.tune(0, 3_000_000)
        self.device.attenuate(1, 5)
        self.device.power_on(100.0)
        self.assertEqual((self.settings(), self.device.frequency), ([(40, 1, 0)] * 3, 2_000_000))
        self.assertEqual((self.device.locked(100.1), self.device.locked(100.2)), (False, True))

    def test_without_its_reference_it_does_not_lock(self) -> None:
        self.device.referenced = False
        self.assertFalse(self.device.locked(100.0))
        self.assertEqual(self.device.power(100.0, 1), FLOOR)


class PowerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.device = Distributor(3, seed=1)

    def near(self, wanted: float) -> None:
        self.assertApproximates(self.device.power(100.0, 2), wanted, MOST_DRIFT + 0.005)

    def test_it_is_that_of_the_input(self) -> None:
        self.device.attenuate(2, 0)
        for place, wanted in ((0, FLOOR), (1, -20.0), (2, -23.0), (3, -26.5)):
            self.device.connect(2, place)
            self.near(wanted)

    def test_it_is_less_by_the_attenuation_and_the_band(self) -> None:
        self.device.attenuate(2, 127)
        for place, loss in ((0, 0.0), (1, 6.02), (2, 6.02), (3, 3.01)):
            self.device.filter(2, place)
            self.near(-20 - 31.75 - loss)

    def test_it_is_never_below_the_floor(self) -> None:
        self.device.connect(2, 3)
        self.device.filter(2, 1)
        self.device.attenuate(2, 127)
        self.assertGreater(self.device.power(100.0, 2), FLOOR)
        self.device.connect(2, 0)
        self.assertEqual(self.device.power(100.0, 2), FLOOR)

    def test_it_is_the_floor_while_the_oscillator_does_not_lock(self) -> None:
        self.device.tune(100.0, 3_000_000)
        self.assertEqual(self.device.power(100.1, 2), FLOOR)
        self.assertNotEqual(self.device.power(100.2, 2), FLOOR)

    def test_it_is_told_to_the_hundredth(self) -> None:
        for now in range(1, 50):
            power = self.device.power(now / 7 + 1, 2)
            self.assertEqual(power, round(power, 2))

    def test_channels_drift_in_their_own_ways(self) -> None:
        series = [[self.device.power(now, one) for now in range(1, 4000, 50)] for one in (1, 2, 3)]
        for one, other in ((0, 1), (1, 2), (0, 2)):
            self.assertNotEqual(series[one], series[other])
        for powers in series:
            self.assertGreater(max(powers) - min(powers), MOST_DRIFT)

    def test_the_seed_and_the_time_tell_it_all(self) -> None:
        def series(seed: int) -> list[float]:
            device = Distributor(3, seed)
            return [device.power(now, 1) for now in range(1, 50)]

        self.assertEqual(series(1), series(1))
        self.assertNotEqual(series(1), series(2))

    @examples(200)
    @given(
        st.integers(0, 127),
        st.integers(0, len(INPUTS) - 1),
        st.integers(0, len(BANDS) - 1),
        st.floats(1, 3e9),
    )
    def test_it_never_strays(self, steps: int, input: int, band: int, now: float) -> None:
        device = Distributor(1, seed=1)
        device.attenuate(1, steps)
        device.connect(1, input)
        device.filter(1, band)
        wanted = max(FLOOR, INPUTS[input].power - steps / 4 - BANDS[band].loss)
        self.assertApproximates(device.power(now, 1), wanted, MOST_DRIFT + 0.005)
