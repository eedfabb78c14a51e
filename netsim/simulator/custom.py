"""
Custom commands: C{$name%%%%%} and C{$name:a,b,c%%%%%} (WIRE.md, section 4).

They steer a simulator from inside its own connection: the test says what is to go
wrong, in the same stream in which the control software speaks to the device.
"""

from __future__ import annotations

from attrs import frozen

HEADER = b"$"
TAIL = b"%%%%%"
LIMIT = 1 << 12
"""Bytes of a custom command; a longer one is none."""


@frozen
class CustomCommand:
    """
    A method that is to be called.

    @ivar size: the bytes that it took, with header and tail.
    """

    name: str
    arguments: tuple[str, ...] = ()
    size: int = 0

    @classmethod
    def parse(cls, body: str, size: int = 0) -> CustomCommand:
        """Read what is between header and tail, such as C{name:a,b}."""
        name, _, arguments = body.partition(":")
        return cls(name, tuple(arguments.split(",")) if arguments else (), size)


class CustomReader:
    """
    Finds custom commands in a stream, whatever else is in it.

    @raise ValueError: a header or a tail without a byte.
    """

    def __init__(self, header: bytes = HEADER, tail: bytes = TAIL, limit: int = LIMIT) -> None:
        if not header or not tail:
            raise ValueError("a custom command needs a header and a tail")
        self._header, self._tail, self._limit = header, tail, limit
        self._begun = b""

    def split(self, data: bytes) -> list[tuple[bytes, CustomCommand | None]]:
        """
        Cut a segment after each custom command that ends in it.

        All bytes are in the pieces, those of the commands too; what comes after the
        last command is a piece without one.  A header begins a command anew, also
        inside of one.
        """
        if not self._begun and self._header[:1] not in data:
            return [(data, None)]
        known, text = len(self._begun), self._begun + data
        pieces: list[tuple[bytes, CustomCommand | None]] = []
        cut, place = known, 0
        while (found := text.find(self._tail, place)) >= 0:
            begin = text.rfind(self._header, place, found)
            place = found + len(self._tail)
            if begin >= 0 and place - begin <= self._limit:
                body = text[begin + len(self._header) : found].decode("latin-1")
                pieces.append((text[cut:place], CustomCommand.parse(body, place - begin)))
                cut = place
        self._begun = self._unfinished(text, place)
        if cut < len(text) or not pieces:
            pieces.append((text[cut:], None))
        return pieces

    def _unfinished(self, text: bytes, place: int) -> bytes:
        """What a command may still become of: from its header on, or what may begin one."""
        begin = text.rfind(self._header, place)
        if begin >= 0 and len(text) - begin <= self._limit:
            return text[begin:]
        for begin in range(max(place, len(text) - len(self._header) + 1), len(text)):
            if self._header.startswith(text[begin:]):
                return text[begin:]
        return b""
