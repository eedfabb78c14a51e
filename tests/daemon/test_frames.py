"""Tests of L{netsim.daemon.frames}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.frames import Packet, text_frame, unmask, whole_texts
from tests.daemon.sockets import masked
from tests.properties import examples

KEY = b"\x01\x80\xff\x10"
SIZES = (0, 1, 3, 125, 126, 127, 65535)


class TextFrameTests(SynchronousTestCase):
    """Frames as a server sends them."""

    def test_sizes(self) -> None:
        """The length is written as shortly as can be."""
        for size, head in (
            (0, b"\x81\x00"),
            (125, b"\x81\x7d"),
            (126, b"\x81\x7e\x00\x7e"),
            (65535, b"\x81\x7e\xff\xff"),
            (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
        ):
            self.assertEqual(head + b"x" * size, text_frame(b"x" * size))

    def test_once(self) -> None:
        """A packet is framed once, however many it goes to."""
        packet = Packet(b"{}")
        self.assertEqual(b"\x81\x02{}", packet.frame)
        self.assertIs(packet.frame, packet.frame)


class UnmaskTests(SynchronousTestCase):
    """Payloads as clients send them."""

    def test_example(self) -> None:
        """The example of RFC 6455, section 5.7."""
        self.assertEqual(b"Hello", unmask(b"\x7f\x9f\x4d\x51\x58", b"\x37\xfa\x21\x3d"))

    @examples(100)
    @given(st.binary(max_size=20), st.binary(min_size=4, max_size=4))
    def test_each(self, payload: bytes, key: bytes) -> None:
        """Each byte is mixed with the one of the key whose turn it is."""
        expected = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
        self.assertEqual(expected, unmask(payload, key))


class WholeTextsTests(SynchronousTestCase):
    """Messages that came whole."""

    def test_each(self) -> None:
        """Messages of every length that has at most two bytes are read."""
        texts = [b"x" * size for size in SIZES]
        data = b"".join(masked(text) for text in texts)
        self.assertEqual((texts, len(data), False), whole_texts(data, 1 << 20))

    def test_incomplete(self) -> None:
        """What is not complete stays, wherever it is cut; it is told when it is a message."""
        for size in (0, 5, 126):
            first, second = masked(b"first"), masked(b"s" * size)
            for cut in range(len(second)):
                expected = [b"first"], len(first), cut > 5
                self.assertEqual(expected, whole_texts(first + second[:cut], 1000), cut)

    def test_tooLong(self) -> None:
        """Only what is too long stays."""
        for size in (100, 1000):
            data = masked(b"x" * size)
            self.assertEqual(([b"x" * size], len(data), False), whole_texts(data, size))
            self.assertEqual(([], 0, False), whole_texts(data, size - 1))
            self.assertEqual(([], 0, False), whole_texts(data[:10], size - 1))

    def test_others(self) -> None:
        """Frames of other kinds, and wrong ones, stay: parts, bytes, pings, reserved bits."""
        good = masked(b"{}")
        for frame in (
            masked(b"{}", 0x01),
            masked(b"{}", 0x80),
            masked(b"{}", 0x82),
            masked(b"{}", 0x88),
            masked(b"{}", 0x89),
            masked(b"{}", 0xC1),
            text_frame(b"not masked"),
            # Longer than need be: lengths have one form.
            b"\x81\xfe\x00\x02" + KEY + unmask(b"{}", KEY),
            masked(b"x" * 65536),
        ):
            expected = [b"{}"], len(good), False
            self.assertEqual(expected, whole_texts(good + frame + good, 1 << 20))

    def test_utf8(self) -> None:
        """What is UTF-8 is read, and what is not stays."""
        data = masked("\u20ac".encode())
        self.assertEqual((["\u20ac".encode()], len(data), False), whole_texts(data, 100))
        for wrong in (b"\xff", b"\xe2\x82", b"\xed\xa0\x80", b"\xc0\x80"):
            self.assertEqual(([], 0, False), whole_texts(masked(wrong), 100), wrong)

    def test_unmask(self) -> None:
        """Another way to unmask may be quicker."""
        texts, _, _ = whole_texts(masked(b"ab"), 100, lambda payload, key: key[: len(payload)])
        self.assertEqual([masked(b"ab")[2:4]], texts)

    @examples(100)
    @given(st.lists(st.text(max_size=200)), st.binary())
    def test_any(self, texts: list[str], rest: bytes) -> None:
        """Whatever was said is understood."""
        encoded = [text.encode() for text in texts]
        data = b"".join(map(masked, encoded))
        found, used, _ = whole_texts(data + rest, 1000)
        self.assertEqual(encoded, found[: len(texts)])
        self.assertGreaterEqual(used, len(data))
