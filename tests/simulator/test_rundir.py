"""Tests for L{netsim.simulator.rundir}."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError
from netsim.simulator.rundir import (
    StartLock,
    make_run_directory,
    run_directory,
    socket_path,
    sockets,
)


class WhereTests(SynchronousTestCase):
    def test_order(self) -> None:
        """The user's own, then the one of the session, then one below the temporary files."""
        both = {"NETSIM_RUN_DIR": "own", "XDG_RUNTIME_DIR": "/run/user/1"}
        self.assertEqual(Path.cwd() / "own", run_directory(both))
        self.assertEqual(Path("/run/user/1/netsim"), run_directory({**both, "NETSIM_RUN_DIR": ""}))
        temporary = Path(tempfile.gettempdir(), f"netsim-{os.getuid()}")
        self.assertEqual(temporary, run_directory({}))

    def test_socket(self) -> None:
        """A socket has the number of its process."""
        self.assertEqual(Path("/run/simulator-12.sock"), socket_path(Path("/run"), 12))

    def test_long(self) -> None:
        """A path that no socket can have is told, and what helps; the longest one is not."""
        name = "/simulator-1.sock"
        socket_path(Path("/" + "x" * (106 - len(name))), 1)
        error = self.assertRaises(HostError, socket_path, Path("/" + "x" * (107 - len(name))), 1)
        self.assertIn("at most 107 bytes; NETSIM_RUN_DIR", str(error))


class DirectoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()

    def refused(self) -> str:
        """Why it is not used, neither by servers nor by those who ask."""
        error = self.assertRaises(HostError, make_run_directory, self.directory)
        self.assertRaises(HostError, list, sockets(self.directory))
        return str(error)

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

    def test_sockets(self) -> None:
        """Processes are listed by their numbers; other files are passed over."""
        self.assertEqual([], list(sockets(self.directory)))
        make_run_directory(self.directory)
        names = ["simulator-10.sock", "simulator-9.sock", "simulator-x.sock", "device.log"]
        for name in names:
            (self.directory / name).touch()
        expected = [(9, self.directory / names[1]), (10, self.directory / names[0])]
        self.assertEqual(expected, list(sockets(self.directory)))


class LockTests(SynchronousTestCase):
    def test_lock(self) -> None:
        """One has it at a time."""
        directory = Path(self.mktemp())
        make_run_directory(directory)
        one, other = StartLock(directory), StartLock(directory)
        self.assertTrue(one.acquire())
        self.assertFalse(other.acquire())
        one.release()
        self.assertTrue(other.acquire())
        other.release()
