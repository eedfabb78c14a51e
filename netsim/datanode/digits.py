"""
Decimal numbers of bytes, many at once and exact.

Eight digits are one 64-bit integer, of which three multiplications make their value.  An
integer up to 2**53 and a power of ten up to 10**22 are both exact floats, so that their
quotient or product is rounded once: it is the float nearest to the decimal (W. Clinger, "How
to read floating point numbers accurately", 1990).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PAD", "integers", "mantissas", "scaled", "shifted"]

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Counts = NDArray[np.int64]

PAD = 24
"""Bytes that must lie before a text, so that one can look back from its first number."""

MAX_DIGITS = 16
EXACT = 1 << 53

# How much of a word is kept: its last so many digits, which are its upper bytes.
KEEP = np.array([(2**64 - 1) << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)
KEEP_LAST = np.concatenate((KEEP, np.repeat(KEEP[8:], 8)))
KEEP_FIRST = np.concatenate((np.repeat(KEEP[:1], 8), KEEP))
POWERS = 10.0 ** np.arange(23)


def shifted(text: Bytes) -> Bytes:
    """Make digits of characters, behind L{PAD} zeros; what is no digit is more than nine."""
    digits = np.empty(PAD + text.size, np.uint8)
    digits[:PAD] = 0
    np.subtract(text, ord("0"), out=digits[PAD:])
    return digits


def integers(digits: Bytes, ends: Counts, counts: Counts) -> Words:
    """
    Read integers of up to eight digits.

    @param digits: as L{shifted} gives them.
    @param ends: where numbers end, counted without the padding.
    @param counts: how many digits each has.
    """
    return _eight(_word(digits, ends, 8) & KEEP.take(counts, mode="clip"))


def mantissas(
    digits: Bytes, ends: Counts, whole: Counts, part: Counts | None
) -> tuple[Words, NDArray[np.bool_]]:
    """
    Read numbers without regard to their decimal points.

    @param whole: how many digits each has before the point.
    @param part: how many it has after it; L{None}: there are no points.
    @return: and which of them are right; others have more digits than floats keep.
    """
    count = whole if part is None else whole + part
    first, last = _words(digits, ends, part)
    result = _eight(last & KEEP_LAST.take(count, mode="clip"))
    if count.max() > 8:
        result += _eight(first & KEEP_FIRST.take(count, mode="clip")) * np.uint64(10**8)
    return result, (count <= MAX_DIGITS) & (result <= EXACT)


def scaled(mantissas: Words, scale: Counts) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """
    Divide by powers of ten.

    @return: and which of the results are right.
    """
    values = mantissas.view(np.int64).astype(np.float64)
    low, high = scale.min(), scale.max()
    if low < 0:
        values *= POWERS.take(-scale, mode="clip")
    if high > 0:
        values /= POWERS.take(scale, mode="clip")
    if -len(POWERS) < low and high < len(POWERS):
        return values, np.ones(scale.size, np.bool_)
    return values, np.abs(scale) < len(POWERS)


def _words(digits: Bytes, ends: Counts, part: Counts | None) -> tuple[Words, Words]:
    """The last sixteen digits before the ends, decimal points left out."""
    if part is None:
        return _word(digits, ends, 16), _word(digits, ends, 8)
    # Digits before the point lie one byte farther away.
    first, last = _word(digits, ends, 17), _word(digits, ends, 9)
    behind = _word(digits, ends, 8)
    if part.max() > 8:
        nearer = (first >> np.uint64(8)) | (last << np.uint64(56))
        first ^= (first ^ nearer) & KEEP_FIRST.take(part, mode="clip")
    last ^= (last ^ behind) & KEEP_LAST.take(part, mode="clip")
    return first, last


def _word(digits: Bytes, ends: Counts, before: int) -> Words:
    """The eight bytes that begin so many bytes before each end."""
    everywhere: NDArray[Any] = np.ndarray(
        (digits.size - 7,), "<u8", digits, strides=(1,), offset=0
    )
    words: Words = everywhere[PAD - before :][ends]
    return words


def _eight(words: Words) -> Words:
    """Read eight digits, of which the first is in the lowest byte."""
    for factor, shift, mask in STEPS:
        words *= factor
        words >>= shift
        words &= mask
    return words


STEPS = tuple(
    (np.uint64((base << bits) + 1), np.uint64(bits), np.uint64(mask))
    for base, bits, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10000, 32, 0x00000000FFFFFFFF),
    )
)
