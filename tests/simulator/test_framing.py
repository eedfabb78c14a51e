"""Tests for L{netsim.simulator.framing}."""

from __future__ import annotations

from time import process_time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.framing import Delimiter, FixedSize, Framing, LengthField
from tests.framing import checkFraming, cut, single
from tests.properties import examples

LINES = Delimiter(b"\r\n", strip=b" ", limit=8)
COUNTED = LengthField(header=3, at=1, size=2, beside=0, start=b"\x02", limit=16)
FRAMINGS: dict[str, Framing] = {
    "line": Delimiter(limit=6),
    "line of two": LINES,
    "repeated end": Delimiter(b"aa", limit=5),
    "stripped": Delimiter(b";", strip=b"\r a", limit=4),
    "size": FixedSize(3),
    "size and start": FixedSize(4, b"\x02a"),
    "start that repeats": FixedSize(4, b"aab"),
    "only a start": FixedSize(2, b"\x02a"),
    "length": LengthField(1, limit=5),
    "length and start": COUNTED,
    "little": LengthField(4, at=1, size=2, order="little", beside=4, start=b"aa", limit=300),
    "less than counted": LengthField(2, at=1, beside=-2, limit=9),
}
"""Small limits, so that they are met."""
STREAMS = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 13, 10, 32, 59, 97, 98])).map(bytes)
PLACES = st.lists(st.integers(0, 500), max_size=9)


class FramingTestCase(SynchronousTestCase):
    def check(
        self, framing: Framing, stream: bytes, expected: list[bytes], dropped: int = 0
    ) -> None:
        """A stream is understood however it is cut, and so many of its bytes are dropped."""
        checkFraming(self, lambda: framing.framer().feed, stream, expected, stream[:1])
        for segments in ([stream], single(stream)):
            framer = framing.framer()
            for segment in segments:
                framer.feed(segment)
            self.assertEqual(dropped, framer.dropped)


class DelimiterTests(FramingTestCase):
    def test_messages_end_with_their_end(self) -> None:
        self.check(Delimiter(), b"one\ntwo\r\n", [b"one", b"two\r"])
        self.check(Delimiter(b"END"), b"oneENDEND2EN3END", [b"one", b"2EN3"])

    def test_what_is_to_be_stripped_is(self) -> None:
        self.check(Delimiter(strip=b"\r "), b" a b \r\n\r\n", [b"a b"])

    def test_an_empty_message_is_passed_over(self) -> None:
        self.check(LINES, b"\r\n\r\na\r\n  \r\n", [b"a"])

    def test_a_message_of_just_the_limit_is_one(self) -> None:
        """Also where its end comes in two segments."""
        self.check(LINES, b"12345678\r\n", [b"12345678"])

    def test_a_longer_message_is_dropped_up_to_its_end(self) -> None:
        self.check(LINES, b"123456789\r\nafter\r\n", [b"after"], dropped=9)
        self.check(LINES, b"before\r\n" + b"\r" * 99 + b"\r\nx\r\n", [b"before", b"x"], dropped=99)

    def test_the_limit_holds_before_stripping(self) -> None:
        self.check(LINES, b"  12345  \r\n", [], dropped=9)

    def test_a_datagram_needs_no_end(self) -> None:
        self.assertEqual([b"one", b"two"], LINES.datagram(b"one\r\n two "))
        self.assertEqual([b"one"], LINES.datagram(b"one\r\n123456789\r\n"))
        self.assertEqual([], LINES.datagram(b""))

    def test_a_datagram_may_end_like_an_end(self) -> None:
        """What is taken for its end must not begin in the message."""
        self.assertEqual([b"xa"], Delimiter(b"aa").datagram(b"xa"))

    def test_what_cannot_be_is_refused(self) -> None:
        self.assertRaises(ValueError, Delimiter, b"")
        self.assertRaises(ValueError, Delimiter, b"\n", limit=0)


class FixedSizeTests(FramingTestCase):
    def test_every_message_has_the_size(self) -> None:
        self.check(FixedSize(3), b"abcdefg", [b"abc", b"def"])

    def test_what_comes_before_a_start_is_dropped(self) -> None:
        self.check(FixedSize(4, b"\x02a"), b"xx\x02\x02abcy\x02ade", [b"\x02abc", b"\x02ade"], 4)

    def test_half_a_start_is_not_dropped(self) -> None:
        framer = FixedSize(4, b"aab").framer()
        self.assertEqual([], framer.feed(b"xaa"))
        self.assertEqual(1, framer.dropped)
        self.assertEqual([b"aab1"], framer.feed(b"b1"))
        self.assertEqual(1, framer.dropped)

    def test_half_a_datagram_is_dropped(self) -> None:
        self.assertEqual([b"abc"], FixedSize(3).datagram(b"abcde"))

    def test_what_cannot_be_is_refused(self) -> None:
        self.assertRaises(ValueError, FixedSize, 0)
        error = self.assertRaises(ValueError, FixedSize, 1, b"ab")
        self.assertIn("start", str(error))


class LengthFieldTests(FramingTestCase):
    def test_the_header_says_how_long_the_message_is(self) -> None:
        self.check(LengthField(1), b"\x02ab\x00\x01c", [b"\x02ab", b"\x00", b"\x01c"])
        self.check(COUNTED, b"\x02\0\x05ab\x02\0\x03", [b"\x02\0\x05ab", b"\x02\0\x03"])
        little = LengthField(3, at=1, size=2, order="little")
        self.check(little, b"!\x01\0a?\x00\0", [b"!\x01\0a", b"?\x00\0"])

    def test_a_length_that_cannot_be_is_not_believed(self) -> None:
        """The next message may begin at the next byte."""
        self.check(COUNTED, b"\x02\0\x02\x02\x02\0\x04a", [b"\x02\0\x04a"], dropped=4)
        self.check(COUNTED, b"\x02\0\x11\x02\0\x10" + b"x" * 13, [b"\x02\0\x10" + b"x" * 13], 3)

    def test_a_datagram(self) -> None:
        self.assertEqual([b"\x01a", b"\x00"], LengthField(1).datagram(b"\x01a\x00\x05ab"))

    def test_what_cannot_be_is_refused(self) -> None:
        for problem, values in (
            ("header", {"header": 0}),
            ("'at'", {"header": 2, "at": -1}),
            ("'size'", {"header": 2, "size": 0}),
            ("within the header", {"header": 2, "at": 1, "size": 2}),
            ("start", {"header": 2, "start": b"abc"}),
            ("limit", {"header": 9, "limit": 8}),
            ("order", {"header": 1, "order": "middle"}),
        ):
            error = self.assertRaises(ValueError, LengthField, **values)  # type: ignore[arg-type]
            self.assertIn(problem, str(error))


class ForgetTests(SynchronousTestCase):
    """What was taken for the beginning of a message can be taken back."""

    def test_the_last_bytes_go(self) -> None:
        for framing, begun, rest, message in (
            (Delimiter(), b"ab", b"cd\n", b"abcd"),
            (FixedSize(4), b"ab", b"cd", b"abcd"),
            (COUNTED, b"\x02\0\x06a", b"bc", b"\x02\0\x06abc"),
        ):
            framer = framing.framer()
            framer.feed(begun + b"$")
            framer.forget(1)
            self.assertEqual([message], framer.feed(rest))

    def test_no_more_than_what_waits(self) -> None:
        framer = Delimiter().framer()
        self.assertEqual([b"one"], framer.feed(b"one\ntwo"))
        framer.forget(99)
        self.assertFalse(framer.begun)
        self.assertEqual([b"three"], framer.feed(b"three\n"))

    def test_nothing(self) -> None:
        for framing in FRAMINGS.values():
            framer = framing.framer()
            framer.feed(b"\x02")
            begun = framer.begun
            framer.forget(0)
            self.assertEqual(begun, framer.begun)

    @examples(200)
    @given(st.sampled_from(sorted(FRAMINGS)), STREAMS, STREAMS, st.integers(0, 20))
    def test_it_is_as_if_they_had_never_come(
        self, name: str, before: bytes, after: bytes, count: int
    ) -> None:
        """As far as they were no part of a message, and none had been dropped."""
        tail = b"\x07" * count
        first, second = FRAMINGS[name].framer(), FRAMINGS[name].framer()
        whole = first.feed(before), first.dropped
        if (first.feed(tail), first.dropped) != ([], whole[1]):
            return
        first.forget(count)
        self.assertEqual(whole, (second.feed(before), second.dropped))
        self.assertEqual(first.begun, second.begun)
        self.assertEqual(second.feed(after), first.feed(after))
        self.assertEqual(second.dropped, first.dropped)


class BegunTests(SynchronousTestCase):
    """A framer tells whether it is within a message."""

    def check(self, framing: Framing, *steps: tuple[bytes, bool]) -> None:
        framer = framing.framer()
        self.assertFalse(framer.begun)
        for data, begun in steps:
            framer.feed(data)
            self.assertEqual(begun, framer.begun, data)

    def test_line(self) -> None:
        self.check(LINES, (b"a", True), (b"\r", True), (b"\n", False), (b"b\r\nc", True))

    def test_a_line_that_is_too_long_has_begun_all_the_same(self) -> None:
        self.check(Delimiter(limit=2), (b"abc", True), (b"d", True), (b"\n", False))

    def test_garbage_before_a_start_is_no_beginning(self) -> None:
        self.check(COUNTED, (b"x", False), (b"\x02", True), (b"\0\x04", True), (b"a", False))


class PropertyTests(SynchronousTestCase):
    @examples(600)
    @given(st.sampled_from(sorted(FRAMINGS)), STREAMS | st.binary(), PLACES)
    def test_cutting_changes_nothing(self, name: str, stream: bytes, places: list[int]) -> None:
        """Messages, what is dropped, and whether a message has begun."""
        whole = self.read(FRAMINGS[name], [stream])
        self.assertEqual(whole, self.read(FRAMINGS[name], single(stream)))
        self.assertEqual(whole, self.read(FRAMINGS[name], cut(stream, places)))

    def read(self, framing: Framing, segments: list[bytes]) -> Any:
        framer = framing.framer()
        messages = [message for segment in segments for message in framer.feed(segment)]
        return messages, framer.dropped, framer.begun

    @examples(200)
    @given(st.sampled_from(sorted(FRAMINGS)), st.lists(st.binary() | STREAMS), st.data())
    def test_memory_is_bounded_by_the_limit(
        self, name: str, segments: list[bytes], data: st.DataObject
    ) -> None:
        framing: Any = FRAMINGS[name]
        framer: Any = framing.framer()
        bound = getattr(framing, "limit", 0) or framing.size
        for segment in segments:
            framer.feed(segment)
            self.assertLessEqual(len(framer._buffer), bound + len(getattr(framing, "end", b"")))
            framer.forget(data.draw(st.integers(0, 9)))

    @examples(100)
    @given(st.sampled_from(sorted(FRAMINGS)), STREAMS | st.binary())
    def test_any_datagram_gives_messages(self, name: str, data: bytes) -> None:
        self.assertTrue(all(FRAMINGS[name].datagram(data)))


class CostTests(SynchronousTestCase):
    """A message that comes byte by byte costs no more for being long."""

    def cost(self, framing: Framing, stream: bytes) -> float:
        feed = framing.framer().feed
        begin = process_time()
        for byte in single(stream):
            feed(byte)
        return process_time() - begin

    def test_long_messages(self) -> None:
        size = 1 << 17
        for framing, stream in (
            (Delimiter(b"\r\n", limit=size), b"\r" * size),
            (Delimiter(b"\r\n", limit=9), b"\r" * size),
            (FixedSize(size), b"x" * (size - 1)),
            (FixedSize(size, b"\x02"), b"\x02" + b"x" * (size - 2)),
            (FixedSize(size, b"\x02"), b"x" * size),
            (LengthField(4, size=4, limit=size), b"\x00\x01" + b"\x00" * (size - 4)),
            (LengthField(4, size=4, limit=9), b"\xff" * size),
        ):
            # Work that grows with the square takes a minute; coverage alone can take seconds.
            self.assertLess(self.cost(framing, stream), 12.0, framing)

    def test_much_at_once(self) -> None:
        size = 1 << 20
        for framing, data in (
            (LengthField(4, size=4, limit=9), b"\xff" * size),
            (FixedSize(1), b"x" * size),
            (FixedSize(3, b"ab"), b"a" * size),
            (Delimiter(limit=9), b"x\n" * size),
        ):
            begin = process_time()
            framing.framer().feed(data)
            self.assertLess(process_time() - begin, 20.0, framing)
