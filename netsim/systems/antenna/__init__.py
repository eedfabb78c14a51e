"""
An antenna: two axes that are driven, tracked and stowed, and their status five times a second.

It is the control unit of a radio telescope's servo system.  docs/systems/antenna.rst is
the manual of the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from netsim.simulator.faults import ANSWERS, NONE, STATUS, Faulty, FaultyStatus
from netsim.simulator.system import Answer, Peer
from netsim.systems.antenna import wire
from netsim.systems.antenna.antenna import Antenna
from netsim.systems.antenna.axis import Axis, Code, Refused
from netsim.systems.antenna.wire import AxisReport, Command, Header

COMMANDS, STATUSES = 14000, 14001
"""The ports."""

servers: list[Any] = [(("127.0.0.1", COMMANDS), ("127.0.0.1", STATUSES), "tcp", {})]

_COUNTERS = 1 << 32
_CHOICES = {0: (), 1: (0,), 2: (1,), 3: (0, 1)}
"""The axes that a command's mask stands for."""


class System(Faulty, FaultyStatus):
    """The control unit of an antenna: commands on one port, the status on another."""

    framing = wire.FRAMING
    sampling_time = 0.2
    faults = {
        **ANSWERS,
        **STATUS,
        "garbage": "answers and status are random bytes, of the right length",
        "wrong_checksum": "the checksum of answers and status is wrong",
        "cut_answer": "answers lack their last byte",
        "stuck_value": "the actual positions and velocities are told as they are now; "
        "commands are executed, and counter and time go on",
    }

    def __init__(self) -> None:
        self.antenna = Antenna()
        self._counter = 0
        self._last, self._code = Header(0, 0, 0), Code.ACCEPTED
        self._seen: Sequence[AxisReport] | None = None

    def message(self, message: bytes, peer: Peer) -> bytes:
        """Execute a command, or refuse it."""
        header = Header.of(message)
        if not wire.is_sound(message):
            return wire.answer(header, Code.CHECKSUM)
        code = Code.ACCEPTED
        try:
            self._execute(header, message)
        except Refused as refused:
            code = refused.code
        self._last, self._code = header, code
        return wire.answer(header, code)

    def status(self) -> bytes:
        """What the antenna does now, and what became of the last command."""
        now = self.clock.seconds()
        self._counter = (self._counter + 1) % _COUNTERS
        errors = self.antenna.errors
        return wire.status(self._counter, now, errors, self._last, self._code, self._reports(now))

    def beat(self) -> Answer:
        """Give the status, spoiled as C{faults} says."""
        match self.fault:
            case "stuck_value":
                return self.status()
            case "wrong_checksum":
                return self.spoil(self.fault, self.status())
        return super().beat()

    def spoil(self, kind: str, answer: bytes) -> bytes:
        """Spoil an answer as C{faults} says."""
        match kind:
            case "wrong_checksum":
                return answer[:-1] + bytes([answer[-1] ^ 0xFF])
            case "cut_answer":
                return answer[:-1]
        return answer

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        """Fail in one of the ways that `netsim simulator describe` lists; `none` ends it."""
        told = super().system_fail(kind, seconds)
        if kind == self.fault:
            self._seen = None
            if kind == "stuck_value":
                self._seen = self._reports(self.clock.seconds())
        return told

    def emergency_button(self, position: str) -> str:
        """Press the emergency button (`pressed`), or pull it out again (`released`)."""
        match position:
            case "pressed":
                self.antenna.press(self.clock.seconds())
            case "released":
                self.antenna.release_button()
            case _:
                raise ValueError(f"button {position}: expected pressed or released")
        return f"{position}\n"

    def drive_fault(self, axis: str) -> str:
        """Let the drive of an axis (`azimuth` or `elevation`) fail, until a reset."""
        if axis not in _AXES:
            raise ValueError(f"axis {axis}: expected {' or '.join(_AXES)}")
        self.antenna.fail(self.clock.seconds(), _AXES.index(axis))
        return f"{axis}\n"

    def _execute(self, header: Header, frame: bytes) -> None:
        action = _ACTIONS.get(header.command)
        if action is None:
            raise Refused(Code.COMMAND)
        if header.axes not in action.masks:
            raise Refused(Code.AXES)
        chosen = [self.antenna.axes[index] for index in _CHOICES[header.axes]]
        values = wire.numbers(frame)
        if not action.takes(len(values), len(chosen)):
            raise Refused(Code.LENGTH)
        action.method(self.antenna, self.clock.seconds(), chosen, *values)

    def _reports(self, now: float) -> Sequence[AxisReport]:
        reports = [_report(axis, now) for axis in self.antenna.axes]
        if self._seen is None:
            return reports
        pairs = zip(reports, self._seen, strict=True)
        return [evolve(now, position=then.position, velocity=then.velocity) for now, then in pairs]


@frozen
class _Action:
    """A command: who does it, which axes it is for, and how many numbers it takes."""

    method: Callable[..., None]
    masks: Sequence[int] = (1, 2, 3)
    per_axis: int = 0

    def takes(self, count: int, axes: int) -> bool:
        return count == self.per_axis * axes


class _Table(_Action):
    """A command that takes a table of points."""

    def takes(self, count: int, axes: int) -> bool:
        return count >= 6 and count % 3 == 0


def _nothing(antenna: Antenna, now: float, axes: Sequence[Axis]) -> None:
    """See whether somebody is there."""


_AXES = ("azimuth", "elevation")
_NONE, _BOTH = (0,), (3,)
_ACTIONS: Mapping[int, _Action] = {
    Command.NOTHING: _Action(_nothing, _NONE),
    Command.BRAKES_ON: _Action(Antenna.engage),
    Command.BRAKES_OFF: _Action(Antenna.release),
    Command.STOW: _Action(Antenna.stow),
    Command.UNSTOW: _Action(Antenna.unstow),
    Command.PRESET: _Action(Antenna.preset, per_axis=2),
    Command.SLEW: _Action(Antenna.slew, per_axis=1),
    Command.TRACK: _Table(Antenna.track, _BOTH),
    Command.STOP: _Action(Antenna.stop),
    Command.EMERGENCY_STOP: _Action(Antenna.stop_at_once, _NONE),
    Command.RESET: _Action(Antenna.reset, _NONE),
}


def _report(axis: Axis, now: float) -> AxisReport:
    actual, commanded = axis.actual(now), axis.commanded(now)
    return AxisReport(
        actual.position,
        actual.velocity,
        commanded.position,
        commanded.velocity,
        axis.mode,
        axis.bits(now),
        axis.points(now),
    )
