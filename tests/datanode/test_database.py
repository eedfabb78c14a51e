"""Tests for L{netsim.datanode.database}."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from unittest import mock

import pymysql
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import OperationalError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import database
from netsim.datanode.database import Database, read_url, server_url, shown, upsert
from netsim.datanode.tables import DESCRIPTION, SERIES
from netsim.errors import DatabaseError


class UrlTests(SynchronousTestCase):
    def test_files(self) -> None:
        """A path is one of SQLite, absolute or not."""
        for text, path in (("a b.sqlite", "a b.sqlite"), ("/x/y", "/x/y"),
                           ("sqlite:///z.db", "z.db"), ("sqlite:////z.db", "/z.db")):  # fmt: skip
            url = read_url(text, "secret")
            self.assertEqual((url.drivername, url.database, url.password), ("sqlite", path, None))
        self.assertEqual(shown(read_url("/x/y", None)), "sqlite:////x/y")

    def test_servers(self) -> None:
        """Both are spoken to by PyMySQL, whatever the URL names."""
        for kind in ("mysql", "mariadb", "mysql+pymysql", "mariadb+mysqldb"):
            url = read_url(f"{kind}://u@h:3307/files", None)
            self.assertEqual((url.drivername, url.host, url.port), ("mysql+pymysql", "h", 3307))
            self.assertEqual((url.username, url.database), ("u", "files"))

    def test_passwords(self) -> None:
        """That of the URL wins over that of the environment; neither is shown."""
        for text, password in (("mysql://u@h/n", "outer"), ("mysql://u:inn%40er@h/n", "inn@er")):
            url = read_url(text, "outer")
            self.assertEqual(url.password, password)
            self.assertEqual(shown(url), "mysql+pymysql://u:***@h/n")
            self.assertNotIn(password, repr(url))
            self.assertNotIn(password, Database(url).place)
        hidden = read_url("mysql://u@h/n?passwd=s3cret", None)
        self.assertEqual(shown(hidden), "mysql+pymysql://u@h/n")

    def test_parts(self) -> None:
        url = server_url("db", "u", "p@/:", "files")
        self.assertEqual(url.render_as_string(False), "mysql+pymysql://u:p%40%2F%3A@db/files")
        url = server_url("db:3307", "u", None, "files")
        self.assertEqual((url.host, url.port, url.password), ("db", 3307, None))
        self.assertEqual(server_url("::1", "u", None, "f").host, "::1")
        for host in ("db:x", "db:0", "db:65536"):
            self.assertRaises(ValueError, server_url, host, "u", None, "files")

    def test_refused(self) -> None:
        """What netsim has no driver for, or where something is missing."""
        for text in ("postgresql://h/n", "mysql://h", "mysql:///n", "sqlite://", "://", "x://y",
                     "mysql://h:port/n", "sqlite+aiosqlite:///x"):  # fmt: skip
            error = self.assertRaises(ValueError, read_url, text, None)
            self.assertIn("mysql://USER@HOST/NAME", str(error))


class DatabaseTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp()).absolute() / "new" / "x.sqlite"
        self.database = Database(read_url(str(self.path), None))
        self.addCleanup(self.database.close)

    def names(self) -> list[str]:
        with self.database.reading() as connection:
            return [*connection.scalars(select(DESCRIPTION.c.description))]

    def test_prepare(self) -> None:
        """Tables are made where there are none, in a directory that is made; others are kept."""
        self.database.prepare()
        with self.database.writing() as connection:
            connection.execute(insert(DESCRIPTION), [{"description": "a.b"}])
        self.database.prepare()
        self.assertEqual(self.names(), ["a.b"])
        self.assertEqual(self.path.parent.stat().st_mode & 0o777, 0o700)

    def test_prepared_by_others(self) -> None:
        """Tables that somebody else makes at the same time are as good."""
        exists = OperationalError("", {}, pymysql.err.OperationalError(1050, "x already exists"))
        make = database.METADATA.create_all
        some = mock.Mock(side_effect=[exists, exists, None])

        def made(connection: Connection) -> None:
            some()
            make(connection)

        self.patch(database.METADATA, "create_all", made)
        self.database.prepare()
        self.assertEqual(some.call_count, 3)
        self.assertEqual(self.names(), [])

    def test_read_only(self) -> None:
        """Where the tables are, nothing is written."""
        self.database.prepare()
        with self.database.writing():
            Database(read_url(str(self.path), None)).prepare()

    def test_all_or_nothing(self) -> None:
        """What fails has changed nothing, savepoints or not."""
        self.database.prepare()

        def fails() -> None:
            with self.database.writing() as connection:
                with connection.begin_nested():
                    connection.execute(insert(DESCRIPTION), [{"description": "a"}])
                raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, fails)
        self.assertEqual(self.names(), [])

    def test_savepoints(self) -> None:
        """What was begun in the midst is taken back alone."""
        self.database.prepare()
        with self.database.writing() as connection:
            connection.execute(insert(DESCRIPTION), [{"description": "a"}])
            nested = connection.begin_nested()
            connection.execute(insert(DESCRIPTION), [{"description": "b"}])
            nested.rollback()
        self.assertEqual(self.names(), ["a"])

    def test_upsert(self) -> None:
        """A row of the same key is changed, others are added."""
        self.database.prepare()
        row = {"description": "a", "timeline": "t", "type": "number", "period": None}
        with self.database.writing() as connection:
            connection.execute(upsert(connection, SERIES), [row])
            new = [row | {"timeline": "u", "period": 0.1}, row | {"description": "b"}]
            connection.execute(upsert(connection, SERIES), new)
            found = connection.execute(select(SERIES)).all()
        self.assertEqual(
            {tuple(each) for each in found},
            {("a", "u", "number", 0.1), ("b", "t", "number", None)},
        )

    def test_writers_take_turns(self) -> None:
        """One that reads first, and then writes, waits for another writer from the start."""
        self.database.prepare()
        second = threading.Thread(target=self._write)
        with self.database.writing() as connection:
            second.start()
            second.join(0.05)
            self.assertTrue(second.is_alive())
            connection.execute(insert(DESCRIPTION), [{"description": "first"}])
        second.join(10)
        self.assertEqual(self.names(), ["first", "second after 1"])

    def _write(self) -> None:
        with self.database.writing() as connection:
            count = len(connection.execute(select(DESCRIPTION)).all())
            connection.execute(insert(DESCRIPTION), [{"description": f"second after {count}"}])

    def test_readers_do_not_wait(self) -> None:
        """They see what was there before a writer began."""
        self.database.prepare()
        with self.database.writing() as connection:
            connection.execute(insert(DESCRIPTION), [{"description": "a"}])
            self.assertEqual(self.names(), [])

    def test_no_tables(self) -> None:
        """The database is named, and what it says."""
        self.path.parent.mkdir(parents=True)
        error = self.assertRaises(DatabaseError, self.names)
        self.assertEqual(str(error), f"sqlite:///{self.path}: no such table: description")

    def test_no_database(self) -> None:
        self.path.parent.mkdir(parents=True)
        self.path.write_text("this is no database, but a text that is long enough" * 100)
        error = self.assertRaises(DatabaseError, self.database.prepare)
        self.assertEqual(str(error), f"sqlite:///{self.path}: file is not a database")

    def test_no_directory(self) -> None:
        """One that cannot be made."""
        Path(self.path.parent.parent).write_text("a file")
        error = self.assertRaises(DatabaseError, self.database.prepare)
        self.assertIn(str(self.path.parent.parent), str(error))

    def test_locked(self) -> None:
        """Somebody else who does not let go of the file is waited for in vain."""
        self.database.prepare()
        self.patch(database, "PATIENCE", 0.01)
        impatient = Database(read_url(str(self.path), None))
        self.addCleanup(impatient.close)
        other = sqlite3.connect(self.path)
        self.addCleanup(other.close)
        other.execute("BEGIN EXCLUSIVE")
        error = self.assertRaises(DatabaseError, impatient.prepare)
        self.assertIn("database is locked", str(error))

    def test_no_server(self) -> None:
        """A server that does not listen; its password is in no text."""
        away = Database(server_url("db", "u", "s3cret", "files"))
        refused = pymysql.err.OperationalError(2003, "Can't connect")
        with mock.patch("pymysql.connect", side_effect=refused):
            error = self.assertRaises(DatabaseError, away.prepare)
        self.assertEqual(str(error), "mysql+pymysql://u:***@db/files: Can't connect")

    def test_lacking_package(self) -> None:
        """What PyMySQL says where it needs another package is told, too."""
        away = Database(server_url("db", "u", None, "files"))
        with mock.patch("pymysql.connect", side_effect=RuntimeError("needs cryptography")):
            error = self.assertRaises(DatabaseError, away.prepare)
        self.assertIn("needs cryptography", str(error))

    def test_server_statements(self) -> None:
        """On servers an insertion that changes rows is said in their words."""
        connection = mock.Mock()
        connection.dialect = mysql.dialect()
        text = str(upsert(connection, SERIES).compile(dialect=connection.dialect))
        self.assertIn("ON DUPLICATE KEY UPDATE timeline = VALUES(timeline), type = ", text)
        # Where there is nothing but the key, what is there stays.
        text = str(upsert(connection, DESCRIPTION).compile(dialect=connection.dialect))
        self.assertIn("ON DUPLICATE KEY UPDATE description = description.description", text)
