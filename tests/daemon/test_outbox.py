"""Tests of L{netsim.daemon.outbox}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.frames import Packet
from netsim.daemon.model import Limits
from netsim.daemon.outbox import PATIENCE, Outbox
from tests.daemon.sockets import frames
from tests.properties import examples

ALL = 1 << 30


def line(number: int, name: str = "p") -> Packet:
    """A log line."""
    return Packet(json.dumps({"name": name, "number": number}).encode(), droppable=True)


def ack(number: int) -> Packet:
    """What may not be dropped."""
    return Packet(json.dumps({"ack": number}).encode())


def heard(data: bytes) -> list[Any]:
    """What a page would hear: the numbers of lines, C{"aN"} for acks, or how many were dropped."""
    found: list[Any] = []
    for head, payload in frames(data):
        assert head == 0x81
        match json.loads(payload):
            case {"payload": {"log": log}}:
                found.append([log["dropped"]])
            case {"ack": number}:
                found.append(f"a{number}")
            case {"number": number}:
                found.append(number)
    return found


class OutboxTestCase(SynchronousTestCase):
    """An outbox that holds a few messages."""

    def setUp(self) -> None:
        self.time = 0.0
        self.make(Limits(backlog_messages=3))

    def make(self, limits: Limits) -> None:
        self.outbox = Outbox(limits, lambda: self.time)

    def push(self, *packets: Packet) -> None:
        for packet in packets:
            self.outbox.push(packet)

    def lines(self, *numbers: int) -> None:
        self.push(*map(line, numbers))


class QueueTests(OutboxTestCase):
    """Nothing is lost where there is room."""

    def test_empty(self) -> None:
        """Nothing waits in the beginning."""
        self.assertEqual((False, 0, 0), (bool(self.outbox), self.outbox.messages, self.outbox.size))
        self.assertEqual(b"", self.outbox.take(ALL))

    def test_order(self) -> None:
        """What came first goes first, all in one piece."""
        self.push(line(1), ack(2), line(3))
        self.assertTrue(self.outbox)
        data = self.outbox.take(ALL)
        self.assertEqual([1, "a2", 3], heard(data))
        self.assertEqual((False, 0, 0), (bool(self.outbox), self.outbox.messages, self.outbox.size))

    def test_counts(self) -> None:
        """It is known how much waits."""
        self.lines(1, 2)
        size = 2 * len(line(1).text)
        self.assertEqual((2, size), (self.outbox.messages, self.outbox.size))
        self.outbox.take(1)
        self.assertEqual((1, size // 2), (self.outbox.messages, self.outbox.size))

    def test_pieces(self) -> None:
        """Whole messages are given, about as many as are asked for, and at least one."""
        self.lines(1, 2, 3)
        frame = len(line(1).frame)
        self.assertEqual([1], heard(self.outbox.take(1)))
        self.assertEqual([2], heard(self.outbox.take(frame)))
        self.lines(4, 5)
        self.assertEqual([3, 4], heard(self.outbox.take(frame + 1)))
        self.assertEqual([5], heard(self.outbox.take(ALL)))

    def test_clear(self) -> None:
        """Everything can be forgotten."""
        self.lines(1, 2, 3, 4, 5)
        self.outbox.clear()
        self.assertEqual((False, b""), (bool(self.outbox), self.outbox.take(ALL)))
        self.lines(6, 7, 8)
        self.assertEqual([6, 7, 8], heard(self.outbox.take(ALL)))


class DropTests(OutboxTestCase):
    """Where there is no room the oldest lines make it."""

    def test_marker(self) -> None:
        """One line says how many were dropped, in their place."""
        self.lines(1, 2, 3, 4, 5)
        self.assertEqual([[2], 3, 4, 5], heard(self.outbox.take(ALL)))
        self.assertFalse(self.outbox)

    def test_text(self) -> None:
        """It is a log event of the project whose lines they were."""
        for dropped, text in ((1, "1 line was"), (2, "2 lines were")):
            self.time = 1700000000.25
            self.push(*(line(number, "my project") for number in range(3 + dropped)))
            ((_, payload),) = frames(self.outbox.take(1))
            self.assertEqual(
                {
                    "event-type": "log",
                    "name": "my project",
                    "payload": {
                        "log": {
                            "level": "warning",
                            "whom": "netsim-daemon",
                            "message": f"{text} dropped: this page reads too slowly",
                            "dropped": dropped,
                            "time": 1700000000.25,
                        }
                    },
                    "event-id": -1,
                },
                json.loads(payload),
            )
            self.outbox.clear()

    def test_time(self) -> None:
        """It has the time of the last one that was dropped."""
        for self.time in range(6):
            self.lines(1)
        self.time = 99
        ((_, payload),) = frames(self.outbox.take(1))
        self.assertEqual(5, json.loads(payload)["payload"]["log"]["time"])

    def test_kept(self) -> None:
        """Acks stay in their places, and part the lines that were dropped."""
        self.push(line(1), line(2), ack(3), line(4), line(5), line(6), line(7), ack(8))
        self.assertEqual([[2], "a3", [3], 7, "a8"], heard(self.outbox.take(ALL)))

    def test_onlyKept(self) -> None:
        """Where acks alone are too much, every line is dropped, even the one that comes."""
        self.push(*map(ack, range(4)), line(4), line(5))
        self.assertEqual(["a0", "a1", "a2", "a3", [2]], heard(self.outbox.take(ALL)))

    def test_again(self) -> None:
        """A marker that has been sent is not changed: the next lines get another one."""
        self.lines(1, 2, 3, 4)
        self.assertEqual([[1]], heard(self.outbox.take(1)))
        self.lines(5)
        self.assertEqual([[1], 3, 4, 5], heard(self.outbox.take(ALL)))

    def test_bytes(self) -> None:
        """Bytes are limited as messages are."""
        size = len(line(1).text)
        self.make(Limits(backlog_bytes=3 * size))
        self.lines(1, 2, 3)
        self.assertEqual(3 * size, self.outbox.size)
        self.lines(4)
        self.assertEqual((3, 3 * size), (self.outbox.messages, self.outbox.size))
        self.assertEqual([[1], 2, 3, 4], heard(self.outbox.take(ALL)))

    def test_huge(self) -> None:
        """A line that is too long to wait at all is dropped as any other."""
        self.make(Limits(backlog_bytes=10))
        self.lines(1)
        self.assertEqual([[1]], heard(self.outbox.take(ALL)))


class OverfullTests(OutboxTestCase):
    """What cannot be dropped has a limit, too."""

    def test_messages(self) -> None:
        """It is told when too many wait that are no lines."""
        self.push(*map(ack, range(3 * PATIENCE)))
        self.assertFalse(self.outbox.is_overfull)
        self.push(ack(99))
        self.assertTrue(self.outbox.is_overfull)

    def test_bytes(self) -> None:
        """Or too many bytes."""
        self.make(Limits(backlog_bytes=len(ack(1).text)))
        self.push(*map(ack, range(PATIENCE)))
        self.assertFalse(self.outbox.is_overfull)
        self.push(ack(9))
        self.assertTrue(self.outbox.is_overfull)

    def test_lines(self) -> None:
        """However many lines came, it is not."""
        self.lines(*range(100))
        self.assertFalse(self.outbox.is_overfull)


class AnyTests(SynchronousTestCase):
    """What always holds."""

    @examples(200)
    @given(
        st.integers(1, 6),
        st.integers(20, 200),
        st.lists(st.one_of(st.booleans(), st.integers(1, 100)), max_size=60),
    )
    def test_any(self, messages: int, size: int, steps: list[bool | int]) -> None:
        """
        Acks all arrive in order, lines arrive in order or are counted, in place, and no more
        waits than may.
        """
        outbox = Outbox(Limits(backlog_messages=messages, backlog_bytes=size), lambda: 0.0)
        said: list[Any] = []
        data = b""
        for step in steps:
            if step is True or step is False:
                packet = (line if step else ack)(len(said))
                said.append(len(said) if step else f"a{len(said)}")
                outbox.push(packet)
            else:
                data += outbox.take(step)
            kept = [p for p in (*outbox._settled, *outbox._packets) if isinstance(p, Packet)]
            self.assertEqual(
                (len(kept), sum(len(p.text) for p in kept)), (outbox.messages, outbox.size)
            )
            if any(packet.droppable for packet in kept):
                self.assertTrue(outbox.messages <= messages and outbox.size <= size)
        place = 0
        for item in heard(data + outbox.take(ALL)):
            if isinstance(item, list):
                dropped = said[place : place + item[0]]
                self.assertTrue(all(isinstance(number, int) for number in dropped), dropped)
                place += item[0]
            else:
                self.assertEqual(said[place], item)
                place += 1
        self.assertEqual(len(said), place)
