"""Tests for L{netsim.systems.antenna.wire}."""

from __future__ import annotations

import struct
from typing import Any
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.antenna import wire
from netsim.systems.antenna.axis import Code, Refused
from netsim.systems.antenna.wire import AxisReport, Header
from tests.framing import checkFraming
from tests.properties import examples


def frame(counter: int, command: int, axes: int, *values: float) -> bytes:
    """A command, as a client makes it."""
    length = 20 + 8 * len(values)
    head = wire.START + struct.pack("<IIHH", length, counter, command, axes)
    body = head + struct.pack(f"<{len(values)}d", *values)
    return body + struct.pack("<I", crc32(body))


class CommandTests(SynchronousTestCase):
    def test_its_header(self) -> None:
        self.assertEqual(Header.of(frame(7, 0x20, 3, 1.0)), Header(7, 0x20, 3))

    def test_its_numbers(self) -> None:
        self.assertEqual(wire.numbers(frame(7, 0x20, 3)), ())
        self.assertEqual(wire.numbers(frame(7, 0x20, 3, 1.5, -2)), (1.5, -2))

    def test_numbers_that_are_none(self) -> None:
        for value in (float("nan"), float("inf"), -float("inf")):
            error = self.assertRaises(Refused, wire.numbers, frame(7, 0x20, 3, 1.0, value))
            self.assertEqual(error.code, Code.RANGE)

    def test_a_number_that_is_cut_off(self) -> None:
        whole = frame(7, 0x20, 3, 1.0)
        for count in range(1, 8):
            error = self.assertRaises(Refused, wire.numbers, whole[:-count])
            self.assertEqual(error.code, Code.LENGTH)

    def test_any_damage_is_found(self) -> None:
        whole = frame(7, 0x20, 3, 1.0)
        self.assertTrue(wire.is_sound(whole))
        for place in range(len(whole)):
            damaged = bytearray(whole)
            damaged[place] ^= 1
            self.assertFalse(wire.is_sound(bytes(damaged)))

    def test_sealed_it_is_sound(self) -> None:
        self.assertTrue(wire.is_sound(wire.seal(b"anything")))


class FramingTests(SynchronousTestCase):
    def feed(self) -> Any:
        return wire.FRAMING.framer().feed

    def test_commands_are_found_however_they_are_cut(self) -> None:
        longest = frame(3, 0x22, 3, *[1.0] * 192)
        commands = [frame(1, 0x01, 0), frame(2, 0x20, 3, 1.0, 2.0), longest, frame(4, 0x01, 0)]
        short = wire.START + struct.pack("<I", 19) + bytes(12)
        long = wire.START + struct.pack("<I", 1557) + bytes(12)
        stream = b"noise" + b"\x1a\xcf".join(
            [commands[0], short, *commands[1:3], long, commands[3]]
        )
        checkFraming(self, self.feed, stream, commands, b"\x1a\xcf\xfc\x1d\x14\x00")

    @examples(200)
    @given(st.lists(st.binary(max_size=30) | st.just(wire.START)))
    def test_no_bytes_make_it_raise_or_keep_more_than_the_longest(
        self, pieces: list[bytes]
    ) -> None:
        framer: Any = wire.FRAMING.framer()
        for piece in pieces:
            for found in framer.feed(piece):
                self.assertTrue(20 <= len(found) <= 1556)
        self.assertLessEqual(len(framer._buffer), 1556)


class AnswerTests(SynchronousTestCase):
    def test_it_tells_what_it_is_about(self) -> None:
        answer = wire.answer(Header(7, 0x20, 3), Code.LIMIT)
        head = struct.unpack_from("<4sIIHHHH", answer)
        self.assertEqual(head, (wire.START, 24, 7, 0x20, 3, 12, 0))
        self.assertEqual((len(answer), wire.is_sound(answer)), (24, True))


class StatusTests(SynchronousTestCase):
    def test_everything_is_where_it_belongs(self) -> None:
        one = AxisReport(1.5, 2.5, 3.5, 4.5, 5, 6, 7)
        other = AxisReport(-1.5, -2.5, -3.5, -4.5, 8, 9, 10)
        status = wire.status(11, 12.5, 13, Header(14, 15, 16), Code.MOVING, [one, other])
        head = struct.unpack_from("<4sIIIdIHH", status)
        self.assertEqual(head, (wire.START, 116, 11, 13, 12.5, 14, 15, 11))
        for offset, values in [
            (32, (1.5, 2.5, 3.5, 4.5, 5, 6, 7)),
            (72, (-1.5, -2.5, -3.5, -4.5, 8, 9, 10)),
        ]:
            self.assertEqual(struct.unpack_from("<ddddHHI", status, offset), values)
        self.assertEqual((len(status), wire.is_sound(status)), (116, True))
