"""Tests for L{netsim.rundir}."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError
from netsim.rundir import StartLock, make_run_directory, run_directory


class WhereTests(SynchronousTestCase):
    def test_order(self) -> None:
        """The user's own, then the one of the session, then one below the temporary files."""
        both = {"NETSIM_RUN_DIR": "own", "XDG_RUNTIME_DIR": "/run/user/1"}
        self.assertEqual(Path.cwd() / "own", run_directory(both))
        self.assertEqual(Path("/run/user/1/netsim"), run_directory({**both, "NETSIM_RUN_DIR": ""}))
        temporary = Path(tempfile.gettempdir(), f"netsim-{os.getuid()}")
        self.assertEqual(temporary, run_directory({}))


class DirectoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()

    def refused(self) -> str:
        """Why it is not used."""
        return str(self.assertRaises(HostError, make_run_directory, self.directory))

    def test_made(self) -> None:
        """It is made for its user alone; one that is there stays as it is."""
        make_run_directory(self.directory / "inner")
        self.assertEqual(0o700, (self.directory / "inner").stat().st_mode & 0o777)
        self.directory.chmod(0o755)
        make_run_directory(self.directory)
        self.assertEqual(0o755, self.directory.stat().st_mode & 0o777)

    def test_open(self) -> None:
        """One in which others may write is refused."""
        for mode in (0o770, 0o707):
            self.directory.mkdir(exist_ok=True)
            self.directory.chmod(mode)
            self.assertIn("other users may write to it", self.refused())

    def test_foreign(self) -> None:
        """So is one that belongs to somebody else."""
        self.directory.mkdir(mode=0o700)
        self.patch(os, "getuid", lambda: 12345)
        self.assertIn("it belongs to another user; NETSIM_RUN_DIR", self.refused())

    def test_link(self) -> None:
        """So is a link, which its owner could turn elsewhere."""
        inner = self.directory.with_name("inner")
        inner.mkdir(mode=0o700)
        self.directory.symlink_to(inner)
        self.assertIn("it is no directory", self.refused())

    def test_impossible(self) -> None:
        """What the system says is told."""
        self.directory.write_text("")
        error = self.assertRaises(HostError, make_run_directory, self.directory / "inner")
        self.assertIn("Not a directory; NETSIM_RUN_DIR can name another", str(error))


class LockTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        make_run_directory(self.directory)

    def lock(self, name: str = "x.lock") -> StartLock:
        lock = StartLock(self.directory, name)
        self.addCleanup(lock.release)
        return lock

    def test_lock(self) -> None:
        """One has it at a time."""
        one, other = StartLock(self.directory, "x.lock"), self.lock()
        self.assertTrue(one.acquire())
        self.assertFalse(other.acquire())
        one.release()
        self.assertTrue(other.acquire())

    def test_names(self) -> None:
        """Those of different names do not meet."""
        self.assertTrue(self.lock("x.lock").acquire())
        self.assertTrue(self.lock("y.lock").acquire())

    def test_copies(self) -> None:
        """One that another process has as well, as after a fork, is given back all the same."""
        one, other = StartLock(self.directory, "x.lock"), self.lock()
        self.assertTrue(one.acquire())
        copy = os.dup(one._file.fileno())
        self.addCleanup(os.close, copy)
        one.release()
        self.assertTrue(other.acquire())
