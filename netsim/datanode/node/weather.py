"""
Files of one field each: C{<field>.dat}.

Each begins with four lines of header: C{# description}, C{# name of the timeline}, C{# units},
C{# anything}.  Then come lines of C{unix_time value}.  Fields whose timelines have the same
name share their times.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import frozen
from zope.interface import implementer

from netsim.datanode.align import merge
from netsim.datanode.budget import Budget
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import Block, Catalogue, Field
from netsim.datanode.node.files import OUTLINES, between, finalized, listing, make_cache
from netsim.datanode.outline import Outliner
from netsim.datanode.textfile import Reading, TextReader

__all__ = ["SHIPPED", "Header", "WeatherSource", "make_source"]

SHIPPED = Path(__file__).parents[1] / "data"
"""The weather of two weeks, made up."""

SUFFIX = ".dat"
NOTHING = ("", "-", "none")


@frozen
class Header:
    """What the header of a file tells of its field."""

    timeline: str
    description: str | None = None
    units: str | None = None

    @classmethod
    def read(cls, lines: Sequence[str], name: str) -> Header:
        """@param name: of the field, and of its timeline where the header has none."""
        told = [None if line.lower() in NOTHING else line for line in lines[:3]]
        description, timeline, units = [*told, None, None, None][:3]
        return cls(timeline or name, description, units)


@implementer(ISource)
class WeatherSource:
    """The fields whose files are in a directory, whenever they were put there."""

    blocking = True

    def __init__(self, name: str, description: str, directory: Path, limit: int) -> None:
        """@param limit: bytes of what is kept of files."""
        self.name = name
        self.description = description
        self._directory = directory
        reader = TextReader()
        self._readings = make_cache(limit, reader)
        self._outlines = make_cache(OUTLINES, Outliner(reader), quiet=True)

    def fields(self, start: float, end: float) -> Catalogue:
        """Tell all fields, whatever the interval: of files, only starts and ends are looked at."""
        paths = self._paths()
        fields: list[Field] = []
        intervals: dict[str, float | None] = {}
        for path, outline in self._outlines.readable(paths[name] for name in sorted(paths)):
            header = Header.read(outline.header, path.stem)
            fields.append(Field(path.stem, header.timeline, header.description, units=header.units))
            if intervals.get(header.timeline) is None:
                intervals[header.timeline] = outline.interval
        return Catalogue(tuple(fields), intervals)

    def blocks(self, names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        """
        Give what the files of these fields have in [start, end).

        @raise LimitError: the files are more than a query may have in memory.
        """
        paths, budget = self._paths(), Budget()
        timelines: dict[str, dict[str, Reading]] = {}
        asked = (paths[name] for name in names if name in paths)
        for path, reading in self._readings.readable(asked):
            budget.spend(reading.nbytes)
            header = Header.read(reading.header, path.stem)
            timelines.setdefault(header.timeline, {})[path.stem] = reading
        blocks = (_block(each, readings, start, end) for each, readings in timelines.items())
        return [block for block in blocks if block is not None]

    def _paths(self) -> dict[str, Path]:
        names = (name for name in listing(self._directory) if name.endswith(SUFFIX))
        return {name.removesuffix(SUFFIX): self._directory / name for name in names}


def _block(timeline: str, readings: dict[str, Reading], start: float, end: float) -> Block | None:
    series = {}
    # Of times that are shared one part is taken, which is then known to be the same.
    parts: dict[int, Any] = {}
    for name, reading in readings.items():
        where = between(reading.t, start, end)
        if where.start < where.stop:
            t = parts.setdefault(id(reading.t), reading.t[where])
            series[name] = t, reading.v[where]
    if not series:
        return None
    block = merge(series, timeline)
    until = finalized([float(readings[name].t[-1]) for name in series], end)
    return Block(timeline, block.t, block.columns, until)


def make_source(config: Any, reactor: Any) -> WeatherSource:
    """Make what C{example-weather} serves."""
    directory = config["data-directory"] or SHIPPED
    return WeatherSource(config.name, config.description, directory, config["cache"])
