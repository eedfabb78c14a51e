"""
What an NDS1 server sends about its channels and their data: values in, bytes out.

Wire format: WIRE, section 1, "The nds1 module".  All integers and samples are
big-endian unless a docstring says otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import astuple, frozen

from netsim.errors import ActionError
from netsim.script.action import integer, show

PIECE = 65536
"""Samples are written in pieces of at most this many bytes."""

NAME_BYTES, UNITS_BYTES = 60, 40
"""Room for a name and for units in a channel record, in UTF-8."""

UINT32 = 0xFFFFFFFF

Value = tuple[int | float, ...]
"""One sample: a number, or the real and the imaginary part of one."""


@frozen
class DataType:
    """How the values of a channel are written: by C{struct}, after a conversion of each part."""

    name: str
    format: str
    convert: Callable[[Any], int | float]

    @property
    def size(self) -> int:
        """Bytes of one sample."""
        return struct.calcsize(self.format)

    @property
    def parts(self) -> int:
        """Numbers in one sample."""
        return len(self.format) - 1


DATA_TYPES = {
    1: DataType("int16", ">h", integer),
    2: DataType("int32", ">i", integer),
    3: DataType("int64", ">q", integer),
    4: DataType("float32", ">f", float),
    5: DataType("float64", ">d", float),
    6: DataType("complex64", ">ff", float),
    7: DataType("uint32", ">I", integer),
}


@frozen
class Channel:
    """
    A channel, its values in the order of C{register_chan} and C{gen_sc3_12_1}.

    @ivar rate: samples per second.
    @ivar type: a key of L{DATA_TYPES}.
    """

    name: str
    rate: int
    type: int
    tp_num: int
    group: int
    units: str
    gain: int | float
    slope: int | float
    offset: int | float

    @property
    def data_type(self) -> DataType:
        """How its samples are written."""
        return DATA_TYPES[self.type]


def channel_text(channel: Channel) -> bytes:
    """The nine values of a channel, each as text and a newline."""
    return "".join(f"{value}\n" for value in astuple(channel)).encode()


def channel_record(channel: Channel) -> bytes:
    """A channel as 148 bytes of text: between name and units, its numbers in hex digits."""
    integers = f"{channel.rate:08x}{channel.tp_num:08x}{channel.group:04x}{channel.type:04x}"
    floats = struct.pack(">3f", channel.gain, channel.slope, channel.offset).hex()
    name, units = channel.name.encode(), channel.units.encode()
    return name.ljust(NAME_BYTES) + (integers + floats).encode() + units.ljust(UNITS_BYTES)


def writer_id(writer: int, online: bool) -> bytes:
    """The number of a net writer in hex digits, and a uint32 that is 0 for online data."""
    return b"%08x" % writer + struct.pack(">I", not online)


def reconfigure_block(channels: Sequence[Channel]) -> bytes:
    """Announces slopes: a header, and per channel a record whose numbers are little-endian."""
    header = struct.pack(">5I", 16 + 12 * len(channels), UINT32, UINT32, 3, UINT32)
    return header + b"".join(struct.pack("<ffI", 0.0, channel.slope, 0) for channel in channels)


def data_header(channels: Sequence[Channel], gps: int, stride: int, sequence: int) -> bytes:
    """
    Goes before the samples of C{stride} seconds from GPS second C{gps}.

    @raise ActionError: the size of the block does not fit a uint32.
    """
    size = 16 + sum(item.data_type.size * item.rate * stride for item in channels)
    if size > UINT32:
        raise ActionError(f"a data block of {size} bytes is too large; {UINT32} is the most")
    return struct.pack(">5I", size, stride, gps, 0, sequence)


def samples(channel: Channel, count: int, value: Value) -> Iterator[bytes]:
    """
    One value C{count} times, in pieces of at most L{PIECE} bytes.

    The imaginary part of a complex sample may be left out, and is 0 then.

    @raise ActionError: the value does not fit the channel's type.
    """
    sample = _sample(channel, value)
    most = PIECE // len(sample)
    piece = sample * min(count, most)
    for left in range(count, 0, -most):
        yield piece[: left * len(sample)]


def _sample(channel: Channel, value: Value) -> bytes:
    kind = channel.data_type
    parts = (*value, 0) if len(value) < kind.parts else value
    try:
        return struct.pack(kind.format, *map(kind.convert, parts))
    except (ValueError, OverflowError, struct.error) as error:
        shown = ", ".join(map(show, value))
        raise ActionError(f"{channel.name}: {shown} does not fit {kind.name}: {error}") from None


def termination_block() -> bytes:
    """Ends the data of a net writer."""
    return struct.pack(">5I", 16, 0, 0, 0, 0)


def net_writer(writer: int, channel: Channel, gps: int, seconds: int) -> Iterator[bytes]:
    """A whole answer to C{start net-writer}: in its n-th second, from 0, all samples are n."""
    yield b"0000" + writer_id(writer, online=False) + reconfigure_block([channel])
    for second in range(seconds):
        yield data_header([channel], gps + second, 1, second)
        yield from samples(channel, channel.rate, (second,))
    yield termination_block()
