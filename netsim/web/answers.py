"""What the REST interface is asked, and what it answers: values that know no HTTP library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

__all__ = ["Call", "Refusal", "Reply", "spliced"]


@frozen
class Call:
    """
    A request whose parameters have been read.

    @ivar values: the parameters, by name.
    @ivar body: as it came.
    @ivar is_local: the sender is on this machine.
    """

    values: Mapping[str, Any] = field(factory=dict)
    body: bytes = b""
    is_local: bool = False


@frozen
class Reply:
    """
    An answer.

    @ivar body: JSON, if there is one.
    @ivar headers: beside those that every answer has.
    @ivar after: is called when the answer has been given.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    after: Callable[[], None] | None = None

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Reply:
        """Answer with a value that JSON can say."""
        return cls(_encode(value), status)


class Refusal(Exception):
    """
    A request cannot be done.

    @ivar status: of HTTP.
    @ivar problems: what is wrong with the request, a sentence each.
    @ivar headers: that the status asks for.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        problems: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.problems = tuple(problems)
        self.headers = headers or {}

    @property
    def reply(self) -> Reply:
        """The answer that says so."""
        value: dict[str, Any] = {"error": str(self)}
        if self.problems:
            value["problems"] = list(self.problems)
        return Reply(_encode(value), self.status, self.headers)


def spliced(key: str, texts: Iterable[str | bytes]) -> Reply:
    """Answer with an object that has one key, a list of values that are JSON already."""
    items = (text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
             for text in texts)  # fmt: skip
    return Reply(b'{"%s":[%s]}' % (key.encode(), b",".join(items)))


def _encode(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A half of a pair has no UTF-8; JSON itself can say it.
    return text.encode("utf-8", "backslashreplace")
