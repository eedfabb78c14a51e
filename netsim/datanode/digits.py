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
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["Digits", "Ends", "keep", "scaled", "words"]

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

Ends = Counts | slice
"""Where digits end in a text: places, or a slice of it."""

PAD = 24
"""Bytes before a text, so that one can look back from its first number."""

PLUS, MINUS = (ord(sign) - ord("0") & 0xFF for sign in "+-")
MAX_DIGITS = 16
EXACT = 1 << 53
POWERS = 10.0 ** np.arange(23)

# How much is kept of sixteen digits, of which the last so many count: later ones are in upper
# bytes.
KEEP = np.array([(2**64 - 1) << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)
KEEP_LAST = np.concatenate((KEEP, np.repeat(KEEP[8:], 8)))
KEEP_FIRST = np.concatenate((np.repeat(KEEP[:1], 8), KEEP))

EIGHT = tuple(
    (np.uint64((base << bits) + 1), np.uint64(bits), np.uint64(mask))
    for base, bits, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10000, 32, 0x00000000FFFFFFFF),
    )
)
TO_SIGN_BIT, SIGN_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)


@frozen(eq=False)
class Digits:
    """
    A text, of which the digits are read.

    Its methods take where digits end, counted in the text, and how many there are; of the
    latter one may stand for all.

    @ivar values: those of digits; of other characters what is more than nine.  L{PAD} bytes
        come before.
    """

    values: Bytes

    @classmethod
    def of(cls, text: Bytes) -> Digits:
        """Look at a text."""
        values = np.empty(PAD + text.size, np.uint8)
        values[:PAD] = 0
        np.subtract(text, ord("0"), out=values[PAD:])
        return cls(values)

    def others(self) -> Flags:
        """Tell which characters are neither digits nor signs."""
        values = self.values[PAD:]
        result = values > 9
        result &= values != MINUS
        result &= values != PLUS
        return result

    def signs(self, ends: Ends, counts: Counts) -> tuple[Flags, Flags]:
        """Tell what begins with a minus, and what with any sign."""
        if isinstance(ends, slice):
            before = PAD - int(counts[0])
            begins = slice(ends.start + before, ends.stop + before, ends.step)
            first = self.values[begins]
        else:
            first = self.values.take(ends - (counts - PAD))
        minus = first == MINUS
        return minus, minus | (first == PLUS)

    def integers(self, ends: Ends, counts: Counts) -> tuple[Words, Flags]:
        """
        Read integers of up to eight digits.

        @return: and which of them are right.
        """
        last = words(self.values[PAD - 8 :], ends)[:, 0] & keep(counts)
        right = _are_digits(last) & (counts <= 8) & (counts > 0)
        return _eight(last), right

    def mantissas(
        self, ends: Ends, whole: Counts, part: Counts | None = None
    ) -> tuple[Words, Flags]:
        """
        Read numbers of up to sixteen digits, without regard to their decimal points.

        @param whole: how many digits there are before the point.
        @param part: how many after it; L{None}: there is no point.
        @return: and which of them are right; others are larger than exact floats, too.
        """
        counts = whole if part is None else whole + part
        first, last = self._last_digits(ends, part, short=bool(counts.max() <= 8))
        last &= KEEP_LAST.take(counts, mode="clip")
        right = _are_digits(last) & (counts <= MAX_DIGITS) & (counts > 0)
        result = _eight(last)
        if first is not None:
            first &= KEEP_FIRST.take(counts, mode="clip")
            right &= _are_digits(first)
            result += _eight(first) * np.uint64(10**8)
            right &= result <= EXACT
        return result, right

    def _last_digits(
        self, ends: Ends, part: Counts | None, short: bool
    ) -> tuple[Words | None, Words]:
        """
        Take the last sixteen digits, decimal points left out.

        @param short: eight are enough.
        """
        # Digits before the point lie one byte farther away.
        distance = 0 if part is None else 1
        first = None
        if short:
            last = words(self.values[PAD - 8 - distance :], ends)[:, 0]
        else:
            first, last = words(self.values[PAD - 16 - distance :], ends, 16).T
        if part is None:
            return first, last
        behind = self.values[PAD - 1 :][ends].astype(np.uint64) << np.uint64(56)
        behind |= last >> np.uint64(8)
        if first is not None and part.max() > 8:
            nearer = (first >> np.uint64(8)) | (last << np.uint64(56))
            first ^= (first ^ nearer) & KEEP_FIRST.take(part, mode="clip")
        last ^= (last ^ behind) & KEEP_LAST.take(part, mode="clip")
        return first, last


def words(data: Bytes, places: Ends, size: int = 8) -> Words:
    """
    Take bytes from anywhere, as 64-bit integers of which the first byte is the lowest.

    @param places: where they begin.
    @param size: how many of each, 8 or 16.
    @return: a row for each place; it is a copy.
    """
    everywhere: NDArray[Any] = np.ndarray(
        (data.size - size + 1,), f"V{size}", data, strides=(1,)
    )
    taken = everywhere[places]
    if isinstance(places, slice):
        taken = taken.copy()
    result: Words = taken.view("<u8").reshape(-1, size // 8)
    return result


def keep(counts: Counts) -> Words:
    """Masks that keep so many of the last of eight bytes."""
    return KEEP.take(counts, mode="clip")


def scaled(mantissas: Words, scale: Counts) -> tuple[NDArray[np.float64], Flags]:
    """
    Divide by powers of ten.

    @param scale: their exponents; or one for all.
    @return: and which of the results are right.
    """
    values = mantissas.view(np.int64).astype(np.float64)
    if scale.min() < 0:
        values *= POWERS.take(-scale, mode="clip")
    if scale.max() > 0:
        values /= POWERS.take(scale, mode="clip")
    return values, np.abs(scale) < len(POWERS)


def _eight(digits: Words) -> Words:
    """Read eight digits, of which the first is in the lowest byte."""
    for factor, shift, mask in EIGHT:
        digits *= factor
        digits >>= shift
        digits &= mask
    return digits


def _are_digits(digits: Words) -> Flags:
    """Tell where all bytes are at most nine."""
    above = digits + TO_SIGN_BIT
    above |= digits
    above &= SIGN_BITS
    return above == 0
