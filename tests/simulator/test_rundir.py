"""Tests for L{netsim.simulator.rundir}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import HostError
from netsim.rundir import make_run_directory
from netsim.simulator.rundir import socket_path, sockets


class SocketPathTests(SynchronousTestCase):
    def test_socket(self) -> None:
        """A socket has the number of its process."""
        self.assertEqual(Path("/run/simulator-12.sock"), socket_path(Path("/run"), 12))

    def test_long(self) -> None:
        """A path that no socket can have is told, and what helps; the longest one is not."""
        name = "/simulator-1.sock"
        socket_path(Path("/" + "x" * (106 - len(name))), 1)
        error = self.assertRaises(HostError, socket_path, Path("/" + "x" * (107 - len(name))), 1)
        self.assertIn("at most 107 bytes; NETSIM_RUN_DIR", str(error))


class SocketsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()

    def test_sockets(self) -> None:
        """Processes are listed by their numbers; other files are passed over."""
        self.assertEqual([], list(sockets(self.directory)))
        make_run_directory(self.directory)
        names = ["simulator-10.sock", "simulator-9.sock", "simulator-x.sock", "device.log"]
        for name in names:
            (self.directory / name).touch()
        expected = [(9, self.directory / names[1]), (10, self.directory / names[0])]
        self.assertEqual(expected, list(sockets(self.directory)))

    def test_untrusted(self) -> None:
        """Whoever else can write there might answer in their place."""
        make_run_directory(self.directory)
        self.directory.chmod(0o770)
        error = self.assertRaises(HostError, list, sockets(self.directory))
        self.assertIn("other users may write to it", str(error))
