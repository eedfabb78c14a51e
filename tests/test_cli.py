"""Tests for L{netsim.cli}."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.metadata import entry_points, version
from io import StringIO
from pathlib import Path

from twisted.application.service import IService
from twisted.trial.unittest import SynchronousTestCase

from netsim import process
from netsim.cli import COMMANDS, SIMULATOR, _use, main
from netsim.proxy.service import ProxyService
from netsim.replay.service import ReplayService
from netsim.simulator.service import SimulatorService
from tests.command import Ended, netsim
from tests.script.files import ScriptFilesTestCase, compound, exchange

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-c", "from netsim.cli import main; main()"]
EVERY = [*([name] for name in COMMANDS), *(["simulator", name] for name in SIMULATOR)]
"""The words of each command."""


class OptionsTests(SynchronousTestCase):
    """What the command line may be, and what is said where it is not."""

    def check_refused(self, complaint: str, *words: str) -> None:
        """One sentence on stderr, nothing on stdout, and status 1."""
        self.assertEqual(Ended(1, "", f"{complaint}\n"), netsim(*words))

    def test_installed(self) -> None:
        """The package comes with the program."""
        [program] = entry_points(group="console_scripts", name="netsim")
        self.assertIs(main, program.load())

    def test_noCommand(self) -> None:
        """Without a command, all that there are are named."""
        services = "record, replay, simulator, dsisocket, daemon, hub, node, grafana, scanner"
        commands = f"{services}, dsi, show, diff, verify, recover"
        self.check_refused(f"netsim: expected a command: {commands}")
        commands = "list, describe, start, status, stop"
        self.check_refused(f"netsim simulator: expected a command: {commands}", "simulator")

    def test_unknown(self) -> None:
        """A command or an option that is not there is named."""
        self.check_refused("netsim: Unknown command: play", "play")
        self.check_refused("netsim: option --loud not recognized", "--loud")
        self.check_refused("netsim show: option --loud not recognized", "show", "--loud")
        self.check_refused("netsim simulator: Unknown command: play", "simulator", "play")
        complaint = "netsim simulator stop: option --loud not recognized"
        self.check_refused(complaint, "simulator", "stop", "--loud")

    def test_missing(self) -> None:
        """What a command needs is named, with the command."""
        for complaint in (
            "netsim record: --remote: the address of the real server is missing",
            "netsim replay: --input: the script file is missing",
            "netsim show: expected FILE [options]",
            "netsim diff: expected A B [options]",
            "netsim verify: expected FILE... [options]",
        ):
            self.check_refused(complaint, complaint.split()[1].rstrip(":"))

    def test_excess(self) -> None:
        """Nor are there more files than a command takes."""
        self.check_refused("netsim show: expected FILE [options]", "show", "a", "b")
        self.check_refused("netsim diff: expected A B [options]", "diff", "a", "b", "c")

    def test_value(self) -> None:
        """A value that cannot be used is told with its option, and with what was expected."""
        expected = "expected none, recorded or a factor such as 0.5"
        complaint = f"netsim replay: --timing: 'slow' cannot be used: {expected}"
        self.check_refused(complaint, "replay", "--timing=slow")

    def test_help(self) -> None:
        """C{--help} lists the commands, and gives an example."""
        for group, commands, example in (
            ([], COMMANDS, "netsim record -r "),
            (["simulator"], SIMULATOR, "netsim simulator start -s "),
        ):
            ended = netsim(*group, "--help")
            self.assertEqual((0, ""), (ended.status, ended.stderr))
            for name, (_, _, what) in commands.items():
                self.assertRegex(ended.stdout, rf"(?m)^    {name} +{what}$")
            self.assertIn(f"Example:\n    {example}", ended.stdout)

    def test_helpOfCommands(self) -> None:
        """So does that of each command."""
        for words in EVERY:
            ended = netsim(*words, "--help")
            self.assertEqual((0, ""), (ended.status, ended.stderr))
            command = f"netsim {' '.join(words)}"
            self.assertRegex(ended.stdout, rf"\AUsage: {command}( \S.*)?\n")
            if words != ["simulator"]:
                self.assertRegex(ended.stdout, rf"\nExample:\n    {command} .+\n\n\Z")

    def test_version(self) -> None:
        """C{--version} is the same everywhere."""
        told = Ended(0, f"netsim {version('netsim')}\n", "")
        for words in [], *EVERY:
            self.assertEqual(told, netsim(*words, "--version"))


class ServiceTests(SynchronousTestCase):
    """Services are run as their plugins make them."""

    def run_service(self, *words: str) -> IService:
        """The one service that is handed to the runner."""
        services: list[IService] = []
        self.patch(process, "run", services.append)
        self.assertEqual(Ended(0, "", ""), netsim(*words))
        [service] = services
        return service

    def test_record(self) -> None:
        """C{netsim record} is C{netsim-proxy}."""
        service = self.run_service("record", "-r", "localhost:5025")
        self.assertIsInstance(service, ProxyService)
        self.assertEqual("netsim-proxy", service.name)

    def test_replay(self) -> None:
        """C{netsim replay} is C{netsim-replay}; the test command keeps its own options."""
        service = self.run_service("replay", "-i", "session-1.json", "client", "--help")
        self.assertIsInstance(service, ReplayService)
        self.assertEqual("netsim-replay", service.name)

    def test_simulator(self) -> None:
        """C{netsim simulator start} is C{netsim-simulator}."""
        service = self.run_service("simulator", "start", "-s", "active_surface")
        self.assertIsInstance(service, SimulatorService)
        self.assertEqual("netsim-simulator", service.name)


class StatusTests(ScriptFilesTestCase):
    """How a tool ends."""

    def test_done(self) -> None:
        """One that has nothing to complain about ends with 0."""
        file = self.write("a.json", {"recorded_script": exchange("a", "b")})
        self.assertEqual(Ended(0, "no difference\n", ""), netsim("diff", file, file))

    def test_found(self) -> None:
        """One that has found something wrong says so on stdout, and ends with 1."""
        file = self.write("a.json", {"recorded_script": {"type": "dance"}})
        ended = netsim("verify", file)
        self.assertEqual((1, ""), (ended.status, ended.stderr))
        self.assertIn("dance", ended.stdout)

    def test_impossible(self) -> None:
        """One that cannot do its work says why on stderr, and ends with 1."""
        missing = f"{self.main}: cannot be read: No such file or directory\n"
        self.assertEqual(Ended(1, "", missing), netsim("show", self.main))


class Interrupted:
    """A tool that has begun something when Ctrl-C comes, wherever that meets it."""

    def __init__(self) -> None:
        self.log: list[object] = []

    def run(self) -> Iterator[str]:
        begun = self.begin()
        yield next(begun)
        raise KeyboardInterrupt

    def begin(self) -> Iterator[str]:
        try:
            yield "begun"
        finally:
            self.log.append("ended")


class InterruptTests(SynchronousTestCase):
    """What Ctrl-C does to a tool."""

    def test_ended(self) -> None:
        """All that it had begun has ended when the command does."""
        tool = Interrupted()
        self.patch(sys, "exit", tool.log.append)
        with redirect_stdout(StringIO()) as stdout:
            _use(tool)
        self.assertEqual(["ended", 130], tool.log)
        self.assertEqual("begun\n", stdout.getvalue())


class StdoutTests(ScriptFilesTestCase):
    """Real processes, whose stdout takes less than they have to say."""

    def setUp(self) -> None:
        super().setUp()
        long = compound(*(exchange(f"{number}\n", "answer\n") for number in range(10_000)))
        self.write(self.main.name, {"recorded_script": long})

    def start(self, stdout: int, *words: str, buffered: bool) -> subprocess.Popen[str]:
        """Run it with this as its stdout."""
        running = subprocess.Popen(
            [*PROGRAM, *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "" if buffered else "1"},
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)
        return running

    def ended(self, running: subprocess.Popen[str]) -> tuple[int, str]:
        """Its status, and what it complained about."""
        _, stderr = running.communicate(timeout=20)
        return running.returncode, stderr

    def test_seenEnough(self) -> None:
        """A reader that leaves after the first line, such as C{head -1}, is no error."""
        running = self.start(subprocess.PIPE, "show", str(self.main.absolute()), buffered=True)
        assert running.stdout is not None
        self.assertIn("10000 exchanges", running.stdout.readline())
        running.stdout.close()
        running.stdout = None
        self.assertEqual((0, ""), self.ended(running))

    def test_nobodyReads(self) -> None:
        """Nor is one that is gone from the beginning, whatever it would have read."""
        reading, writing = os.pipe()
        os.close(reading)
        other = self.write("other.json", {"recorded_script": exchange("other")})
        different = ("diff", str(self.main.absolute()), str(other.absolute()))
        started = [
            self.start(writing, *words, buffered=buffered)
            for words in (["--help"], ["show", "--version"], different)
            for buffered in (True, False)
        ]
        os.close(writing)
        ended = [self.ended(running) for running in started]
        self.assertEqual([(0, "")] * 4 + [(1, "")] * 2, ended)

    def test_full(self) -> None:
        """A disk that is full is told in one line, and the status is 1."""
        with open("/dev/full", "w") as full:
            running = self.start(full.fileno(), "--help", buffered=True)
        told = "netsim: cannot write: No space left on device\n"
        self.assertEqual((1, told), self.ended(running))
