"""
Texts and values: what a text from a page means, and what JSON can say of a value.

Pages send what was typed as a string; it is read as JSON, else as a Python literal
(WIRE.md, section 2: "action arguments"), else it is the text itself.
"""

from __future__ import annotations

import ast
import json
from typing import Any, NoReturn

__all__ = ["plain", "read"]

LONGEST = 1 << 20
"""Characters of a text that is read; a longer one is only a text."""

_UNREADABLE = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def read(text: str) -> Any:
    """Give the value that a text stands for: JSON, a Python literal, or the text itself."""
    if len(text) > LONGEST:
        return text
    for reader in (_json, ast.literal_eval):
        try:
            return reader(text)
        except _UNREADABLE:
            continue
    return text


def plain(value: Any) -> Any:
    """
    Give what JSON says of a value: a copy, of dicts, lists and simple values alone.

    Numbers that JSON has not, such as NaN, become C{None}.

    @raise ValueError: JSON cannot say it; with the reason.
    """
    try:
        return json.loads(json.dumps(value), parse_constant=lambda text: None)
    except (TypeError, ValueError) as error:
        raise ValueError(f"JSON cannot say it: {error}") from None
    except RecursionError:
        raise ValueError("JSON cannot say it: nested too deeply") from None


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_no_number)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
