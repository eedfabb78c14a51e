"""Tests for L{netsim.systems.scpi_meter.meter}."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import FUNCTIONS, OVERLOAD, Function
from netsim.systems.scpi_meter.meter import Meter, Setup
from tests.properties import examples

VOLT, AC, FREQ = FUNCTIONS["VOLT"], FUNCTIONS["VOLT:AC"], FUNCTIONS["FREQ"]


class SetupTests(SynchronousTestCase):
    def test_seconds(self) -> None:
        self.assertEqual(0.2, Setup(VOLT, 10, nplc=10.0).seconds)
        self.assertEqual([0.2, 0.1], [Setup(each, 10).seconds for each in (AC, FREQ)])

    def test_rounded_to_the_resolution(self) -> None:
        setup = Setup(VOLT, 10, auto=False)
        self.assertEqual(1.23457, setup.read(1.234567).value)
        self.assertEqual(1.235, evolve(setup, nplc=0.02).read(1.2346).value)
        self.assertEqual(1.0, evolve(setup, coarse=1.0).read(1.2346).value)
        self.assertEqual(-1.23457, setup.read(-1.234567).value)
        self.assertEqual(50.0012, Setup(FREQ, 3e5).read(50.00123).value)

    def test_overload(self) -> None:
        setup = Setup(VOLT, 10, auto=False)
        self.assertFalse(setup.read(12.0).overload)
        for sign in (1, -1):
            reading = setup.read(sign * 12.001)
            self.assertEqual((True, sign * OVERLOAD), (reading.overload, reading.value))

    def test_it_chooses_its_range(self) -> None:
        """The smallest that the value is no overload of."""
        setup = Setup(VOLT, 1000)
        self.assertEqual(0.1199988, setup.read(0.11999876).value)
        self.assertEqual(0.120012, setup.read(0.12001234).value)
        self.assertTrue(setup.read(1201.0).overload)


class MeterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.meter = Meter(self.terminals)

    def terminals(self, function: Function, time: float) -> float:
        return time

    def check_error(self, code: int, call: object, *arguments: object) -> None:
        error = self.assertRaises(ScpiError, call, *arguments)  # type: ignore[arg-type]
        self.assertEqual(code, error.code)

    def values(self) -> list[float]:
        return [reading.value for reading in self.meter.readings]

    def test_readings_are_of_the_end_of_their_time(self) -> None:
        self.meter.count = 3
        self.meter.initiate(1.0)
        self.assertAlmostEqual(1.06, self.meter.end or 0.0)
        self.meter.settle(1.059)
        self.assertTrue(self.meter.measuring)
        self.meter.settle(1.06)
        self.assertEqual([1.02, 1.04, 1.06], self.values())
        self.assertIsNone(self.meter.end)

    def test_one_at_a_time(self) -> None:
        self.meter.initiate(0.0)
        self.check_error(-213, self.meter.initiate, 0.0)
        self.check_error(-211, self.meter.trigger, 0.0)

    def test_bus(self) -> None:
        self.meter.source = "BUS"
        self.meter.initiate(0.0)
        self.check_error(-213, self.meter.initiate, 0.0)
        self.assertTrue(self.meter.waiting)
        self.meter.trigger(5.0)
        self.assertFalse(self.meter.waiting)
        self.meter.settle(6.0)
        self.assertEqual([5.02], self.values())

    def test_what_changes_settings_ends_it(self) -> None:
        for change in (
            self.meter.abort,
            self.meter.reset,
            lambda: self.meter.configure(AC),
            lambda: self.meter.change(AC, span=1),
        ):
            self.meter.initiate(0.0)
            self.meter.settle(9.0)
            self.meter.source = "BUS"
            self.assertTrue(self.meter.readings)
            change()
            self.assertFalse(self.meter.readings or self.meter.measuring or self.meter.waiting)
            self.meter.source = "IMM"

    def test_configure_and_reset(self) -> None:
        self.meter.count, self.meter.source = 5, "BUS"
        self.meter.configure(AC, Setup(AC, 10, auto=False))
        self.assertEqual((AC, 1, "IMM"), (self.meter.function, self.meter.count, self.meter.source))
        self.meter.reset()
        self.assertEqual((VOLT, True), (self.meter.function, self.meter.setups["VOLT:AC"].auto))

    @examples(200)
    @given(st.sampled_from(sorted(FUNCTIONS)), st.floats(allow_nan=False), st.booleans())
    def test_any_value_can_be_read(self, name: str, value: float, auto: bool) -> None:
        function = FUNCTIONS[name]
        reading = Setup(function, (function.ranges or (1000.0,))[0], auto).read(value)
        self.assertLessEqual(abs(reading.value), OVERLOAD)
