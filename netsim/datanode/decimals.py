"""
Text of numbers, read fast and exactly.

Lines of one layout are read together, as columns; what does not fit one by one.  Both give
what C{float} gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.digits import Digits, scaled
from netsim.datanode.layouts import NEWLINE, Group, Numeral, groups, numerals

__all__ = ["Parsed", "parse"]

Values = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHUNK = 1 << 20
"""Bytes that are looked at together: they and what comes of them fit into a cache."""


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
    parts, bad = [np.empty((columns, 0))], 0
    for chunk in _chunks(buffer):
        values, damaged = _read(chunk, columns, separator)
        parts.append(values)
        bad += damaged
    return Parsed(np.concatenate(parts, axis=1).T, bad)


def _chunks(buffer: bytes) -> Iterator[bytes]:
    """Parts of whole lines, each of which ends."""
    start = 0
    while start < len(buffer):
        end = buffer.rfind(b"\n", start, start + CHUNK) + 1
        end = end or buffer.find(b"\n", start) + 1
        yield buffer[start:end] if end else buffer[start:] + b"\n"
        start = end or len(buffer)


def _read(chunk: bytes, columns: int, separator: bytes | None) -> tuple[Values, int]:
    """Give the values of all lines that are not damaged, column by column, and how many are."""
    text = np.frombuffer(chunk, np.uint8)
    digits = Digits.of(text)
    count, found = groups(text, digits)
    values = np.empty((columns, count))
    known = np.zeros(count, np.bool_)
    for group in found:
        if places := numerals(group.key, columns, separator):
            known[group.rows] = _columns(digits, group, places, values)
    return (values, 0) if known.all() else _rest(chunk, separator, values, known)


def _columns(digits: Digits, group: Group, places: list[Numeral], values: Values) -> Flags:
    """Read lines of a layout; tell which of them could be read so."""
    known = np.ones(group.size, np.bool_)
    for column, numeral in zip(values, places, strict=True):
        column[group.rows], right = _column(digits, group, numeral)
        known &= right
    return known


def _column(digits: Digits, group: Group, numeral: Numeral) -> tuple[Values, Flags]:
    whole = scale = np.zeros(1, np.int64)
    part = minus = None
    if numeral.whole is not None:
        ends, whole = group.ends(numeral.whole), group.counts(numeral.whole)
        minus, sign = digits.signs(ends, whole)
        whole = whole - sign
    if numeral.part is not None:
        ends = group.ends(numeral.part)
        scale = part = group.counts(numeral.part)
    result, right = digits.mantissas(ends, whole, part)
    if numeral.exponent is not None:
        power, known = _exponents(digits, group, numeral.exponent)
        scale = scale - power
        right &= known
    numbers, exact = scaled(result, scale)
    if minus is not None and minus.any():
        numbers = np.where(minus, -numbers, numbers)
    return numbers, right & exact


def _exponents(digits: Digits, group: Group, place: int) -> tuple[Places, Flags]:
    ends, counts = group.ends(place), group.counts(place)
    minus, sign = digits.signs(ends, counts)
    power, right = digits.integers(ends, counts - sign)
    powers = power.view(np.int64)
    return np.where(minus, -powers, powers), right


def _rest(
    chunk: bytes, separator: bytes | None, values: Values, known: Flags
) -> tuple[Values, int]:
    """Read lines one by one that are not known."""
    bad = 0
    ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == NEWLINE)
    for row in np.flatnonzero(~known).tolist():
        line = chunk[ends[row - 1] + 1 if row else 0 : ends[row]].strip()
        if not line or line.startswith(b"#"):
            continue
        numbers = _floats(line.split(separator), len(values))
        if numbers is None:
            bad += 1
        else:
            values[:, row] = numbers
            known[row] = True
    return values[:, known], bad


def _floats(fields: list[bytes], columns: int) -> list[float] | None:
    if len(fields) != columns:
        return None
    try:
        return [float(field) if field.strip() else math.nan for field in fields]
    except ValueError:
        return None
