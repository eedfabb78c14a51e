"""
Reads the objects that commands are made of, and tells what is wrong with them.

What is wrong is noted with its place, and reading goes on: whoever has looked for more
problems then raises L{complaint}, before anything has been done anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from netsim.dsisocket.kinds import expected, line
from netsim.dsisocket.schema import Place, Reading, Section
from netsim.errors import CommandError, Problem

__all__ = ["INVALID", "ITEMS", "KEYS", "begin", "complaint", "each", "inner", "script", "word"]

T = TypeVar("T")

INVALID = "Invalid command type"
"""The answer to an unknown key, word for word."""

KEYS = 20
"""Keys of a mapping; no step takes as many."""
ITEMS = 10_000
"""Items of a list."""
_TOLD = 20
"""Problems that one message tells."""


def complaint(problems: Sequence[Problem]) -> CommandError:
    """Make one error of all that is wrong with a command."""
    if all(problem.reason == INVALID for problem in problems):
        return CommandError(INVALID)
    told = [str(problem) for problem in problems[:_TOLD]]
    if len(problems) > _TOLD:
        told.append(f"and {len(problems) - _TOLD} more")
    return CommandError("\n".join(told))


def begin(target: str, problems: list[Problem]) -> tuple[Place, Reading]:
    """
    Begin to read a command's argument.

    @param target: the command's key.
    @param problems: gets what is wrong.
    """
    return Place("", Path(), target), Reading({}, Path(), problems)


def inner(value: object, place: Place, reading: Reading) -> Section:
    """Read a mapping; C{here} is false where there is none, which is noted."""
    if isinstance(value, dict) and len(value) > KEYS:
        reading.problem(place, f"expected a mapping of few keys, not of {len(value)}")
    elif isinstance(value, dict):
        return Section(value, place, reading)
    else:
        reading.problem(place, str(expected("a mapping", value)))
    return Section(None, place, reading)


def each(section: Section, key: str, read: Callable[[Section], T | None]) -> tuple[T, ...]:
    """
    Read every object of a list, or a single one.

    @param read: gives none where it has noted a problem; that one is left out.
    """
    value, place = section.peek(key), section.place.key(key)
    items: Iterable[tuple[object, Place]]
    if isinstance(value, dict):
        items = [(value, place)]
    elif isinstance(value, list) and len(value) <= ITEMS:
        items = section.items(key)
    else:
        what = f"a list of at most {ITEMS} mappings"
        section.reading.problem(place, str(expected(what, value)))
        return ()
    inside = [inner(item, place, section.reading) for item, place in items]
    found = [read(one) for one in inside if one.here]
    return tuple(one for one in found if one is not None)


def script(value: object) -> str:
    """A text that may be empty, and have many lines."""
    if not isinstance(value, str):
        raise expected("a text", value)
    if "\0" in value:
        raise ValueError("expected a text without NUL")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("expected a text without halves of surrogate pairs")
    return value


def word(value: object) -> str:
    """What is given to a program, and must not be taken for one of its options."""
    found = line(value)
    if found.startswith("-"):
        raise expected("a text that does not begin with a dash", value)
    return found
