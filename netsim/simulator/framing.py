"""
How messages are cut out of a stream of bytes.

A framing is a value that a system declares; its framer is the state of one
connection.  Whatever comes in, a framer raises nothing and keeps no more than the
framing's limit: bytes that cannot belong to a message are dropped and counted.
"""

from __future__ import annotations

from typing import Literal, Protocol

from attrs import field, frozen
from attrs.validators import ge, gt, min_len

__all__ = ["Delimiter", "FixedSize", "Framer", "Framing", "LengthField"]

LIMIT = 1 << 16
"""Bytes that a message may have, unless its framing says otherwise."""


class Framer(Protocol):
    """
    Cuts one stream.

    @ivar dropped: how many bytes belonged to no message.
    """

    dropped: int

    @property
    def begun(self) -> bool:
        """Whether a message has begun, whose end is still to come."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take a segment; give the messages that are complete with it."""

    def forget(self, count: int) -> None:
        """Take the last bytes back, as far as they wait for the rest of a message."""


class Framing(Protocol):
    """Knows where a message ends."""

    def framer(self) -> Framer:
        """The framer of a new stream."""

    def datagram(self, data: bytes) -> list[bytes]:
        """The messages of a datagram, whose end is the end of a message."""


@frozen
class Delimiter:
    r"""
    Messages that end with certain bytes, which are not part of them.

    @ivar end: those bytes, such as C{b"\r\n"}.
    @ivar strip: single bytes that are taken off both sides, such as C{b" \r"}.
    @ivar limit: a message with more bytes, before they are taken off, is dropped.

    A message without a byte is passed over.
    """

    end: bytes = field(default=b"\n", validator=min_len(1))
    strip: bytes = b""
    limit: int = field(default=LIMIT, validator=gt(0))

    def framer(self) -> Framer:
        """The framer of a new stream."""
        return _DelimiterFramer(self)

    def datagram(self, data: bytes) -> list[bytes]:
        """The messages of a datagram; the last one needs no end."""
        pieces = [piece for piece in data.split(self.end) if len(piece) <= self.limit]
        if self.strip:
            pieces = [piece.strip(self.strip) for piece in pieces]
        return [piece for piece in pieces if piece]


@frozen
class FixedSize:
    """
    Messages of one length.

    @ivar size: the bytes of each.
    @ivar start: what each begins with, part of the size; bytes before it are dropped.
    @raise ValueError: such a message cannot be.
    """

    size: int = field(validator=gt(0))
    start: bytes = b""

    def __attrs_post_init__(self) -> None:
        _must(len(self.start) <= self.size, "the start of a message is longer than its size")

    def framer(self) -> Framer:
        """The framer of a new stream."""
        return _SizedFramer(self.start, self.size, self.length)

    def datagram(self, data: bytes) -> list[bytes]:
        """The messages of a datagram; one that is not whole is dropped."""
        return self.framer().feed(data)

    def length(self, header: bytes | bytearray) -> int:
        """The length of every message."""
        return self.size


@frozen
class LengthField:
    """
    Messages with a header of a fixed size, which says how long the message is.

    @ivar header: the bytes of the header.
    @ivar at: where the length is in it.
    @ivar size: how many bytes the length has.
    @ivar order: which of them comes first.
    @ivar beside: what the length does not count; by itself the header.
    @ivar start: what each message begins with; bytes before it are dropped.
    @ivar limit: a longer message is not believed: its first byte is dropped.

    A message holds all its bytes, the header too.

    @raise ValueError: such a header cannot be.
    """

    header: int = field(validator=gt(0))
    at: int = field(default=0, validator=ge(0))
    size: int = field(default=1, validator=gt(0))
    order: Literal["big", "little"] = "big"
    beside: int | None = None
    start: bytes = b""
    limit: int = LIMIT

    def __attrs_post_init__(self) -> None:
        _must(self.at + self.size <= self.header, "the length is not within the header")
        _must(len(self.start) <= self.header, "the start of a message is longer than its header")
        _must(self.header <= self.limit, "the header is longer than the limit")
        _must(self.order in ("big", "little"), f"the order is {self.order!r}: expected big, little")

    def framer(self) -> Framer:
        """The framer of a new stream."""
        return _SizedFramer(self.start, self.header, self.length)

    def datagram(self, data: bytes) -> list[bytes]:
        """The messages of a datagram; one that is not whole is dropped."""
        return self.framer().feed(data)

    def length(self, header: bytes | bytearray) -> int:
        """The length of the message that begins with this header; 0 if it cannot be one."""
        value = int.from_bytes(header[self.at : self.at + self.size], self.order)
        length = value + (self.header if self.beside is None else self.beside)
        return length if self.header <= length <= self.limit else 0


class _DelimiterFramer:
    def __init__(self, framing: Delimiter) -> None:
        self.dropped = 0
        self._end, self._strip, self._limit = framing.end, framing.strip, framing.limit
        self._buffer = bytearray()
        self._skipping = False

    @property
    def begun(self) -> bool:
        return self._skipping or bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        if self._buffer or self._skipping:
            data = self._joined(data)
        pieces = data.split(self._end)
        rest = pieces.pop()
        if rest:
            self._keep(rest)
        if not pieces:
            return pieces
        if len(data) > self._limit:
            pieces = [piece for piece in pieces if self._is_short(piece)]
        if self._strip:
            pieces = [piece.strip(self._strip) for piece in pieces]
        return pieces if all(pieces) else [piece for piece in pieces if piece]

    def forget(self, count: int) -> None:
        del self._buffer[max(0, len(self._buffer) - count) :]

    def _joined(self, data: bytes) -> bytes:
        """
        What was kept and this; nothing, and all of it kept, if no message ends in it.

        Only what is new is searched, so that a long message costs no more than its bytes.
        """
        buffer = self._buffer
        known = max(0, len(buffer) - len(self._end) + 1)
        buffer += data
        found = buffer.find(self._end, known)
        if found < 0:
            self._shorten()
            return b""
        if self._skipping:
            self._skipping = False
            self.dropped += found
            del buffer[:found]
        joined = bytes(buffer)
        buffer.clear()
        return joined

    def _keep(self, rest: bytes) -> None:
        self._buffer += rest
        self._shorten()

    def _shorten(self) -> None:
        """Drop what has become too long, but not how its end may begin."""
        surplus = max(0, len(self._buffer) - len(self._end) + 1)
        if self._skipping or surplus > self._limit:
            self._skipping = True
            self.dropped += surplus
            del self._buffer[:surplus]

    def _is_short(self, piece: bytes) -> bool:
        if len(piece) <= self._limit:
            return True
        self.dropped += len(piece)
        return False


class _SizedFramer:
    def __init__(self, start: bytes, header: int, length: _Length) -> None:
        self.dropped = 0
        self._start, self._header, self._length = start, header, length
        self._buffer = bytearray()

    @property
    def begun(self) -> bool:
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        buffer = self._buffer
        if not buffer and self._is_whole(data):
            return [data]
        buffer += data
        messages: list[bytes] = []
        place, whole = 0, len(buffer)
        while (begin := self._find(place)) + self._header <= whole:
            self.dropped += begin - place
            length = self._length(buffer[begin : begin + self._header])
            if not length:
                self.dropped += 1
                place = begin + 1
                continue
            place = begin
            if begin + length > whole:
                break
            messages.append(bytes(buffer[begin : begin + length]))
            place = begin + length
        else:
            self.dropped += begin - place
            place = begin
        del buffer[:place]
        return messages

    def forget(self, count: int) -> None:
        del self._buffer[max(0, len(self._buffer) - count) :]

    def _is_whole(self, data: bytes) -> bool:
        """Whether this is one message, as most segments are."""
        if len(data) < self._header or not data.startswith(self._start):
            return False
        return self._length(data) == len(data)

    def _find(self, place: int) -> int:
        """Where the next message may begin; at the very end, if nowhere."""
        found = self._buffer.find(self._start, place)
        if found >= 0:
            return found
        for begin in range(max(place, len(self._buffer) - len(self._start) + 1), len(self._buffer)):
            if self._start.startswith(self._buffer[begin:]):
                return begin
        return len(self._buffer)


class _Length(Protocol):
    def __call__(self, header: bytes | bytearray) -> int: ...


def _must(possible: bool, problem: str) -> None:
    if not possible:
        raise ValueError(problem)
