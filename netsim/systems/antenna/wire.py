"""
The frames of an antenna; docs/systems/antenna.rst has their bytes.

    command  1a cf fc 1d  length  counter  command  axes  payload ...        CRC-32
    answer   1a cf fc 1d  length  counter  command  axes  code  0            CRC-32
    status   1a cf fc 1d  length  counter  errors  time  last  azimuth  ...  CRC-32
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from math import isfinite
from struct import Struct
from zlib import crc32

from attrs import astuple, frozen

from netsim.simulator.framing import LengthField
from netsim.systems.antenna.axis import Code, Refused

__all__ = [
    "FRAMING",
    "AxisReport",
    "Command",
    "Header",
    "answer",
    "is_sound",
    "numbers",
    "seal",
    "status",
]

START = bytes.fromhex("1acffc1d")
"""What every frame begins with."""

MOST_POINTS = 64
"""Points that a table may have."""

_START = int.from_bytes(START, "little")
_HEAD = Struct("<IIIHH")
_ANSWER = Struct("<IIIHHHH")
_STATUS = Struct("<IIIIdIHH")
_AXIS = Struct("<ddddHHI")
_CRC = Struct("<I")

SHORTEST = _HEAD.size + _CRC.size
LONGEST = SHORTEST + MOST_POINTS * 24

FRAMING = LengthField(
    header=SHORTEST, at=4, size=4, order="little", beside=0, start=START, limit=LONGEST
)
"""A command of another length is not believed: its first byte is passed over."""


class Command(IntEnum):
    """What a command asks for."""

    NOTHING = 0x0001
    BRAKES_ON = 0x0010
    BRAKES_OFF = 0x0011
    STOW = 0x0012
    UNSTOW = 0x0013
    PRESET = 0x0020
    SLEW = 0x0021
    TRACK = 0x0022
    STOP = 0x0023
    EMERGENCY_STOP = 0x0030
    RESET = 0x0031


@frozen
class Header:
    """What a command begins with, after its start and length."""

    counter: int
    command: int
    axes: int

    @classmethod
    def of(cls, frame: bytes) -> Header:
        """Read it from a command that L{FRAMING} has cut out."""
        return cls(*_HEAD.unpack_from(frame)[2:])


@frozen
class AxisReport:
    """
    What the status tells of an axis.

    @ivar points: those of its table that are still to come.
    """

    position: float
    velocity: float
    commanded_position: float
    commanded_velocity: float
    mode: int
    bits: int
    points: int


def is_sound(frame: bytes) -> bool:
    """Whether its checksum is right."""
    return _CRC.pack(crc32(frame[: -_CRC.size])) == frame[-_CRC.size :]


def seal(frame: bytes) -> bytes:
    """Add the checksum."""
    return frame + _CRC.pack(crc32(frame))


def numbers(frame: bytes) -> tuple[float, ...]:
    """
    The payload of a command.

    @raise Refused: it is cut off in a number, or one is infinite or none.
    """
    payload = frame[_HEAD.size : -_CRC.size]
    if len(payload) % 8:
        raise Refused(Code.LENGTH)
    found = Struct(f"<{len(payload) // 8}d").unpack(payload)
    if not all(map(isfinite, found)):
        raise Refused(Code.RANGE)
    return found


def answer(to: Header, code: Code) -> bytes:
    """What is said to a command."""
    length = _ANSWER.size + _CRC.size
    return seal(_ANSWER.pack(_START, length, to.counter, to.command, to.axes, code, 0))


def status(
    counter: int, now: float, errors: int, last: Header, code: Code, axes: Iterable[AxisReport]
) -> bytes:
    """What is sent every now and then."""
    reports = b"".join(_AXIS.pack(*astuple(report)) for report in axes)
    length = _STATUS.size + len(reports) + _CRC.size
    words = (counter, errors, now, last.counter, last.command, code)
    return seal(_STATUS.pack(_START, length, *words) + reports)
