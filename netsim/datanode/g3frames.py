"""
Where the frames of a C{.g3} file begin and end, without a look into them.

The format is that of spt3g_software (C{G3Frame::save}): a byte 1 for little-endian, the version
1, the number of entries and the type of the frame (32 bits each); then of each entry the length
of its name (64 bits), its name, the length of its value, its value; then a checksum of 32 bits.

The library that decodes frames believes every length that it reads, and would ask for any amount
of memory: so it is given only frames that are known to be whole.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator
from typing import BinaryIO

from attrs import frozen

__all__ = ["HOUSEKEEPING", "Frame", "Frames", "Rest"]

HOUSEKEEPING = ord("H")

_MAGIC = b"\x01\x01\x00\x00\x00"
_HEAD = struct.Struct("<5sII")
_LENGTH = struct.Struct("<Q")
_CHECKSUM = 4
_LONGEST_NAME = 1 << 16


class Rest(enum.Enum):
    """What comes after the last whole frame."""

    NOTHING = "nothing"
    CUT = "a frame that has no end yet, or has lost it"
    GARBAGE = "what is no frame"


@frozen
class Frame:
    """Where a frame is in its file, in bytes, and its type."""

    start: int
    end: int
    type: int


class Frames:
    """
    The whole frames of a file, in order.

    @ivar end: where the last one ended that was given.
    @ivar rest: what comes after all of them, once they were given.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        """
        @param file: at its start.
        @param size: how many bytes of it are looked at, however it grows.
        """
        self.end = 0
        self.rest = Rest.NOTHING
        self._file = file
        self._size = size
        self._at = 0

    def __iter__(self) -> Iterator[Frame]:
        while self.end < self._size:
            try:
                frame = self._next()
            except EOFError:
                self.rest = Rest.CUT
                return
            except ValueError:
                self.rest = Rest.GARBAGE
                return
            yield frame
            self.end = frame.end

    def _next(self) -> Frame:
        head = self._head()
        _, entries, kind = _HEAD.unpack(head)
        for _ in range(entries):
            name = self._length()
            if name > _LONGEST_NAME:
                raise ValueError
            self._skip(name)
            self._skip(self._length())
        self._skip(_CHECKSUM)
        return Frame(self.end, self._at, kind)

    def _head(self) -> bytes:
        self._file.seek(self.end)
        self._at = self.end
        there = min(_HEAD.size, self._size - self._at)
        head = self._file.read(there)
        if not _MAGIC.startswith(head[: len(_MAGIC)]):
            raise ValueError
        self._skip(_HEAD.size)
        return head

    def _length(self) -> int:
        read = self._file.read(_LENGTH.size)
        self._at += _LENGTH.size
        if len(read) < _LENGTH.size:
            raise EOFError
        length: int = _LENGTH.unpack(read)[0]
        return length

    def _skip(self, count: int) -> None:
        self._at += count
        if self._at > self._size:
            raise EOFError
        self._file.seek(self._at)
