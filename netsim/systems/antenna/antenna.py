"""
An antenna of two axes, and what it does about each command.

It has no clock: every method is told what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from enum import IntFlag
from functools import partial
from itertools import pairwise

from netsim.systems.antenna.axis import Axis, Code, Course, Limits, Refused

__all__ = ["Antenna", "Error"]

AZIMUTH = Limits(lower=-270.0, upper=270.0, rate=0.85, acceleration=0.4, stow=180.0)
ELEVATION = Limits(lower=4.0, upper=91.0, rate=0.5, acceleration=0.25, stow=90.0)

DAY = 86400.0
"""Seconds that a table may be away from now."""


class Error(IntFlag):
    """The error word."""

    EMERGENCY_STOP = 0x0001
    BUTTON = 0x0002
    AZIMUTH_DRIVE = 0x0100
    ELEVATION_DRIVE = 0x0200


class Antenna:
    """
    Two axes that are commanded alone or together; of two, both obey or none.

    @ivar errors: those that are there until a reset; the button, until it is released.
    """

    def __init__(self) -> None:
        self.axes = (Axis(AZIMUTH), Axis(ELEVATION))
        self.errors = Error(0)

    def engage(self, now: float, axes: Sequence[Axis]) -> None:
        """
        Put brakes on.

        @raise Refused: an axis is moving.
        """
        if any(axis.is_moving(now) for axis in axes):
            raise Refused(Code.MOVING)
        for axis in axes:
            axis.engage(now)

    def release(self, now: float, axes: Sequence[Axis]) -> None:
        """
        Take brakes off.

        @raise Refused: an axis has failed or is stowed.
        """
        _check(set().union(*(axis.obstacles_to_release(now) for axis in axes)))
        for axis in axes:
            axis.release(now)

    def unstow(self, now: float, axes: Sequence[Axis]) -> None:
        """
        Pull pins out.

        @raise Refused: an axis has failed or is not stowed.
        """
        _check(set().union(*(axis.obstacles_to_unstow(now) for axis in axes)))
        for axis in axes:
            axis.unstow(now)

    def stow(self, now: float, axes: Sequence[Axis]) -> None:
        """
        Go where the pins fit, put the brakes on and the pins in.

        @raise Refused: an axis cannot be moved.
        """
        _start(now, axes, [axis.stow for axis in axes])

    def preset(self, now: float, axes: Sequence[Axis], *values: float) -> None:
        """
        Go somewhere; for each axis a position and a rate.

        @raise Refused: an axis cannot be moved, or not so.
        """
        pairs = zip(axes, values[::2], values[1::2], strict=True)
        _start(
            now, axes, [partial(axis.preset, position=to, rate=rate) for axis, to, rate in pairs]
        )

    def slew(self, now: float, axes: Sequence[Axis], *values: float) -> None:
        """
        Move on and on; for each axis a rate.

        @raise Refused: an axis cannot be moved, or not so fast.
        """
        pairs = zip(axes, values, strict=True)
        _start(now, axes, [partial(axis.slew, rate=rate) for axis, rate in pairs])

    def track(self, now: float, axes: Sequence[Axis], *values: float) -> None:
        """
        Follow a table: of each point the time, azimuth and elevation.

        @raise Refused: an axis cannot be moved, or not so.
        """
        times, *places = values[::3], values[1::3], values[2::3]
        ordered = all(before < after for before, after in pairwise(times))
        if not ordered or times[0] < now - DAY or not now < times[-1] <= now + DAY:
            raise Refused(Code.RANGE)
        tables = [tuple(zip(times, column, strict=True)) for column in places]
        pairs = zip(axes, tables, strict=True)
        _start(now, axes, [partial(axis.track, knots=knots) for axis, knots in pairs])

    def stop(self, now: float, axes: Sequence[Axis]) -> None:
        """Come to rest."""
        for axis in axes:
            axis.stop(now)

    def stop_at_once(self, now: float, axes: Sequence[Axis] = ()) -> None:
        """Stop both axes as fast as possible, with the brakes on, until a reset."""
        self.errors |= Error.EMERGENCY_STOP
        for axis in self.axes:
            axis.fail(now)

    def press(self, now: float) -> None:
        """Somebody presses the emergency button, and it stays so."""
        self.errors |= Error.BUTTON
        self.stop_at_once(now)

    def release_button(self) -> None:
        """Somebody pulls the button out again; the stop remains until a reset."""
        self.errors &= ~Error.BUTTON

    def fail(self, now: float, index: int) -> None:
        """The drive of an axis fails."""
        self.errors |= _DRIVES[index]
        self.axes[index].fail(now)

    def reset(self, now: float, axes: Sequence[Axis] = ()) -> None:
        """
        Forget all errors.

        @raise Refused: the button is pressed, or an axis that has failed is not yet at rest.
        """
        if self.errors & Error.BUTTON:
            raise Refused(Code.BUTTON)
        if any(axis.failed and axis.is_moving(now) for axis in self.axes):
            raise Refused(Code.MOVING)
        self.errors = Error(0)
        for axis in self.axes:
            axis.repair()


_DRIVES = (Error.AZIMUTH_DRIVE, Error.ELEVATION_DRIVE)


def _start(now: float, axes: Sequence[Axis], plans: Sequence[Callable[[float], Course]]) -> None:
    """Let all axes begin what is planned for them, unless anything speaks against it."""
    courses: list[Course] = []
    found = set().union(*(axis.obstacles(now) for axis in axes))
    for plan in plans:
        try:
            courses.append(plan(now))
        except Refused as refused:
            found.add(refused.code)
    _check(found)
    for axis, course in zip(axes, courses, strict=True):
        axis.go(course)


def _check(found: Set[Code]) -> None:
    if found:
        raise Refused(min(found))
