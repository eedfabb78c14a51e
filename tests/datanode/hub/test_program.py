"""Tests for L{netsim.datanode.hub.program}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub.program import (
    child_environment,
    find_crossbar,
    install_directory,
    stamp,
)
from netsim.errors import HostError


class ProgramTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.environment = {"HOME": str(self.home), "PATH": str(self.home / "path")}

    def program(self, *parts: str) -> Path:
        path = Path(self.home, *parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o755)
        return path

    def find(self, given: Path | None = None, **environment: str) -> Path:
        return find_crossbar({**self.environment, **environment}, given)

    def test_order(self) -> None:
        """What is nearer to the user counts."""
        error = self.assertRaises(HostError, self.find)
        self.assertIn("`netsim hub install-router`", str(error))
        in_path = self.program("path", "crossbar")
        self.assertEqual(self.find(), in_path)
        installed = self.program(".local", "share", "netsim", "crossbar", "bin", "crossbar")
        self.assertEqual(self.find(), in_path, "it is not complete")
        stamp(install_directory(self.environment)).write_text("")
        self.assertEqual(self.find(), installed)
        variable = self.program("variable")
        self.assertEqual(self.find(NETSIM_CROSSBAR=str(variable)), variable)
        given = self.program("given")
        self.assertEqual(self.find(given, NETSIM_CROSSBAR=str(variable)), given)

    def test_not_there(self) -> None:
        """What the user names has to be there, and a program."""
        self.program("path", "crossbar")
        error = self.assertRaises(HostError, self.find, Path("/nonexistent"))
        self.assertIn("--crossbar: /nonexistent", str(error))
        error = self.assertRaises(HostError, self.find, NETSIM_CROSSBAR=str(self.home))
        self.assertIn(f"NETSIM_CROSSBAR: {self.home}", str(error))
        self.program("text").chmod(0o644)
        self.assertRaises(HostError, self.find, self.home / "text")

    def test_install_directory(self) -> None:
        self.assertEqual(
            install_directory({"XDG_DATA_HOME": "/data", "HOME": "/x"}),
            Path("/data/netsim/crossbar"),
        )
        self.assertEqual(
            install_directory({"XDG_DATA_HOME": "relative", "HOME": "/x"}),
            Path("/x/.local/share/netsim/crossbar"),
        )

    def test_environment(self) -> None:
        """It gets no secret, and nothing that is for another Python."""
        given = {"PATH": "/bin", "LC_ALL": "C", "WAMP_SECRET": "x", "PYTHONPATH": "y"}
        expected = {"PATH": "/bin", "LC_ALL": "C", "PYTHONUNBUFFERED": "1"}
        self.assertEqual(child_environment(given), expected)
