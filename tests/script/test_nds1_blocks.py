"""
Tests for L{netsim.script.nds1_blocks}.

The bytes that are wanted are written out by hand, from the table in WIRE, section 1.
"""

from __future__ import annotations

import struct

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError
from netsim.script.nds1_blocks import (
    DATA_TYPES,
    PIECE,
    UINT32,
    Channel,
    Value,
    channel_record,
    channel_text,
    data_header,
    net_writer,
    reconfigure_block,
    samples,
    termination_block,
    writer_id,
)

FAST = Channel("X1:FAST", 16, 2, 258, 1, "counts", 1.0, 0.5, 0)
SLOW = Channel("X1:SLOW", 1, 5, 0, 0, "V", 1, -2, 0.25)

CHANNELS = st.builds(
    Channel,
    name=st.just("X1:ANY"),
    rate=st.integers(0, 100),
    type=st.sampled_from(sorted(DATA_TYPES)),
    tp_num=st.just(0),
    group=st.just(0),
    units=st.just(""),
    gain=st.just(1.0),
    slope=st.just(1.0),
    offset=st.just(0.0),
)


def ofType(number: int) -> Channel:
    """A channel whose samples are of this type."""
    return evolve(FAST, type=number)


class ChannelTests(SynchronousTestCase):
    """Channels are told as lines of text, or as one record of it."""

    def test_text(self) -> None:
        """Numbers are shown as they were given: 1 and 1.0 stay apart."""
        self.assertEqual(channel_text(FAST), b"X1:FAST\n16\n2\n258\n1\ncounts\n1.0\n0.5\n0\n")
        self.assertEqual(channel_text(SLOW), b"X1:SLOW\n1\n5\n0\n0\nV\n1\n-2\n0.25\n")

    def test_record(self) -> None:
        """Integers and float32s are hex digits between the padded name and units."""
        self.assertEqual(
            channel_record(FAST),
            b"X1:FAST" + b" " * 53
            + b"00000010" b"00000102" b"0001" b"0002"
            + b"3f800000" b"3f000000" b"00000000"
            + b"counts" + b" " * 34,
        )  # fmt: skip

    def test_recordIsPaddedInBytes(self) -> None:
        """Letters that take two bytes take the room of two."""
        record = channel_record(evolve(FAST, name="X1:Ä", units="µm"))
        self.assertEqual(len(record), 148)
        self.assertEqual(record[:6], b"X1:\xc3\x84 ")
        self.assertEqual(record[108:112], b"\xc2\xb5m ")


class BlockTests(SynchronousTestCase):
    """Blocks are five uint32, and what belongs to them."""

    def test_writerId(self) -> None:
        """Eight lower-case hex digits, then 0 for online and 1 for offline."""
        self.assertEqual(writer_id(26, True), b"0000001a\0\0\0\0")
        self.assertEqual(writer_id(0xDEADBEEF, False), b"deadbeef\0\0\0\x01")

    def test_reconfigure(self) -> None:
        """The header is big-endian, each channel's slope little-endian."""
        head = "ffffffff ffffffff 00000003 ffffffff"
        self.assertEqual(reconfigure_block([]).hex(), f"00000010{head}".replace(" ", ""))
        self.assertEqual(
            reconfigure_block([FAST, SLOW]),
            bytes.fromhex(f"00000028 {head} 00000000 0000003f 00000000 00000000 000000c0 00000000"),
        )

    def test_dataHeader(self) -> None:
        """16 bytes of header, 2 s of 16 int32 and of 1 float64: 160 bytes."""
        self.assertEqual(
            data_header([FAST, SLOW], 1000000000, 2, 7),
            bytes.fromhex("000000a0 00000002 3b9aca00 00000000 00000007"),
        )

    def test_dataHeaderTooLarge(self) -> None:
        """The size is a uint32: one sample more than fits is refused."""
        # 16 + 2 * 2147483639 = 4294967294
        short = evolve(FAST, type=1, rate=2147483639)
        self.assertEqual(data_header([short], 0, 1, 0)[:4], b"\xff\xff\xff\xfe")
        with self.assertRaises(ActionError) as caught:
            data_header([evolve(short, rate=2147483640)], 0, 1, 0)
        self.assertIn("4294967296 bytes is too large", str(caught.exception))

    def test_termination(self) -> None:
        """A header without data."""
        self.assertEqual(termination_block(), b"\0\0\0\x10" + bytes(16))

    def test_netWriter(self) -> None:
        """In each second all samples are the number of the second."""
        slow = evolve(SLOW, type=1, rate=2, slope=1.0)
        wanted = (
            "30303030 3030303030303033 00000001"
            "0000001c ffffffff ffffffff 00000003 ffffffff 00000000 0000803f 00000000"
            "00000014 00000001 00000064 00000000 00000000 0000 0000"
            "00000014 00000001 00000065 00000000 00000001 0001 0001"
            "00000010 00000000 00000000 00000000 00000000"
        )
        self.assertEqual(b"".join(net_writer(3, slow, 100, 2)), bytes.fromhex(wanted))

    @given(st.lists(CHANNELS, max_size=4), st.integers(0, 5))
    def test_sizesAgree(self, channels: list[Channel], stride: int) -> None:
        """The size in a header is 16 and the bytes of the samples after it."""
        data = [
            piece for channel in channels for piece in samples(channel, channel.rate * stride, (1,))
        ]
        (size,) = struct.unpack(">I", data_header(channels, 0, stride, 0)[:4])
        self.assertEqual(size, 16 + sum(map(len, data)))

    @given(CHANNELS, st.integers(0, 5))
    def test_netWriterCanBeRead(self, channel: Channel, seconds: int) -> None:
        """Who follows the sizes arrives at the termination block, and then at the end."""
        answer = b"".join(net_writer(1, channel, 100, seconds))[16:]
        times = []
        while answer:
            size, stride, gps, _, sequence = struct.unpack(">5I", answer[:20])
            times.append((stride, gps, sequence))
            answer = answer[4 + size :]
        data = [(1, 100 + second, second) for second in range(seconds)]
        self.assertEqual(times, [(UINT32, UINT32, UINT32), *data, (0, 0, 0)])


class SamplesTests(SynchronousTestCase):
    """Samples are of the channel's type."""

    def assertSample(self, number: int, value: Value, wanted: str) -> None:
        self.assertEqual(b"".join(samples(ofType(number), 2, value)).hex(), wanted * 2)

    def test_types(self) -> None:
        """Every type, big-endian."""
        self.assertSample(1, (-2,), "fffe")
        self.assertSample(2, (-2,), "fffffffe")
        self.assertSample(3, (2**40,), "0000010000000000")
        self.assertSample(4, (1.5,), "3fc00000")
        self.assertSample(5, (-0.0,), "8000000000000000")
        self.assertSample(6, (1, -2.0), "3f800000c0000000")
        self.assertSample(6, (1,), "3f80000000000000")
        self.assertSample(7, (UINT32,), "ffffffff")

    def test_wholeFloats(self) -> None:
        """A float without a fraction is an integer."""
        self.assertSample(1, (5.0,), "0005")

    def test_limits(self) -> None:
        """Integers beyond the type, fractions, large floats and pairs are refused."""
        small = {1: -(2**15), 2: -(2**31), 3: -(2**63), 7: 0}
        large = {1: 2**15 - 1, 2: 2**31 - 1, 3: 2**63 - 1, 7: 2**32 - 1}
        for number in small:
            list(samples(ofType(number), 1, (small[number],)))
            list(samples(ofType(number), 1, (large[number],)))
            for value in [(small[number] - 1,), (large[number] + 1,), (0.5,), (1, 2)]:
                self.assertRaises(ActionError, list, samples(ofType(number), 1, value))
        for number in (4, 5, 6):
            self.assertRaises(ActionError, list, samples(ofType(number), 1, (10**400,)))
        self.assertRaises(ActionError, list, samples(ofType(6), 1, (0, 1e39)))
        self.assertRaises(ActionError, list, samples(ofType(5), 1, (1, 2)))

    def test_sentence(self) -> None:
        """The message names the channel, the value and the type."""
        with self.assertRaises(ActionError) as caught:
            list(samples(ofType(1), 0, (70000,)))
        self.assertIn("X1:FAST: 70000 does not fit int16", str(caught.exception))

    def test_pieces(self) -> None:
        """Long data comes in equal pieces and a rest, none of them above the limit."""
        sizes = list(map(len, samples(ofType(3), 20000, (1,))))
        self.assertEqual(sizes, [65536, 65536, 28928])

    def test_bounded(self) -> None:
        """Gigabytes are made piece by piece: the first one comes at once."""
        pieces = samples(ofType(3), UINT32, (1,))
        self.assertEqual([len(next(pieces)), len(next(pieces))], [PIECE, PIECE])

    @given(st.sampled_from(sorted(DATA_TYPES)), st.integers(0, 40000))
    def test_count(self, number: int, count: int) -> None:
        """As many samples are written as were asked for."""
        pieces = list(samples(ofType(number), count, (1,)))
        self.assertEqual(sum(map(len, pieces)), count * DATA_TYPES[number].size)
        self.assertLessEqual(max(map(len, pieces), default=0), PIECE)
