"""
How something heavy gets from one place to another: as fast as it may, and no faster.

A path is made of phases of constant acceleration, and is a function of time.  Units are
degrees and seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import copysign, inf, sqrt

from attrs import evolve, field, frozen

__all__ = ["Knot", "Path", "State", "brake", "follow", "interpolate", "move", "rest"]

Knot = tuple[float, float]
"""A time, and where to be then."""


@frozen
class State:
    """Where something is at a certain time, and how fast."""

    time: float
    position: float
    velocity: float = 0.0

    def after(self, seconds: float, acceleration: float) -> State:
        """Where it is later."""
        gained = acceleration * seconds
        position = self.position + seconds * (self.velocity + gained / 2)
        return State(self.time + seconds, position, self.velocity + gained)

    def at(self, time: float, acceleration: float = 0.0) -> State:
        """Where it is at a time."""
        return evolve(self.after(time - self.time, acceleration), time=time)


@frozen
class Phase:
    """A stretch of a path, from its first state."""

    begin: State
    acceleration: float = 0.0

    def at(self, time: float) -> State:
        """The state at a time in this phase."""
        return self.begin.at(time, self.acceleration)


@frozen
class Path:
    """
    Phases, one after the other; the last one is rest.

    @ivar end: when it comes to rest.
    """

    phases: Sequence[Phase]
    _times: Sequence[float] = field(init=False)

    @_times.default
    def _find_times(self) -> Sequence[float]:
        return [phase.begin.time for phase in self.phases]

    @property
    def end(self) -> float:
        return self._times[-1]

    @property
    def target(self) -> float:
        """Where it comes to rest."""
        return self.phases[-1].begin.position

    def at(self, time: float) -> State:
        """The state at a time; before the path begins, its first one."""
        index = max(0, bisect_right(self._times, time) - 1)
        return self.phases[index].at(max(time, self._times[0]))

    def extent(self) -> tuple[float, float]:
        """The lowest and the highest position on the way."""
        positions = [phase.begin.position for phase in self.phases]
        for phase, following in pairwise(self.phases):
            before, after = phase.begin.velocity, following.begin.velocity
            if before * after < 0 and phase.acceleration:
                turn = phase.begin.time - before / phase.acceleration
                positions.append(phase.at(turn).position)
        return min(positions), max(positions)


def rest(time: float, position: float) -> Path:
    """Stay where it is."""
    return Path([Phase(State(time, position))])


def brake(begin: State, acceleration: float) -> Path:
    """Come to rest as soon as possible."""
    slower = Phase(begin, copysign(acceleration, -begin.velocity))
    end = slower.at(begin.time + abs(begin.velocity) / acceleration)
    return Path([slower, Phase(State(end.time, end.position))])


def move(begin: State, target: float, rate: float, acceleration: float) -> Path:
    """Go somewhere, from a state that may be in motion, and rest there."""
    return follow(begin, [(begin.time, target)], rate, acceleration)


def follow(begin: State, knots: Sequence[Knot], rate: float, acceleration: float) -> Path:
    """
    Pursue something that moves in straight lines from knot to knot, and rest at the last.

    The pursuer does not look ahead: it changes its course at a knot, and is late by what
    its acceleration takes.  Before the first knot it waits there.

    @param rate: more than the velocity between any two knots.
    """
    phases: list[Phase] = []
    for until, line in _lines(knots, begin.time):
        phases += (course := _pursue(begin, line, until, rate, acceleration))
        begin = course[-1].at(until) if until < inf else begin
    return Path(phases)


def interpolate(knots: Sequence[Knot], time: float) -> State:
    """Where to be at a time."""
    _, line = next(_lines(knots, time))
    return line.at(time)


def _lines(knots: Sequence[Knot], now: float) -> Iterator[tuple[float, State]]:
    """What there is to pursue from now on: until when, and a state on each line."""
    if now < knots[0][0]:
        yield knots[0][0], State(*knots[0])
    for (time, place), (until, following) in pairwise(knots):
        if until > now:
            yield until, State(time, place, (following - place) / (until - time))
    yield inf, State(*knots[-1])


def _pursue(
    begin: State, line: State, until: float, rate: float, acceleration: float
) -> list[Phase]:
    """Get to a line and stay on it; what happens after C{until} is left out."""
    gap = line.at(begin.time).position - begin.position
    speed = begin.velocity - line.velocity
    phases: list[Phase] = []
    state = begin
    for seconds, gained in _approach(gap, speed, rate, line.velocity, acceleration):
        if state.time >= until:
            return phases or [Phase(state)]
        phases.append(Phase(state, gained))
        state = state.after(seconds, gained)
    if state.time < until or not phases:
        # What rounding has left is taken out here.
        phases.append(Phase(line.at(state.time)))
    return phases


def _approach(
    gap: float, speed: float, rate: float, drift: float, acceleration: float
) -> Iterator[tuple[float, float]]:
    """
    Close a gap and be at rest then, as seen from a place that drifts: seconds and
    acceleration of each phase.
    """
    for bound in (-rate - drift, rate - drift):
        excess = speed - bound
        if excess * copysign(1, bound) > 0:
            yield abs(excess) / acceleration, copysign(acceleration, -excess)
            gap -= (speed + bound) / 2 * abs(excess) / acceleration
            speed = bound
    ahead = gap - speed * abs(speed) / (2 * acceleration)
    side = copysign(1, ahead)
    speed, gap = speed * side, gap * side
    # A triangle, unless its top is cut off by the limit of speed.
    top = max(speed, sqrt(max(0.0, acceleration * gap + speed * speed / 2)))
    bound = rate - drift * side
    if top > bound:
        yield (bound - speed) / acceleration, side * acceleration
        braking = (2 * bound * bound - speed * speed) / (2 * acceleration)
        yield max(0.0, gap - braking) / bound, 0.0
        yield bound / acceleration, -side * acceleration
    else:
        yield (top - speed) / acceleration, side * acceleration
        yield top / acceleration, -side * acceleration
