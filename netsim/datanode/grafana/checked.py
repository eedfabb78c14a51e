"""Bodies of requests: read as JSON, and what is wrong with them told all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from netsim.errors import QueryError
from netsim.web.answers import Refusal

__all__ = ["MAX_PROBLEMS", "Checked", "read_object"]

MAX_PROBLEMS = 20
"""Of what is wrong so much is told."""
LABEL = re.compile("^(time|interval|value): ")
"""How errors of L{netsim.datanode.times} begin; the place says it better."""

T = TypeVar("T")


class Checked:
    """
    Collects what is wrong.

    @ivar problems: a sentence each, with its place.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, place: str, read: Callable[..., T], *args: Any) -> T | None:
        """Read a value; L{None} if it is wrong."""
        try:
            return read(*args)
        except (QueryError, ValueError) as error:
            self.problems.append(f"{place}: {LABEL.sub('', str(error), count=1)}")
            return None

    def complain(self) -> None:
        """@raise Refusal: something was wrong."""
        if self.problems:
            more = len(self.problems) - MAX_PROBLEMS
            told = self.problems[:MAX_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
            raise Refusal(400, "the query cannot be answered", told)


def read_object(body: bytes) -> Mapping[str, Any]:
    """
    Read a body that is an object, or empty.

    @raise Refusal: it is something else.
    """
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "the body is not an object of JSON")
    return value
