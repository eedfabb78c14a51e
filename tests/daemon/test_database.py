"""Tests for L{netsim.daemon.database}."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.database import APPLICATION, FORMAT, explained, open_database, transaction
from netsim.errors import DatabaseError


class DatabaseTestCase(SynchronousTestCase):
    """A test with a directory of its own."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "history.sqlite"

    def check_refused(self, reason: str, path: Path | None = None) -> None:
        """It cannot be opened, for this reason, and stays as it is."""
        path = path or self.path
        before = path.read_bytes() if path.is_file() else None
        with self.assertRaises(DatabaseError) as caught:
            open_database(path).close()
        self.assertTrue(str(caught.exception).startswith(f"{path}: {reason}"), caught.exception)
        self.assertEqual(before, path.read_bytes() if path.is_file() else None)


class OpenTests(DatabaseTestCase):
    """Opening a file."""

    def test_new(self) -> None:
        """A new file is made, marked as ours, and can be opened again."""
        open_database(self.path).close()
        self.assertEqual(["history.sqlite"], os.listdir(self.directory))
        with closing(open_database(self.path)) as database:
            for pragma, value in (
                ("application_id", APPLICATION),
                ("user_version", FORMAT),
                ("journal_mode", "wal"),
                ("auto_vacuum", 2),
            ):
                found = database.execute(f"PRAGMA {pragma}").fetchone()
                self.assertEqual((value,), found, pragma)

    def test_private(self) -> None:
        """Nobody else can read a file that was made, nor what is beside it."""
        path = self.directory / "a" / "b" / "history.sqlite"
        with closing(open_database(path)) as database:
            database.execute("INSERT INTO projects (name, last_seen) VALUES ('a', 1)")
            for file in path.parent.iterdir():
                self.assertEqual(0o600, file.stat().st_mode & 0o777, file)
            self.assertEqual(2, len(os.listdir(path.parent)))
        for directory in (path.parent, path.parent.parent):
            self.assertEqual(0o700, directory.stat().st_mode & 0o777, directory)

    def test_keepsRights(self) -> None:
        """Who may read a file or a directory that is there is nothing to us."""
        self.directory.chmod(0o755)
        self.path.touch(0o640)
        self.path.chmod(0o640)
        open_database(self.path).close()
        self.assertEqual(0o640, self.path.stat().st_mode & 0o777)
        self.assertEqual(0o755, self.directory.stat().st_mode & 0o777)

    def test_memory(self) -> None:
        """Without a path no file is made; every one is another."""
        with closing(open_database(None)) as database, closing(open_database(None)) as other:
            database.execute("INSERT INTO projects (name, last_seen) VALUES ('a', 1)")
            self.assertEqual((0,), other.execute("SELECT count(*) FROM projects").fetchone())
        self.assertEqual([], os.listdir(self.directory))

    def test_inUse(self) -> None:
        """Only one daemon can use it."""
        with closing(open_database(self.path)):
            self.check_refused("it is in use by another program (database is locked)")
        open_database(self.path).close()

    def test_inUseByReader(self) -> None:
        """Others, too, find it in use."""
        with closing(open_database(self.path)), closing(sqlite3.connect(self.path, 0)) as other:
            with self.assertRaises(sqlite3.OperationalError) as caught:
                other.execute("SELECT count(*) FROM projects")
            self.assertEqual("database is locked", str(caught.exception))

    def test_noDatabase(self) -> None:
        """A file of something else is left alone."""
        self.path.write_bytes(b"precious " * 1000)
        self.check_refused("it is no database; move it away, and a new one is made (")

    def test_damaged(self) -> None:
        """A file that is not whole is left alone."""
        open_database(self.path).close()
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
        self.check_refused("it is damaged; move it away, and a new one is made (")

    def test_otherProgram(self) -> None:
        """The database of another program is left alone."""
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("CREATE TABLE projects (name TEXT)")
        self.check_refused("it is the database of another program; choose another path")

    def test_otherEmpty(self) -> None:
        """A database of another program is not taken even if it is still empty."""
        for pragma in ("application_id", "user_version"):
            self.path.unlink(missing_ok=True)
            with closing(sqlite3.connect(self.path)) as database:
                database.execute(f"PRAGMA {pragma} = 5")
            self.check_refused("it is the database of another program; choose another path")

    def test_later(self) -> None:
        """The file of a later version is left alone."""
        with closing(open_database(self.path)) as database:
            database.execute(f"PRAGMA user_version = {FORMAT + 1}")
        self.check_refused("a later netsim has made it (format 2; this one knows 1); move it")

    def test_noFile(self) -> None:
        """A directory or a pipe is no file, and nothing waits for it."""
        os.mkfifo(self.directory / "pipe")
        self.check_refused("it is no file", self.directory / "pipe")
        self.check_refused("it is no file", self.directory)

    def test_noDirectory(self) -> None:
        """A directory that cannot be made is named by the path."""
        self.path.touch()
        self.check_refused("Not a directory", self.path / "a" / "b")

    def test_interrupted(self) -> None:
        """A file that was made, but not filled, is as good as a new one."""
        self.path.touch()
        open_database(self.path).close()
        self.path.unlink()
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA journal_mode = WAL")
        with closing(open_database(self.path)) as database:
            self.assertEqual((0,), database.execute("SELECT count(*) FROM logs").fetchone())


class ExplainedTests(DatabaseTestCase):
    """Errors in words."""

    def check(self, expected: str, error: Exception, path: Path | None) -> None:
        with self.assertRaises(DatabaseError) as caught, explained(path):
            raise error
        self.assertEqual(expected, str(caught.exception))

    def test_sentences(self) -> None:
        """The path comes first, then the reason, then what SQLite says."""
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL  # type: ignore[misc]
        path = Path("/a/b")
        self.check("/a/b: there is no room for it (database or disk is full)", error, path)
        self.check("in memory: out of memory", sqlite3.OperationalError("out of memory"), None)
        self.check("/a/b: Permission denied", PermissionError(13, "Permission denied"), path)

    def test_extended(self) -> None:
        """Codes that tell more belong to those that tell less."""
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED  # type: ignore[misc]
        expected = "/a: it cannot be written (attempt to write a readonly database)"
        self.check(expected, error, Path("/a"))

    def test_others(self) -> None:
        """What is no fault of the database stays what it is."""
        with self.assertRaises(ValueError), explained(None):
            raise ValueError

    def test_full(self) -> None:
        """A database that may not grow says so."""
        with closing(open_database(None)) as database:
            [pages] = database.execute("PRAGMA page_count").fetchone()
            database.execute(f"PRAGMA max_page_count = {pages}")
            with self.assertRaises(DatabaseError) as caught, explained(None):
                database.execute(
                    "INSERT INTO projects (name, last_seen) VALUES (?, 1)", ["a" * 9999]
                )
        self.assertIn("there is no room for it", str(caught.exception))


class TransactionTests(DatabaseTestCase):
    """All or nothing."""

    def setUp(self) -> None:
        super().setUp()
        self.database = open_database(self.path)
        self.addCleanup(self.database.close)

    def insert(self, name: str) -> None:
        self.database.execute("INSERT INTO projects (name, last_seen) VALUES (?, 1)", [name])

    def names(self) -> list[str]:
        return [name for [name] in self.database.execute("SELECT name FROM projects")]

    def test_commit(self) -> None:
        """What was done stays when the file is opened again."""
        with transaction(self.database):
            self.insert("a")
        self.database.close()
        self.database = open_database(self.path)
        self.assertEqual(["a"], self.names())

    def test_rollback(self) -> None:
        """What was begun is undone, and the next transaction can begin."""
        with self.assertRaises(sqlite3.IntegrityError), transaction(self.database):
            self.insert("a")
            self.insert("a")
        self.assertEqual([], self.names())
        with transaction(self.database):
            self.insert("b")
        self.assertEqual(["b"], self.names())

    def test_ended(self) -> None:
        """The error stays what it was, where the transaction has ended by itself."""
        with self.assertRaises(KeyError), transaction(self.database):
            self.database.execute("ROLLBACK")
            raise KeyError
