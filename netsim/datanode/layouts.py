"""
Lines of text that have the same characters between their digits.

A layout is the characters of a line that are no digits, each with a mark if no digits come
before it.  Lines of one layout have their numbers at the same of these characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.digits import PAD

__all__ = ["NEWLINE", "Group", "Numeral", "groups", "numerals"]

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]

NEWLINE = ord("\n")

BARE = 0x80
"""Marks a character that comes without digits before it."""

LAYOUTS = 50
"""Layouts for which a text is searched."""

NUMBER = re.compile(
    r"(?P<sign>[+-])?(?:(?P<whole>d)(?:\.(?P<part>d)?)?|\.(?P<only>d))"
    r"(?:[eE](?P<minus>[+-])?(?P<exponent>d))?"
)
"""A number, if C{d} stands for any digits."""
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
    @ivar reciprocal: the exponent is negative.
    """

    negative: bool
    whole: int | None
    part: int | None
    exponent: int | None
    reciprocal: bool


@frozen(eq=False)
class Group:
    """
    Lines of one layout.

    @ivar key: the layout.
    @ivar rows: which lines they are.
    @ivar ends: where each of the characters is, line by line.
    @ivar counts: how many digits are before each of them.
    """

    key: bytes
    rows: Places | slice
    ends: Places
    counts: Places


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


def groups(text: Bytes, digits: Bytes) -> tuple[int, Iterator[Group]]:
    """
    Find lines that have the same layout.

    @param text: of whole lines.
    @param digits: what L{netsim.datanode.digits.shifted} makes of it.
    @return: how many lines there are, and groups that have some of them, or all.
    """
    others = digits[PAD:] > 9
    width = int(np.argmax(text == NEWLINE)) + 1
    count = text.size // width
    if count * width == text.size and _is_regular(text, others, count, width):
        return count, iter([_regular(text, others, count, width)])
    ends = np.flatnonzero(others)
    counts = np.diff(ends, prepend=-1) - 1
    keys = np.minimum(text[ends], BARE - 1)
    last = np.flatnonzero(keys == NEWLINE)
    keys |= (counts == 0).view(np.uint8) << 7
    return last.size, _irregular(keys, ends, counts, last)


def _numeral(match: re.Match[str], places: list[int]) -> Numeral:
    whole, part, only, exponent = (
        places[match.start(name)] if match[name] else None
        for name in ("whole", "part", "only", "exponent")
    )
    part = only if part is None else part
    return Numeral(match["sign"] == "-", whole, part, exponent, match["minus"] == "-")


def _gap(separator: bytes) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{re.escape(separator.decode('latin-1'))}[ \t]*")


def _is_regular(text: Bytes, others: NDArray[np.bool_], count: int, width: int) -> bool:
    """All lines are as wide as the first one, and have its layout."""
    if (others.reshape(count, width) != others[:width]).any():
        return False
    places = np.flatnonzero(others[:width])
    return bool((text.reshape(count, width)[:, places] == text[places]).all())


def _regular(text: Bytes, others: NDArray[np.bool_], count: int, width: int) -> Group:
    places = np.flatnonzero(others[:width])
    counts = np.diff(places, prepend=-1) - 1
    ends = np.arange(0, count * width, width)[:, None] + places
    shape = count, places.size
    return Group(_key(text[places], counts), slice(None), ends, np.broadcast_to(counts, shape))


def _key(characters: Bytes, counts: Places) -> bytes:
    marks = (counts == 0).view(np.uint8) << 7
    return (np.minimum(characters, BARE - 1) | marks).tobytes()


def _irregular(keys: Bytes, ends: Places, counts: Places, last: Places) -> Iterator[Group]:
    """
    Find lines of one layout after the other.

    @param last: places of the newlines.
    """
    lengths = np.diff(last, prepend=-1)
    rest = np.arange(last.size)
    for _ in range(LAYOUTS):
        if not rest.size:
            return
        length = lengths[rest[0]]
        key = keys[last[rest[0]] - length + 1 : last[rest[0]] + 1]
        if keys.size == lengths.size * length and (keys.reshape(-1, length) == key).all():
            shape = -1, length
            yield Group(key.tobytes(), slice(None), ends.reshape(shape), counts.reshape(shape))
            return
        same = lengths[rest] == length
        rows = rest[same]
        places = last[rows][:, None] + np.arange(1 - length, 1)
        equal = (keys[places] == key).all(axis=1)
        same[same] = equal
        yield Group(key.tobytes(), rows[equal], ends[places[equal]], counts[places[equal]])
        rest = rest[~same]
