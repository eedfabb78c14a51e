"""What a node of live data keeps: some timelines, for some time, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from netsim.datanode.model import Block, Catalogue, Field
from netsim.datanode.node.chunk import Value
from netsim.datanode.node.ring import Ring

__all__ = ["FIELDS", "NBYTES", "ROWS", "About", "Memory"]

ROWS = 1 << 20
FIELDS = 2000
NBYTES = 256 << 20

About = tuple[str | None, str | None]
"""The description of a field, and its units."""


def _nothing(name: str) -> About:
    return None, None


class Memory:
    """
    Timelines, and the fields that follow them.

    A field follows the timeline that had it first, until that has forgotten it.

    @ivar refused: samples that were not taken: there were too many fields, or the field
        follows another timeline.
    @ivar dropped: chunks that went before their time, to make room.
    """

    def __init__(
        self,
        keep: float = math.inf,
        rows: int = ROWS,
        about: Callable[[str], About] = _nothing,
        max_fields: int = FIELDS,
        max_nbytes: int = NBYTES,
    ) -> None:
        """
        @param keep: seconds.
        @param rows: of a timeline, that are kept: the last ones.
        @param about: of a field.
        @param max_nbytes: of all that is kept, about.
        """
        self.refused = self.dropped = 0
        self._keep = keep
        self._rows = rows
        self._about = about
        self._max_fields = max_fields
        self._max_nbytes = max_nbytes
        self._rings: dict[str, Ring] = {}
        self._homes: dict[str, str] = {}

    def extend(
        self, timeline: str, times: Sequence[float], values: Mapping[str, Sequence[Value]]
    ) -> None:
        """Add rows to a timeline; see L{Ring.extend}."""
        if not times:
            return
        accepted = {}
        for name, column in values.items():
            if self._is_at_home(name, timeline):
                accepted[name] = column
            else:
                self.refused += len(column)
        if accepted:
            if timeline not in self._rings:
                self._rings[timeline] = Ring(self._rows)
            self._rings[timeline].extend(times, accepted)

    def expire(self, now: float) -> None:
        """Forget what is too old, or too much."""
        before = now - self._keep
        forgotten = [ring.expire(before) for ring in self._rings.values()]
        if self._make_room() or any(forgotten):
            self._find_homes(before)

    def forget(self, timeline: str) -> None:
        """Forget a timeline, if it is there."""
        if self._rings.pop(timeline, None) is not None:
            self._homes = {name: home for name, home in self._homes.items() if home != timeline}

    def fields(self, start: float, end: float, now: float) -> Catalogue:
        """Tell which fields have samples in about [start, end)."""
        start = max(start, now - self._keep)
        fields = [
            Field(name, timeline, self._about(name)[0], kind, self._about(name)[1])
            for timeline, ring in self._rings.items()
            for name, kind in ring.kinds(start, end).items()
        ]
        timelines = {field.timeline for field in fields}
        intervals = {name: self._rings[name].interval() for name in timelines}
        return Catalogue(tuple(fields), intervals)

    def blocks(self, names: Sequence[str], start: float, end: float, now: float) -> list[Block]:
        """Copy the samples of fields in [start, end)."""
        start = max(start, now - self._keep)
        asked: dict[str, list[str]] = {}
        for name in names:
            if name in self._homes:
                asked.setdefault(self._homes[name], []).append(name)
        blocks = []
        for timeline, fields in asked.items():
            ring = self._rings[timeline]
            times, columns = ring.select(fields, start, end)
            if columns:
                # A reading that is still to come has a later time.
                blocks.append(Block(timeline, times, columns, _span(ring)[1]))
        return blocks

    def _is_at_home(self, name: str, timeline: str) -> bool:
        if name not in self._homes and len(self._homes) < self._max_fields:
            self._homes[name] = timeline
        return self._homes.get(name) == timeline

    def _make_room(self) -> bool:
        dropped = self.dropped
        while sum(ring.nbytes for ring in self._rings.values()) > self._max_nbytes:
            max(self._rings.values(), key=lambda ring: ring.nbytes).drop()
            self.dropped += 1
        return self.dropped > dropped

    def _find_homes(self, before: float) -> None:
        self._rings = {name: ring for name, ring in self._rings.items() if _span(ring)[1] >= before}
        self._homes = {
            name: timeline for timeline, ring in self._rings.items() for name in ring.kinds()
        }


def _span(ring: Ring) -> tuple[float, float]:
    return ring.span() or (math.inf, -math.inf)
