"""What a scanner has written down, as a node needs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from pathlib import Path

from attrs import field, frozen
from sqlalchemy import Connection, select

from netsim.datanode.database import Database
from netsim.datanode.g3file import LATEST
from netsim.datanode.model import NUMBER
from netsim.datanode.tables import DESCRIPTION, FEEDS, FIELDS, SERIES

__all__ = ["Index", "Known", "Where"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)

_AT_ONCE = 500
"""Names in one query: databases do not take any number of them."""


@frozen
class Known:
    """
    A field.

    @ivar name: with that of its feed.
    @ivar period: mean seconds between two samples, if known.
    """

    name: str
    timeline: str
    type: str = NUMBER
    period: float | None = None


@frozen
class Where:
    """
    Which files have samples of some fields.

    @ivar timelines: of those fields that exist.
    @ivar files: in the order of time; by file, the names of the fields.
    """

    timelines: Mapping[str, str] = field(factory=dict)
    files: Mapping[Path, Sequence[str]] = field(factory=dict)


class Index:
    """
    Asks the tables of a scanner.

    Every method raises L{netsim.errors.DatabaseError} where that is not possible.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_prepared = False

    def fields(self) -> list[Known]:
        """Tell all fields of all files, in the order of their names."""
        # What another scanner than ours has written down has no row in the second table.
        asked = select(DESCRIPTION.c.description, SERIES.c.timeline, SERIES.c.type, SERIES.c.period)
        asked = asked.outerjoin(SERIES, SERIES.c.description == DESCRIPTION.c.description)
        with self._reading() as connection:
            rows = connection.execute(asked.order_by(DESCRIPTION.c.description)).all()
        return [
            Known(name, timeline or name, kind or NUMBER, period)
            for name, timeline, kind, period in rows
        ]

    def where(self, names: Sequence[str], start: float, end: float) -> Where:
        """
        Tell which files have samples of these fields in [start, end), in Unix seconds.

        A file may be told that has none after all.
        """
        timelines: dict[str, str] = {}
        found: list[tuple[datetime, str, str]] = []
        with self._reading() as connection:
            for first in range(0, len(names), _AT_ONCE):
                some = names[first : first + _AT_ONCE]
                timelines.update(_timelines(connection, some))
                found += _files(connection, some, start, end)
        files: dict[str, list[str]] = {}
        for _, path, name in sorted(found):
            files.setdefault(path, []).append(name)
            timelines.setdefault(name, name)
        return Where(timelines, {Path(path): each for path, each in files.items()})

    def _reading(self) -> AbstractContextManager[Connection]:
        # A scanner may come later than its nodes: until then there is nothing.
        if not self._is_prepared:
            self._database.prepare()
            self._is_prepared = True
        return self._database.reading()


def _timelines(connection: Connection, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    asked = select(SERIES.c.description, SERIES.c.timeline)
    for row in connection.execute(asked.where(SERIES.c.description.in_(names))):
        yield row.description, row.timeline


def _files(
    connection: Connection, names: Sequence[str], start: float, end: float
) -> Iterator[tuple[datetime, str, str]]:
    # Both names may have dots: a feed and a field of it are found by all that they could be,
    # and only then compared with what was asked for.
    parts = {split for name in names for split in _splits(name)}
    wanted = set(names)
    asked = (
        select(FEEDS.c.path, FEEDS.c.filename, FEEDS.c.description, FIELDS.c.field,
               FIELDS.c.start)
        .join(FIELDS, FIELDS.c.feed_id == FEEDS.c.id)
        .where(FIELDS.c.field.in_(sorted({field for _, field in parts})))
        .where(FEEDS.c.description.in_(sorted({feed for feed, _ in parts})))
        .where(FIELDS.c.start < _moment(end, ceil), FIELDS.c.end >= _moment(start, floor))
    )  # fmt: skip
    for row in connection.execute(asked):
        if (name := f"{row.description}.{row.field}") in wanted:
            yield row.start, os.path.join(row.path, row.filename), name


def _splits(name: str) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(name):
        if letter == ".":
            yield name[:place], name[place + 1 :]


def _moment(seconds: float, whole: Callable[[float], int]) -> datetime:
    seconds = min(max(seconds, 0.0), LATEST)
    return _EPOCH + timedelta(microseconds=whole(seconds * 1e6))
