"""Tests for L{netsim.datanode.hub.files}."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import files
from netsim.datanode.hub.files import (
    check_private,
    create_private,
    make_directory,
    replace_private,
)
from netsim.errors import HostError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class FilesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.path = self.directory / "file"

    def test_directory(self) -> None:
        """It is made with all above it, for this user; one that is there is left as it is."""
        deep = self.directory / "a" / "b"
        make_directory(deep)
        self.assertEqual(mode(deep), 0o700)
        deep.chmod(0o750)
        make_directory(deep)
        self.assertEqual(mode(deep), 0o750)

    def test_no_directory(self) -> None:
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self.directory.write_text("a file")
        error = self.assertRaises(HostError, make_directory, self.directory)
        self.assertEqual(str(error), f"{self.directory}: File exists")

    def test_directory_of_others(self) -> None:
        """It may be there, and not be written to."""
        make_directory(self.directory)
        self.patch(files.os, "access", lambda path, how: False)
        error = self.assertRaises(HostError, make_directory, self.directory)
        self.assertIn("may not write to it", str(error))

    def test_create(self) -> None:
        """Whatever the umask is, others cannot read it; it takes the place of none."""
        make_directory(self.directory)
        self.addCleanup(os.umask, os.umask(0))
        create_private(self.path, b"one")
        self.assertEqual(mode(self.path), 0o600)
        self.assertRaises(FileExistsError, create_private, self.path, b"two")
        self.assertEqual(self.path.read_bytes(), b"one")
        missing = self.directory / "x" / "y"
        error = self.assertRaises(HostError, create_private, missing, b"")
        self.assertEqual(str(error), f"{missing}: No such file or directory")

    def test_replace(self) -> None:
        """One that everybody could read becomes private; what was left half written is no harm."""
        make_directory(self.directory)
        self.path.write_text("one")
        (self.directory / "file.new").write_text("half")
        replace_private(self.path, b"two")
        self.assertEqual(self.path.read_bytes(), b"two")
        self.assertEqual(mode(self.path), 0o600)
        self.assertEqual(list(self.directory.iterdir()), [self.path])

    def test_replace_fails(self) -> None:
        make_directory(self.directory)
        self.path.mkdir()
        error = self.assertRaises(HostError, replace_private, self.path, b"two")
        self.assertEqual(str(error), f"{self.path}: {os.strerror(errno.EISDIR)}")

    def test_check(self) -> None:
        make_directory(self.directory)
        create_private(self.path, b"")
        check_private(self.path)
        for bad in (0o604, 0o640):
            self.path.chmod(bad)
            error = self.assertRaises(HostError, check_private, self.path)
            self.assertIn(f"chmod 600 {self.path}", str(error))
        self.path.unlink()
        self.assertRaises(HostError, check_private, self.path)
