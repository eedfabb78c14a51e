"""
Series in many files, whose names tell their times.

Of files, only those are opened that overlap what is asked for.  A name is believed to a day,
as nobody knows in which zone it was meant.  Where a name does not tell, the first and last
samples of the file do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from attrs import frozen
from zope.interface import implementer

from netsim.datanode.align import ordered
from netsim.datanode.budget import Budget
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Block, Catalogue, Field
from netsim.datanode.node.files import OUTLINES, between, finalized, listing, make_cache
from netsim.datanode.outline import Outline, Outliner
from netsim.datanode.textfile import Floats, TextReader

__all__ = ["ArchiveSource", "Named"]

SLACK = 86400.0
"""Seconds by which a file may begin before and end after what its name tells."""


@frozen
class Named:
    """
    What the name of a file tells.

    @ivar field: of which samples are in it; its timeline has the same name.
    @ivar first: Unix seconds before which there are none, but for L{SLACK}; minus infinity: it
        does not tell.
    @ivar last: after which there are none.
    """

    field: str
    first: float = -math.inf
    last: float = math.inf

    @property
    def tells(self) -> bool:
        """The file need not be looked at."""
        return self.first > -math.inf

    def overlaps(self, start: float, end: float) -> bool:
        """There may be something in [start, end)."""
        return self.first - SLACK < end and self.last + SLACK >= start


@implementer(ISource)
class ArchiveSource:
    """The fields of an archive to which files are added, and whose last files grow."""

    blocking = True

    def __init__(
        self,
        name: str,
        description: str,
        directory: Path,
        read_name: Callable[[str], Named | None],
        reader: TextReader,
        known: dict[str, Field],
        limit: int,
    ) -> None:
        """
        @param read_name: tells what is in a file; L{None}: it is none of the archive.
        @param known: fields whose descriptions and units are known.
        @param limit: bytes of what is kept of files.
        """
        self.name = name
        self.description = description
        self._directory = directory
        self._read_name = read_name
        self._known = known
        self._readings = make_cache(limit, reader)
        self._outlines = make_cache(OUTLINES, Outliner(reader), quiet=True)
        self._listed: list[str] = []
        self._named: list[tuple[Named, Path]] = []

    def fields(self, start: float, end: float) -> Catalogue:
        """
        Tell the fields of which there is a file that overlaps [start, end).

        Of each field one file is opened, the last one, to find the interval.
        """
        fields, intervals = [], {}
        for name, paths in sorted(self._overlapping(start, end).items()):
            fields.append(self._known.get(name, Field(name, name)))
            last = next(self._outlines.readable(reversed(paths)), None)
            intervals[name] = last[1].interval if last else None
        return Catalogue(tuple(fields), intervals)

    def blocks(self, names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        """
        Give what the files of these fields have in [start, end).

        @raise LimitError: the files are more than a query may have in memory.
        """
        found, budget = self._overlapping(start, end), Budget()
        blocks = (
            self._block(name, found[name], start, end, budget)
            for name in dict.fromkeys(names)
            if name in found
        )
        return [block for block in blocks if block is not None]

    def _block(
        self, name: str, paths: list[Path], start: float, end: float, budget: Budget
    ) -> Block | None:
        times: list[Floats] = []
        values: list[Floats] = []
        last = -math.inf
        for _, reading in self._readings.readable(paths):
            if not reading.t.size:
                continue
            last = max(last, float(reading.t[-1]))
            where = between(reading.t, start, end)
            if where.start < where.stop:
                budget.spend(reading.nbytes)
                times.append(reading.t[where])
                values.append(reading.v[where])
        if not times:
            return None
        t, v = (times[0], values[0]) if len(times) == 1 else _joined(times, values)
        return Block(name, t, {name: v}, finalized([last], end))

    def _overlapping(self, start: float, end: float) -> dict[str, list[Path]]:
        """By field, the files that may have something in [start, end), by their times."""
        found: dict[str, list[Path]] = {}
        if start < end:
            for named, path in self._files():
                if named.overlaps(start, end) and (named.tells or self._reaches(path, start, end)):
                    found.setdefault(named.field, []).append(path)
        return found

    def _reaches(self, path: Path, start: float, end: float) -> bool:
        outlines: Iterator[tuple[Path, Outline]] = self._outlines.readable([path])
        return any(
            outline.first is not None
            and outline.last is not None
            and Named("", outline.first, outline.last).overlaps(start, end)
            for _, outline in outlines
        )

    def _files(self) -> list[tuple[Named, Path]]:
        """All files of the archive; names are read again when there are others."""
        listed = listing(self._directory)
        if listed != self._listed:
            named = ((self._read_name(name), self._directory / name) for name in listed)
            known = [(each, path) for each, path in named if each is not None]
            known.sort(key=lambda each: (each[0].first, each[0].last, each[1]))
            self._listed, self._named = listed, known
        return self._named


def _joined(times: list[Floats], values: list[Floats]) -> tuple[Floats, Floats]:
    t, v = ordered(np.concatenate(times), np.concatenate(values))
    return t, v
