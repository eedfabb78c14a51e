"""L{netsim.dsisocket.shell}; with git itself in C{tests.integration.test_host_commands}."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.shell import checkout, mongo_shell, path_word
from netsim.dsisocket.steps import Checkout, MongoShell

HOSTILE = 'it\'s "$(touch /tmp/never)" `id` \\ ; & | > * \n {x} é'


class ShellTestCase(SynchronousTestCase):
    """Runs scripts by bash, in a directory of the test's own that is the home, too."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        (self.home / "tmp").mkdir()

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.home}:{os.environ['PATH']}"
        environment = {"HOME": str(self.home), "PATH": path, "TMPDIR": str(self.home / "tmp")}
        return subprocess.run(
            ["bash", "-c", script], cwd=self.home, env=environment, capture_output=True, text=True
        )

    def program(self, name: str, script: str) -> None:
        """Put a program on the path."""
        (self.home / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.home / name).chmod(0o700)


class PathTests(ShellTestCase):
    """Paths in scripts."""

    def test_path(self) -> None:
        """All is as it was written, but the home directory."""
        for path, expected in [
            ("a b", "a b"),
            ("~", str(self.home)),
            ("~/a b", f"{self.home}/a b"),
            ("~/", f"{self.home}/"),
            ("~nobody", "~nobody"),
            ("a/~/b", "a/~/b"),
            ("$HOME", "$HOME"),
            (HOSTILE, HOSTILE),
        ]:
            self.assertEqual(expected, self.bash(f"printf %s {path_word(path)}").stdout)


class CheckoutTests(ShellTestCase):
    """What git is asked, and what is not touched."""

    def test_clone(self) -> None:
        """Where nothing is, git clones, and never asks a question."""
        self.program("git", 'printf "%s\\n" "$GIT_TERMINAL_PROMPT" "$@"; mkdir -p here')
        said = self.bash(checkout(Checkout("ssh://host/repo", "here", "v1"))).stdout
        expected = ["0", "clone", "--quiet", "--no-checkout", "--", "ssh://host/repo", "here"]
        self.assertEqual(expected, said.splitlines()[:7])

    def test_verbose(self) -> None:
        """Only then git is not quiet."""
        self.assertIn("quiet=\n", checkout(Checkout("a", "b", verbose=True)))
        self.assertIn("quiet=--quiet\n", checkout(Checkout("a", "b")))

    def test_hostile(self) -> None:
        """Whatever the command holds is given to git as it is."""
        self.program("git", 'printf "%s\\0" "$@" >>calls; exit 3')
        repo = Checkout(HOSTILE, HOSTILE.replace("/", "_"), HOSTILE)
        self.assertEqual(3, self.bash(checkout(repo)).returncode)
        said = (self.home / "calls").read_text().split("\0")
        self.assertEqual([HOSTILE, HOSTILE.replace("/", "_")], said[4:6])

    def test_other(self) -> None:
        """A directory that is something else is left as it is."""
        self.program("git", "echo called")
        (self.home / "data").mkdir()
        (self.home / "data/file").touch()
        ran = self.bash(checkout(Checkout("a", "data")))
        self.assertEqual((1, ""), (ran.returncode, ran.stdout))
        self.assertEqual("data is there, and is no git repository\n", ran.stderr)


class MongoShellTests(ShellTestCase):
    """The script is a file while the shell runs."""

    def setUp(self) -> None:
        super().setUp()
        self.program("mongo", 'printf "%s\\0" "${@:1:$#-1}"; stat -c %a "${@: -1}"; cat "${@: -1}"')

    def test_script(self) -> None:
        """It gets the script word for word, in a file that nobody else may read."""
        ran = self.bash(mongo_shell("mongo --quiet", MongoShell(HOSTILE)))
        self.assertEqual((0, ""), (ran.returncode, ran.stderr))
        self.assertEqual(f"--quiet\x00600\n{HOSTILE}", ran.stdout)

    def test_connection_string(self) -> None:
        """It comes before the file."""
        ran = self.bash(mongo_shell("mongo", MongoShell("", HOSTILE)))
        self.assertEqual(f"{HOSTILE}\x00600\n", ran.stdout)

    def test_removed(self) -> None:
        """The file is gone afterwards, and the shell's status is kept."""
        for status in (0, 7):
            self.program("mongo", f"exit {status}")
            self.assertEqual(status, self.bash(mongo_shell("mongo", MongoShell("x"))).returncode)
            self.assertEqual([], os.listdir(self.home / "tmp"))

    def test_killed(self) -> None:
        """So it is when the script is killed."""
        self.program("mongo", "kill $PPID")
        self.assertEqual(-15, self.bash(mongo_shell("mongo", MongoShell("x"))).returncode)
        self.assertEqual([], os.listdir(self.home / "tmp"))
