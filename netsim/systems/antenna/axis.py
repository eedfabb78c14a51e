"""
One axis of an antenna: its drive, its brakes, and the pins that hold it when it is stowed.

It has no clock: every method is told what time it is.  What is still to come is known
beforehand, so that nothing has to be done when its time has come.  Units are degrees
and seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, IntFlag
from itertools import pairwise
from math import inf

from attrs import evolve, frozen

from netsim.systems.antenna.motion import (
    Knot,
    Path,
    State,
    brake,
    follow,
    interpolate,
    move,
    rest,
)

__all__ = ["Axis", "Bit", "Code", "Limits", "Mode", "Refused"]

PINS = 5.0
"""Seconds that the pins take to go in or out."""

SLOWEST = 1e-5
"""Degrees a second; slower than that, an axis stands still."""

CLOSE = 0.001
"""How near the axis is when it is in position."""

_ROUNDING = 1e-6
"""What computed positions may be off by: times in seconds since 1970 are off by as little."""


class Code(IntEnum):
    """Why a command was refused.  Of several reasons the first is told."""

    ACCEPTED = 0
    CHECKSUM = 1
    COMMAND = 2
    AXES = 3
    LENGTH = 4
    RANGE = 5
    BUTTON = 6
    ERROR = 7
    STOWED = 8
    NOT_STOWED = 9
    BRAKES = 10
    MOVING = 11
    LIMIT = 12


class Mode(IntEnum):
    """What an axis was told to do last."""

    STOP = 0
    PRESET = 1
    SLEW = 2
    TRACK = 3
    STOW = 4
    EMERGENCY = 5


class Bit(IntFlag):
    """The status bits of an axis."""

    MOVING = 0x0001
    IN_POSITION = 0x0002
    BRAKES = 0x0004
    STOWED = 0x0008
    PINS_MOVING = 0x0010
    LOWER_LIMIT = 0x0020
    UPPER_LIMIT = 0x0040
    ERROR = 0x0080


class Refused(Exception):
    """An antenna does not do what it was told."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


@frozen
class Limits:
    """
    What an axis can do.

    @ivar lower: the lowest position.
    @ivar upper: the highest one.
    @ivar rate: the greatest speed.
    @ivar acceleration: the greatest one, except in an emergency, when it is twice that.
    @ivar stow: where the pins fit.
    """

    lower: float
    upper: float
    rate: float
    acceleration: float
    stow: float


@frozen
class Pins:
    """
    Pins on their way, before it, or after it.

    @ivar go_in: whether this is where they go.
    @ivar began: when they do.
    """

    go_in: bool
    began: float = -inf

    def are_in(self, now: float) -> bool:
        return now >= self.began + PINS if self.go_in else now < self.began

    def are_moving(self, now: float) -> bool:
        return self.began <= now < self.began + PINS


@frozen
class Course:
    """
    What an axis does from now on.

    @ivar rate: that of a slew, with its sign.
    @ivar knots: the table that it follows.
    """

    mode: Mode
    path: Path
    rate: float = 0.0
    knots: Sequence[Knot] = ()


class Axis:
    """
    One axis; stowed and braked when the power comes on.

    @ivar failed: the drive is off, and the brakes are on or soon will be, until a reset.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.failed = False
        self._course = Course(Mode.STOP, rest(0.0, limits.stow))
        self._braked_from = -inf
        self._pins = Pins(go_in=True)

    @property
    def mode(self) -> Mode:
        """What it was told last."""
        return self._course.mode

    def actual(self, now: float) -> State:
        """Where it is."""
        return self._course.path.at(now)

    def commanded(self, now: float) -> State:
        """Where it is to be: on its table, else where its motion ends."""
        course = self._course
        if course.knots:
            return interpolate(course.knots, now)
        return State(now, course.path.target, course.rate)

    def points(self, now: float) -> int:
        """How many points of its table are still to come."""
        return sum(time > now for time, _ in self._course.knots)

    def is_moving(self, now: float) -> bool:
        """It has not come to its end; waiting for a table to begin is moving, too."""
        return now < self._course.path.end

    def bits(self, now: float) -> Bit:
        """All that is so."""
        position = self.actual(now).position
        there = abs(position - self.commanded(now).position) <= CLOSE
        flags = {
            Bit.MOVING: self.is_moving(now),
            Bit.IN_POSITION: there and self.mode in _AIMED,
            Bit.BRAKES: now >= self._braked_from,
            Bit.STOWED: self._pins.are_in(now),
            Bit.PINS_MOVING: self._pins.are_moving(now),
            Bit.LOWER_LIMIT: position <= self.limits.lower + _ROUNDING,
            Bit.UPPER_LIMIT: position >= self.limits.upper - _ROUNDING,
            Bit.ERROR: self.failed,
        }
        return Bit(sum(bit for bit, is_so in flags.items() if is_so))

    def obstacles(self, now: float) -> set[Code]:
        """Why it cannot be moved."""
        found = set()
        if self.failed:
            found.add(Code.ERROR)
        if self._pins.are_in(now) or self._pins.are_moving(now):
            found.add(Code.STOWED)
        if now >= self._braked_from:
            found.add(Code.BRAKES)
        return found

    def obstacles_to_unstow(self, now: float) -> set[Code]:
        """Why its pins cannot be pulled out."""
        found = {Code.ERROR} if self.failed else set()
        return found if self._pins.are_in(now) else {*found, Code.NOT_STOWED}

    def obstacles_to_release(self, now: float) -> set[Code]:
        """Why its brakes cannot be released."""
        return self.obstacles(now) - {Code.BRAKES}

    def preset(self, now: float, position: float, rate: float) -> Course:
        """
        How it would get somewhere.

        @param rate: how fast, 0 for as fast as it can.
        @raise Refused: it must not go there, or not so fast.
        """
        limits = self.limits
        self._check_rate(rate)
        if not limits.lower <= position <= limits.upper:
            raise Refused(Code.LIMIT)
        path = move(self.actual(now), position, rate or limits.rate, limits.acceleration)
        return Course(Mode.PRESET, path)

    def slew(self, now: float, rate: float) -> Course:
        """
        How it would move on and on, up to the limit; with a rate of 0, come to rest.

        @raise Refused: it must not go so fast.
        """
        limits = self.limits
        self._check_rate(abs(rate))
        if not rate:
            return Course(Mode.SLEW, brake(self.actual(now), limits.acceleration))
        end = limits.upper if rate > 0 else limits.lower
        return Course(Mode.SLEW, self.preset(now, end, abs(rate)).path, rate)

    def stow(self, now: float) -> Course:
        """How it would get where the pins fit, to be braked and pinned there."""
        return Course(Mode.STOW, self.preset(now, self.limits.stow, 0.0).path)

    def track(self, now: float, knots: Sequence[Knot]) -> Course:
        """
        How it would follow a table.

        @raise Refused: the table is too fast, leads out of the limits, or can be followed
            out there only.
        """
        limits = self.limits
        if any(_speed(*pair) >= limits.rate for pair in pairwise(knots)):
            raise Refused(Code.RANGE)
        places = [place for _, place in knots]
        if min(places) < limits.lower or max(places) > limits.upper:
            raise Refused(Code.LIMIT)
        path = follow(self.actual(now), knots, limits.rate, limits.acceleration)
        lowest, highest = path.extent()
        if lowest < limits.lower - _ROUNDING or highest > limits.upper + _ROUNDING:
            raise Refused(Code.LIMIT)
        return Course(Mode.TRACK, path, knots=knots)

    def go(self, course: Course) -> None:
        """Begin something that nothing speaks against."""
        self._course, self._braked_from, self._pins = course, inf, Pins(go_in=False)
        if course.mode == Mode.STOW:
            self._braked_from = course.path.end
            self._pins = Pins(go_in=True, began=course.path.end)

    def unstow(self, now: float) -> None:
        """Pull the pins out; the brakes stay on."""
        self._pins = Pins(go_in=False, began=now)
        self._course = evolve(self._course, mode=Mode.STOP)

    def stop(self, now: float) -> None:
        """Come to rest; nothing happens to one that stands behind its brakes or has failed."""
        if not self.obstacles(now):
            self.go(Course(Mode.STOP, brake(self.actual(now), self.limits.acceleration)))

    def engage(self, now: float) -> None:
        """Put the brakes on, at rest."""
        self._braked_from = min(self._braked_from, now)

    def release(self, now: float) -> None:
        """Take the brakes off, and stay here."""
        if now >= self._braked_from:
            self.go(Course(Mode.STOP, rest(now, self.actual(now).position)))

    def fail(self, now: float) -> None:
        """Come to rest twice as fast as usual, with the brakes on from then on."""
        if self.failed:
            return
        if self.is_moving(now):
            self._pins = Pins(go_in=False)
        path = brake(self.actual(now), 2 * self.limits.acceleration)
        self._braked_from = path.end
        self._course = Course(Mode.EMERGENCY, path)
        self.failed = True

    def repair(self) -> None:
        """Forget the failure; the brakes stay on."""
        if self.failed:
            self.failed = False
            self._course = evolve(self._course, mode=Mode.STOP)

    def _check_rate(self, rate: float) -> None:
        if rate and not SLOWEST <= rate <= self.limits.rate:
            raise Refused(Code.RANGE)


_AIMED = {Mode.PRESET, Mode.TRACK, Mode.STOW}


def _speed(one: Knot, after: Knot) -> float:
    return abs((after[1] - one[1]) / (after[0] - one[0]))
