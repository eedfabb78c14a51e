"""
The values a conversation is made of: exchanges, and the scripts that arrange them.

All are frozen and compare by value.  Nothing here knows how they are written
down; that is L{netsim.script.parse} and L{netsim.script.dump}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import field, frozen


@frozen
class BlobRef:
    """Bytes that are kept elsewhere, under this name (the SHA-1 of the contents)."""

    name: str


Content = bytes | BlobRef
"""What one side said: the bytes themselves, or where they are kept."""


@frozen
class Facts:
    """
    What the recorder noted beside the bytes.

    @ivar time: Unix seconds of the command's first byte.
    @ivar gap: seconds from the command's last byte to the answer's first.
    @ivar partial: the session broke in this exchange.
    @ivar closed_by: C{client}, C{server} or C{proxy}; on the last exchange only.
    """

    time: float | None = None
    gap: float | None = None
    partial: bool = False
    closed_by: str | None = None


@frozen
class Exchange:
    """
    One command of the client and the server's whole answer to it.

    @ivar late: how many bytes at the command's end are newlines that came only
        after the answer had begun.
    """

    command: Content = b""
    response: Content = b""
    late: int = 0
    facts: Facts = Facts()


@frozen
class DatagramExchange:
    """One datagram of the client and the datagrams that answered it."""

    command: bytes
    responses: tuple[bytes, ...] = ()
    facts: Facts = Facts()


def _in_order(scripts: Iterable[Script]) -> tuple[Script, ...]:
    return tuple(scripts)


@frozen
class Compound:
    """
    Scripts played one after the other.

    @ivar multi: every script after the first is played on a connection of its own.
    """

    scripts: tuple[Script, ...] = field(default=(), converter=_in_order)
    multi: bool = False


@frozen
class Named:
    """Plays another script of the document."""

    name: str


@frozen
class External:
    """Loads the scripts of another file; plays nothing itself."""

    file: str
    namespace: str | None = None


@frozen
class Action:
    """
    Something to do instead of something to say: C{sleep}, C{import}, C{module.action}.

    @ivar args: JSON values.
    @ivar response: bytes that the action gets as one more argument.
    """

    action: str
    args: tuple[Any, ...] = field(default=(), converter=tuple)
    response: Content | None = None


@frozen
class Nop:
    """Does nothing: C{nop} and C{comment}."""


Script = Exchange | DatagramExchange | Compound | Named | External | Action | Nop


def walk(script: Script, place: str) -> Iterator[tuple[str, Script]]:
    """Every script in this one, itself first, each with its JSON path."""
    yield place, script
    if isinstance(script, Compound):
        for index, child in enumerate(script.scripts):
            yield from walk(child, f"{place}.scripts[{index}]")
