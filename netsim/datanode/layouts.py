"""
Lines of text that have the same characters between their digits.

A layout is the characters of a line that are neither digits nor signs, each with a mark if no
such come before it.  Lines of one layout have their numbers at the same of these characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from netsim.datanode.digits import Digits, Ends, keep, words

__all__ = ["NEWLINE", "Group", "Numeral", "groups", "line", "numerals"]

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

NEWLINE = ord("\n")

BARE = 0x80
"""Marks a character that comes without digits before it."""

SAMPLE = 100
"""Lines that are tried before all are."""

LAYOUTS = 50
"""Layouts for which a text is searched."""

NUMBER = r"(?:(d)(?:\.(d)?)?|\.(d))(?:[eE](d))?"
"""A number, if C{d} stands for any digits and signs."""


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


def line(columns: int, separator: bytes | None) -> re.Pattern[str]:
    """Say what lines look like that have so many numbers."""
    if separator is None:
        blank, gap = r"[ \t]", r"[ \t]+"
    else:
        blank = " " if separator == b"\t" else r"[ \t]"
        gap = f"{blank}*{re.escape(separator.decode('latin-1'))}{blank}*"
    return re.compile(f"{blank}*{gap.join([NUMBER] * columns)}{blank}*\r?\n")


def numerals(key: bytes, line: re.Pattern[str]) -> list[Numeral] | None:
    """Find the numbers in a layout; L{None}: it is none of such lines."""
    tokens, places = "", []
    for place, character in enumerate(key):
        token = chr(character & ~BARE) if character & BARE else "d" + chr(character)
        tokens += token
        places += [place] * len(token)
    match = line.fullmatch(tokens)
    if not match:
        return None
    starts = (match.start(group) for group in range(1, line.groups + 1))
    found = [places[start] if start >= 0 else None for start in starts]
    parts = zip(found[::4], found[1::4], found[2::4], found[3::4], strict=True)
    return [Numeral(whole, only if part is None else part, e) for whole, part, only, e in parts]


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

    That there is nothing but digits between characters of a layout, and a sign before them, is
    for those to see who read them.

    @param text: of whole lines.
    @param digits: those of the text.
    @return: how many lines there are, and groups that have some of them, or all.
    """
    places, key = _first_line(text)
    if alike := _regular(text, places, key) or _anchored(text, places, key):
        return alike.size, iter([alike])
    ends = np.flatnonzero(digits.others())
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
        return _counts(self.places)[place : place + 1]


@frozen(eq=False)
class _Anchored(Group):
    """
    All lines: some characters are as far from the start of each, others from its end.

    @ivar turn: the first character of the latter.
    @ivar starts: of all lines.
    @ivar newlines: likewise.
    @ivar places: of the characters, in the first line.
    """

    turn: int
    starts: Places
    newlines: Places
    places: Places

    def ends(self, place: int) -> Places:
        near = int(self.places[place])
        if place < self.turn:
            return self.starts + near
        return self.newlines - (int(self.places[-1]) - near)

    def counts(self, place: int) -> Places:
        if place != self.turn:
            return _counts(self.places)[place : place + 1]
        before = self.ends(place - 1) + 1 if place else self.starts
        return self.ends(place) - before


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
        alike = last.size * length == self.keys.size
        if alike and (self.keys[length:] == self.keys[:-length]).all():
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


def _counts(places: Places) -> Places:
    """How many bytes are before characters at these places, since the one before."""
    return np.diff(places, prepend=-1) - 1


def _keys(characters: Bytes, counts: Places) -> Bytes:
    """Make bytes of layouts: what is beyond ASCII is one thing."""
    keys = np.minimum(characters, BARE - 1)
    keys |= (counts == 0).view(np.uint8) << 7
    return keys


def _first_line(text: Bytes) -> tuple[Places, bytes]:
    """Where characters are in the first line, and its layout."""
    line = text[: int(np.argmax(text == NEWLINE)) + 1]
    places = np.flatnonzero(Digits.of(line).others())
    return places, _keys(line[places], _counts(places)).tobytes()


def _regular(text: Bytes, places: Places, key: bytes) -> Group | None:
    """All lines, if they are as wide as the first one and have its layout."""
    width = int(places[-1]) + 1
    if text.size % width:
        return None
    for place in reversed(places.tolist()):
        if (text[place::width] != text[place]).any():
            return None
    return _Regular(key, slice(None), text.size // width, width, places)


def _anchored(text: Bytes, places: Places, key: bytes) -> Group | None:
    """All lines, if they have the layout of the first one as far from their starts or ends."""
    newlines = np.flatnonzero(text == NEWLINE)
    starts = np.concatenate(([0], newlines[:-1] + 1))
    few = slice(SAMPLE)
    turn = 0
    for place in places[:-1].tolist():
        if (text.take(starts[few] + place, mode="clip") != text[place]).any():
            break
        turn += 1
    group = _Anchored(key, slice(None), newlines.size, turn, starts, newlines, places)
    sample = evolve(group, starts=starts[few], newlines=newlines[few])
    return group if _fits(text, sample) and _fits(text, group) else None


def _fits(text: Bytes, group: _Anchored) -> bool:
    """All characters are where they are in the first line, with digits where it turns."""
    if group.key[group.turn] & BARE or (group.counts(group.turn) < 0).any():
        return False
    expected = text[group.places]
    return all(
        (text.take(group.ends(place)) == expected[place]).all()
        for place in range(len(expected) - 1)
    )
