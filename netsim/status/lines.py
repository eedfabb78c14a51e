"""The messages in which a program's log lines travel."""

from __future__ import annotations

from json import JSONEncoder
from typing import Protocol

from netsim.status.message import LOG, NO_ID

__all__ = ["LEVELS", "MAX_TEXT", "LineWriter", "Say", "shortened"]

LEVELS = ("debug", "info", "warning", "error", "critical")

MAX_TEXT = 64 << 10
"""Characters of a line; what is longer is cut."""

_MAX_WHOM = 256

_quoted = JSONEncoder(ensure_ascii=False).encode


class Say(Protocol):
    """Takes a line of the log, in whatever thread it was logged."""

    def __call__(self, level: str, message: str, whom: str, time: float | None) -> object: ...


class LineWriter:
    """
    Writes log lines of one project as messages.

    What is the same in all of them is written once: a program may log thousands of
    lines per second.
    """

    def __init__(self, name: str) -> None:
        """@param name: the project's."""
        head = f'{{"event-type":"{LOG}","name":{_quoted(name)},"payload":{{"log":{{"level":"'
        self._heads = {level: f'{head}{level}","message":' for level in LEVELS}

    def write(self, level: str, message: str, whom: str, time: float) -> bytes:
        """
        Give a whole message, as it goes over the wire.

        @param time: Unix time.
        @raise ValueError: there is no such level.
        """
        head = self._heads.get(level)
        if head is None:
            raise ValueError(f"there is no level {level!r}; they are {', '.join(LEVELS)}")
        if len(message) > MAX_TEXT:
            message = shortened(message)
        text = (
            f'{head}{_quoted(message)},"time":{time:.6f},"whom":{_quoted(whom[:_MAX_WHOM])}}}}}'
            f',"event-id":{NO_ID}}}'
        )
        # A half of a pair has no UTF-8; JSON itself can say it.
        return text.encode("utf-8", "backslashreplace")


def shortened(text: str, limit: int = MAX_TEXT) -> str:
    """Cut what is too long, and say so at its end."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit} characters more)"
