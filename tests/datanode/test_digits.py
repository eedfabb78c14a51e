"""L{netsim.datanode.digits}."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import digits
from netsim.datanode.digits import Digits, keep, negated, scaled, words
from tests.properties import examples


def text(characters: str) -> NDArray[np.uint8]:
    """Characters as bytes."""
    return np.frombuffer(characters.encode("latin-1"), np.uint8)


def places(*values: int) -> NDArray[np.int64]:
    """Integers as they are for places and counts."""
    return np.array(values, np.int64)


class DigitsTests(SynchronousTestCase):
    """Digits of a text."""

    def test_others(self) -> None:
        """All characters but digits and signs."""
        every = bytes(range(256)).decode("latin-1")
        others = Digits.of(text(every)).others()
        self.assertEqual("+-0123456789", "".join(np.array(list(every))[~others]))

    def test_signs(self) -> None:
        """The first character of each number tells."""
        some = Digits.of(text("-12 +34 567 "))
        minus, sign = some.signs(places(3, 7, 11), places(3, 3, 3))
        self.assertEqual([True, False, False], minus.tolist())
        self.assertEqual([True, True, False], sign.tolist())
        minus, sign = some.signs(slice(3, 12, 4), places(3))
        self.assertEqual([True, False, False], minus.tolist())
        self.assertEqual([True, True, False], sign.tolist())

    def test_integers(self) -> None:
        """Those of any number of digits that fits."""
        for size in range(1, 20):
            number = "1234567890123456789"[:size]
            for before in ("", "9", "9.-9x999999999999999999999999999999999"):
                some = Digits.of(text(f"{before}{number} "))
                end = len(before) + size
                values, right = some.integers(places(end), places(size))
                self.assertEqual(([int(number)], [True]), (values.tolist(), right.tolist()))

    def test_points(self) -> None:
        """They are passed over, wherever they are."""
        for size in range(1, 20):
            number = "9876543210987654321"[:size]
            for point in range(size + 1):
                some = Digits.of(text(f"7.7 {number[:point]}.{number[point:]} "))
                counts = places(point), places(size - point)
                values, right = some.integers(places(5 + size), *counts)
                self.assertEqual(([int(number)], [True]), (values.tolist(), right.tolist()))

    def test_slice(self) -> None:
        """Places may be a slice, and one count for all; the text stays as it is."""
        some = Digits.of(text("12.5\n34.6\n"))
        before = some.values.copy()
        values, right = some.integers(slice(4, 10, 5), places(2), places(1))
        self.assertEqual([125, 346], values.tolist())
        self.assertTrue(right.all())
        alone = Digits.of(text("12.5\n"))
        self.assertEqual([125], alone.integers(slice(4, 5, 5), places(2), places(1))[0].tolist())
        self.assertEqual(before.tolist(), some.values.tolist())
        self.assertEqual(before[: alone.values.size - 2].tolist(), alone.values[:-2].tolist())

    def test_wrong(self) -> None:
        """Signs among digits, no digits, and too many."""
        some = Digits.of(text(" 1-2 12345678-123456789 12345678901234567890 "))
        ends, counts = places(4, 23, 44, 0), places(3, 18, 20, 0)
        self.assertEqual([False] * 4, some.integers(ends, counts)[1].tolist())
        self.assertEqual([True], some.integers(places(4), places(1))[1].tolist())


class ScaledTests(SynchronousTestCase):
    """Powers of ten."""

    @given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 2**53 + 9), min_size=1), st.data())
    @examples(200)
    def test_nearest(self, integers: list[int], data: st.DataObject) -> None:
        """What is right is the float that is nearest to the decimal."""
        exponents = st.integers(-40, 40)
        scale = data.draw(st.lists(exponents, min_size=len(integers), max_size=len(integers)))
        values, right = scaled(np.array(integers, np.uint64), places(*scale))
        for integer, power, value, sure in zip(integers, scale, values, right, strict=True):
            if sure:
                self.assertEqual(float(Fraction(integer) / Fraction(10) ** power), value)
            elif integer <= 2**53:
                self.assertGreater(abs(power), 22)

    def test_powers(self) -> None:
        """They are exact."""
        self.assertEqual([10**n for n in range(23)], [int(power) for power in digits.POWERS])
        if digits.HAS_LONG:
            self.assertEqual([10**n for n in range(28)], [int(x) for x in digits.LONG_POWERS])

    def test_middle(self) -> None:
        """Where rounding twice may be wrong it is not right."""
        middle = 2**53 + 1
        integers = np.array([middle * 10**3, middle * 10**3 + 1, middle], np.uint64)
        values, right = scaled(integers, places(3, 3, 0))
        self.assertNotIn(True, right[[0, 2]].tolist())
        if digits.HAS_LONG:
            self.assertEqual((2.0**53 + 2, True), (values[1], right[1]))

    def test_without(self) -> None:
        """Where floats have no longer kind, only what is exact is right."""
        self.patch(digits, "HAS_LONG", False)
        integers = np.array([2**53, 2**53 + 1, 1, 1], np.uint64)
        right = scaled(integers, places(5, 5, 22, 23))[1]
        self.assertEqual([True, False, True, False], right.tolist())

    def test_negated(self) -> None:
        """Zero has a sign, too."""
        values = negated(np.array([0.0, 1.5, -2.0]), np.array([True, False, True]))
        self.assertEqual(["-0.0", "1.5", "2.0"], [str(float(value)) for value in values])


class WordsTests(SynchronousTestCase):
    """Bytes from anywhere."""

    def test_words(self) -> None:
        """They are integers of which the first byte is the lowest."""
        data = np.arange(40, dtype=np.uint8)
        expected = [int.from_bytes(bytes(range(place, place + 8)), "little") for place in range(24)]
        self.assertEqual([[expected[3]], [expected[0]]], words(data, places(3, 0)).tolist())
        pair = words(data, slice(1, 16, 5), 2)
        self.assertEqual([[expected[x], expected[x + 8]] for x in (1, 6, 11)], pair.tolist())
        self.assertFalse(np.shares_memory(data, words(data, slice(0, 1, 1))))

    def test_keep(self) -> None:
        """The last bytes, which are upper ones; none at least, and all at most."""
        masks = [f"{mask:016x}" for mask in keep(places(-3, 0, 1, 7, 8, 30)).tolist()]
        none, every = "0" * 16, "f" * 16
        self.assertEqual([none, none, "ff" + "0" * 14, "f" * 14 + "00", every, every], masks)
