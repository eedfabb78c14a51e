"""
Text of numbers, read fast and exactly.

Lines of one layout are read together, as columns; what does not fit one by one.  Both give
what C{float} gives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.digits import Digits, negated, scaled
from netsim.datanode.layouts import NEWLINE, Group, Numeral, groups, line, numerals

__all__ = ["Parsed", "parse"]

Values = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHUNK = 1 << 20
"""Bytes that are looked at together: they and what comes of them fit into a cache."""

LARGE = 1000
"""Exponents from here on make any number nothing or infinite."""


@frozen(eq=False)
class Parsed:
    """
    What a text has.

    @ivar values: a row for each line, a column for each number; in memory column by column.
    @ivar bad: lines that are damaged, and left out.
    """

    values: Values
    bad: int


def parse(buffer: bytes, columns: int = 2, separator: bytes | None = None) -> Parsed:
    """
    Read lines of numbers.

    Lines may end with CR LF, the last one without.  Blank lines, and those that begin with
    C{#}, are passed over.

    @param columns: how many numbers are in a line that is not damaged.
    @param separator: one character between numbers, beside which there may be blanks, and
        nothing for a number that is missing (not a number is given for it); L{None}: blanks
        and tabs.
    """
    pattern = line(columns, separator)
    parts, bad = [np.empty((columns, 0))], 0
    for chunk in _chunks(buffer):
        values, known = _read(chunk, columns, pattern)
        bad += _read_rest(chunk, separator, values, known)
        parts.append(values if known.all() else values[:, known])
    return Parsed(np.concatenate(parts, axis=1).T, bad)


def _chunks(buffer: bytes) -> Iterator[bytes]:
    """Parts of whole lines, each of which ends."""
    start = 0
    while start < len(buffer):
        end = buffer.rfind(b"\n", start, start + CHUNK) + 1
        end = end or buffer.find(b"\n", start) + 1
        yield buffer[start:end] if end else buffer[start:] + b"\n"
        start = end or len(buffer)


def _read(chunk: bytes, columns: int, pattern: re.Pattern[str]) -> tuple[Values, Flags]:
    """Read lines of common layouts: give their values by column, and which lines they are."""
    text = np.frombuffer(chunk, np.uint8)
    digits = Digits.of(text)
    count, found = groups(text, digits)
    values = np.empty((columns, count))
    known = np.zeros(count, np.bool_)
    for group in found:
        if places := numerals(group.key, pattern):
            known[group.rows] = _columns(digits, group, places, values)
    return values, known


def _columns(digits: Digits, group: Group, places: list[Numeral], values: Values) -> Flags:
    """Read lines of a layout; tell which of them could be read so."""
    known = np.ones(group.size, np.bool_)
    for column, numeral in zip(values, places, strict=True):
        column[group.rows], right = _column(digits, group, numeral)
        known &= right
    return known


def _column(digits: Digits, group: Group, numeral: Numeral) -> tuple[Values, Flags]:
    whole = scale = np.zeros(1, np.int64)
    part, minus = None, np.zeros(1, np.bool_)
    if numeral.whole is not None:
        ends, whole = group.ends(numeral.whole), group.counts(numeral.whole)
        minus, sign = digits.signs(ends, whole)
        whole = whole - sign
    if numeral.part is not None:
        ends = group.ends(numeral.part)
        scale = part = group.counts(numeral.part)
    integers, right = digits.integers(ends, whole, part)
    if numeral.exponent is not None:
        power, known = _exponents(digits, group, numeral.exponent)
        scale, right = scale - power, right & known
    values, exact = scaled(integers, scale)
    if minus.any():
        values = negated(values, minus)
    return values, right & exact


def _exponents(digits: Digits, group: Group, place: int) -> tuple[Places, Flags]:
    ends, counts = group.ends(place), group.counts(place)
    minus, sign = digits.signs(ends, counts)
    integers, right = digits.integers(ends, counts - sign)
    powers = integers.view(np.int64)
    return np.where(minus, -powers, powers), right & (integers < LARGE)


def _read_rest(chunk: bytes, separator: bytes | None, values: Values, known: Flags) -> int:
    """Read lines one by one that are not known; tell how many of them are damaged."""
    if known.all():
        return 0
    bad = 0
    ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == NEWLINE)
    for row in np.flatnonzero(~known).tolist():
        text = chunk[ends[row - 1] + 1 if row else 0 : ends[row]]
        if not (said := text.strip()) or said.startswith(b"#"):
            continue
        if numbers := _floats(text.split(separator), len(values)):
            values[:, row] = numbers
            known[row] = True
        else:
            bad += 1
    return bad


def _floats(fields: list[bytes], columns: int) -> list[float] | None:
    if len(fields) != columns:
        return None
    try:
        return [float(field) if field.strip() else math.nan for field in fields]
    except ValueError:
        return None
