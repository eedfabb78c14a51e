"""
The frames of an active surface; docs/systems/active_surface.rst has their bytes.

    request  FA  length  address  command  data ...  checksum
    answer   06  length  address  command  data ...  checksum
    refusal  15  01      address  command  error     checksum
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

from netsim.simulator.framing import LengthField

__all__ = ["ACK", "BROADCAST", "FRAMING", "LINE", "NAK", "REQUEST", "Code", "frame", "is_sound"]

REQUEST, ACK, NAK = 0xFA, 0x06, 0x15

LINE = 0x00
"""The address of the line's controller."""

BROADCAST = 0xFF
"""The address of all actuators of the line."""

MOST = 18
"""Actuators that a line may have."""

EMPTY = Struct("")
POSITION = Struct(">i")
POSITION_AND_STATUS = Struct(">iH")
MOVE = Struct(">iH")
VELOCITY = Struct(">H")
STATUS = Struct(">H")
LIMITS = Struct(">ii")
SETTINGS = Struct(">Hii")
IDENTITY = Struct(">BBBBBI")

_BESIDE = 5
"""Bytes of a frame without data."""


class Code(IntEnum):
    """What a request asks for."""

    IDENTIFY = 0x10
    STATUS = 0x11
    POSITION = 0x12
    SETTINGS = 0x13
    READ_ALL = 0x14
    MOVE_TO = 0x20
    MOVE_BY = 0x21
    STOP = 0x22
    HOME = 0x23
    RESET = 0x24
    MOVE_ALL = 0x25
    SET_VELOCITY = 0x30
    SET_LIMITS = 0x31
    ENABLE = 0x32
    DISABLE = 0x33


def targets(count: int) -> Struct:
    """The data of C{MOVE_ALL} for so many actuators."""
    return Struct(f">H{count}i")


FRAMING = LengthField(
    header=2, at=1, beside=_BESIDE, start=bytes([REQUEST]), limit=_BESIDE + targets(MOST).size
)
"""A longer request is not believed: its first byte is passed over."""

# The bytes of a sound frame add up to FF: the checksum that goes with each sum.
_CHECKSUMS = [bytes([0xFF - total]) for total in range(256)]


def frame(start: int, address: int, code: int, data: bytes = b"") -> bytes:
    """Put a frame together."""
    body = bytes((start, len(data), address, code)) + data
    return body + _CHECKSUMS[sum(body) & 0xFF]


def is_sound(frame: bytes) -> bool:
    """Whether its checksum is right."""
    return sum(frame) & 0xFF == 0xFF
