"""Tests for L{netsim.daemon.history}."""

from __future__ import annotations

from itertools import count
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.history import (
    OVERHEAD,
    WAITING_STATUSES,
    Gathering,
    Line,
    LogQuery,
    Retention,
)
from tests.properties import examples


def line(text: bytes = b"x", time: float = 1.0, severity: int = 20) -> Line:
    return time, severity, text


class LinesTests(SynchronousTestCase):
    """Lines that wait."""

    def setUp(self) -> None:
        self.gathering = Gathering(Retention(logs=4), max_bytes=10_000 + 4 * OVERHEAD)

    def add(self, name: str, *texts: bytes) -> None:
        for text in texts:
            self.gathering.add_line(name, line(text))

    def waiting(self) -> dict[str, list[bytes]]:
        """What is given, and nothing is left then."""
        lines = self.gathering.take().lines
        self.assertEqual(0, self.gathering.count)
        self.assertEqual({}, self.gathering.take().lines)
        return {name: [text for _, _, text in each] for name, each in lines.items()}

    def test_order(self) -> None:
        """Of each project the oldest comes first."""
        self.add("a", b"1", b"2")
        self.add("b", b"3")
        self.add("a", b"4")
        self.assertEqual(4, self.gathering.count)
        self.assertEqual({"a": [b"1", b"2", b"4"], "b": [b"3"]}, self.waiting())

    def test_retention(self) -> None:
        """No more wait than would be kept; those are not missed."""
        self.add("a", *b"1 2 3 4 5 6".split())
        self.add("b", b"7")
        self.assertEqual(5, self.gathering.count)
        self.assertEqual({"a": [b"3", b"4", b"5", b"6"], "b": [b"7"]}, self.waiting())
        self.assertEqual(0, self.gathering.dropped)

    def test_bytes(self) -> None:
        """The older half goes when there are too many bytes, and is counted."""
        self.add("a", *(bytes(2500) for _ in range(4)))
        self.assertEqual((4, 0), (self.gathering.count, self.gathering.dropped))
        self.add("b", b"")
        self.assertEqual((3, 2), (self.gathering.count, self.gathering.dropped))
        self.assertEqual({"a": [bytes(2500)] * 2, "b": [b""]}, self.waiting())

    def test_flood(self) -> None:
        """Whoever has little keeps it, however many lines another project has."""
        self.add("quiet", b"1", b"2")
        self.add("loud", *(bytes(9_000) for _ in range(10)))
        self.assertEqual([b"1", b"2"], self.waiting()["quiet"])
        self.assertEqual(9, self.gathering.dropped)

    def test_tooLarge(self) -> None:
        """A line that alone is too large is dropped; the next one is not."""
        self.add("a", bytes(20_000))
        self.assertEqual((0, 1), (self.gathering.count, self.gathering.dropped))
        self.add("b", b"1")
        self.assertEqual({"b": [b"1"]}, self.waiting())
        self.add("a", b"2")
        self.assertEqual({"a": [b"2"]}, self.waiting())

    def test_room(self) -> None:
        """What was given, forgotten or not kept makes room."""
        full = [bytes(2500)] * 4
        self.add("a", *full, *full)
        self.waiting()
        self.add("a", *full)
        self.gathering.forget("a")
        self.assertEqual(0, self.gathering.count)
        self.add("b", *full)
        self.assertEqual(0, self.gathering.dropped)
        self.assertEqual({"b": full}, self.waiting())

    def test_forget(self) -> None:
        """Nothing waits of a project that is forgotten; of others it does."""
        self.add("a", b"1")
        self.add("b", b"2")
        self.gathering.add_status("a", (1.0, {}))
        self.gathering.add_status("b", (1.0, {}))
        self.gathering.forget("a")
        self.gathering.forget("unknown")
        self.assertEqual(2, self.gathering.count)
        batch = self.gathering.take()
        self.assertEqual((["b"], ["b"]), (list(batch.lines), list(batch.statuses)))

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400)), max_size=60))
    @examples(200)
    def test_bounded(self, added: list[tuple[str, int]]) -> None:
        """However lines come, they are bounded, and those that are left are the last ones."""
        gathering = Gathering(Retention(logs=5), max_bytes=2000)
        sent: dict[str, list[bytes]] = {"a": [], "b": [], "c": []}
        numbers = count()
        for name, size in added:
            text = b"%03d" % next(numbers) + bytes(size)
            sent[name].append(text)
            gathering.add_line(name, line(text))
        waiting = gathering.count
        lines = gathering.take().lines
        texts = [text for each in lines.values() for _, _, text in each]
        self.assertEqual(waiting, len(texts))
        self.assertLessEqual(sum(len(text) + OVERHEAD for text in texts), 2000)
        for name, each in lines.items():
            self.assertLessEqual(len(each), 5)
            last = sent[name][len(sent[name]) - len(each) :]
            self.assertEqual(last, [text for _, _, text in each])


class StatusTests(SynchronousTestCase):
    """Statuses that wait."""

    def add(self, *times: float) -> list[tuple[float, Any]]:
        self.gathering = Gathering()
        for number, time in enumerate(times):
            self.gathering.add_status("a", (time, {"n": number}))
        waiting = self.gathering.count
        statuses = [(time, each["n"]) for time, each in self.gathering.take().statuses["a"]]
        self.assertEqual(waiting, len(statuses))
        return statuses

    def test_each(self) -> None:
        """Each is kept."""
        self.assertEqual([(1.0, 0), (1.25, 1), (2.25, 2)], self.add(1.0, 1.25, 2.25))

    def test_fast(self) -> None:
        """Of those that come fast the last is kept."""
        self.assertEqual([(1.0, 1), (1.25, 3)], self.add(1.0, 1.125, 1.25, 1.375))

    def test_backwards(self) -> None:
        """A clock that is set back does no harm."""
        self.assertEqual([(9.0, 0), (1.0, 1)], self.add(9.0, 1.0))

    def test_bounded(self) -> None:
        """Only the last ones wait."""
        times = [float(each) for each in range(WAITING_STATUSES + 3)]
        self.assertEqual([(time, int(time)) for time in times[3:]], self.add(*times))
        self.assertEqual(3, self.gathering.dropped)


class LogQueryTests(SynchronousTestCase):
    """The level of a query."""

    def test_severity(self) -> None:
        """It is the number of the level; without one every line is meant."""
        query = LogQuery("a")
        for level, number in ((None, 0), ("", 0), ("debug", 10), ("critical", 50)):
            self.assertEqual(number, evolve(query, level=level).severity)

    def test_unknown(self) -> None:
        """A level that does not exist is an error that names those that do."""
        with self.assertRaises(ValueError) as caught:
            _ = LogQuery("a", level="loud").severity
        self.assertEqual(
            "expected one of debug, info, warning, error, critical", str(caught.exception)
        )
