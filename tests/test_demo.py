"""Tests for L{netsim.demo}, run as C{make demo} does."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.demo import DATA_SIZE, PAGE, PATIENCE


@cache
def demo() -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Where it ran, after another one, and what came of it."""
    directory = Path("demo-test").resolve()
    (directory / "demo").mkdir(parents=True)
    (directory / "demo" / "session-1.json").write_text("an earlier one")
    command = [sys.executable, "-m", "netsim.demo"]
    ended = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=2 * PATIENCE
    )
    return directory, ended


class DemoTests(SynchronousTestCase):
    """The main job, with real programs."""

    def setUp(self) -> None:
        self.directory, self.ended = demo()
        self.files = self.directory / "demo"

    def told(self, pattern: str) -> list[str]:
        """What is told in all places that match."""
        return re.findall(pattern, self.ended.stdout, re.MULTILINE)

    def test_ends(self) -> None:
        """It goes well, quietly."""
        self.assertEqual((0, ""), (self.ended.returncode, self.ended.stderr), self.ended.stdout)

    def test_parts(self) -> None:
        """Its parts come in their order, with the commands that the user can repeat."""
        self.assertEqual(["1", "2", "3", "4"], self.told(r"^(\d)\. "))
        self.assertEqual(
            ["netsim-proxy", "netsim-replay", "netsim-replay"],
            self.told(r"twistd (?:--reactor=uv )?-n (\S+) "),
        )

    def test_recorded(self) -> None:
        """It tells the exchanges and the bytes, and the files where they are."""
        [(up, down)] = self.told(r"Recorded: 2 exchanges, (\d+) bytes up, (\d+) bytes down")
        self.assertGreater(int(down), len(PAGE) + DATA_SIZE)
        self.assertGreater(int(up), 100)
        files = self.told(r"File: +(\S+), (\d+) bytes")
        self.assertEqual(
            [str((self.directory / path).stat().st_size) for path, _ in files],
            [size for _, size in files],
        )
        self.assertEqual("demo/session-1.json", files[0][0])
        self.assertEqual(1, len(files[1:]))

    def test_replayed(self) -> None:
        """The client gets from the replay what it got from the server, byte by byte."""
        data = (self.files / "site" / "data.bin").read_bytes()
        expected = [(str(len(data)), hashlib.sha1(data).hexdigest())]
        self.assertEqual(expected * 2, self.told(r"data\.bin: (\d+) bytes, SHA-1 (\w+)"))

    def test_verdicts(self) -> None:
        """The same client passes; another one is found out."""
        self.assertEqual(["0", "1"], self.told(r"Verdict: +exit status (\d+)"))
        self.assertEqual(["2"], self.told(r"played to the end, (\d+) exchanges"))
        self.assertEqual(["wanted", "received"], self.told(r"^ +(\w+) +GET /data\.bi[nm] HTTP"))

    def test_leavesNothing(self) -> None:
        """No program of it still runs, and nothing is written beside its directory."""
        running = [
            process.name
            for process in Path("/proc").glob("[0-9]*")
            if str(self.directory) == self.working_directory(process)
        ]
        self.assertEqual([], running)
        self.assertEqual(["demo"], os.listdir(self.directory))

    def working_directory(self, process: Path) -> str:
        """Where it works; empty if it has just ended, or is somebody else's."""
        try:
            return os.readlink(process / "cwd")
        except OSError:
            return ""
