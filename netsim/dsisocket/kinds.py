"""
The kinds of values that a configuration may hold.

A kind takes what YAML has read and gives it back, checked and converted, or raises
C{ValueError} with what was expected, and what is there.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

__all__ = [
    "Kind",
    "address",
    "describe",
    "device",
    "expected",
    "flag",
    "group",
    "line",
    "mapping",
    "milliseconds",
    "name",
    "seconds",
    "sequence",
    "text",
    "whole",
]

T = TypeVar("T")
Kind = Callable[[object], T]

LONGEST = 10_000_000
"""Seconds: no time limit needs to be longer than that (115 days)."""

_SHOWN = 60
"""Characters of a wrong value that a problem repeats."""


def expected(what: str, value: object) -> ValueError:
    """Say what was expected, and what is there instead."""
    return ValueError(f"expected {what}, not {describe(value)}")


def describe(value: object) -> str:
    """Show a value in few words."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            short = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
            return f"the text {json.dumps(short, ensure_ascii=False)}"
        case int() if value.bit_length() > 64:
            return "a number of more than 64 bits"
        case int() | float():
            return f"the number {value}"
        case datetime.date():
            return f"the date {value} (in quotes it is a text)"
        case None:
            return "nothing"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return f"a value of the type {type(value).__name__}"


def flag(value: object) -> bool:
    """C{true} or C{false}."""
    if not isinstance(value, bool):
        raise expected("true or false", value)
    return value


def whole(low: int, high: int) -> Kind[int]:
    """A whole number, both ends of the range included."""

    def kind(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise expected(f"a whole number from {low} to {high}", value)
        return value

    return kind


def seconds(value: object) -> float:
    """A time in seconds, more than 0."""
    return _number(value, LONGEST, "seconds")


def milliseconds(value: object) -> float:
    """A time in milliseconds, more than 0; converted to seconds."""
    return _number(value, LONGEST * 1000, "milliseconds") / 1000


def _number(value: object, highest: int, unit: str) -> float:
    number = not isinstance(value, bool) and isinstance(value, int | float)
    # Not a number is neither more nor less than any.
    if not number or not 0 < value <= highest:  # type: ignore[operator]
        raise expected(f"{unit}, a number more than 0 and at most {highest}", value)
    return float(value)  # type: ignore[arg-type]


def text(value: object) -> str:
    """A text that is not blank; it may have several lines."""
    if not isinstance(value, str) or not value.strip() or _unprintable(value):
        quotes = " in quotes" if isinstance(value, int | float | datetime.date) else ""
        raise expected(f"a text{quotes}", value)
    return value


def _unprintable(value: str) -> bool:
    """YAML's escapes can write what no program can be given: NUL, and half a character."""
    return "\0" in value or any("\ud800" <= character <= "\udfff" for character in value)


def line(value: object) -> str:
    """A text of one line."""
    found = text(value)
    if not found.isprintable():
        raise expected("a text of one line", value)
    return found


def _like(what: str, pattern: str) -> Kind[str]:
    compiled = re.compile(pattern)

    def kind(value: object) -> str:
        found = text(value)
        if not found.isprintable() or not compiled.fullmatch(found):
            raise expected(what, value)
        return found

    return kind


name = _like(
    "a name (no blanks and slashes, no dot or dash at its beginning)", r"[^\s/\\.-][^\s/\\]*"
)
"""What can be the name of a directory, too."""

group = _like("a name of letters, digits, _ and - as the name of a group", r"\w[\w-]*")
address = _like("a host name or an IP address", r"[\w:][\w.:%-]*")
device = _like("the name of a network device (at most 15 characters)", r"[\w][\w.:@-]{0,14}")


def mapping(value: object) -> Mapping[Any, object]:
    """A mapping with any keys."""
    if not isinstance(value, dict):
        raise expected("a mapping", value)
    return value


def sequence(value: object) -> Sequence[object]:
    """A list of anything."""
    if not isinstance(value, list):
        raise expected("a list", value)
    return value
