"""Tests for L{netsim.datanode.node.ocsfeed}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.node.ocsfeed import Event, Series, field_of, read, topic
from tests.properties import examples

FEED = {"agent_address": "observatory.LSA22YE", "feed_name": "temperatures"}
LATEST = 2e9

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "timestamps", "timestamp", "block_name", "A b"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def block(times: Any, **data: Any) -> dict[str, Any]:
    return {"block_name": "temps", "timestamps": times, "data": data}


class ReadTests(SynchronousTestCase):
    """L{read}."""

    def read(self, blocks: Any) -> Event:
        return read([blocks, FEED], LATEST)

    def check_bad(self, blocks: Any, problem: str) -> None:
        event = self.read(blocks)
        self.assertEqual([], event.series)
        self.assertIn(problem, event.problems[0])

    def test_blocks(self) -> None:
        """Each channel of each block is a series."""
        blocks = {
            "a": block([1.5, 2], one=[1, 2.5], two=["x", None]),
            "b": block([3], three=[True]),
        }
        expected = [
            Series("one", [1.5, 2.0], [1.0, 2.5]),
            Series("two", [1.5, 2.0], ["x", None]),
            Series("three", [3.0], [True]),
        ]
        for event in ([blocks, FEED], (blocks, FEED)):
            self.assertEqual(Event(expected, []), read(event, LATEST))

    def test_bareBlock(self) -> None:
        """What is not aggregated comes as a block alone, with one value of each."""
        told = {"block_name": "temps", "timestamp": 5, "data": {"one": 1, "two": "x"}}
        expected = [Series("one", [5.0], [1.0]), Series("two", [5.0], ["x"])]
        self.assertEqual(Event(expected, []), self.read(told))
        self.assertEqual(Event(expected, []), self.read({"temps": told}))

    def test_noEvent(self) -> None:
        """Anything else is none."""
        for event in (None, 3, "text", [], {}, ["text"], [[], FEED]):
            self.assertEqual([], read(event, LATEST).series)
            self.assertIn("no pair", read(event, LATEST).problems[0])

    def test_badBlocks(self) -> None:
        """A block without data, or without times, is left out; others are read."""
        for bad in (None, 3, {}, {"data": 3, "timestamps": []}, {"data": {}}):
            self.check_bad({"a": bad}, "no data")
        times: tuple[Any, ...] = (None, ["x"], [float("nan")], [True], [-1], [3e9], [10**400], {})
        for bad in times:
            self.check_bad({"a": block(bad, one=[1])}, "times")
        event = self.read({"a": None, "b": block([1], one=[1])})
        self.assertEqual(([Series("one", [1.0], [1.0])], 1), (event.series, len(event.problems)))

    def test_badChannels(self) -> None:
        """A channel of another length is left out; others are read."""
        event = self.read({"a": block([1, 2], one=[1], two=[1, 2], three=4)})
        self.assertEqual([Series("two", [1.0, 2.0], [1.0, 2.0])], event.series)
        self.assertIn("'one' has another length", event.problems[0])
        self.assertEqual(2, len(event.problems))

    def test_badSamples(self) -> None:
        """What is no sample is missing, and that is told."""
        event = self.read({"a": block([1, 2, 3], one=[1, [2], None])})
        self.assertEqual([Series("one", [1.0, 2.0, 3.0], [1.0, None, None])], event.series)
        self.assertIn("no sample", event.problems[0])

    @examples(100)
    @given(JSON)
    def test_anything(self, blocks: Any) -> None:
        """Whatever comes, series have as many values as times."""
        for series in self.read(blocks).series:
            self.assertEqual(len(series.times), len(series.values))
            self.assertTrue(all(0 <= time <= LATEST for time in series.times))


class NameTests(SynchronousTestCase):
    """L{topic} and L{field_of}."""

    def test_names(self) -> None:
        """As agents and existing nodes have them."""
        self.assertEqual("observatory.LSA22YE.feeds.temperatures", topic("LSA22YE", "temperatures"))
        self.assertEqual("channel_01_t", field_of("Channel 01 T"))
