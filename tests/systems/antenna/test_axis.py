"""Tests for L{netsim.systems.antenna.axis}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.antenna.axis import Axis, Bit, Code, Limits, Mode, Refused

LIMITS = Limits(lower=-10.0, upper=90.0, rate=0.8, acceleration=0.4, stow=80.0)
PINNED = Bit.BRAKES | Bit.STOWED


class AxisTestCase(SynchronousTestCase):
    """An axis that stands free at its place of stow, at time 100."""

    def setUp(self) -> None:
        self.axis = Axis(LIMITS)
        self.axis.unstow(0)
        self.axis.release(100)

    def assertAt(self, now: float, position: float, velocity: float = 0.0) -> None:
        found = self.axis.actual(now)
        self.assertApproximates(found.position, position, 1e-6)
        self.assertApproximates(found.velocity, velocity, 1e-6)

    def assertCommanded(self, now: float, position: float, velocity: float = 0.0) -> None:
        found = self.axis.commanded(now)
        self.assertApproximates(found.position, position, 1e-6)
        self.assertApproximates(found.velocity, velocity, 1e-6)

    def assertRefused(self, code: Code, plan, *arguments) -> None:
        """Fail unless a plan is refused with this code."""
        self.assertEqual(self.assertRaises(Refused, plan, *arguments).code, code)

    def preset(self, now: float, position: float, rate: float = 0.0) -> None:
        self.axis.go(self.axis.preset(now, position, rate))


class PowerOnTests(AxisTestCase):
    def test_it_is_stowed(self) -> None:
        self.axis = Axis(LIMITS)
        for now in (0, 1.7e9):
            self.assertEqual((self.axis.mode, self.axis.bits(now)), (Mode.STOP, PINNED))
            self.assertAt(now, 80)
            self.assertCommanded(now, 80)
            self.assertEqual(self.axis.obstacles(now), {Code.STOWED, Code.BRAKES})
            self.assertEqual(self.axis.obstacles_to_release(now), {Code.STOWED})
            self.assertEqual(self.axis.obstacles_to_unstow(now), set())


class StowTests(AxisTestCase):
    def test_the_pins_take_five_seconds_to_come_out(self) -> None:
        self.axis = Axis(LIMITS)
        self.axis.unstow(10)
        for now, bits in [(10, Bit.PINS_MOVING), (14.9, Bit.PINS_MOVING), (15, 0)]:
            self.assertEqual(self.axis.bits(now), bits | Bit.BRAKES)
            self.assertEqual(Code.STOWED in self.axis.obstacles_to_release(now), bool(bits))
            self.assertEqual(self.axis.obstacles_to_unstow(now), {Code.NOT_STOWED})

    def test_it_goes_there_then_the_brakes_and_then_the_pins_go_in(self) -> None:
        self.preset(100, 79.2)
        self.axis.go(self.axis.stow(110))
        end = 110 + 2 * (0.8 / 0.4) ** 0.5
        self.assertEqual(self.axis.mode, Mode.STOW)
        for now, bits in [
            (110, Bit.MOVING),
            (end - 0.1, Bit.MOVING),
            (end + 0.1, Bit.IN_POSITION | Bit.BRAKES | Bit.PINS_MOVING),
            (end + 4.9, Bit.IN_POSITION | Bit.BRAKES | Bit.PINS_MOVING),
            (end + 5.1, Bit.IN_POSITION | PINNED),
        ]:
            self.assertEqual(self.axis.bits(now), bits, now)
        self.assertAt(200, 80)
        self.assertEqual(self.axis.obstacles(end + 1), {Code.STOWED, Code.BRAKES})
        self.assertEqual(self.axis.obstacles_to_unstow(end + 1), {Code.NOT_STOWED})
        self.assertEqual(self.axis.obstacles_to_unstow(end + 6), set())

    def test_a_stow_that_is_stopped_on_its_way_pins_nothing(self) -> None:
        self.preset(100, 0)
        self.axis.go(self.axis.stow(300))
        self.axis.stop(310)
        self.assertEqual((self.axis.mode, self.axis.bits(500)), (Mode.STOP, 0))
        self.assertLess(self.axis.actual(500).position, 10)

    def test_once_there_it_cannot_be_stopped(self) -> None:
        self.axis.go(self.axis.stow(100))
        self.axis.stop(101)
        self.axis.release(99)
        self.assertEqual(self.axis.bits(105), Bit.IN_POSITION | PINNED)

    def test_unstowed_it_is_not_in_position_any_more(self) -> None:
        self.axis.go(self.axis.stow(100))
        self.axis.unstow(200)
        self.assertEqual((self.axis.mode, self.axis.bits(300)), (Mode.STOP, Bit.BRAKES))


class BrakesTests(AxisTestCase):
    def test_on_and_off(self) -> None:
        self.axis.engage(100)
        self.assertEqual(self.axis.bits(100), Bit.BRAKES)
        self.assertEqual(self.axis.obstacles(100), {Code.BRAKES})
        self.assertEqual(self.axis.obstacles_to_release(100), set())
        self.axis.release(101)
        self.assertEqual((self.axis.bits(101), self.axis.obstacles(101)), (0, set()))
        self.assertAt(101, 80)

    def test_releasing_what_is_free_does_not_disturb_its_motion(self) -> None:
        self.preset(100, 70)
        self.axis.release(105)
        self.assertEqual(self.axis.mode, Mode.PRESET)
        self.assertAt(200, 70)

    def test_an_axis_with_its_brakes_on_does_not_notice_a_stop(self) -> None:
        self.preset(100, 70)
        self.axis.engage(200)
        self.axis.stop(201)
        self.assertEqual((self.axis.mode, self.axis.bits(201)), (Mode.PRESET, BRAKED_THERE))


BRAKED_THERE = Bit.BRAKES | Bit.IN_POSITION


class PresetTests(AxisTestCase):
    def test_it_takes_its_time(self) -> None:
        self.preset(100, 72)
        self.assertEqual((self.axis.mode, self.axis.bits(101)), (Mode.PRESET, Bit.MOVING))
        self.assertAt(101, 79.8, -0.4)
        self.assertCommanded(101, 72)
        self.assertTrue(self.axis.is_moving(111.9))
        self.assertAt(112, 72)
        self.assertEqual(self.axis.bits(112.001), Bit.IN_POSITION)

    def test_at_a_rate_of_its_own(self) -> None:
        self.preset(100, 72, 0.4)
        self.assertAt(102, 79.4, -0.4)

    def test_it_is_in_position_as_soon_as_it_is_near_enough(self) -> None:
        self.preset(100, 72)
        self.assertEqual(self.axis.bits(112 - 0.08), Bit.MOVING)
        self.assertEqual(self.axis.bits(112 - 0.06), Bit.MOVING | Bit.IN_POSITION)

    def test_at_its_limits(self) -> None:
        for position, bit in [(-10, Bit.LOWER_LIMIT), (90, Bit.UPPER_LIMIT)]:
            self.preset(1000, position)
            self.assertEqual(self.axis.bits(2000), bit | Bit.IN_POSITION)

    def test_places_that_it_must_not_go_to(self) -> None:
        for position in (-10.001, 90.001):
            self.assertRefused(Code.LIMIT, self.axis.preset, 100, position, 0)

    def test_rates_that_it_has_not(self) -> None:
        for rate in (-0.1, 0.81, 1e-6, -1e-300):
            self.assertRefused(Code.RANGE, self.axis.preset, 100, 70, rate)
            self.assertRefused(Code.RANGE, self.axis.preset, 100, 170, rate)


class SlewTests(AxisTestCase):
    def slew(self, now: float, rate: float) -> None:
        self.axis.go(self.axis.slew(now, rate))

    def test_it_goes_on_up_to_the_limit(self) -> None:
        self.slew(100, 0.4)
        self.assertEqual((self.axis.mode, self.axis.bits(110)), (Mode.SLEW, Bit.MOVING))
        self.assertAt(111, 84.2, 0.4)
        self.assertCommanded(111, 90, 0.4)
        self.assertAt(126, 90)
        self.assertEqual(self.axis.bits(126.001), Bit.UPPER_LIMIT)

    def test_and_back(self) -> None:
        self.slew(100, -0.8)
        self.assertAt(103, 78.4, -0.8)
        self.assertEqual(self.axis.bits(300), Bit.LOWER_LIMIT)

    def test_with_a_rate_of_0_it_comes_to_rest(self) -> None:
        self.slew(100, -0.8)
        self.slew(103, 0)
        self.assertEqual(self.axis.mode, Mode.SLEW)
        self.assertAt(105, 77.6)
        self.assertCommanded(105, 77.6)

    def test_rates_that_it_has_not(self) -> None:
        for rate in (0.81, -0.81, 1e-6, -1e-6):
            self.assertRefused(Code.RANGE, self.axis.slew, 100, rate)


class TrackTests(AxisTestCase):
    KNOTS = ((200.0, 70.0), (210.0, 72.0), (220.0, 71.0))

    def test_it_waits_for_it_and_follows_it(self) -> None:
        self.axis.go(self.axis.track(100, self.KNOTS))
        self.assertEqual(self.axis.mode, Mode.TRACK)
        for now, points, bits in [
            (100, 3, Bit.MOVING),
            (190, 3, Bit.MOVING | Bit.IN_POSITION),
            (200, 2, Bit.MOVING | Bit.IN_POSITION),
            (200.3, 2, Bit.MOVING),
            (209, 2, Bit.MOVING | Bit.IN_POSITION),
            (219, 1, Bit.MOVING | Bit.IN_POSITION),
            (221, 0, Bit.IN_POSITION),
        ]:
            self.assertEqual((self.axis.points(now), self.axis.bits(now)), (points, bits), now)
        self.assertAt(209, 71.8, 0.2)
        self.assertCommanded(200.3, 70.06, 0.2)
        self.assertAt(300, 71)
        self.assertCommanded(300, 71)

    def test_points_that_are_too_far_apart(self) -> None:
        for seconds in (2.5, 2.0, 5e-324):
            knots = (
                ((200.0, 70.0), (200.0 + seconds, 72.0))
                if seconds > 1
                else ((0, 70), (seconds, 72))
            )
            self.assertRefused(Code.RANGE, self.axis.track, 100, knots)
        self.axis.track(100, ((200.0, 70.0), (202.6, 72.0)))

    def test_points_that_it_must_not_go_to(self) -> None:
        for place in (-10.001, 90.001):
            knots = ((200.0, 70.0), (900.0, place))
            self.assertRefused(Code.LIMIT, self.axis.track, 100, knots)

    def test_a_table_that_would_carry_it_out_of_the_limits(self) -> None:
        knots = ((200.0, 85.0), (210.0, 90.0))
        self.assertRefused(Code.LIMIT, self.axis.track, 100, knots)
        self.axis.track(100, (*knots[:1], (210.0, 89.6)))
        down = ((300.0, -5.0), (310.0, -10.0))
        self.assertRefused(Code.LIMIT, self.axis.track, 100, down)

    def test_a_stop_forgets_it(self) -> None:
        self.axis.go(self.axis.track(100, self.KNOTS))
        self.axis.stop(205)
        self.assertEqual((self.axis.points(205), self.axis.bits(205.1)), (0, Bit.MOVING))
        self.assertAt(206, 71 + 0.2**2 / 0.8)


class StopTests(AxisTestCase):
    def test_it_takes_what_the_acceleration_says(self) -> None:
        self.preset(100, 0)
        self.axis.stop(105)
        self.assertEqual((self.axis.mode, self.axis.bits(106)), (Mode.STOP, Bit.MOVING))
        self.assertAt(107, 80 - 0.8 - 2.4 - 0.8)
        self.assertCommanded(105, 76)
        self.assertEqual(self.axis.bits(108), 0)


class FailureTests(AxisTestCase):
    def test_it_stops_twice_as_fast_and_is_braked(self) -> None:
        self.preset(100, 0)
        self.axis.fail(105)
        self.assertEqual(self.axis.mode, Mode.EMERGENCY)
        self.assertEqual(self.axis.bits(105.9), Bit.MOVING | Bit.ERROR)
        self.assertAt(106, 80 - 0.8 - 2.4 - 0.4)
        self.assertEqual(self.axis.bits(106.001), Bit.BRAKES | Bit.ERROR)
        self.assertEqual(self.axis.obstacles(107), {Code.ERROR, Code.BRAKES})
        self.assertEqual(self.axis.obstacles_to_release(107), {Code.ERROR})

    def test_a_second_one_and_a_stop_change_nothing(self) -> None:
        self.preset(100, 0)
        self.axis.fail(105)
        self.axis.fail(105.5)
        self.axis.stop(105.6)
        self.assertAt(106, 76.4)
        self.assertEqual(self.axis.mode, Mode.EMERGENCY)

    def test_repaired_it_is_braked(self) -> None:
        self.preset(100, 0)
        self.axis.fail(105)
        self.axis.repair()
        self.assertEqual((self.axis.mode, self.axis.bits(107)), (Mode.STOP, Bit.BRAKES))

    def test_a_repair_of_what_has_not_failed_changes_nothing(self) -> None:
        self.preset(100, 70)
        self.axis.repair()
        self.assertEqual(self.axis.mode, Mode.PRESET)

    def test_on_the_way_to_stow_nothing_is_pinned(self) -> None:
        self.preset(100, 0)
        self.axis.go(self.axis.stow(300))
        self.axis.fail(310)
        self.assertEqual(self.axis.bits(1000), Bit.BRAKES | Bit.ERROR)

    def test_pins_that_move_go_on(self) -> None:
        self.axis.go(self.axis.stow(100))
        self.axis.fail(101)
        self.assertEqual(self.axis.bits(105), PINNED | Bit.ERROR)
        self.assertEqual(self.axis.obstacles_to_unstow(105), {Code.ERROR})
