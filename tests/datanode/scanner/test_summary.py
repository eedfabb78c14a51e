"""Tests for L{netsim.datanode.scanner.summary}."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.g3file import Samples
from netsim.datanode.scanner.summary import Feed, Span, Summary
from tests.properties import examples


def samples(
    t: Sequence[float], feed: str = "f", number: int = 0, block: str = "b", **columns: Any
) -> Samples:
    """What a frame has; a column of numbers, if none is told."""
    values = columns or {"a": [0.0] * len(t)}
    arrays = {name: np.array(each) for name, each in values.items()}
    return Samples(number, feed, block, np.array(t, float), arrays)


def summary(*each: Samples) -> Summary:
    made = Summary()
    for one in each:
        made.add(one)
    return made


class SummaryTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        self.assertEqual(summary().feeds(), ())
        self.assertEqual(summary(samples([])).feeds(), ())

    def test_fields(self) -> None:
        """Of each field: when, what it is sampled with, of which type, how often."""
        strings = np.array(["x", "y"], dtype=object)
        found = summary(
            samples([1.0, 2.0], i=[1, 2], s=strings, b=[True, False]), samples([4.0], i=[3])
        ).feeds()
        spans = (
            Span("i", 1.0, 4.0, "f.b", "number", 1.5),
            Span("s", 1.0, 2.0, "f.b", "string", 1.0),
            Span("b", 1.0, 2.0, "f.b", "bool", 1.0),
        )
        self.assertEqual(found, (Feed(0, "f", spans),))

    def test_one_sample(self) -> None:
        """It tells no period."""
        [feed] = summary(samples([5.0])).feeds()
        self.assertEqual(feed.spans, (Span("a", 5.0, 5.0, "f.b"),))

    @given(st.lists(st.lists(st.floats(0, 2e9), min_size=1), min_size=1))
    @examples(50)
    def test_ends(self, parts: list[list[float]]) -> None:
        """The first and the last sample, in whichever order they come."""
        [feed] = summary(*map(samples, parts)).feeds()
        times = [t for part in parts for t in part]
        self.assertEqual((feed.spans[0].start, feed.spans[0].end), (min(times), max(times)))

    def test_feeds(self) -> None:
        """Each provider is one."""
        found = summary(samples([1.0], "x", 3), samples([1.0], "y", 5), samples([1.0], "x", 4))
        self.assertEqual([(each.number, each.description) for each in found.feeds()],
                         [(3, "x"), (5, "y"), (4, "x")])  # fmt: skip

    def test_numbers_that_clash(self) -> None:
        """A provider whose number is taken, or too large, gets another."""
        found = summary(samples([1.0], "x", 1), samples([1.0], "y", 1), samples([1.0], "z", 2**40),
                        samples([1.0], "w", -1))  # fmt: skip
        numbers = {each.description: each.number for each in found.feeds()}
        self.assertEqual(numbers["x"], 1)
        self.assertEqual(len({*numbers.values()}), 4)
        self.assertTrue(all(0 <= number < 2**31 for number in numbers.values()))

    def test_long_names(self) -> None:
        """What has more than 255 characters, its feed included, is refused; the rest is not."""
        made = summary(samples([1.0], **{"ü" * 253: [1.0], "x" * 254: [1.0], "a": [1.0]}))
        [feed] = made.feeds()
        self.assertEqual([span.name for span in feed.spans], ["ü" * 253, "a"])
        [refused] = made.refused
        self.assertIn("256 characters", refused)
        self.assertLess(len(refused), 400)

    def test_names_that_are_no_text(self) -> None:
        made = summary(samples([1.0], **{"\ud800": [1.0]}))
        self.assertEqual(made.feeds(), ())
        self.assertIn("no text", made.refused[0])

    def test_long_names_of_blocks(self) -> None:
        """A field then follows a timeline of its own."""
        [feed] = summary(samples([1.0], block="b" * 255)).feeds()
        self.assertEqual(feed.spans[0].timeline, "f.a")
