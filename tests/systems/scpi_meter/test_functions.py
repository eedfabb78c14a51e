"""Tests for L{netsim.systems.scpi_meter.functions}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.functions import FUNCTIONS, Signals

VOLT, AC = FUNCTIONS["VOLT"], FUNCTIONS["VOLT:AC"]


class SignalsTests(SynchronousTestCase):
    def test_the_same_for_the_same_seed_and_time(self) -> None:
        values = [Signals(seed).value(VOLT, time) for seed in (1, 2, 1) for time in (0.0, 1.5)]
        self.assertEqual(values[:2], values[4:])
        self.assertEqual(4, len(set(values)))

    def test_it_stays_near_its_base(self) -> None:
        signals = Signals()
        for function in FUNCTIONS.values():
            values = [signals.value(function, time * 7.0) for time in range(200)]
            far = function.drift + 6 * function.noise
            self.assertLess(max(abs(value - function.base) for value in values), far)
            self.assertLess(function.drift / 2, max(values) - min(values))

    def test_fixed(self) -> None:
        signals = Signals(fixed={"VOLT": -3.0})
        self.assertEqual(-3.0, signals.value(VOLT, 1.0))
        self.assertNotEqual(-3.0, signals.value(AC, 1.0))
