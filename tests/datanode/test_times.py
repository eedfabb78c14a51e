"""L{netsim.datanode.times}."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.times import interval, iso_time, number, span, unix_time
from netsim.errors import QueryError
from tests.properties import examples

NOW = 1_500_000_000.0
MOMENTS = st.datetimes(timezones=st.just(UTC))
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


def iso_text(unix: float) -> str:
    """
    Write a time as ISO 8601 in UTC, with at most nine decimals of the second.

    @param unix: seconds.
    @raise QueryError: the time is in no year from 1 to 9999.
    """
    try:
        # The shortest decimal that names the float: reading it back gives the float again.
        exact = Decimal(repr(float(unix))).quantize(Decimal("1e-9"), ROUND_HALF_EVEN)
        whole = math.floor(exact)
        moment = datetime(1970, 1, 1) + timedelta(seconds=whole)
    except (ArithmeticError, ValueError) as error:
        raise QueryError(f"time: {unix} seconds are in no year from 1 to 9999") from error
    fraction = f"{exact - whole:.9f}"[1:].rstrip("0.")
    return f"{moment.isoformat()}{fraction}Z"


class UnixTimeTests(SynchronousTestCase):
    """Times of the document."""

    def test_rule(self) -> None:
        """What is positive is absolute, the rest is before now."""
        self.assertEqual(1.0, unix_time(1.0, NOW))
        self.assertEqual(NOW, unix_time(0, NOW))
        self.assertEqual(NOW - 60, unix_time(-60, NOW))

    def test_interval(self) -> None:
        """Each end is read for itself."""
        self.assertEqual((NOW - 10, NOW), interval(-10, 0, NOW))
        self.assertEqual((5.0, 7.5), interval(5, 7.5, NOW))

    def test_everything(self) -> None:
        """C{get_fields(1, 0)} asks for all there is."""
        self.assertEqual((1.0, NOW), interval(1, 0, NOW))

    def test_reversed(self) -> None:
        """An end before the start is an empty interval."""
        self.assertEqual((9.0, 9.0), interval(9, 3, NOW))

    def test_wrong(self) -> None:
        """Which one is wrong is told, and how."""
        for bad in (None, True, "5", math.nan, math.inf, -math.inf, 10**400, 10**5000, [1], 1j):
            with self.assertRaises(QueryError) as caught:
                interval(bad, 0, NOW)
            self.assertIn("start: expected a finite number, not ", str(caught.exception))
            with self.assertRaises(QueryError) as caught:
                interval(0, bad, NOW)
            self.assertIn("end: ", str(caught.exception))
            self.assertLess(len(str(caught.exception)), 120)

    @given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e12, 1e12))
    @examples(200)
    def test_never_backward(self, start: float, end: float) -> None:
        """No interval ends before it begins."""
        first, last = interval(start, end, NOW)
        self.assertLessEqual(first, last)

    def test_number(self) -> None:
        """Fractions and integers are real numbers."""
        self.assertEqual([0.5, 3.0], [number(value, "x") for value in (Fraction(1, 2), 3)])


class IsoTests(SynchronousTestCase):
    """ISO 8601 and milliseconds."""

    def check(self, expected: float, *texts: Any) -> None:
        for text in texts:
            self.assertEqual(expected, iso_time(text), text)

    def test_forms(self) -> None:
        """The date alone, and times with and without parts, are understood."""
        self.check(1499904000.0, "2017-07-13", "20170713T00", "2017-07-13T00:00Z")
        self.check(1499904000.0, "2017-07-13T00:00:00", "2017-07-13 00:00:00z", " 2017-07-13t00 ")
        self.check(
            1499948130.5, "2017-07-13T12:15:30.5Z", "20170713T121530,500", "2017-07-13T12:15:30.5 Z"
        )

    def test_offsets(self) -> None:
        """East is ahead of UTC."""
        self.check(1499884200.0, "2017-07-13T00:00:00+05:30", "2017-07-13T00:00:00+0530")
        self.check(1499911200.0, "2017-07-13T00:00:00-02", "2017-07-13T00:00-02:00")

    def test_fractions(self) -> None:
        """However long they are, the nearest float is given."""
        self.check(1499904000.123456789, "2017-07-13T00:00:00.123456789Z")
        self.check(0.1, "1970-01-01T00:00:00.1" + "0" * 5000)
        self.check(1 / 3, "1970-01-01T00:00:00." + "3" * 100)

    def test_ends(self) -> None:
        """Midnight may be 24:00, and minutes may have a leap second."""
        self.check(1499990400.0, "2017-07-13T24:00", "2017-07-13T24:00:00.000Z")
        self.check(1483228800.0, "2016-12-31T23:59:60Z")

    def test_milliseconds(self) -> None:
        """Numbers and digits are Unix milliseconds."""
        self.check(
            1499904000.25, 1499904000250, 1499904000250.0, "1499904000250", "1499904000250.0"
        )
        self.check(-1.5, -1500, "-1500")

    def test_wrong(self) -> None:
        """What is no time is refused in one way."""
        for bad in (
            *("", "yesterday", "2017-13-01", "2017-02-30", "2017-07-13T25:00", "2017-07-13T24:01"),
            *("2017-07-13T00:60", "2017-07-13T00:00:61", "2017-07-13T00:00+24:00", "0000-01-01"),
            *(
                "2017-07-13T00:00+05:60",
                "2017-07-13T",
                "\u0662\u0660\u0661\u0667-07-13",
                "2017-07-13T0\u0660:00",
                "9" * 400,
                "2017-07-13T24:00:00.1",
            ),
            *(None, True, math.nan, math.inf, {}, b"2017-07-13", "nan", "1e3"),
        ):
            with self.assertRaises(QueryError) as caught:
                iso_time(bad)
            self.assertTrue(str(caught.exception).startswith("time: expected "), bad)

    @given(MOMENTS, OFFSETS)
    @examples(300)
    def test_read(self, moment: datetime, minutes: int) -> None:
        """What Python writes is read."""
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        expected = float(Fraction(since // timedelta(microseconds=1), 1_000_000))
        try:
            there = moment.astimezone(timezone(timedelta(minutes=minutes)))
        except OverflowError:
            return
        self.assertEqual(expected, iso_time(there.isoformat()))

    @given(st.floats(1e7, 2.5e11) | st.floats(-6e10, -1e7))
    @examples(300)
    def test_round_trip(self, unix: float) -> None:
        """What is written is read back, bit by bit."""
        self.assertEqual(unix, iso_time(iso_text(unix)))

    @given(st.floats(-1e7, 1e7))
    @examples(200)
    def test_near_epoch(self, unix: float) -> None:
        """Where floats are finer than nanoseconds, to the nanosecond."""
        self.assertLessEqual(abs(unix - iso_time(iso_text(unix))), 1e-9)

    def test_text(self) -> None:
        """No more decimals than needed."""
        self.assertEqual("2017-07-13T00:00:00Z", iso_text(1499904000))
        self.assertEqual("2017-07-13T00:00:00.1Z", iso_text(1499904000.1))
        self.assertEqual("1969-12-31T23:59:59.75Z", iso_text(-0.25))
        self.assertEqual("1970-01-01T00:00:10Z", iso_text(10.0))

    def test_text_wrong(self) -> None:
        """Other times have no text."""
        for bad in (math.nan, math.inf, 1e12, -1e12, 1e300):
            with self.assertRaises(QueryError):
                iso_text(bad)


class SpanTests(SynchronousTestCase):
    """Spans with a unit."""

    def test_units(self) -> None:
        """All of them."""
        texts = ["500ms", "20s", "1m", "2h", "1d", "1w", "1y", " 1.5 h ", ".5s"]
        expected = [0.5, 20, 60, 7200, 86400, 604800, 31536000, 5400, 0.5]
        self.assertEqual(expected, [span(text) for text in texts])

    def test_wrong(self) -> None:
        """The reason names the units."""
        for bad in ("", "20", "s", "1 month", "-1s", "1e3s", "nans", "9" * 400 + "s", None, 20):
            with self.assertRaises(QueryError) as caught:
                span(bad)
            self.assertIn("one of ms, s, m, h, d, w, y, not ", str(caught.exception))
