"""Tests for L{netsim.datanode.node.stamps}."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.stamps import span_of
from tests.properties import examples

DAY = datetime(2017, 7, 13, tzinfo=UTC).timestamp()
MINUTE = DAY + 12 * 3600 + 30 * 60


class SpanTests(SynchronousTestCase):
    """Which times a stamp means."""

    def test_days(self) -> None:
        for text in ("20170713", "2017-07-13"):
            self.assertEqual(span_of(text), (DAY, DAY + 86400), text)

    def test_minutes(self) -> None:
        """Those that tell a time of day."""
        for text in (
            "201707131230",
            "20170713123000",
            "20170713T123000Z",
            "2017-07-13T12:30",
            "2017-07-13T12:30:00",
            "2017-07-13-12-30",
            "2017-07-13T123000Z",
        ):
            self.assertEqual(span_of(text), (MINUTE, MINUTE + 60), text)

    def test_unix(self) -> None:
        self.assertEqual(span_of("1499904000"), (1499904000, 1499904000))
        self.assertEqual(span_of("1499904000.5"), (1499904000.5, 1499904000.5))
        self.assertEqual(span_of("999999999"), (999999999, 999999999))

    def test_unknown(self) -> None:
        """What may mean several things means none."""
        for text in (
            "",
            "x",
            "201707",
            "2017",
            "2017071312",
            "20171313",
            "20170732",
            "17000713",
            "2017-0713",
            "2017-07-13T25:00",
            "1499904000000",
            "٢٠١٧٠٧١٣",
        ):
            self.assertIsNone(span_of(text), text)

    @given(st.text("0123456789-T:Z.", max_size=20))
    @examples(300)
    def test_anything(self, text: str) -> None:
        """Whatever it is, it is read, and a span does not end before it begins."""
        span = span_of(text)
        if span is not None:
            self.assertLessEqual(*span)
