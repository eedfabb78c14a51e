"""Tests for L{netsim.pytest_plugin}: pytest itself runs the tests of users."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points

from attrs import frozen

from netsim import pytest_plugin
from tests.script.files import ScriptFilesTestCase, exchange, named

CLIENT = """
import socket

def ask(server, words):
    with socket.create_connection((server.host, server.port), 20) as connection:
        connection.sendall(words)
        return connection.makefile("rb").read()
"""

FINE = """
from client import ask

def test_played(netsim_serve):
    assert ask(netsim_serve("main.json"), b"hello\\n") == b"world\\n"

def test_several(netsim_serve):
    servers = [netsim_serve("main.json") for _ in range(2)]
    assert [ask(server, b"hello\\n") for server in servers] == [b"world\\n"] * 2

def test_options(netsim_serve):
    netsim_serve("main.json", allow_incomplete=True)

def test_unused(netsim_serve):
    pass

def test_without():
    pass
"""

WRONG = """
import pytest
from client import ask

def test_differs(netsim_serve):
    ask(netsim_serve("main.json"), b"help\\n")

def test_own(netsim_serve):
    ask(netsim_serve("main.json"), b"help\\n")
    assert "own" == "failure"

def test_several(netsim_serve):
    ask(netsim_serve("main.json"), b"help\\n")
    ask(netsim_serve("main.json"), b"halt\\n")

def test_nobody(netsim_serve):
    netsim_serve("main.json")

def test_refused(netsim_serve):
    netsim_serve("refused.json")

left = []

@pytest.fixture
def broken(netsim_serve):
    left.append(netsim_serve("main.json"))
    raise OSError("broken")

def test_broken(broken):
    pass

def test_after(netsim_serve):
    with pytest.raises(ConnectionRefusedError):
        ask(left[0], b"hello\\n")
    ask(netsim_serve("main.json"), b"hello\\n")
"""


@frozen
class Run:
    """
    What came of a run of pytest.

    @ivar outcomes: one word for each test.
    @ivar reports: what is told of each test that has failed.
    """

    status: int
    outcomes: dict[str, str]
    reports: dict[str, str]


class PluginTests(ScriptFilesTestCase):
    """The fixture C{netsim_serve}."""

    def run_pytest(self, tests: str) -> Run:
        """Run these tests, in a directory of their own."""
        self.write(self.main.name, {"recorded_script": exchange("hello\n", "world\n")})
        self.write("refused.json", {"recorded_script": named("nobody")})
        (self.directory / "client.py").write_text(CLIENT)
        (self.directory / "test_it.py").write_text(tests)
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "test_it.py"],
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
        )
        outcomes = re.findall(r"^test_it\.py::test_(\w+) ([A-Z]+)", ended.stdout, re.MULTILINE)
        body = ended.stdout.partition("short test summary")[0]
        reports = re.split(r"^_+ (?:ERROR at setup of )?test_(\w+) _+$", body, flags=re.MULTILINE)
        return Run(
            ended.returncode,
            dict(outcomes),
            dict(zip(reports[1::2], reports[2::2], strict=True)),
        )

    def test_installed(self) -> None:
        """The fixture comes with the package."""
        [plugin] = entry_points(group="pytest11", name="netsim")
        self.assertIs(pytest_plugin, plugin.load())

    def test_fine(self) -> None:
        """Tests pass whose clients do what the script says."""
        run = self.run_pytest(FINE)
        passed = ("played", "several", "options", "unused", "without")
        self.assertEqual(Run(0, dict.fromkeys(passed, "PASSED"), {}), run)

    def test_wrong(self) -> None:
        """Others fail, and tell what was wrong; those after them are not touched."""
        run = self.run_pytest(WRONG)
        failed = ("differs", "own", "several", "nobody", "refused")
        others = {"broken": "ERROR", "after": "PASSED"}
        self.assertEqual((1, dict.fromkeys(failed, "FAILED") | others), (run.status, run.outcomes))
        self.check_told(run, "differs", r"wanted    hello\n", r"received  help\n")
        self.check_told(
            run, "own", "assert 'own' == 'failure'", "Captured netsim call", r"received  help\n"
        )
        self.check_told(run, "several", r"received  help\n", r"received  halt\n")
        self.check_told(run, "nobody", "no client has connected")
        self.check_told(run, "refused", "refused.json: recorded_script", "script 'nobody'")
        self.check_told(run, "broken", "OSError: broken")
        for name in ("differs", "nobody", "refused"):
            self.assertNotIn("Traceback", run.reports[name])
            self.assertNotIn(".py:", run.reports[name])

    def check_told(self, run: Run, test: str, *words: str) -> None:
        """What is told of a test contains all of this."""
        for word in words:
            self.assertIn(word, run.reports[test])
