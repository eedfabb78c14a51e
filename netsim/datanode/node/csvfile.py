"""
CSV files: a new kind of netsim.

The first line of each names its columns.  One column has the times: Unix seconds, milliseconds,
or ISO 8601, without an offset in UTC.  The others are of numbers, or else of strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zope.interface import implementer

from netsim.datanode.budget import Budget
from netsim.datanode.csvlayout import Wanted
from netsim.datanode.csvtable import CsvOutline, CsvOutliner, CsvReader, Table
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import NUMBER, STRING, Block, Catalogue, Field
from netsim.datanode.node.files import OUTLINES, between, finalized, listing, make_cache

__all__ = ["CsvSource", "make_source"]

SUFFIX = ".csv"


@implementer(ISource)
class CsvSource:
    """The columns of the files in a directory, or of one file."""

    blocking = True

    def __init__(self, name: str, description: str, path: Path, wanted: Wanted, limit: int) -> None:
        """
        @param path: a directory; or a file, whose fields then have the names of its columns.
        @param limit: bytes of what is kept of files.
        """
        self.name = name
        self.description = description
        self._path = path
        self._is_file = path.is_file()
        self._tables = make_cache(limit, CsvReader(wanted))
        self._outlines = make_cache(OUTLINES, CsvOutliner(wanted))

    def fields(self, start: float, end: float) -> Catalogue:
        """Tell the columns of files that overlap [start, end); only their ends are looked at."""
        fields: list[Field] = []
        intervals: dict[str, float | None] = {}
        for path, outline in self._overlapping(self._paths(), start, end):
            layout = outline.layout
            for index in layout.fields:
                kind = NUMBER if index in layout.numbers else STRING
                name = self._prefix(path) + layout.names[index]
                fields.append(Field(name, path.stem, type=kind, units=layout.units(index)))
            intervals[path.stem] = outline.interval
        return Catalogue(tuple(fields), intervals)

    def blocks(self, names: Sequence[str], start: float, end: float) -> Sequence[Block]:
        """
        Give what these columns have in [start, end).

        @raise LimitError: the files are more than a query may have in memory.
        """
        asked, budget = set(names), Budget()
        paths = [
            path
            for path in self._paths()
            if any(name.startswith(self._prefix(path)) for name in asked)
        ]
        overlapping = (path for path, _ in self._overlapping(paths, start, end))
        blocks = (
            self._block(path, table, asked, start, end, budget)
            for path, table in self._tables.readable(overlapping)
        )
        return [block for block in blocks if block is not None]

    def _block(
        self, path: Path, table: Table, asked: set[str], start: float, end: float, budget: Budget
    ) -> Block | None:
        where = between(table.t, start, end)
        columns = {
            name: values[where]
            for column, values in table.columns.items()
            if (name := self._prefix(path) + column) in asked
        }
        if where.start >= where.stop or not columns:
            return None
        budget.spend(table.nbytes)
        return Block(path.stem, table.t[where], columns, finalized([float(table.t[-1])], end))

    def _overlapping(
        self, paths: Sequence[Path], start: float, end: float
    ) -> Iterator[tuple[Path, CsvOutline]]:
        for path, outline in self._outlines.readable(paths):
            first, last = outline.first, outline.last
            if first is None or last is None or start >= end:
                continue
            if first < end and last >= start:
                yield path, outline

    def _paths(self) -> list[Path]:
        if self._is_file:
            return [self._path]
        names = (name for name in listing(self._path) if name.endswith(SUFFIX))
        return [self._path / name for name in sorted(names)]

    def _prefix(self, path: Path) -> str:
        return "" if self._is_file else f"{path.stem}."


def make_source(config: Any, reactor: Any) -> CsvSource:
    """Make what C{csv} serves."""
    wanted = Wanted(config["time-column"], config["time-format"], config["delimiter"])
    return CsvSource(
        config.name, config.description, config["data-directory"], wanted, config["cache"]
    )
