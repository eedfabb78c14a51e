"""Tests for L{netsim.script.summary}."""

from __future__ import annotations

from datetime import datetime

from twisted.trial.unittest import SynchronousTestCase

from netsim.script.model import BlobRef, DatagramExchange, Exchange, Facts, Nop
from netsim.script.summary import Summary
from tests.script.test_conversation import conversation

START = 1_700_000_000.25


class SummaryTests(SynchronousTestCase):
    """A conversation in figures."""

    def test_added(self) -> None:
        """Everything is added up; the last answer's beginning ends the time."""
        summary = Summary.of(
            conversation(
                Exchange(b"", b"hello\n", facts=Facts(START, 0.25)),
                Nop(),
                Exchange(b"ask\n", b"answer\n", facts=Facts(START + 2, 0.5)),
                DatagramExchange(b"1", (b"22", b"333"), Facts(closed_by="client", partial=True)),
            )
        )
        self.assertEqual(
            Summary(3, 5, 18, 0, START + 0.25, 2.25, closed_by="client", partial=True), summary
        )

    def test_empty(self) -> None:
        """Nothing said is nothing counted."""
        self.assertEqual(Summary(), Summary.of(conversation()))
        self.assertEqual("0 exchanges, 0 bytes up, 0 bytes down", Summary().describe())

    def test_unread(self) -> None:
        """Blobs that are missing are counted instead of their bytes."""
        summary = Summary.of(conversation(Exchange(b"a", BlobRef("gone_c1"))))
        self.assertEqual(Summary(exchanges=1, up=1, unread=1), summary)

    def test_describe(self) -> None:
        """The facts are told; the start is local time that says so."""
        text = Summary(3, 5, 18, 1, START, 2.25, "client", True).describe()
        head, _, tail = text.partition(" from ")
        date, _, end = tail.partition(", ")
        self.assertEqual(
            "3 exchanges, 5 bytes up, 18 bytes down, 1 blobs that cannot be read, 2.250 s", head
        )
        self.assertEqual(START, datetime.fromisoformat(date).timestamp())
        self.assertEqual("broken off, closed by the client", end)

    def test_farFuture(self) -> None:
        """A time that no calendar has is still told."""
        self.assertIn("from 1e+300 s after 1970", Summary(start=1e300).describe())
