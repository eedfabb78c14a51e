"""Writes down what was found in files: all of a file, or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Any

from sqlalchemy import Connection, Executable, delete, insert, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from netsim.datanode.database import Database, upsert
from netsim.datanode.scanner.listing import Found
from netsim.datanode.scanner.summary import Feed
from netsim.datanode.tables import DESCRIPTION, FEEDS, FIELDS, LONGEST, SEEN, SERIES
from netsim.errors import DatabaseError

__all__ = ["Store"]

Row = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)

_BUSY = {1205, 1213}
"""MariaDB, MySQL: a lock was waited for in vain, or two wait for each other."""
_UNSUITABLE = {1267, 1366, 3988}
"""A text cannot be told in the characters of its column, as those of old tables may be."""


class Store:
    """The tables, as a scanner uses them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self) -> dict[tuple[str, str], tuple[int, int]]:
        """
        Tell which files were read, by directory and name, and in which state: size and time.

        @raise DatabaseError: the database cannot be used.
        """
        with self._database.reading() as connection:
            rows = connection.execute(select(SEEN.c.path, SEEN.c.filename, SEEN.c.size,
                                             SEEN.c.modified))  # fmt: skip
            return {(path, name): (size, modified) for path, name, size, modified in rows}

    def write(self, file: Found, feeds: Sequence[Feed]) -> list[str] | None:
        """
        Write down what a file holds, in place of what was known of it.

        @return: what the database refuses of it; L{None}: another scanner has written the
            same meanwhile, or is about to, and nothing was changed.
        @raise DatabaseError: the database cannot be used.
        """
        try:
            with self._database.writing() as connection:
                return _write(connection, file, feeds)
        except DatabaseError as error:
            if _is_clash(error.__cause__):
                return None
            raise


def _write(connection: Connection, file: Found, feeds: Sequence[Feed]) -> list[str] | None:
    row = {"path": file.directory, "filename": file.name}
    state = {"size": file.size, "modified": file.modified}
    known = select(SEEN.c.size).filter_by(**row, **state)
    if connection.execute(known).first() is not None:
        return None
    numbers = _feed_numbers(connection, file, feeds)
    connection.execute(delete(FIELDS).where(FIELDS.c.feed_id.in_(numbers.values())))
    refused = _try(connection, insert(FIELDS), [
        {"feed_id": numbers[feed.number], "field": span.name,
         "start": _moment(floor(span.start * 1e6)), "end": _moment(ceil(span.end * 1e6))}
        for feed in feeds for span in feed.spans
    ])  # fmt: skip
    # Scanners that write the same rows do it in the same order: they never wait for each other.
    series = sorted(_series(feeds), key=lambda row: str(row["description"]))
    _try(connection, upsert(connection, SERIES), series)
    names = [{"description": row["description"]} for row in series]
    refused += _try(connection, upsert(connection, DESCRIPTION), names)
    connection.execute(update(FEEDS).where(FEEDS.c.id.in_(numbers.values())).values(scanned=True))
    connection.execute(upsert(connection, SEEN), [row | state])
    return refused


def _feed_numbers(connection: Connection, file: Found, feeds: Sequence[Feed]) -> dict[int, int]:
    """Give the C{id} of each feed, those that were known and those that are new."""
    name = _filename(connection, file)
    mine = (FEEDS.c.filename == name) & (FEEDS.c.path == file.directory)
    asked = select(FEEDS.c.prov_id, FEEDS.c.id).where(mine).with_for_update()
    numbers = {row.prov_id: row.id for row in connection.execute(asked)}
    wanted = {feed.number: feed.description for feed in feeds}
    for gone in numbers.keys() - wanted.keys():
        connection.execute(delete(FIELDS).where(FIELDS.c.feed_id == numbers[gone]))
        connection.execute(delete(FEEDS).where(FEEDS.c.id == numbers.pop(gone)))
    for number, description in wanted.items():
        if number in numbers:
            change = update(FEEDS).where(FEEDS.c.id == numbers[number])
            connection.execute(change.values(description=description))
        else:
            row = {"filename": name, "path": file.directory, "prov_id": number}
            made = connection.execute(insert(FEEDS).values(description=description, **row))
            numbers[number] = _key(made)
    return numbers


def _key(made: Any) -> int:
    return int(made.inserted_primary_key[0])


def _filename(connection: Connection, file: Found) -> str:
    """
    What C{feeds} calls a file: its name.

    Files of the same name in several directories cannot be told apart by it; then it is the
    whole path, which C{os.path.join(path, filename)} gives back.
    """
    asked = select(FEEDS.c.path).where(FEEDS.c.filename == file.name).distinct()
    others = {row.path for row in connection.execute(asked)} - {file.directory}
    whole = os.path.join(file.directory, file.name)
    return whole if others and len(whole) <= LONGEST else file.name


def _series(feeds: Iterable[Feed]) -> Iterator[Row]:
    """What is known of each field, once."""
    rows = {}
    for feed in feeds:
        for span in feed.spans:
            name = f"{feed.description}.{span.name}"
            rows[name] = {"description": name, "timeline": span.timeline, "type": span.type,
                          "period": span.period}  # fmt: skip
    yield from rows.values()


def _try(connection: Connection, statement: Executable, rows: list[Row]) -> list[str]:
    """Insert all rows; if the database refuses some, the others, and tell which and why."""
    if not rows:
        return []
    if len(rows) > 1:
        try:
            with connection.begin_nested():
                connection.execute(statement, rows)
            return []
        except DBAPIError as error:
            if not _is_refused(error):
                raise
    return [reason for row in rows if (reason := _try_one(connection, statement, row))]


def _try_one(connection: Connection, statement: Executable, row: Row) -> str:
    try:
        with connection.begin_nested():
            connection.execute(statement, [row])
        return ""
    except DBAPIError as error:
        if not _is_refused(error):
            raise
        name = row.get("field", row.get("description"))
        return f"field {name!r} is left out: the database says {error.orig}"


def _is_refused(error: DBAPIError) -> bool:
    return isinstance(error, DataError | IntegrityError) or _number(error) in _UNSUITABLE


def _is_clash(error: BaseException | None) -> bool:
    return isinstance(error, IntegrityError) or _number(error) in _BUSY


def _number(error: BaseException | None) -> Any:
    """What a server calls an error."""
    arguments: Any = getattr(getattr(error, "orig", None), "args", ())
    return next(iter(arguments)) if len(arguments) > 1 else None


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
