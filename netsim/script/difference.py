"""
Why a session failed, so that a person sees it: wanted and received side by side.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

CONTEXT = 24
"""Bytes shown before the first difference."""
SHOWN = 48
"""Bytes shown from the first difference on."""

_ROW = 16


@frozen
class Difference:
    """
    The client said something else than the script says.

    @ivar exchange: its number, counted from 1; the script's end counts as one more.
    @ivar place: the JSON path of the exchange in its document.
    @ivar offset: which byte of the command is the first that differs, from 0.
    @ivar before: the last bytes that were still equal.
    @ivar wanted: the script, from the difference on.
    @ivar received: the client, from the difference on.
    @ivar ended: the script had ended before, and nothing was wanted any more.
    """

    exchange: int
    place: str
    offset: int
    before: bytes
    wanted: bytes
    received: bytes
    ended: bool = False

    def describe(self) -> str:
        """Several lines of text: the place, then both sides."""
        where = f"exchange {self.exchange} ({self.place}), byte {self.offset}"
        if self.ended:
            return f"{where}: the client goes on after the script has ended\n" + _rows(
                {"received": (b"", self.received)}
            )
        sides = {"wanted": self.wanted, "received": self.received}
        return f"{where}: the client differs from the script\n" + _rows(
            {name: (self.before, said) for name, said in sides.items()}
        )


@frozen
class Departure:
    """
    The client left before the script's end.

    @ivar offset: how many bytes of the command had come.
    @ivar wanted: the rest of the command; empty where the answer was not sent yet.
    """

    exchange: int
    place: str
    offset: int
    wanted: bytes

    def describe(self) -> str:
        """Several lines of text: the place, then what was still wanted."""
        if not self.exchange:
            return f"{self.place}: the client left before the first exchange"
        where = f"exchange {self.exchange} ({self.place})"
        if not self.wanted:
            return f"{where}: the client left before it had the whole answer"
        head = f"{where}, byte {self.offset}: the client left before the script's end\n"
        return head + _rows({"wanted": (b"", self.wanted)})


def first_difference(one: bytes, other: bytes) -> int:
    """The index of the first byte that differs; the shorter length if none does."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


def readable(data: bytes) -> bool:
    """Whether these bytes are better shown as text than in hexadecimal."""
    odd = sum((byte < 32 and byte not in b"\t\r\n") or byte > 126 for byte in data)
    return odd * 10 <= len(data)


def escaped(data: bytes) -> str:
    """Bytes as text on one line, everything that is not printable ASCII escaped."""
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def hexdump(data: bytes, start: int = 0) -> Iterator[str]:
    """Rows of 16 bytes: offset, hexadecimal, text."""
    for index in range(0, len(data), _ROW):
        row = data[index : index + _ROW]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{start + index:08x}  {row.hex(' '):<{3 * _ROW - 1}}  {text}"


def _rows(sides: dict[str, tuple[bytes, bytes]]) -> str:
    whole = b"".join(before[-CONTEXT:] + said[:SHOWN] for before, said in sides.values())
    show = _text_rows if readable(whole) else _hex_rows
    return "\n".join(line for name, side in sides.items() for line in show(name, *side))


def _text_rows(name: str, before: bytes, said: bytes) -> Iterator[str]:
    dots = "..." if len(before) > CONTEXT else ""
    more = "..." if len(said) > SHOWN else ""
    lead = f"  {name:<9} {dots}{escaped(before[-CONTEXT:])}"
    yield f"{lead}{escaped(said[:SHOWN])}{more}"
    if name == "received" and before:
        yield " " * len(lead) + "^"


def _hex_rows(name: str, before: bytes, said: bytes) -> Iterator[str]:
    shown = before[-CONTEXT:]
    yield f"  {name} (the difference is {len(shown)} bytes in):" if shown else f"  {name}:"
    for row in hexdump(shown + said[:SHOWN]):
        yield "    " + row
