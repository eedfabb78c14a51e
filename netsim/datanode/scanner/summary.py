"""What a scanner writes down of a file: its feeds, and of their fields when and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import define, field, frozen

from netsim.datanode.g3file import Samples
from netsim.datanode.model import BOOL, NUMBER, STRING
from netsim.datanode.tables import LONGEST

__all__ = ["Feed", "Span", "Summary"]

_LARGEST = 2**31 - 1
"""Of an integer in any database."""


@frozen
class Span:
    """
    A field of a feed.

    @ivar name: of the field, without that of the feed.
    @ivar start: of its first sample, in Unix seconds.
    @ivar end: of its last one.
    @ivar timeline: fields that are sampled together have the same.
    @ivar type: as L{netsim.datanode.model.Field} has it.
    @ivar period: mean seconds between samples, if there are several.
    """

    name: str
    start: float
    end: float
    timeline: str
    type: str = NUMBER
    period: float | None = None


@frozen
class Feed:
    """
    What a provider has in a file.

    @ivar number: of the provider; in each file another.
    """

    number: int
    description: str
    spans: tuple[Span, ...]


@define
class _Seen:
    """Of a field, so far."""

    block: str
    type: str
    start: float
    end: float
    count: int = 0


@define
class Summary:
    """
    Takes the samples of a file, and keeps no sample.

    @ivar refused: texts that no database takes, each in a sentence.
    """

    refused: list[str] = field(factory=list)
    _feeds: dict[tuple[int, str], dict[str, _Seen]] = field(factory=dict)

    def add(self, samples: Samples) -> None:
        """Take what a block has."""
        if not len(samples.t):
            return
        fields = self._feeds.setdefault((samples.provider, samples.feed), {})
        start, end = float(samples.t.min()), float(samples.t.max())
        for name, column in samples.columns.items():
            seen = fields.setdefault(name, _Seen(samples.block, "", start, end))
            seen.block, seen.type = samples.block, _type(column)
            seen.start, seen.end = min(seen.start, start), max(seen.end, end)
            seen.count += len(samples.t)

    def feeds(self) -> tuple[Feed, ...]:
        """
        Give what there is.

        A file in which the numbers of providers begin anew has several of a number: then some
        get others, as a database takes each number once.
        """
        feeds: dict[int, Feed] = {}
        for (provider, description), fields in self._feeds.items():
            spans = tuple(self._spans(description, fields))
            if spans:
                number = provider
                if number in feeds or not 0 <= number <= _LARGEST:
                    number = next(n for n in range(_LARGEST, 0, -1) if n not in feeds)
                feeds[number] = Feed(number, description, spans)
        return tuple(feeds.values())

    def _spans(self, description: str, fields: dict[str, _Seen]) -> Iterator[Span]:
        for name, seen in fields.items():
            full = f"{description}.{name}"
            if problem := _problem(full):
                self.refused.append(f"field {full[:LONGEST]!r} is left out: {problem}")
                continue
            timeline = f"{description}.{seen.block}"
            period = (seen.end - seen.start) / (seen.count - 1) if seen.count > 1 else None
            yield Span(
                name,
                seen.start,
                seen.end,
                full if _problem(timeline) else timeline,
                seen.type,
                period,
            )


def _problem(text: str) -> str | None:
    """Why no database takes a text."""
    if len(text) > LONGEST:
        return f"its name has {len(text)} characters, and {LONGEST} is the most"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "its name is no text"
    return None


def _type(column: np.ndarray[Any, Any]) -> str:
    return {"b": BOOL, "O": STRING}.get(column.dtype.kind, NUMBER)
