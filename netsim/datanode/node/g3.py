"""
Housekeeping in C{.g3} files, which a scanner has written down in a database.

A field is called C{<feed description>.<field>}.  Those that are sampled together follow the same
timeline, C{<feed description>.<name of the block>}; what another scanner than netsim's has written
down follows a timeline of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zope.interface import implementer

from netsim.datanode.align import merge
from netsim.datanode.budget import Budget
from netsim.datanode.database import Database
from netsim.datanode.filecache import FileCache
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Block, Catalogue, Field
from netsim.datanode.node.files import between, finalized, make_cache
from netsim.datanode.node.g3contents import Contents, Loader, Series, joined
from netsim.datanode.node.g3index import Index, Known

__all__ = ["G3Source", "make_source"]


@implementer(ISource)
class G3Source:
    """
    The fields of all files that the database knows.

    Files that are gone, or cannot be read, are left out.
    """

    blocking = True

    def __init__(
        self, name: str, description: str, index: Index, cache: FileCache[Contents]
    ) -> None:
        self.name = name
        self.description = description
        self._index = index
        self._cache = cache

    def fields(self, start: float, end: float) -> Catalogue:
        """
        Tell all fields, whatever the interval: that is one query.

        @raise DatabaseError: the database cannot be used.
        """
        known = self._index.fields()
        # One sample tells no interval: then other fields of the timeline may.
        intervals = {each.timeline: each.period for each in sorted(known, key=_tells_period)}
        return Catalogue(
            tuple(Field(each.name, each.timeline, type=each.type) for each in known), intervals
        )

    def blocks(self, names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        """
        Give what the files have of these fields in [start, end).

        @raise DatabaseError: the database cannot be used.
        @raise LimitError: it is more than a query may have in memory.
        """
        where = self._index.where(list(dict.fromkeys(names)), start, end)
        gathered = _Gathered(start, end)
        for path, contents in self._cache.readable(where.files):
            gathered.add(contents, where.files[path])
        timelines: dict[str, dict[str, tuple[Any, Any]]] = {}
        for name, series in gathered.series().items():
            timelines.setdefault(where.timelines[name], {})[name] = (series.t, series.values)
        return [self._block(timeline, each, end) for timeline, each in timelines.items()]

    def _block(self, timeline: str, series: dict[str, tuple[Any, Any]], end: float) -> Block:
        block = merge(series, timeline)
        until = finalized([float(t[-1]) for t, _ in series.values()], end)
        return Block(timeline, block.t, block.columns, until)


def _tells_period(known: Known) -> bool:
    return known.period is not None


class _Gathered:
    """What was taken of files, for an interval."""

    def __init__(self, start: float, end: float) -> None:
        self._start = start
        self._end = end
        self._parts: dict[str, list[Series]] = {}
        # What shares its times in each file goes on sharing them.
        self._times: dict[tuple[int, ...], Any] = {}
        self._budget = Budget()

    def add(self, contents: Contents, names: Sequence[str]) -> None:
        """Take what a file has of these fields."""
        times: dict[int, tuple[slice, Any]] = {}
        for name in names:
            if (series := contents.series.get(name)) is None:
                continue
            if id(series.t) not in times:
                place = between(series.t, self._start, self._end)
                times[id(series.t)] = place, series.t[place]
            place, t = times[id(series.t)]
            if len(t):
                self._parts.setdefault(name, []).append(Series(t, series.values[place]))
                self._budget.spend(t.nbytes + series.values[place].nbytes)

    def series(self) -> dict[str, Series]:
        """Put the parts together."""
        return {name: self._joined(parts) for name, parts in self._parts.items()}

    def _joined(self, parts: list[Series]) -> Series:
        key = tuple(id(part.t) for part in parts)
        series = joined(parts)
        # Parts live as long as this does: no others have the same numbers.
        return Series(self._times.setdefault(key, series.t), series.values)


def make_source(config: Any, reactor: Any) -> G3Source:
    """Make what C{g3-reader} serves."""
    index = Index(Database(config.url))
    limit = config["cache"]
    return G3Source(config.name, config.description, index, make_cache(limit, Loader(limit)))
