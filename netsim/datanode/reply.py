"""What a node's own code has answered, as it is sent: checked, and within the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netsim.datanode.downsample import checked_stride
from netsim.datanode.times import interval
from netsim.datanode.wire import plain, reduce_reply
from netsim.errors import DataFileError, QueryError

__all__ = ["check_names", "check_query", "finished", "timelines"]

NUMBERS = {float, int, bool, type(None)}
NUMBER = 26
"""Bytes that a number takes in JSON with a comma and a blank, at most."""


def check_query(start: Any, end: Any, min_stride: Any = None) -> None:
    """
    Check what does not depend on the node.

    @raise QueryError: what is wrong with it.
    """
    interval(start, end, 0.0)
    checked_stride(min_stride)


def check_names(names: Any) -> list[str]:
    """
    Read the names of fields, each once.

    @raise QueryError: they are no list of strings.
    """
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise QueryError("field: expected a list of names")
    return list(dict.fromkeys(names))


def timelines(told: Any) -> Mapping[str, str] | None:
    """
    Read which timeline each field follows.

    @param told: an answer of C{get_fields}.
    @return: L{None}: that is not in its shape.
    """
    fields = told[0] if isinstance(told, list | tuple) and told else None
    if not isinstance(fields, Mapping):
        return None
    return {
        name: about["timeline"]
        for name, about in fields.items()
        if isinstance(about, Mapping) and isinstance(about.get("timeline"), str)
    }


def finished(
    answer: Any,
    min_stride: float | None,
    max_points: int | None,
    allowance: int,
    follows: Mapping[str, str] | None = None,
) -> Any:
    """
    Keep an answer of C{get_data} within the limits.

    @param answer: in the shape of the document, arrays may be numpy's; C{False} stays.
    @param allowance: bytes; a larger answer becomes C{False}.
    @param follows: the timeline of each field, if known.
    @raise DataFileError: it is something else.
    """
    if answer is False:
        return False
    if not isinstance(answer, Mapping):
        raise DataFileError(f"get_data has returned {type(answer).__name__}, not a dictionary")
    reply = plain(reduce_reply(dict(answer), min_stride or None, max_points, follows))
    return reply if _size(reply) <= allowance else False


def _size(value: Any) -> int:
    """Bytes that it takes in JSON, at most."""
    if isinstance(value, dict):
        return sum(_size(key) + _size(inner) + 4 for key, inner in value.items()) + 2
    if isinstance(value, list):
        if set(map(type, value)) <= NUMBERS:
            return NUMBER * len(value) + 2
        return sum(map(_size, value)) + 2 * len(value) + 2
    return 6 * len(value) + 2 if isinstance(value, str) else NUMBER
