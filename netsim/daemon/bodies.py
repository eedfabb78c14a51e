"""What programs send to the REST interface."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from typing import Any

from netsim.web.answers import Refusal

__all__ = ["MAX_DEPTH", "read_arguments", "read_status"]

MAX_DEPTH = 100
"""Arrays and objects within one another; what writes JSON again has its own limit."""


def read_status(body: bytes) -> dict[str, Any]:
    """
    Read the status of a project.

    Existing clients send a JSON string, which holds the JSON of the object.  They write
    numbers that JSON has not, such as C{NaN}, too: those are C{None} here.

    @raise Refusal: it is something else.
    """
    value = _json(body)
    if isinstance(value, str):
        value = _loads(value)
    if not isinstance(value, dict):
        raise _refusal("expected a JSON object, or a JSON string that holds one")
    return value


def read_arguments(body: bytes) -> dict[str, Any]:
    """
    Read what an action is called with: C{{"args": {NAME: VALUE}}}, or nothing.

    @raise Refusal: it is something else.
    """
    if not body:
        return {}
    value = _json(body)
    if not isinstance(value, dict):
        raise _refusal('expected a JSON object, {"args": {…}}')
    arguments = value.get("args", {})
    if not isinstance(arguments, dict):
        raise _refusal("args: expected an object, with a value for each argument")
    return arguments


def _json(body: bytes) -> Any:
    try:
        return _loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _refusal("expected UTF-8") from None


def _loads(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_nothing, parse_float=_finite)
    except RecursionError:
        raise _nested() from None
    except ValueError as error:
        raise _refusal(f"not JSON: {error}") from None
    # To count is quick, and enough for nearly all.
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(value):
        raise _nested()
    return value


def _nothing(text: str) -> None:
    return None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if isfinite(value) else None


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
    return any(isinstance(item, dict | list) for item in level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _nested() -> Refusal:
    return _refusal(f"nested deeper than {MAX_DEPTH} levels")


def _refusal(problem: str) -> Refusal:
    return Refusal(400, "the body cannot be used", [f"body: {problem}"])
