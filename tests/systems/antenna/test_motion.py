"""Tests for L{netsim.systems.antenna.motion}."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.antenna.motion import Path, State, brake, follow, interpolate, move, rest
from tests.properties import examples

RATE, ACCELERATION = 0.8, 0.4
UNIX = 1.7e9
"""A time that computers have."""

NEAR = 1e-5
"""Times like C{UNIX} are known to a quarter of a microsecond."""

places = st.floats(-300, 300)
speeds = st.floats(-RATE, RATE)
begins = st.builds(State, st.sampled_from([0.0, UNIX]), places, speeds)


@st.composite
def tables(draw: st.DrawFn, begin: float) -> list[tuple[float, float]]:
    """A table that begins a little before or after a time, and is not too fast."""
    time, place = begin + draw(st.floats(-20, 20)), draw(places)
    knots = [(time, place)]
    for _ in range(draw(st.integers(1, 6))):
        seconds = draw(st.floats(0.1, 30))
        time += seconds
        place += seconds * draw(st.floats(-0.95, 0.95)) * RATE
        knots.append((time, place))
    assume(time > begin)
    return knots


class PathTestCase(SynchronousTestCase):
    def assertNear(self, one: State, position: float, velocity: float) -> None:
        self.assertApproximates(one.position, position, NEAR)
        self.assertApproximates(one.velocity, velocity, NEAR)

    def assertPossible(
        self, path: Path, begin: State, rate: float = RATE, acceleration: float = ACCELERATION
    ) -> None:
        """Fail unless a path goes on from a state, within the limits, without a jump, to rest."""
        self.assertNear(path.at(begin.time), begin.position, begin.velocity)
        for phase, following in pairwise(path.phases):
            self.assertLessEqual(abs(phase.acceleration), acceleration)
            self.assertLessEqual(abs(following.begin.velocity), rate + NEAR)
            self.assertGreaterEqual(following.begin.time, phase.begin.time)
            left = phase.at(following.begin.time)
            self.assertNear(following.begin, left.position, left.velocity)
        self.assertEqual(path.at(path.end + 1e6), State(path.end + 1e6, path.target))
        low, high = path.extent()
        for step in range(101):
            found = path.at(begin.time + (path.end - begin.time) * step / 100)
            self.assertTrue(low - NEAR <= found.position <= high + NEAR)


class RestTests(PathTestCase):
    def test_it_stays(self) -> None:
        path = rest(5, 7)
        for time in (4, 5, 6, UNIX):
            self.assertNear(path.at(time), 7, 0)
        self.assertEqual((path.end, path.target, path.extent()), (5, 7, (7, 7)))


class BrakeTests(PathTestCase):
    def test_it_takes_what_the_acceleration_says(self) -> None:
        path = brake(State(10, 0, 0.8), 0.4)
        self.assertNear(path.at(11), 0.6, 0.4)
        self.assertNear(path.at(12), 0.8, 0)
        self.assertEqual(path.end, 12)

    def test_backwards(self) -> None:
        path = brake(State(10, 0, -0.8), 0.4)
        self.assertNear(path.at(11), -0.6, -0.4)
        self.assertNear(path.at(12), -0.8, 0)

    def test_what_is_at_rest_stays(self) -> None:
        path = brake(State(10, 3), 0.4)
        self.assertEqual((path.end, path.target), (10, 3))

    @examples(200)
    @given(begins)
    def test_any_speed(self, begin: State) -> None:
        self.assertPossible(brake(begin, ACCELERATION), begin)


class MoveTests(PathTestCase):
    def test_a_long_one_is_a_trapezoid(self) -> None:
        path = move(State(100, 0), 10, 0.8, 0.4)
        for time, position, velocity in [
            (99, 0, 0),
            (100, 0, 0),
            (101, 0.2, 0.4),
            (102, 0.8, 0.8),
            (107, 4.8, 0.8),
            (112.5, 9.2, 0.8),
            (113.5, 9.8, 0.4),
            (114.5, 10, 0),
            (200, 10, 0),
        ]:
            self.assertNear(path.at(time), position, velocity)
        self.assertAlmostEqual(path.end, 114.5)

    def test_a_short_one_is_a_triangle(self) -> None:
        path = move(State(0, 0), -0.1, 0.8, 0.4)
        self.assertNear(path.at(0.5), -0.05, -0.2)
        self.assertNear(path.at(1), -0.1, 0)
        self.assertAlmostEqual(path.end, 1)

    def test_one_to_where_it_is_takes_no_time(self) -> None:
        self.assertEqual(move(State(5, 3), 3, 0.8, 0.4).end, 5)

    def test_from_a_motion_that_goes_the_other_way(self) -> None:
        path = move(State(0, 0, -0.8), 1.6, 0.8, 0.4)
        self.assertNear(path.at(2), -0.8, 0)
        self.assertEqual(path.extent()[0], -0.8)
        self.assertPossible(path, State(0, 0, -0.8))

    def test_from_a_motion_that_is_too_near_to_stop_before(self) -> None:
        path = move(State(0, 0, 0.8), 0.1, 0.8, 0.4)
        self.assertNear(path.at(2), 0.8, 0)
        self.assertNear(path.at(path.end), 0.1, 0)

    def test_from_a_motion_that_is_faster_than_wanted(self) -> None:
        path = move(State(0, 0, 0.8), 10, 0.4, 0.4)
        self.assertNear(path.at(1), 0.6, 0.4)
        self.assertNear(path.at(11), 4.6, 0.4)
        self.assertNear(path.at(path.end), 10, 0)

    @examples(1000)
    @given(begins, places, st.floats(0.01, RATE))
    def test_any(self, begin: State, target: float, rate: float) -> None:
        path = move(begin, target, rate, ACCELERATION)
        self.assertPossible(path, begin)
        self.assertEqual(path.target, target)

    @examples(500)
    @given(begins, places, places, st.floats(0, 1))
    def test_one_after_the_other_never_leads_further_than_both(
        self, begin: State, first: float, second: float, share: float
    ) -> None:
        one = move(begin, first, RATE, ACCELERATION)
        halfway = one.at(begin.time + share * (one.end - begin.time))
        low, high = one.extent()
        for path in (
            move(halfway, second, RATE, ACCELERATION),
            brake(halfway, ACCELERATION),
        ):
            lowest, highest = path.extent()
            self.assertGreaterEqual(lowest, min(low, second) - NEAR)
            self.assertLessEqual(highest, max(high, second) + NEAR)


class FollowTests(PathTestCase):
    KNOTS = [(100.0, 10.0), (110.0, 12.0), (120.0, 11.0)]

    def test_it_is_on_the_table_when_it_has_caught_up(self) -> None:
        path = follow(State(100, 9), self.KNOTS, RATE, ACCELERATION)
        self.assertPossible(path, State(100, 9))
        for time, position, velocity in [(109, 11.8, 0.2), (119, 11.1, -0.1), (130, 11, 0)]:
            self.assertNear(path.at(time), position, velocity)

    def test_it_waits_where_the_table_begins(self) -> None:
        path = follow(State(90, 9), self.KNOTS, RATE, ACCELERATION)
        self.assertNear(path.at(99), 10, 0)
        self.assertNear(path.at(109), 11.8, 0.2)

    def test_it_is_late_at_a_knot_by_what_the_acceleration_takes(self) -> None:
        path = follow(State(90, 10), self.KNOTS, RATE, ACCELERATION)
        self.assertNear(path.at(100.25), 10 + 0.4 * 0.25**2 / 2, 0.1)
        self.assertNear(path.at(100.5), 10 + 0.4 * 0.5**2 / 2, 0.2)

    def test_a_table_that_has_begun(self) -> None:
        path = follow(State(115, 11.5, -0.1), self.KNOTS, RATE, ACCELERATION)
        for time in (115, 116, 119):
            self.assertNear(path.at(time), 11.5 - (time - 115) / 10, -0.1)

    def test_a_place_too_far_to_be_reached_in_time(self) -> None:
        path = follow(State(100, -90), self.KNOTS, RATE, ACCELERATION)
        self.assertNear(path.at(120), -90 + 0.8 * 19, 0.8)
        self.assertNear(path.at(300), 11, 0)

    @examples(1000)
    @given(begins.flatmap(lambda begin: st.tuples(st.just(begin), tables(begin.time))))
    def test_any(self, case: tuple[State, list[tuple[float, float]]]) -> None:
        begin, knots = case
        path = follow(begin, knots, RATE, ACCELERATION)
        self.assertPossible(path, begin)
        self.assertEqual(path.target, knots[-1][1])


class InterpolateTests(PathTestCase):
    def test_it_is_between_the_knots(self) -> None:
        for time, position, velocity in [
            (0, 10, 0),
            (99, 10, 0),
            (100, 10, 0.2),
            (105, 11, 0.2),
            (110, 12, -0.1),
            (119, 11.1, -0.1),
            (120, 11, 0),
            (500, 11, 0),
        ]:
            self.assertNear(interpolate(FollowTests.KNOTS, time), position, velocity)
