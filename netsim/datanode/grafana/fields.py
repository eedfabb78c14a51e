"""What is known of the fields of nodes, and when they are to be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, evolve

from netsim.datanode.grafana.model import Entry
from netsim.datanode.model import BOOL, NUMBER, STRING
from netsim.datanode.times import number
from netsim.errors import QueryError

__all__ = ["LIMIT", "Fields", "read_fields"]

LIMIT = 200_000
"""Fields that are kept of all nodes together."""
FRESH = 5.0
"""Seconds for which what a node has told is taken to be all that there is."""
OLD = 60.0
"""Seconds after which a node is asked again, though nothing is missing."""


@define
class Told:
    """
    What a node has told, and when.

    @ivar stale: something happened to the node since.
    """

    entries: Mapping[str, Entry]
    at: float
    stale: bool = False


class Fields:
    """
    Remembers the fields of nodes.

    @ivar dropped: fields that did not fit.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.dropped = 0
        self._limit = limit
        self._told: dict[str, Told] = {}

    def of(self, node: str) -> Mapping[str, Entry]:
        """What a node has told, if anything."""
        return self._told[node].entries if node in self._told else {}

    def must_ask(self, node: str, names: Iterable[str], now: float) -> bool:
        """
        Whether a node has to be asked before it can be said what these fields are.

        One that is asked for a field that it does not have is not asked again and again.
        """
        told = self._told.get(node)
        if told is None or told.stale:
            return True
        return now - told.at >= FRESH and any(name not in told.entries for name in names)

    def should_ask(self, node: str, now: float) -> bool:
        """Whether it is time to ask a node again, while nobody waits for it."""
        told = self._told.get(node)
        return told is None or told.stale or now - told.at >= OLD

    def is_fresh(self, node: str, now: float) -> bool:
        """Whether all that a node has to tell is known."""
        told = self._told.get(node)
        return told is not None and not told.stale and now - told.at < FRESH

    def learn(self, node: str, entries: Mapping[str, Entry], now: float) -> None:
        """Remember what a node has told."""
        self._told.pop(node, None)
        room = self._limit - sum(len(told.entries) for told in self._told.values())
        self.dropped = max(0, len(entries) - room)
        if self.dropped:
            entries = {name: entries[name] for name in list(entries)[:room]}
        self._told[node] = Told(entries, now)

    def distrust(self, node: str) -> None:
        """Something happened to a node: what it has told may be wrong."""
        if node in self._told:
            self._told[node] = evolve(self._told[node], stale=True)

    def forget(self, node: str) -> None:
        """There is no such node any more."""
        self._told.pop(node, None)


def read_fields(answer: Any) -> Mapping[str, Entry]:
    """
    Read an answer to C{get_fields}: a pair of dictionaries (sisock.txt, section 3.1.1).

    What a node leaves out is taken to be as the document says it usually is.

    @raise ValueError: it is no such pair.
    """
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        raise ValueError("expected the fields and their timelines")
    fields, timelines = answer
    if not isinstance(fields, dict) or not isinstance(timelines, dict):
        raise ValueError("expected the fields and their timelines as dictionaries")
    return {
        str(name): _entry(about, timelines)
        for name, about in fields.items()
        if isinstance(about, dict)
    }


def _entry(about: Mapping[str, Any], timelines: Mapping[str, Any]) -> Entry:
    timeline, kind = _text(about.get("timeline")), about.get("type")
    told = timelines.get(timeline or "")
    return Entry(
        timeline,
        _text(about.get("description")),
        kind if kind in (NUMBER, STRING, BOOL) else NUMBER,
        _text(about.get("units")),
        _number(told.get("interval")) if isinstance(told, dict) else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    try:
        return number(value, "interval")
    except QueryError:
        return None
