"""Runs generated scripts in a directory of a test, with programs that only pretend."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from attrs import evolve

from netsim.dsisocket.model import Node

NODE = Node(f"rs0-{os.getpid()}", "mongod", "mongod.0", 1, "true")
"""
A node of these tests only, which may run several times at once.

Nobody listens on its port.
"""
HOSTILE = 'a\' b\n"c" $(touch pwned) `touch pwned` ; touch pwned # \\ *'
"""What bash makes a lot of, unless it is quoted."""


def node(**changes: Any) -> Node:
    """A node that is different in this."""
    return evolve(NODE, **changes)


class Bash:
    """
    Runs scripts.

    @ivar directory: where they run.
    @ivar home: what they take for the home directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.home = self.directory / "home/me"
        self._programs = self.directory / "programs"
        for path in (self.home, self._programs):
            path.mkdir(parents=True)

    def program(self, name: str, text: str) -> None:
        """Put a program of that name before that of the system."""
        path = self._programs / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def run(self, script: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """
        Run a script; its notes are kept in the test's directory.

        What it says of L{NODE} it says of C{rs0-a}.
        """
        notes = "notes=/tmp/netsim-nodes-$UID\n"
        assert notes in script
        environment = {"HOME": str(self.home), "PATH": f"{self._programs}:{os.environ['PATH']}"}
        ran = subprocess.run(
            ["bash", "-c", script.replace(notes, "notes=$PWD/notes\n")],
            cwd=self.directory,
            env=environment,
            capture_output=True,
            text=True,
            **more,
        )
        ran.stdout, ran.stderr = (
            text.replace(NODE.id, "rs0-a") for text in (ran.stdout, ran.stderr)
        )
        return ran

    @property
    def is_unharmed(self) -> bool:
        """Whether nothing of L{HOSTILE} was taken for a command."""
        return not list(self.directory.rglob("pwned"))
