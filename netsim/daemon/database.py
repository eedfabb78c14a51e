"""
Opens the file in which a daemon keeps what it knows: SQLite, used by one daemon at a time.

A file that is not ours, or not whole, is never written to.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netsim.errors import DatabaseError

__all__ = ["explained", "open_database", "transaction"]

APPLICATION = 0x6E_73_64_6D
"""What marks the file as ours; C{file} shows it."""

FORMAT = 1
"""Of the tables; a daemon does not touch a file with a later one."""

PATIENCE = 0.5
"""Seconds for which a daemon that is just ending may still use the file."""

_SCHEMA = """
CREATE TABLE projects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE, last_seen REAL NOT NULL, status BLOB);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL, time REAL NOT NULL, level INTEGER NOT NULL, text BLOB NOT NULL);
CREATE TABLE statuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project INTEGER NOT NULL, time REAL NOT NULL, status BLOB NOT NULL);
CREATE INDEX logs_of_project ON logs (project);
CREATE INDEX statuses_of_project ON statuses (project);
"""

_REASONS = {
    sqlite3.SQLITE_BUSY: "it is in use by another program",
    sqlite3.SQLITE_LOCKED: "it is in use by another program",
    sqlite3.SQLITE_NOTADB: "it is no database; move it away, and a new one is made",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away, and a new one is made",
    sqlite3.SQLITE_FULL: "there is no room for it",
    sqlite3.SQLITE_READONLY: "it cannot be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
}


def open_database(path: Path | None) -> sqlite3.Connection:
    """
    Open the file, or make it; without a path it is in memory.

    What is logged may be secret: only the user who starts the daemon can read a new file, and
    enter a new directory.

    @raise DatabaseError: why that is not possible, with the path.
    """
    with explained(path):
        if path is not None:
            _make_file(path)
        database = sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None)
        try:
            _prepare(database)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """Say in a sentence why a database cannot be used."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        reason = _REASONS.get(code)
        told = f"{reason} ({error})" if reason else str(error)
        raise DatabaseError(f"{path or 'in memory'}: {told}") from error
    except OSError as error:
        raise DatabaseError(f"{path}: {error.strerror or error}") from error


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do all of it, or nothing."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # Some errors have ended it already.
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


def _make_file(path: Path) -> None:
    for directory in reversed(path.parents):
        if not directory.exists():
            directory.mkdir(0o700, exist_ok=True)
    # SQLite would read what is no file, such as a pipe, for ever.
    if path.exists() and not path.is_file():
        raise DatabaseError(f"{path}: it is no file")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(database: sqlite3.Connection) -> None:
    # Before anything is read: then another daemon is noticed, and none comes in later.
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    is_new = _is_new(database)
    if is_new:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    # A process that is killed has lost nothing; a machine that fails, the last seconds.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA journal_size_limit = {16 << 20}")
    with transaction(database):
        if is_new:
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {FORMAT}")


def _is_new(database: sqlite3.Connection) -> bool:
    """Whether there is nothing in it yet; if there is, it has to be ours."""
    [tables] = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    [application] = database.execute("PRAGMA application_id").fetchone()
    [version] = database.execute("PRAGMA user_version").fetchone()
    if not (tables or application or version):
        return True
    if application != APPLICATION:
        raise sqlite3.DatabaseError("it is the database of another program; choose another path")
    if version != FORMAT:
        raise sqlite3.DatabaseError(
            f"a later netsim has made it (format {version}; this one knows {FORMAT}); "
            "move it away, and a new one is made"
        )
    return False
