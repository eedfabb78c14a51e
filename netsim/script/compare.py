"""
Where two recordings part: C{netsim diff}.

What is said is compared exchange by exchange, and what is done between exchanges.
When it was said, in which form it is kept and who closed are no differences.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from attrs import frozen

from netsim.script import model
from netsim.script.blobs import names_contents
from netsim.script.conversation import Conversation
from netsim.script.difference import (
    CONTEXT,
    SHOWN,
    escaped,
    first_difference,
    hexdump,
    readable,
)
from netsim.script.events import NextConnection

_EXCHANGES = (model.Exchange, model.DatagramExchange)

Step = model.Exchange | model.DatagramExchange | model.Action | NextConnection


@frozen
class Parting:
    """
    The first byte in which two streams differ.

    @ivar offset: which one it is, from 0.
    @ivar before: the last bytes that are equal.
    @ivar rests: how each goes on; empty where it has ended.
    """

    offset: int
    before: bytes
    rests: tuple[bytes, bytes]

    def rows(self, names: tuple[str, str]) -> Iterator[str]:
        """Both sides, one below the other."""
        show = self._text if readable(self.before + b"".join(self.rests)) else self._hex
        for name, rest in zip(names, self.rests, strict=True):
            yield from show(name, rest)

    def _text(self, name: str, rest: bytes) -> Iterator[str]:
        dots = "..." if self.offset > len(self.before) else ""
        yield f"  {name}"
        yield f"    {dots}{escaped(self.before)}{escaped(rest)}"
        yield " " * (4 + len(dots + escaped(self.before))) + "^"

    def _hex(self, name: str, rest: bytes) -> Iterator[str]:
        yield f"  {name} (the difference is {len(self.before)} bytes in)"
        for row in hexdump(self.before + rest, self.offset - len(self.before)):
            yield f"    {row}"


@frozen
class Divergence:
    """
    The first difference between two recordings.

    @ivar exchange: the number of the exchange that it is in or follows.
    @ivar places: the JSON path in each; empty where the script has ended.
    @ivar what: the part of the exchange, such as C{command}; empty where the scripts
        do different things.
    @ivar found: the bytes that differ, or else what each has there, in words.
    """

    exchange: int
    places: tuple[str, str]
    what: str
    found: Parting | tuple[str, str]

    def describe(self, one: str = "A", other: str = "B") -> str:
        """
        Several lines of text: the place, then both sides.

        @param one: the name of the first recording, such as its file's.
        @param other: the name of the second.
        """
        paths = " and ".join(dict.fromkeys(filter(None, self.places)))
        where = ", ".join(filter(None, [f"exchange {self.exchange} ({paths})", self.what]))
        if isinstance(self.found, Parting):
            return "\n".join([f"{where}, byte {self.found.offset}", *self.found.rows((one, other))])
        mine, theirs = self.found
        return f"{where}\n  {one}: {mine}\n  {other}: {theirs}"


def compare(one: Conversation, other: Conversation) -> Divergence | None:
    """
    The first difference; C{None} if both recordings say the same.

    @raise BlobError: a blob that has to be read is missing or damaged.
    """
    number = 0
    for mine, theirs in zip_longest(_steps(one), _steps(other), fillvalue=("", None)):
        number += isinstance(mine[1], _EXCHANGES) or isinstance(theirs[1], _EXCHANGES)
        if difference := _compare_steps(one, mine[1], other, theirs[1]):
            what, found = difference
            return Divergence(number, (mine[0], theirs[0]), what, found)
    return None


def _steps(conversation: Conversation) -> Iterator[tuple[str, Step]]:
    for place, step in conversation.steps():
        if isinstance(step, Step):
            yield place, step


def _compare_steps(
    one: Conversation, mine: Step | None, other: Conversation, theirs: Step | None
) -> tuple[str, Parting | tuple[str, str]] | None:
    kinds = _kind(mine), _kind(theirs)
    if kinds[0] != kinds[1]:
        return "", kinds
    contents, other_contents = _contents(mine), _contents(theirs)
    for what in dict.fromkeys([*contents, *other_contents]):
        if what not in contents:
            return what, ("none", "one more")
        if what not in other_contents:
            return what, ("one more", "none")
        if parting := _part(one, contents[what], other, other_contents[what]):
            return what, parting
    return None


def _kind(step: Step | None) -> str:
    match step:
        case model.Exchange():
            return "an exchange"
        case model.DatagramExchange():
            return "an exchange of datagrams"
        case model.Action(action, args, response):
            given = "" if response is None else " with bytes given to it"
            return f"action {json.dumps([action, *args])}{given}"
        case NextConnection():
            return "a new connection"
    return "the end"


def _contents(step: Step | None) -> Mapping[str, model.Content]:
    match step:
        case model.Exchange(command, response):
            return {"command": command, "response": response}
        case model.DatagramExchange(command, responses):
            answers = {f"response {number}": data for number, data in enumerate(responses, 1)}
            return {"command": command} | answers
        case model.Action(response=bytes() | model.BlobRef() as response):
            return {"bytes given to the action": response}
    return {}


def _part(
    one: Conversation, mine: model.Content, other: Conversation, theirs: model.Content
) -> Parting | None:
    unchecked = isinstance(mine, model.BlobRef) and not names_contents(mine.name)
    if mine == theirs and not unchecked:
        return None
    return part(one.chunks(mine), other.chunks(theirs))


def part(one: Iterator[bytes], other: Iterator[bytes]) -> Parting | None:
    """
    Where two streams part; C{None} if they are equal.

    @param one: the first stream in pieces; an empty piece ends it.
    @param other: the second.
    """
    offset, before, left, right = 0, b"", b"", b""
    while (left := left or next(one, b"")) and (right := right or next(other, b"")):
        same = _equal_bytes(left, right)
        offset += same
        before = (before + left[:same])[-CONTEXT:]
        left, right = left[same:], right[same:]
        if left and right:
            break
    right = right or next(other, b"")
    if not left and not right:
        return None
    return Parting(offset, before, (_begin(left, one), _begin(right, other)))


def _equal_bytes(one: bytes, other: bytes) -> int:
    # Looking for the difference byte by byte is slow; most pieces have none.
    shorter = min(len(one), len(other))
    return shorter if one[:shorter] == other[:shorter] else first_difference(one, other)


def _begin(piece: bytes, rest: Iterator[bytes]) -> bytes:
    while len(piece) < SHOWN and (more := next(rest, b"")):
        piece += more
    return piece[:SHOWN]
