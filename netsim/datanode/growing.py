"""Files that grow: their whole lines are read, each of them once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO

from attrs import frozen

from netsim.errors import DataFileError

__all__ = ["CHUNK", "MARK", "GrowingFile", "Place"]

CHUNK = 4 << 20
"""Bytes that are read at once."""

CHECKED = 1024
"""Bytes at the start, and before the place, by which a file is known again."""

_WIDE = (b"\xff\xfe", b"\xfe\xff")
MARK = b"\xef\xbb\xbf"
"""What texts in UTF-8 may begin with."""


@frozen
class Place:
    """
    How far a file was read.

    @ivar size: what it had then.
    @ivar position: where the first line begins that was not whole.
    @ivar head: its first bytes.
    @ivar tail: the bytes before the position.
    """

    inode: int
    size: int
    position: int
    head: bytes
    tail: bytes


class GrowingFile:
    """
    Gives the whole lines of a file that have not been given before.

    What is written while it is read is left for the next time, and so is a last line that does
    not end.

    @ivar continued: the file only grew since it was read; else it is given from its start.
    @ivar long_lines: how many lines were left out because they are longer than a chunk.
    """

    def __init__(self, file: IO[bytes], place: Place | None = None) -> None:
        """
        @param file: an open one; where it stands does not matter.
        @param place: how far it was read before.
        """
        self._file = file.fileno()
        state = os.fstat(self._file)
        self._inode, self._size = state.st_ino, state.st_size
        self.long_lines = 0
        self.continued = place is not None and self._has_grown(place)
        self._position = place.position if place is not None and self.continued else 0

    def chunks(self) -> Iterator[bytes]:
        """
        Give whole lines, some MiB at once, without a mark of UTF-8 before the first.

        @raise DataFileError: it is not in ASCII, or what has that in it.
        """
        if self._position == 0:
            self._check_start()
        while data := self._read(self._position, CHUNK):
            end = data.rfind(b"\n") + 1
            if not end:
                if not (after := self._end_of_line(self._position + len(data))):
                    return
                self.long_lines += 1
                self._position = after
                continue
            self._position += end
            yield data[:end]

    def place(self) -> Place:
        """How far it is read."""
        position = self._position
        head = self._read(0, min(CHECKED, position))
        start = max(0, position - CHECKED)
        tail = self._read(start, position - start)
        return Place(self._inode, self._size, position, head, tail)

    def _has_grown(self, place: Place) -> bool:
        # One that has the same size, but is another, was written anew.
        if self._inode != place.inode or self._size <= place.size:
            return False
        start = place.position - len(place.tail)
        head, tail = self._read(0, len(place.head)), self._read(start, len(place.tail))
        return head == place.head and tail == place.tail

    def _check_start(self) -> None:
        start = self._read(0, len(MARK))
        if start.startswith(_WIDE):
            raise DataFileError("it is in UTF-16: expected UTF-8 or ASCII")
        if start == MARK:
            self._position = len(MARK)

    def _end_of_line(self, position: int) -> int:
        """Where a line ends that is longer than a chunk; 0: it does not end."""
        while data := self._read(position, CHUNK):
            if found := data.find(b"\n") + 1:
                return position + found
            position += len(data)
        return 0

    def _read(self, position: int, size: int) -> bytes:
        return os.pread(self._file, max(0, min(size, self._size - position)), position)
