"""Tests for L{netsim.systems.active_surface.model}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.active_surface.model import Actuator, Error, Motion, Refused, Status
from tests.properties import examples

PLACES = st.integers(-15000, 15000)
VELOCITIES = st.integers(1, 1000)
TIMES = st.floats(0, 1e5)
RESTING = Status.READY | Status.CALIBRATED


def homed(place: int = 0) -> Actuator:
    """One that has been home at time 0 and is there."""
    actuator = Actuator(place)
    actuator.home(-10)
    assert actuator.status(0) == RESTING | Status.IN_POSITION
    return actuator


class MotionTests(SynchronousTestCase):
    def test_it_goes_whole_micrometres_at_its_velocity(self) -> None:
        up, down = Motion(10, 20, 4, 100.0), Motion(10, -20, 4, 100.0)
        times = (100.0, 100.24, 100.25, 101.3, 102.5, 200.0)
        self.assertEqual([up.position(now) for now in times], [10, 10, 11, 15, 20, 20])
        self.assertEqual([down.position(now) for now in times], [10, 10, 9, 5, 0, -20])

    def test_it_has_not_begun_before_its_time(self) -> None:
        self.assertEqual(Motion(10, 20, 4, 100.0).position(50.0), 10)

    def test_times_of_today_lose_no_micrometre(self) -> None:
        now = 1_700_000_000.1
        motion = Motion(0, 1000, 350, now)
        self.assertEqual(motion.position(now + 0.1), 35)
        self.assertEqual(motion.position(now + 0.3), 105)

    @examples(200)
    @given(PLACES, PLACES, VELOCITIES, TIMES, TIMES)
    def test_it_never_turns_back_and_arrives(
        self, start: int, target: int, velocity: int, first: float, second: float
    ) -> None:
        motion = Motion(start, target, velocity)
        earlier, later = sorted((first, second))
        places = [start, motion.position(earlier), motion.position(later), target]
        self.assertEqual(places, sorted(places, reverse=target < start))
        self.assertEqual(motion.position(abs(target - start) / velocity), target)


class ActuatorTests(SynchronousTestCase):
    def refused(self, error: Error, method: Callable[..., None], *arguments: Any) -> None:
        self.assertEqual(self.assertRaises(Refused, method, *arguments).error, error)

    def test_it_wakes_up_counting_from_where_it_is(self) -> None:
        actuator = Actuator(700)
        self.assertEqual((actuator.position(5), actuator.status(5)), (0, 0))

    def test_it_does_not_move_before_it_was_home(self) -> None:
        actuator = Actuator(700)
        self.refused(Error.NOT_CALIBRATED, actuator.move_to, 0, 5, 5)
        self.refused(Error.NOT_CALIBRATED, actuator.move_by, 0, 5, 5)

    def test_home_counts_down_to_the_zero_and_calibrates_there(self) -> None:
        actuator = Actuator(1000)
        actuator.home(100)
        self.assertEqual(actuator.status(101), Status.MOVING | Status.HOMING)
        self.assertEqual(actuator.position(101), -500)
        self.refused(Error.BUSY, actuator.home, 101)
        self.refused(Error.BUSY, actuator.move_to, 101, 5, 5)
        self.assertEqual(actuator.position(102), 0)
        self.assertEqual(actuator.status(102), RESTING | Status.IN_POSITION)

    def test_it_is_ready_as_soon_as_it_is_home_though_nobody_looked(self) -> None:
        actuator = Actuator(1000)
        actuator.home(100)
        actuator.move_to(102, 10, 10)
        self.assertEqual(actuator.position(102.5), 5)

    def test_home_that_is_stopped_calibrates_nothing(self) -> None:
        actuator = Actuator(1000)
        actuator.home(100)
        actuator.stop(101)
        self.assertEqual((actuator.position(200), actuator.status(200)), (-500, 0))
        actuator.home(200)
        self.assertEqual(actuator.status(201), RESTING | Status.IN_POSITION)

    def test_home_loses_the_calibration_until_it_has_ended(self) -> None:
        actuator = homed()
        actuator.move_to(0, 500, 500)
        actuator.home(1)
        actuator.stop(1.5)
        self.assertEqual(actuator.status(2), 0)

    def test_a_move_takes_its_time(self) -> None:
        actuator = homed()
        actuator.move_to(10, -100, 50)
        self.assertEqual(actuator.status(11), Status.MOVING | Status.CALIBRATED)
        self.assertEqual(actuator.position(11), -50)
        self.assertEqual(actuator.position(12), -100)
        self.assertEqual(actuator.status(12), RESTING | Status.IN_POSITION)

    def test_a_move_without_velocity_has_the_one_that_was_set(self) -> None:
        actuator = homed()
        actuator.move_to(0, 1000, 0)
        self.assertEqual(actuator.position(1), 350)
        actuator.set_velocity(1, 10)
        self.assertEqual(actuator.position(2), 700)
        actuator.move_to(2, 0, 0)
        self.assertEqual(actuator.position(3), 690)

    def test_a_move_replaces_another_one(self) -> None:
        actuator = homed()
        actuator.move_to(0, 1000, 100)
        actuator.move_to(1, 0, 10)
        self.assertEqual(actuator.position(2), 90)

    def test_a_distance_counts_from_where_it_is(self) -> None:
        actuator = homed()
        actuator.move_to(0, 1000, 100)
        actuator.move_by(1, -50, 100)
        self.assertEqual(actuator.position(9), 50)

    def test_a_move_that_is_stopped_is_not_in_position(self) -> None:
        actuator = homed()
        actuator.move_to(0, 1000, 100)
        actuator.stop(1)
        self.assertEqual((actuator.position(9), actuator.status(9)), (100, RESTING))

    def test_stopping_what_stands_changes_nothing(self) -> None:
        actuator = homed()
        actuator.stop(1)
        self.assertEqual(actuator.status(1), RESTING | Status.IN_POSITION)

    def test_velocities_have_a_range(self) -> None:
        actuator = homed()
        actuator.move_to(0, 5, 1000)
        self.refused(Error.RANGE, actuator.move_to, 0, 5, 1001)
        actuator.set_velocity(0, 1000)
        actuator.set_velocity(0, 1)
        self.refused(Error.RANGE, actuator.set_velocity, 0, 1001)
        self.refused(Error.RANGE, actuator.set_velocity, 0, 0)

    def test_the_stroke_limits_moves(self) -> None:
        actuator = homed()
        for place, bit in ((15000, Status.AT_UPPER), (-15000, Status.AT_LOWER)):
            actuator.move_to(0, place, 0)
            self.assertEqual(actuator.status(100), RESTING | Status.IN_POSITION | bit)
        self.refused(Error.LIMIT, actuator.move_to, 100, 15001, 0)
        self.refused(Error.LIMIT, actuator.move_to, 100, -15001, 0)
        self.refused(Error.LIMIT, actuator.move_by, 100, -1, 0)

    def test_limits_are_for_moves_to_come(self) -> None:
        actuator = homed()
        actuator.move_to(0, 100, 100)
        self.refused(Error.BUSY, actuator.set_limits, 0.5, -10, 10)
        actuator.set_limits(1, -10, 10)
        self.assertEqual(actuator.position(1), 100)
        self.assertEqual(actuator.status(1), RESTING | Status.IN_POSITION | Status.AT_UPPER)
        self.refused(Error.LIMIT, actuator.move_to, 1, 11, 0)
        actuator.move_to(1, -10, 0)

    def test_limits_are_in_order_and_within_the_stroke(self) -> None:
        actuator = homed()
        for lower, upper in ((5, 5), (6, 5), (-15001, 0), (0, 15001)):
            self.refused(Error.RANGE, actuator.set_limits, 0, lower, upper)
        actuator.set_limits(0, -15000, 15000)

    def test_disabled_it_stops_and_keeps_its_calibration(self) -> None:
        actuator = homed()
        actuator.move_to(0, 100, 100)
        actuator.disable(0.5)
        self.assertEqual(actuator.status(1), Status.DISABLED | Status.CALIBRATED)
        self.refused(Error.DISABLED, actuator.move_to, 1, 0, 0)
        self.refused(Error.DISABLED, actuator.home, 1)
        actuator.enable(1)
        self.assertEqual((actuator.position(1), actuator.status(1)), (50, RESTING))

    def test_jammed_it_does_nothing_until_it_is_reset(self) -> None:
        actuator = homed()
        actuator.move_to(0, 100, 100)
        actuator.jam(0.5)
        self.assertEqual((actuator.position(1), actuator.status(1)), (50, Status.FAULT))
        self.refused(Error.FAULT, actuator.move_to, 1, 0, 0)
        self.refused(Error.FAULT, actuator.home, 1)
        actuator.reset(1)
        actuator.home(1)
        self.assertEqual(actuator.status(2), RESTING | Status.IN_POSITION)

    def test_reset_is_as_power_on_where_it_is(self) -> None:
        actuator = homed()
        actuator.set_velocity(0, 10)
        actuator.set_limits(0, -100, 100)
        actuator.move_to(0, 100, 100)
        actuator.disable(0.5)
        actuator.reset(1)
        self.assertEqual((actuator.position(2), actuator.status(2)), (0, 0))
        self.assertEqual((actuator.velocity, actuator.lower, actuator.upper), (350, -15000, 15000))
        actuator.home(2)
        self.assertEqual(actuator.position(2.05), -25)

    def test_reset_in_the_middle_of_a_move_stops_it(self) -> None:
        actuator = homed()
        actuator.move_to(0, 100, 100)
        actuator.reset(0.5)
        self.assertEqual((actuator.position(2), actuator.status(2)), (0, 0))
