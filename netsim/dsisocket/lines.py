"""Cuts what a script prints into lines, and keeps the last ones."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterable

__all__ = ["LIMIT", "Lines", "Tail"]

LIMIT = 4096
"""Characters of a line; a longer one is cut into pieces of so many."""


class Lines:
    """
    Turns bytes into lines of text; what is no UTF-8 is replaced.

    Of a line that is written over, as progress bars do with a carriage return, what a
    terminal would show at its end is left.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete with this."""
        return self._take(self._decoder.decode(data))

    def finish(self) -> list[str]:
        """What is left: a last line without a newline."""
        lines = self._take(self._decoder.decode(b"", final=True))
        rest, self._rest = self._rest.removesuffix("\r"), ""
        return [*lines, rest] if rest else lines

    def _take(self, text: str) -> list[str]:
        *complete, rest = (self._rest + text).split("\n")
        lines: list[str] = []
        for line in complete:
            lines.append(_shown(line, lines))
        self._rest = _shown(rest, lines)
        if rest.endswith("\r"):
            # What comes next is written over it, unless that is the end of the line.
            self._rest += "\r"
        return lines


class Tail:
    """The last lines, and not too much of them."""

    def __init__(self, lines: int = 10, characters: int = 2000) -> None:
        """@param characters: of all lines together, joined by newlines."""
        self._lines: deque[str] = deque(maxlen=lines)
        self._characters = characters

    def add(self, lines: Iterable[str]) -> None:
        """Remember these; forget as many old ones."""
        self._lines.extend(lines)

    def lines(self) -> tuple[str, ...]:
        """Those that there are; of the first one only the end, where all are too much."""
        kept: list[str] = []
        room = self._characters
        for line in reversed(self._lines):
            if room <= 0:
                break
            kept.append(line[-room:])
            room -= len(line) + 1
        return tuple(reversed(kept))


def _shown(line: str, lines: list[str]) -> str:
    """What is left of a line when its full pieces are put to the lines."""
    if len(line) <= LIMIT and "\r" not in line:
        return line
    shown = ""
    for piece in line.split("\r"):
        full = max(0, len(piece) - 1) // LIMIT * LIMIT
        lines += (piece[place : place + LIMIT] for place in range(0, full, LIMIT))
        shown = piece[full:] or shown
    return shown
