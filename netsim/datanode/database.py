"""
The database of a scanner: SQLite, MariaDB or MySQL.

Everything here blocks, and belongs on a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, inspect, make_url
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.sql.dml import Insert

from netsim.datanode.tables import METADATA
from netsim.errors import DatabaseError

__all__ = ["Database", "read_url", "server_url", "shown", "upsert"]

SERVERS = ("mysql", "mariadb")
DRIVER = "pymysql"

PATIENCE = 10
"""Seconds for which a server may not answer, or somebody else use the file."""

_EXPECTED = "expected a path of SQLite, sqlite:///PATH, mysql://USER@HOST/NAME or mariadb://..."


def read_url(text: str, password: str | None) -> URL:
    """
    Read where a database is.

    @param password: for a server, where the text has none.
    @raise ValueError: what was expected.
    """
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(_EXPECTED) from None
    kind = url.get_backend_name()
    if kind in SERVERS and url.host and url.database:
        url = url.set(drivername=f"mysql+{DRIVER}")
        return url if url.password or password is None else url.set(password=password)
    if url.drivername == "sqlite" and url.database:
        return url
    raise ValueError(_EXPECTED)


def server_url(host: str, user: str, password: str | None, name: str) -> URL:
    """
    Tell where a database is whose parts are known.

    @param host: it may have a port.
    @raise ValueError: the port is none.
    """
    address, _, port = host.partition(":") if host.count(":") == 1 else (host, "", "")
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"SQL_HOST: {host!r} has no port that can be")
    number = int(port) if port else None
    return URL.create(f"mysql+{DRIVER}", user, password, address, number, name)


def shown(url: URL) -> str:
    """Where a database is, for people: its password is hidden, and so is what follows a C{?}."""
    return url.set(query={}).render_as_string(hide_password=True)


class Database:
    """
    A database that need not be there yet, and may go away for a while.

    Every method raises L{DatabaseError} where it cannot be used.

    @ivar place: where it is; without a password.
    """

    def __init__(self, url: URL) -> None:
        self.place = shown(url)
        self._url = url
        self._engine = _make_engine(url)
        self._writing = self._engine.execution_options(writing=True)

    def prepare(self) -> None:
        """Make the tables that are not there; who only reads need not be allowed to."""
        for _ in METADATA.tables:
            if self._is_prepared():
                return
            try:
                with self.writing() as connection:
                    METADATA.create_all(connection)
            except DatabaseError as error:
                # Servers do not keep others from making the same at the same time.
                if "already exists" not in str(error):
                    raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of everything."""
        with _explained(self.place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are made all together, or not at all."""
        with _explained(self.place), self._writing.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _is_prepared(self) -> bool:
        with _explained(self.place):
            if self._url.get_backend_name() == "sqlite":
                directory = Path(str(self._url.database)).parent
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return METADATA.tables.keys() <= {*inspect(self._engine).get_table_names()}


def upsert(connection: Connection, table: Table) -> Insert:
    """An insertion of rows; those that are there get the new values beside the same primary key."""
    keys = list(table.primary_key)
    names = [column.name for column in table.columns if column not in keys]
    if connection.dialect.name in SERVERS:
        into = mysql.insert(table)
        # One has to change something.
        same = {column.name: column for column in keys}
        return into.on_duplicate_key_update({name: into.inserted[name] for name in names} or same)
    other = sqlite.insert(table)
    if not names:
        return other.on_conflict_do_nothing()
    return other.on_conflict_do_update(
        index_elements=keys, set_={name: other.excluded[name] for name in names}
    )


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseError(f"{place}: {_reason(error)}") from error
    # PyMySQL lacks a package, or a directory cannot be made.
    except (RuntimeError, OSError) as error:
        raise DatabaseError(f"{place}: {error}") from error


def _reason(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None) or error
    # Drivers of servers give a number and a text.
    return str(original.args[-1] if original.args else original) or type(original).__name__


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": PATIENCE})
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begin)
        return engine
    waits = {f"{what}_timeout": PATIENCE for what in ("connect", "read", "write")}
    return create_engine(
        url,
        connect_args={"charset": "utf8mb4", **waits},
        # Two scanners that write other rows do not wait for each other then.
        isolation_level="READ COMMITTED",
        # A connection that has died meanwhile is noticed, and made anew.
        pool_pre_ping=True,
    )


def _connected(connection: Any, record: Any) -> None:
    # A process that is killed loses nothing.
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    # Whoever first reads and then writes would be refused, and not wait, if somebody else
    # has written meanwhile.
    writes = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
