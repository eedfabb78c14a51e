"""
Cuts a stream of bytes into JSON values: commands are no packets (WIRE.md, section 3).

After something that is not JSON the rest of its line is dropped.  It is told as soon as
nothing could complete it any more, so that nobody waits for an answer, and however the
stream is cut the same is told at the same byte.
"""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import field, frozen

from netsim.dsisocket.scanner import Scanner, State

__all__ = ["MAX_COMMAND", "CommandStream", "Item", "Malformed", "TooLong", "Value"]

MAX_COMMAND = 1 << 20
"""Bytes of one command."""

_BLANK = re.compile(rb"[ \t\n\r]*+")
# What may begin a character of several bytes.
_LEADS = range(0xC2, 0xF5)


@frozen
class Value:
    """
    A JSON value.

    @ivar size: the bytes that it took.
    """

    value: Any
    size: int = field(default=0, eq=False, repr=False)


@frozen
class Malformed:
    """
    Something that is not JSON.

    @ivar message: what L{json} says of it, in its own words; the positions count from its
        first character.
    """

    message: str


@frozen
class TooLong:
    """A command that is longer than the limit; nothing is read after it."""

    limit: int = MAX_COMMAND

    @property
    def message(self) -> str:
        """What the sender is told."""
        return f"command is longer than {self.limit} bytes"


Item = Value | Malformed | TooLong


class CommandStream:
    """
    What one client sends.

    @ivar ended: nothing more is read.
    """

    def __init__(self, limit: int = MAX_COMMAND) -> None:
        """@param limit: bytes of one value, the blanks inside of it too."""
        self.ended = False
        self._limit = limit
        self._scanner: Scanner | None = None
        self._text = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[Item]:
        """Take a segment; give what has become complete, or impossible, with it."""
        items: list[Item] = []
        place = 0
        while place < len(data) and not self.ended:
            if self._dropping:
                place = self._drop(data, place)
            elif self._scanner is None:
                place = self._begin(data, place)
            else:
                place = self._follow(self._scanner, data, place, items)
        return items

    def end(self) -> list[Item]:
        """Nothing more comes; give what was left: a number, or something that is not complete."""
        self.ended = True
        if self._scanner is None:
            return []
        return [self._read(bytes(self._text))]

    def _drop(self, data: bytes, place: int) -> int:
        newline = data.find(b"\n", place)
        self._dropping = newline < 0
        return len(data) if newline < 0 else newline + 1

    def _begin(self, data: bytes, place: int) -> int:
        blank = _BLANK.match(data, place)
        place = blank.end() if blank else place
        if place < len(data):
            self._scanner = Scanner()
        return place

    def _follow(self, scanner: Scanner, data: bytes, place: int, items: list[Item]) -> int:
        # One more than may be: only there it is known whether a number has ended.
        room = self._limit + 1 - len(self._text)
        stop = scanner.follow(data, place, min(len(data), place + room))
        self._text += data[place:stop]
        if len(self._text) > self._limit:
            self.ended = True
            items.append(TooLong(self._limit))
        elif scanner.state is State.COMPLETE:
            items.append(self._read(bytes(self._text)))
        elif scanner.state is State.BROKEN:
            items.append(self._judge(scanner, data[stop]))
        else:
            return stop
        self._scanner, self._text = None, bytearray()
        return stop

    def _judge(self, scanner: Scanner, culprit: int) -> Item:
        """Say what is wrong, as this byte shows."""
        self._dropping = True
        if scanner.fault:
            return Malformed(scanner.fault)
        # Half a character would be another mistake than the one that was made.
        wrong = b"\0" if culprit in _LEADS else bytes([culprit])
        return self._read(bytes(self._text) + wrong)

    def _read(self, text: bytes) -> Item:
        try:
            return Value(json.loads(text.decode("utf-8")), len(text))
        # ValueError: no JSON, no UTF-8, or a number of too many digits.
        except (ValueError, RecursionError) as error:
            self._dropping = True
            return Malformed(str(error))
