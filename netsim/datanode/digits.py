"""
Decimal numbers of bytes, many at once and exact.

Eight digits are one 64-bit integer, of which three multiplications make their value.  An
integer up to 2**53 and a power of ten up to 10**22 are both exact floats, so that their
quotient or product is rounded once: it is the float nearest to the decimal (W. Clinger, "How
to read floating point numbers accurately", 1990).  Where there are longer floats the same is
done with them for larger integers; rounding twice is wrong only where the longer float lies in
the middle of two floats, which can be seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["Digits", "Ends", "keep", "negated", "scaled", "words"]

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Ends = Counts | slice
"""Where digits end in a text: places, or a slice of it."""

PAD = 32
"""Bytes before a text, so that one can look back from its first number."""

PLUS, MINUS = (ord(sign) - ord("0") & 0xFF for sign in "+-")
MAX_DIGITS = 19
EXACT = 1 << 53
POWERS = np.multiply.accumulate([1.0] + [10.0] * 22)

HAS_LONG = np.finfo(np.longdouble).nmant >= 63
LONG_POWERS = np.multiply.accumulate(np.array([1] + [10] * 27, np.longdouble))

KEEP = np.array([(2**64 - 1) << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)
"""Masks of so many of eight bytes: of the last, which are the upper ones."""

EIGHT = tuple(
    (np.uint64((base << bits) + 1), np.uint64(bits), np.uint64(mask))
    for base, bits, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10000, 32, 0x00000000FFFFFFFF),
    )
)
TO_SIGN_BIT, SIGN_BITS = np.uint64(0x7676767676767676), np.uint64(0x8080808080808080)
ONE_BYTE, SEVEN_BYTES = np.uint64(8), np.uint64(56)


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
            first = self.values[PAD - int(counts[0]) + ends.start :: ends.step]
        else:
            first = self.values.take(ends - (counts - PAD))
        minus = first == MINUS
        return minus, minus | (first == PLUS)

    def integers(
        self, ends: Ends, whole: Counts, part: Counts | None = None
    ) -> tuple[Words, Flags]:
        """
        Read integers of up to nineteen digits, and decimals as if they had no point.

        @param whole: how many digits there are before the point.
        @param part: how many after it; L{None}: there is no point.
        @return: and which of them are right: others have more digits, none, or signs.
        """
        counts = whole if part is None else whole + part
        right = (counts <= MAX_DIGITS) & (counts > 0)
        result = np.zeros(1, np.uint64)
        for place, word in enumerate(self._words(ends, counts, part)):
            right = right & _are_digits(word)
            value = _eight(word)
            result = value + result if not place else result + value * np.uint64(10 ** (8 * place))
        return result, right

    def _words(self, ends: Ends, counts: Counts, part: Counts | None) -> list[Words]:
        """Take digits by eight, the last ones first, decimal points left out."""
        size = min(max(-(-int(counts.max()) // 8), 1), 3)
        # Digits before the point lie one byte farther away.
        distance = 8 * size + (part is not None)
        taken = words(self.values[PAD - distance :], ends, size)
        result = []
        for place, word in enumerate(reversed(taken.T)):
            if part is not None and (place == 0 or part.max() > 8 * place):
                nearer = word >> ONE_BYTE
                nearer |= self._behind(ends, taken, place) << SEVEN_BYTES
                nearer ^= word
                nearer &= keep(part - 8 * place)
                word = nearer ^ word
            result.append(word & keep(counts - 8 * place))
        return result

    def _behind(self, ends: Ends, taken: Words, place: int) -> Words:
        """What comes after a word: its lowest byte is the next one."""
        if place:
            return taken[:, -place]
        return self.values[PAD - 1 :][ends].astype(np.uint64)


def words(data: Bytes, places: Ends, size: int = 1) -> Words:
    """
    Take bytes from anywhere, as 64-bit integers of which the first byte is the lowest.

    @param places: where they begin.
    @param size: how many integers at each.
    @return: a row for each place; it is a copy.
    """
    width = 8 * size
    everywhere: NDArray[Any] = np.ndarray((data.size - width + 1,), f"V{width}", data, strides=(1,))
    taken = everywhere[places]
    if isinstance(places, slice):
        taken = taken.copy()
    result: Words = taken.view("<u8").reshape(-1, size)
    return result


def keep(counts: Counts) -> Words:
    """Masks that keep so many of the last of eight bytes; at least none, at most all."""
    return KEEP.take(counts, mode="clip")


def scaled(integers: Words, scale: Counts) -> tuple[Floats, Flags]:
    """
    Divide by powers of ten.

    @param scale: their exponents; or one for all.
    @return: and which of the results are right.
    """
    values = integers.astype(np.float64)
    if scale.min() < 0:
        values *= POWERS.take(-scale, mode="clip")
    if scale.max() > 0:
        values /= POWERS.take(scale, mode="clip")
    right = (integers <= EXACT) & (np.abs(scale) < len(POWERS))
    if HAS_LONG and not right.all():
        rest = np.flatnonzero(~right)
        exponents = scale[rest] if scale.size > 1 else scale
        values[rest], right[rest] = _scaled_long(integers[rest], exponents)
    return values, right


def negated(values: Floats, which: Flags) -> Floats:
    """Change the signs of some."""
    bits = values.view(np.uint64) ^ (which.astype(np.uint64) << np.uint64(63))
    return bits.view(np.float64)


def _scaled_long(integers: Words, scale: Counts) -> tuple[Floats, Flags]:
    exact = integers.astype(np.longdouble)
    exact *= LONG_POWERS.take(-scale, mode="clip")
    exact /= LONG_POWERS.take(scale, mode="clip")
    values = exact.astype(np.float64)
    # If it lies in the middle, it lies as far from the float on its other side.
    rest = exact - values
    other = values + 2 * rest
    middle = (rest != 0) & (other.astype(np.float64) == other)
    return values, ~middle & (np.abs(scale) < len(LONG_POWERS))


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
    result: Flags = above == 0
    return result
