"""Tests for L{netsim.systems.antenna.antenna}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.antenna.antenna import DAY, Antenna, Error
from netsim.systems.antenna.axis import Bit, Code, Mode, Refused

NOW = 1000.0


class AntennaTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.antenna = Antenna()
        self.both = self.azimuth, self.elevation = self.antenna.axes

    def assertRefused(self, code: Code, method: Callable[..., Any], *arguments: Any) -> None:
        self.assertEqual(self.assertRaises(Refused, method, *arguments).code, code)

    def free(self) -> None:
        """Both axes can be moved, and are where they are stowed."""
        self.antenna.unstow(0, self.both)
        self.antenna.release(10, self.both)

    def bits(self, now: float) -> tuple[int, ...]:
        return tuple(axis.bits(now) for axis in self.both)

    def modes(self) -> tuple[Mode, ...]:
        return tuple(axis.mode for axis in self.both)

    def places(self, now: float) -> tuple[float, ...]:
        return tuple(round(axis.actual(now).position, 6) for axis in self.both)

    def test_it_wakes_up_stowed_and_without_errors(self) -> None:
        self.assertEqual(self.antenna.errors, 0)
        self.assertEqual(self.places(NOW), (180, 90))
        self.assertEqual(self.bits(NOW), (Bit.STOWED | Bit.BRAKES,) * 2)

    def test_stowed_it_refuses_to_move(self) -> None:
        for method, values in [
            (self.antenna.stow, ()),
            (self.antenna.preset, (0, 0, 50, 0)),
            (self.antenna.slew, (0.1, 0.1)),
            (self.antenna.track, (NOW, 0, 50, NOW + 1000, 0, 51)),
            (self.antenna.release, ()),
        ]:
            self.assertRefused(Code.STOWED, method, NOW, self.both, *values)

    def test_braked_it_refuses_to_move(self) -> None:
        self.antenna.unstow(0, self.both)
        self.assertRefused(Code.BRAKES, self.antenna.slew, NOW, self.both, 0.1, 0.1)

    def test_one_axis_alone(self) -> None:
        self.antenna.unstow(0, [self.elevation])
        self.antenna.release(10, [self.elevation])
        self.antenna.preset(NOW, [self.elevation], 50, 0)
        self.assertEqual(self.places(2000), (180, 50))
        self.antenna.engage(2000, [self.elevation])
        self.assertEqual(self.bits(2000), (Bit.STOWED | Bit.BRAKES, Bit.BRAKES | Bit.IN_POSITION))

    def test_both_obey_or_none(self) -> None:
        self.free()
        for method, values, code in [
            (self.antenna.preset, (0, 0, 3, 0), Code.LIMIT),
            (self.antenna.preset, (271, 0, 50, 0), Code.LIMIT),
            (self.antenna.slew, (0.1, 0.6), Code.RANGE),
            (self.antenna.preset, (271, 0, 50, 0.6), Code.RANGE),
        ]:
            self.assertRefused(code, method, NOW, self.both, *values)
            self.assertEqual(self.modes(), (Mode.STOP, Mode.STOP))
        self.antenna.engage(NOW, [self.elevation])
        self.assertRefused(Code.BRAKES, self.antenna.preset, NOW, self.both, 0, 0, 50, 0)
        self.assertRefused(Code.NOT_STOWED, self.antenna.unstow, NOW, self.both)
        self.assertEqual(self.places(3000), (180, 90))

    def test_slew_and_stop(self) -> None:
        self.free()
        self.antenna.slew(NOW, self.both, 0.4, -0.25)
        self.assertEqual(self.places(NOW + 11), (184.2, 87.375))
        self.antenna.stop(NOW + 11, [self.azimuth])
        self.assertEqual(self.modes(), (Mode.STOP, Mode.SLEW))
        self.assertRefused(Code.MOVING, self.antenna.engage, NOW + 13, self.both)
        self.antenna.engage(NOW + 13, [self.azimuth])

    def test_stow(self) -> None:
        self.free()
        self.antenna.preset(NOW, self.both, 0, 0, 50, 0)
        self.antenna.stow(2000, self.both)
        self.assertEqual(self.places(3000), (180, 90))
        self.assertEqual(self.bits(3000), (Bit.STOWED | Bit.BRAKES | Bit.IN_POSITION,) * 2)

    def test_a_table_is_for_both(self) -> None:
        self.free()
        self.antenna.track(NOW, self.both, 2000, 100, 50, 2100, 110, 40)
        self.assertEqual(self.modes(), (Mode.TRACK, Mode.TRACK))
        self.assertEqual(self.places(2050), (105, 45))

    def test_times_that_a_table_must_not_have(self) -> None:
        self.free()
        for first, last in [
            (2000, 2000),
            (2000, 1500),
            (NOW - 10, NOW),
            (NOW, NOW + DAY + 1),
            (NOW - DAY - 1, NOW + 1),
        ]:
            table = (first, 180, 80, last, 180, 80)
            self.assertRefused(Code.RANGE, self.antenna.track, NOW, self.both, *table)
        self.antenna.track(NOW, self.both, NOW - DAY, 180, 80, NOW + DAY, 180, 80)

    def test_an_emergency_stop_stops_both_until_a_reset(self) -> None:
        self.free()
        self.antenna.slew(NOW, [self.azimuth], 0.4)
        self.antenna.stop_at_once(NOW + 10)
        self.assertEqual(self.antenna.errors, Error.EMERGENCY_STOP)
        self.assertEqual(self.bits(NOW + 10), (Bit.MOVING | Bit.ERROR, Bit.BRAKES | Bit.ERROR))
        self.assertRefused(Code.MOVING, self.antenna.reset, NOW + 10.4)
        for method in (self.antenna.release, self.antenna.stow, self.antenna.unstow):
            self.assertRefused(Code.ERROR, method, NOW + 11, self.both)
        self.antenna.reset(NOW + 11)
        self.assertEqual((self.antenna.errors, self.bits(NOW + 11)), (0, (Bit.BRAKES,) * 2))

    def test_as_long_as_the_button_is_pressed_there_is_no_reset(self) -> None:
        self.antenna.press(NOW)
        self.assertEqual(self.antenna.errors, Error.EMERGENCY_STOP | Error.BUTTON)
        self.assertRefused(Code.BUTTON, self.antenna.reset, NOW)
        self.antenna.release_button()
        self.assertEqual(self.antenna.errors, Error.EMERGENCY_STOP)
        self.antenna.reset(NOW)
        self.assertEqual(self.antenna.errors, 0)

    def test_a_drive_fails_for_itself(self) -> None:
        self.free()
        self.antenna.fail(NOW, 0)
        self.assertEqual(self.antenna.errors, Error.AZIMUTH_DRIVE)
        self.assertEqual(self.bits(NOW), (Bit.BRAKES | Bit.ERROR, 0))
        self.antenna.slew(NOW, [self.elevation], -0.1)
        self.assertRefused(Code.ERROR, self.antenna.slew, NOW, self.both, 0.1, 0.1)
        self.antenna.fail(NOW + 10, 1)
        self.assertEqual(self.antenna.errors, Error.AZIMUTH_DRIVE | Error.ELEVATION_DRIVE)

    def test_a_reset_does_not_disturb_an_axis_that_has_not_failed(self) -> None:
        self.free()
        self.antenna.slew(NOW, [self.elevation], -0.1)
        self.antenna.fail(NOW, 0)
        self.antenna.reset(NOW + 1)
        self.assertEqual(self.modes(), (Mode.STOP, Mode.SLEW))
