"""
Another C{event-id} for a message whose text is otherwise kept, byte by byte.

To write a payload anew is to change it: the digits of a number, a key that comes twice.
"""

from __future__ import annotations

import re
from json import JSONDecoder

__all__ = ["with_id"]

_BETWEEN = re.compile(r"[ \t\n\r,:]*")
"""What may be between two tokens of an object: RFC 8259, section 2."""

_decoder = JSONDecoder()


def with_id(text: bytes, event_id: int) -> bytes:
    """
    Put an id in the place of the one that is there.

    @param text: a message that has an C{event-id}, and that
        L{netsim.status.message.decode} has read.
    """
    string = text.decode()
    pieces, done = [], 0
    for start, end in _ids(string):
        pieces += [string[done:start], str(event_id)]
        done = end
    return "".join([*pieces, string[done:]]).encode()


def _ids(string: str) -> list[tuple[int, int]]:
    """Where they are: all of them, for readers differ in which one of two they take."""
    places = []
    at = _skip(string, string.index("{") + 1)
    while string[at] != "}":
        key, end = _decoder.raw_decode(string, at)
        start = _skip(string, end)
        _, end = _decoder.raw_decode(string, start)
        if key == "event-id":
            places.append((start, end))
        at = _skip(string, end)
    return places


def _skip(string: str, at: int) -> int:
    match = _BETWEEN.match(string, at)
    return at if match is None else match.end()
