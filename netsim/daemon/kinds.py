"""
What values a parameter of the REST interface takes.

What reads a value writes the JSON schema of such values, too: the two cannot differ.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from attrs import frozen

from netsim.status.message import MAX_NAME, name_problem

__all__ = ["Choice", "Kind", "Name", "Number", "Text"]

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
        if value is None or not self._allows(value):
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


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
