"""
Lines of text that have the same characters between their digits.

A layout is the characters of a line that are neither digits nor signs, each with a mark if no
such come before it.  Lines of one layout have their numbers at the same of these characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.digits import Digits, Ends, keep, words

__all__ = ["NEWLINE", "Group", "Numeral", "groups", "numerals"]

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

NEWLINE = ord("\n")

BARE = 0x80
"""Marks a character that comes without digits before it."""

LAYOUTS = 50
"""Layouts for which a text is searched."""

NUMBER = re.compile(
    r"(?:(?P<whole>d)(?:\.(?P<part>d)?)?|\.(?P<only>d))(?:[eE](?P<exponent>d))?"
)
"""A number, if C{d} stands for any digits and signs."""
BLANKS = re.compile(r"[ \t]*")
GAP = re.compile(r"[ \t]+")
END = re.compile(r"[ \t\r]*\n")


@frozen
class Numeral:
    """
    Where a number is in a layout: before which of its characters there are which digits.

    @ivar whole: those before the point; L{None}: there are none.
    @ivar part: those after it; likewise.
    @ivar exponent: likewise.
    """

    whole: int | None
    part: int | None
    exponent: int | None


def numerals(key: bytes, columns: int, separator: bytes | None) -> list[Numeral] | None:
    """Find the numbers in a layout; L{None}: it is none of so many numbers."""
    tokens, places = "", []
    for place, character in enumerate(key):
        token = chr(character & ~BARE) if character & BARE else "d" + chr(character)
        tokens += token
        places += [place] * len(token)
    gap = _gap(separator) if separator else GAP
    found, position = [], 0
    for column in range(columns):
        before = (gap if column else BLANKS).match(tokens, position)
        match = before and NUMBER.match(tokens, before.end())
        if not match:
            return None
        found.append(_numeral(match, places))
        position = match.end()
    return found if END.fullmatch(tokens, position) else None


@frozen(eq=False)
class Group:
    """
    Lines of one layout.

    @ivar key: the layout.
    @ivar rows: which lines of the text they are.
    @ivar size: how many.
    """

    key: bytes
    rows: Places | slice
    size: int

    def ends(self, place: int) -> Ends:
        """Where one of the characters is, in each line."""
        raise NotImplementedError

    def counts(self, place: int) -> Places:
        """How many digits are before one of the characters, in each line; or one for all."""
        raise NotImplementedError


def groups(text: Bytes, digits: Digits) -> tuple[int, Iterator[Group]]:
    """
    Find lines that have the same layout.

    @param text: of whole lines.
    @param digits: those of the text.
    @return: how many lines there are, and groups that have some of them, or all.
    """
    others = digits.others()
    if regular := _regular(text, others):
        return regular.size, iter([regular])
    ends = np.flatnonzero(others)
    counts = ends - 1
    counts[1:] -= ends[:-1]
    counts[0] = ends[0]
    found = _Characters(_keys(text.take(ends), counts), ends, counts)
    last = np.flatnonzero(found.keys & ~np.uint8(BARE) == NEWLINE)
    return last.size, found.groups(last)


@frozen(eq=False)
class _Regular(Group):
    """
    All lines, all of which are as wide.

    @ivar width: bytes of a line.
    @ivar places: of the characters, in a line.
    """

    width: int
    places: Places

    def ends(self, place: int) -> Ends:
        return slice(int(self.places[place]), self.width * self.size, self.width)

    def counts(self, place: int) -> Places:
        return np.diff(self.places, prepend=-1)[place : place + 1] - 1


@frozen(eq=False)
class _Scattered(Group):
    """
    Any lines.

    @ivar firsts: the first of the characters of each line; L{None}: these are all lines.
    """

    firsts: Places | None
    characters: _Characters

    def ends(self, place: int) -> Ends:
        return self._of(self.characters.ends, place)

    def counts(self, place: int) -> Places:
        counts = self._of(self.characters.counts, place)
        return counts[:1] if (counts == counts[0]).all() else counts

    def _of(self, values: Places, place: int) -> Places:
        if self.firsts is None:
            return values[place :: len(self.key)]
        return values.take(self.firsts + place)


@frozen(eq=False)
class _Characters:
    """
    All characters of a text that are neither digits nor signs.

    @ivar keys: what they are in a layout.
    @ivar ends: where they are.
    @ivar counts: how many digits are before them.
    """

    keys: Bytes
    ends: Places
    counts: Places

    def groups(self, last: Places) -> Iterator[Group]:
        """
        Find lines of one layout after the other.

        @param last: which of the characters are newlines.
        """
        length = int(last[0]) + 1
        if last.size * length == self.keys.size:
            if (self.keys[length:] == self.keys[:-length]).all():
                yield _Scattered(self.keys[:length].tobytes(), slice(None), last.size, None, self)
                return
        lengths = np.diff(last, prepend=-1)
        signs = words(np.concatenate((np.zeros(7, np.uint8), self.keys)), last)[:, 0]
        signs &= keep(lengths)
        rest = np.arange(last.size)
        for _ in range(LAYOUTS):
            if not rest.size:
                return
            end, length = last[rest[0]], lengths[rest[0]]
            key = self.keys[end + 1 - length : end + 1]
            same = (signs[rest] == signs[rest[0]]) & (lengths[rest] == length)
            if length > 8:
                places = last[rest[same]][:, None] + np.arange(1 - length, 1)
                same[same] = (self.keys[places] == key).all(axis=1)
            rows, rest = rest[same], rest[~same]
            yield _Scattered(key.tobytes(), rows, rows.size, last[rows] - (length - 1), self)


def _numeral(match: re.Match[str], places: list[int]) -> Numeral:
    whole, part, only, exponent = (
        places[match.start(name)] if match[name] else None
        for name in ("whole", "part", "only", "exponent")
    )
    return Numeral(whole, only if part is None else part, exponent)


def _gap(separator: bytes) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{re.escape(separator.decode('latin-1'))}[ \t]*")


def _keys(characters: Bytes, counts: Places) -> Bytes:
    """Make bytes of layouts: what is beyond ASCII is one thing."""
    keys = np.minimum(characters, BARE - 1)
    keys |= (counts == 0).view(np.uint8) << 7
    return keys


def _regular(text: Bytes, others: NDArray[np.bool_]) -> Group | None:
    """All lines, if they are as wide as the first one and have its layout."""
    width = int(np.argmax(text == NEWLINE)) + 1
    if text.size % width or (others[width:] != others[:-width]).any():
        return None
    places = np.flatnonzero(others[:width])
    if (text.reshape(-1, width)[:, places] != text[places]).any():
        return None
    key = _keys(text[places], np.diff(places, prepend=-1) - 1)
    return _Regular(key.tobytes(), slice(None), text.size // width, width, places)
