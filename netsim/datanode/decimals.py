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

from netsim.datanode.digits import integers, mantissas, scaled, shifted
from netsim.datanode.layouts import NEWLINE, Group, Numeral, groups, numerals

__all__ = ["Parsed", "parse"]

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

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
    digits = shifted(text)
    count, found = groups(text, digits)
    values = np.empty((columns, count))
    known = np.zeros(count, np.bool_)
    for group in found:
        if places := numerals(group.key, columns, separator):
            known[group.rows] = _columns(digits, group, places, values)
    return (values, 0) if known.all() else _rest(chunk, separator, values, known)


def _columns(digits: Bytes, group: Group, places: list[Numeral], values: Values) -> Flags:
    """Read lines of a layout; tell which of them could be read so."""
    known = np.ones(len(group.ends), np.bool_)
    for column, numeral in zip(values, places, strict=True):
        column[group.rows], right = _column(digits, group, numeral)
        known &= right
    return known


def _column(digits: Bytes, group: Group, numeral: Numeral) -> tuple[Values, Flags]:
    ends, counts = group.ends.T, group.counts.T
    part = None if numeral.part is None else counts[numeral.part]
    if numeral.whole is None:
        whole = np.zeros_like(counts[0])
    else:
        whole = counts[numeral.whole]
    last = numeral.whole if numeral.part is None else numeral.part
    result, right = mantissas(digits, ends[last], whole, part)
    scale = np.zeros_like(whole) if part is None else part
    if numeral.exponent is not None:
        size = counts[numeral.exponent]
        power = integers(digits, ends[numeral.exponent], size).view(np.int64)
        scale = scale + power if numeral.reciprocal else scale - power
        right &= size <= 8
    numbers, exact = scaled(result, scale)
    if numeral.negative:
        np.negative(numbers, out=numbers)
    return numbers, right & exact


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
