"""Lines of commands: what is a header, what an argument, and where in the tree it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from netsim.systems.scpi_meter.errors import ScpiError

__all__ = ["Unit", "units"]

_COMMON = re.compile(r"\*[A-Za-z]\w*\??", re.ASCII)
_HEADER = re.compile(r":?[A-Za-z]\w*(?::[A-Za-z]\w*)*\??", re.ASCII)
_PRINTABLE = re.compile(r"[\t -~]*")


@frozen
class Unit:
    """
    One command.

    @ivar header: from the root of the tree, without a colon before it.
    @ivar arguments: as they are written, strings with their quotes.
    """

    header: str
    arguments: tuple[str, ...] = ()


def units(line: str) -> Iterator[Unit]:
    """
    The commands of a line, one after the other.

    A header goes on from the path of the one before it, unless it begins with a colon;
    common commands such as C{*OPC} leave the path as it is (SCPI-99, volume 1, 6.2.4).

    @raise ScpiError: the next one cannot be read; those before it could.
    """
    if not _PRINTABLE.fullmatch(line):
        raise ScpiError(-101)
    path = ""
    for text in _split(line, ";"):
        if not text:
            continue
        header, *rest = text.split(None, 1)
        arguments = tuple(_split(rest[0], ",")) if rest else ()
        if not all(arguments):
            raise ScpiError(-102)
        if _COMMON.fullmatch(header):
            yield Unit(header, arguments)
            continue
        if not _HEADER.fullmatch(header):
            raise ScpiError(-102)
        header = header[1:] if header.startswith(":") else path + header
        path = header[: header.rfind(":") + 1]
        yield Unit(header, arguments)


def _split(text: str, separator: str) -> list[str]:
    """Split, but not within quotes; blanks around the pieces go."""
    pieces, begin, quote = [], 0, ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == separator:
            pieces.append(text[begin:place].strip())
            begin = place + 1
    if quote:
        raise ScpiError(-151)
    return [*pieces, text[begin:].strip()]
