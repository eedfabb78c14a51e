"""
One actuator of an active surface: a stepper motor that lifts a corner of a panel.

It has no clock: every method is told what time it is, and computes what has become of
the motor since then.  Positions are whole micrometres, velocities micrometres a second,
times seconds.
"""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

__all__ = ["Actuator", "Error", "Motion", "Refused", "Status"]

STROKE = 15000
"""How far a motor can go to either side."""

FASTEST = 1000
USUAL_VELOCITY = 350
HOMING_VELOCITY = 500

_ROUNDING = 1e-3
"""Of a micrometre: what times in seconds since 1970 are off by."""


class Error(IntEnum):
    """Why something was refused."""

    CHECKSUM = 0x01
    ADDRESS = 0x02
    COMMAND = 0x03
    LENGTH = 0x04
    RANGE = 0x05
    LIMIT = 0x06
    NOT_CALIBRATED = 0x07
    DISABLED = 0x08
    FAULT = 0x09
    BUSY = 0x0A


class Status:
    """The bits of a status word; plain numbers, as they are put together for each answer."""

    READY = 0x0001
    MOVING = 0x0002
    HOMING = 0x0004
    CALIBRATED = 0x0008
    DISABLED = 0x0010
    FAULT = 0x0020
    AT_LOWER = 0x0040
    AT_UPPER = 0x0080
    IN_POSITION = 0x0100


class Refused(Exception):
    """An actuator does not do what it was told."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.name)
        self.error = error


@frozen
class Motion:
    """From one place to another at a constant velocity; at rest, if they are the same."""

    start: int
    target: int
    velocity: int = 1
    began: float = 0.0

    def position(self, now: float) -> int:
        """Where it has come to: whole micrometres that are behind it."""
        distance = self.target - self.start
        done = max(0, int((now - self.began) * self.velocity + _ROUNDING))
        if done >= abs(distance):
            return self.target
        return self.start + done if distance > 0 else self.start - done


class Actuator:
    """
    A motor and its controller.

    The controller counts steps and knows where the motor is only after it has been
    home; until then, and after a reset, it counts from where the power came on.

    @ivar velocity: that of moves that name none.
    @ivar lower: where moves may go to at the least.
    @ivar upper: where they may go to at the most.
    """

    _motion: Motion

    def __init__(self, place: int) -> None:
        """@param place: where the motor is when the power comes on."""
        self._power_on(place)

    def position(self, now: float) -> int:
        """What the controller has counted."""
        # What settling does to the zero must come first.
        place = self._settle(now)
        return place - self._zero

    def status(self, now: float) -> int:
        """The bits of L{Status}."""
        position = self.position(now)
        moving = position + self._zero != self._motion.target
        word = 0
        if self._calibrated:
            word |= Status.CALIBRATED
            word |= Status.AT_LOWER if position <= self.lower else 0
            word |= Status.AT_UPPER if position >= self.upper else 0
        if moving:
            word |= Status.MOVING | (Status.HOMING if self._homing else 0)
        elif self._aimed:
            word |= Status.IN_POSITION
        if self._jammed:
            word |= Status.FAULT
        if not self._enabled:
            word |= Status.DISABLED
        if word & _UNREADY == Status.CALIBRATED:
            word |= Status.READY
        return word

    def move_to(self, now: float, target: int, velocity: int) -> None:
        """
        Begin to move, also in the middle of another move.

        @param velocity: 0 stands for the one that was set.
        @raise Refused: it cannot move, or not there.
        """
        place = self._settle(now)
        self._must_be_able()
        if not self._calibrated:
            raise Refused(Error.NOT_CALIBRATED)
        if velocity > FASTEST:
            raise Refused(Error.RANGE)
        if not self.lower <= target <= self.upper:
            raise Refused(Error.LIMIT)
        self._go(Motion(place, target, velocity or self.velocity, now))

    def move_by(self, now: float, distance: int, velocity: int) -> None:
        """
        Begin to move, away from where it is now.

        @raise Refused: as for L{move_to}.
        """
        self.move_to(now, self.position(now) + distance, velocity)

    def home(self, now: float) -> None:
        """
        Look for the zero; only then it is known what the counted steps mean.

        @raise Refused: it cannot move.
        """
        place = self._settle(now)
        self._must_be_able()
        self._calibrated, self._homing = False, True
        self._go(Motion(place, 0, HOMING_VELOCITY, now))

    def stop(self, now: float) -> None:
        """Stand still at once."""
        place = self._settle(now)
        if place != self._motion.target:
            self._motion = Motion(place, place)
            self._homing = self._aimed = False

    def reset(self, now: float) -> None:
        """Be as after power on, where it is."""
        self._power_on(self._settle(now))

    def set_velocity(self, now: float, velocity: int) -> None:
        """
        Set the velocity of the moves to come.

        @raise Refused: no motor is so fast, or 0.
        """
        if not 0 < velocity <= FASTEST:
            raise Refused(Error.RANGE)
        self.velocity = velocity

    def set_limits(self, now: float, lower: int, upper: int) -> None:
        """
        Set where the moves to come may go to.

        @raise Refused: there is nothing between them, they are too far, or it moves.
        """
        if self._settle(now) != self._motion.target:
            raise Refused(Error.BUSY)
        if not -STROKE <= lower < upper <= STROKE:
            raise Refused(Error.RANGE)
        self.lower, self.upper = lower, upper

    def enable(self, now: float) -> None:
        """Give the motor power."""
        self._enabled = True

    def disable(self, now: float) -> None:
        """Take the power from the motor, which stops."""
        self.stop(now)
        self._enabled = False

    def jam(self, now: float) -> None:
        """Be stuck, and lose steps, until it is reset."""
        self.stop(now)
        self._jammed = True
        self._calibrated = self._aimed = False

    def _power_on(self, place: int) -> None:
        self._motion, self._zero = Motion(place, place), place
        self.velocity, self.lower, self.upper = USUAL_VELOCITY, -STROKE, STROKE
        self._enabled = True
        self._calibrated = self._homing = self._jammed = self._aimed = False

    def _go(self, motion: Motion) -> None:
        self._motion, self._aimed = motion, True

    def _must_be_able(self) -> None:
        if self._jammed:
            raise Refused(Error.FAULT)
        if not self._enabled:
            raise Refused(Error.DISABLED)
        if self._homing:
            raise Refused(Error.BUSY)

    def _settle(self, now: float) -> int:
        """Where the motor is; if it has come home by now, it is calibrated."""
        motion = self._motion
        place = motion.target
        if motion.start != place:
            place = motion.position(now)
        if self._homing and place == motion.target:
            self._homing, self._calibrated, self._zero = False, True, 0
        return place


_UNREADY = Status.MOVING | Status.CALIBRATED | Status.DISABLED | Status.FAULT
