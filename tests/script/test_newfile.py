"""Tests for L{netsim.script.newfile}."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.script.newfile import NewFile, place


def refuse(code: int) -> Callable[..., None]:
    """A system call that always fails with this error."""

    def fail(*args: object, **more: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


class NewFileTests(SynchronousTestCase):
    """A file appears under its name when it is complete."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.path = self.directory / "file"

    def test_publish(self) -> None:
        """All that was written is there, under no other name."""
        with NewFile(self.directory) as new:
            new.file.write(b"contents")
            self.assertFalse(self.path.exists())
            new.publish(self.path)
        self.assertEqual(b"contents", self.path.read_bytes())
        self.assertEqual([self.path], list(self.directory.iterdir()))

    def test_mode(self) -> None:
        """Who may read it is decided by the process's mask, as for every new file."""
        self.addCleanup(os.umask, os.umask(0o027))
        with NewFile(self.directory) as new:
            new.publish(self.path)
        self.assertEqual(0o640, self.path.stat().st_mode & 0o777)

    def test_forget(self) -> None:
        """What was not published leaves nothing, however often it is closed."""
        new = NewFile(self.directory)
        new.file.write(b"contents")
        new.close()
        new.close()
        self.assertEqual([], list(self.directory.iterdir()))

    def test_taken(self) -> None:
        """A name that is taken is left as it is."""
        self.path.write_bytes(b"old")
        with NewFile(self.directory) as new:
            new.file.write(b"contents")
            self.assertRaises(FileExistsError, new.publish, self.path)
        self.assertEqual(b"old", self.path.read_bytes())
        self.assertEqual([self.path], list(self.directory.iterdir()))

    def test_noDirectory(self) -> None:
        """A directory that is not there is told at once."""
        self.assertRaises(FileNotFoundError, NewFile, self.path)


class NamedNewFileTests(NewFileTests):
    """Where files cannot be without a name, it is a hidden one."""

    def setUp(self) -> None:
        super().setUp()
        really, unnamed = os.open, os.O_TMPFILE

        def open_named(path: Path, flags: int, mode: int) -> int:
            if flags & unnamed == unnamed:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
            return really(path, flags, mode)

        self.patch(os, "open", open_named)


class PlaceTests(SynchronousTestCase):
    """A file gets another name at once, and replaces nothing."""

    def setUp(self) -> None:
        directory = Path(self.mktemp())
        directory.mkdir()
        self.old, self.new = directory / "old", directory / "new"
        self.old.write_bytes(b"old")

    def assertRefused(self) -> None:
        self.new.write_bytes(b"new")
        self.assertRaises(FileExistsError, place, self.old, self.new)
        self.assertEqual(b"new", self.new.read_bytes())
        self.assertEqual(b"old", self.old.read_bytes())

    def test_place(self) -> None:
        """Both names lead to the file."""
        place(self.old, self.new)
        self.assertTrue(self.old.samefile(self.new))

    def test_taken(self) -> None:
        """A name that is taken is left as it is."""
        self.assertRefused()

    def test_noLinks(self) -> None:
        """Where the file system has no hard links the file is renamed."""
        self.patch(os, "link", refuse(errno.EPERM))
        place(self.old, self.new)
        self.assertEqual(b"old", self.new.read_bytes())
        self.assertFalse(self.old.exists())

    def test_noLinksTaken(self) -> None:
        """A name that is taken is left as it is there, too."""
        self.patch(os, "link", refuse(errno.EPERM))
        self.assertRefused()
