"""
The parameters of the REST interface: what may be given, how it is read, how it is described.

What reads a parameter writes its JSON schema, too: the two cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from attrs import field, frozen

from netsim.daemon.answers import Refusal
from netsim.status.message import MAX_NAME, name_problem

__all__ = ["Choice", "Kind", "Name", "Number", "Parameter", "Text", "read"]

_WHOLE = re.compile(r"-?[0-9]{1,20}")
_DECIMAL = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")


class Kind(Protocol):
    """What values a parameter takes."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of these values."""

    def read(self, text: str) -> Any:
        """
        Read one.

        @raise ValueError: what is wrong, in words that go on from the parameter's name.
        """


@frozen
class Number:
    """
    A number, as JSON writes it.

    @ivar is_open: the minimum itself is not allowed.
    """

    minimum: float
    maximum: float
    is_whole: bool = False
    is_open: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        least = "exclusiveMinimum" if self.is_open else "minimum"
        kind = "integer" if self.is_whole else "number"
        return {"type": kind, least: self.minimum, "maximum": self.maximum}

    def read(self, text: str) -> float:
        """Read one."""
        syntax = _WHOLE if self.is_whole else _DECIMAL
        value = (int if self.is_whole else float)(text) if syntax.fullmatch(text) else None
        if value is None or not isfinite(value) or not self._allows(value):
            raise ValueError(f"expected {self}, not {_shown(text)}")
        return value

    def _allows(self, value: float) -> bool:
        return self.minimum <= value <= self.maximum and not (
            self.is_open and value == self.minimum
        )

    def __str__(self) -> str:
        kind = "a whole number" if self.is_whole else "a number"
        least = "above" if self.is_open else "from"
        most = "and at most" if self.is_open else "to"
        return f"{kind} {least} {self.minimum:.15g} {most} {self.maximum:.15g}"


@frozen
class Text:
    """
    Any text.

    @ivar longest: characters.
    """

    longest: int

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        return {"type": "string", "maxLength": self.longest}

    def read(self, text: str) -> str:
        """Read one."""
        if len(text) > self.longest:
            raise ValueError(f"has {len(text)} characters, of {self.longest} at most")
        return text


@frozen
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        return {"type": "string", "enum": list(self.words)}

    def read(self, text: str) -> str:
        """Read one."""
        if text not in self.words:
            raise ValueError(f"expected one of {', '.join(self.words)}, not {_shown(text)}")
        return text


@frozen
class Name:
    """The name of a project, or of an action."""

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        shown = r"^[^\x00-\x1f]+$"
        return {"type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": shown}

    def read(self, text: str) -> str:
        """Read one."""
        if problem := name_problem(text):
            raise ValueError(problem)
        return text


@frozen
class Parameter:
    """
    Something that can be given in a URL.

    @ivar default: of one that need not be given.
    @ivar in_path: it is a part of the path, else of the query.
    @ivar example: a value, for those who read the description.
    """

    name: str
    kind: Kind
    description: str
    default: Any = None
    in_path: bool = field(default=False, kw_only=True)
    example: Any = field(default=None, kw_only=True)


def read(
    parameters: Iterable[Parameter],
    segments: Mapping[str, str],
    query: Mapping[bytes, Sequence[bytes]],
) -> dict[str, Any]:
    """
    Read what a URL gives; parameters that nobody knows are passed over.

    @param segments: parts of the path, percent-encoded, by the names of their parameters.
    @param query: all values of each name.
    @raise Refusal: with everything that is wrong with them.
    """
    values, problems = {}, []
    for parameter in parameters:
        try:
            values[parameter.name] = _value(parameter, _given(parameter, segments, query))
        except ValueError as error:
            problems.append(f"{parameter.name}: {error}")
    if problems:
        raise Refusal(400, "the request has wrong parameters", problems)
    return values


def _given(
    parameter: Parameter,
    segments: Mapping[str, str],
    query: Mapping[bytes, Sequence[bytes]],
) -> Sequence[bytes]:
    if parameter.in_path:
        return [unquote_to_bytes(segments[parameter.name])]
    return query.get(parameter.name.encode(), [])


def _value(parameter: Parameter, given: Sequence[bytes]) -> Any:
    if not given:
        return parameter.default
    if len(given) > 1:
        raise ValueError(f"expected once, not {len(given)} times")
    try:
        text = given[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("expected UTF-8") from None
    return parameter.kind.read(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
