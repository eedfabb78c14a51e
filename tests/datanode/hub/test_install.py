"""Tests for L{netsim.datanode.hub.install}; an integration test runs it with programs."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.hub import install
from netsim.datanode.hub.install import Install, Installation, pins, progress, run
from netsim.datanode.hub.program import is_complete, stamp
from netsim.errors import HostError
from netsim.rundir import StartLock

PINNED = "# these\none==1\ntwo-parts==2.0\n"
PIP = """\
Collecting one==1 (from -r x.txt (line 2))
  Using cached one-1.whl
Processing /wheels/two_parts-2.0-py3-none-any.whl (from -r x.txt (line 3))
  Building wheel for two-parts (pyproject.toml): started
Installing collected packages: one, two-parts
Successfully installed one-1 two-parts-2.0
""".splitlines()
EXPECTED = [
    "fetching 1 of 2: one",
    "fetching 2 of 2: two_parts",
    "compiling two-parts",
    "installing 2 packages",
]


class FakePrograms:
    """
    Runs no program, and leaves behind what it would.

    @ivar fails: the word of a command that fails.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.commands: list[list[str]] = []
        self.fails = ""

    def __call__(self, words: Sequence[str]) -> Iterator[str]:
        self.commands.append(list(words))
        if self.fails in words:
            raise HostError(f"{self.fails} failed")
        program = self.directory / "bin" / "crossbar"
        if "venv" in words:
            program.parent.mkdir()
        if "pip" in words:
            program.write_text("")
            yield from PIP


class InstallationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute() / "crossbar"
        self.programs = FakePrograms(self.directory)

    def make(self, pinned: str = PINNED) -> list[str]:
        installation = Installation(self.directory, Path("/bin/py"), pinned, self.programs)
        return list(installation.make())

    def test_steps(self) -> None:
        """An environment, all that is pinned and nothing else, and a try."""
        said = self.make()
        program = self.directory / "bin" / "crossbar"
        self.assertEqual(said[0], f"making a Python environment in {self.directory}")
        self.assertEqual(said[1:-2], EXPECTED)
        self.assertEqual(said[-2:], ["trying it", f"{program} is installed"])
        venv, pip, tried = self.programs.commands
        self.assertEqual(venv, ["/bin/py", "-m", "venv", str(self.directory)])
        self.assertEqual(pip[:4], [str(self.directory / "bin/python"), "-m", "pip", "install"])
        self.assertIn("--no-deps", pip)
        self.assertEqual(Path(pip[-1]).read_text(), PINNED)
        self.assertEqual(tried, [str(program), "version"])
        self.assertTrue(is_complete(self.directory))

    def test_done(self) -> None:
        """It is not done twice, unless something else is pinned."""
        self.make()
        count = len(self.programs.commands)
        self.assertEqual(self.make(), [f"{self.directory / 'bin' / 'crossbar'} is installed"])
        self.assertEqual(len(self.programs.commands), count)
        self.make("one==2\n")
        self.assertEqual(len(self.programs.commands), 2 * count)
        (self.directory / "bin" / "crossbar").unlink()
        self.make("one==2\n")
        self.assertEqual(len(self.programs.commands), 3 * count)

    def test_failed(self) -> None:
        """Wherever it ended, nobody takes it for complete, and the next one begins anew."""
        for word in ("venv", "pip", "version"):
            self.programs.fails = word
            self.assertRaises(HostError, self.make)
            self.assertFalse(is_complete(self.directory))
            (self.directory / "half").touch()
        self.programs.fails = ""
        self.make()
        self.assertFalse((self.directory / "half").exists())
        self.assertTrue(is_complete(self.directory))

    def test_other_directory(self) -> None:
        """What is somebody else's is left alone."""
        self.directory.mkdir(parents=True)
        (self.directory / "diary").touch()
        error = self.assertRaises(HostError, self.make)
        self.assertIn("is not empty", str(error))
        self.assertEqual(self.programs.commands, [])
        self.assertTrue((self.directory / "diary").exists())

    def test_two_at_once(self) -> None:
        self.directory.parent.mkdir(parents=True)
        lock = StartLock(self.directory.parent, ".crossbar.lock")
        self.assertTrue(lock.acquire())
        self.addCleanup(lock.release)
        error = self.assertRaises(HostError, self.make)
        self.assertIn("somebody else is installing", str(error))

    def test_not_writable(self) -> None:
        self.directory.parent.mkdir(parents=True)
        self.directory.write_text("a file")
        error = self.assertRaises(HostError, self.make)
        self.assertEqual(str(error), f"{self.directory}: File exists")

    def test_stamp(self) -> None:
        """It tells of which pins it is."""
        self.make()
        first = stamp(self.directory).read_text()
        self.make("one==2\n")
        self.assertNotEqual(stamp(self.directory).read_text(), first)


class ProgressTests(SynchronousTestCase):
    def test_lines(self) -> None:
        self.assertEqual(list(progress(PIP, 2)), EXPECTED)

    def test_pins(self) -> None:
        """All that ships is pinned, crossbar among it."""
        lines = [line for line in pins().splitlines() if not line.startswith("#")]
        self.assertTrue(all(line.count("==") == 1 for line in lines), lines)
        self.assertIn("crossbar", [line.partition("==")[0] for line in lines])
        self.assertEqual(len(lines), len(set(lines)))


class FakePopen(io.StringIO):
    """A program that has written, and ended."""

    returncode = 0

    def __init__(self, words: Sequence[str], **options: Any) -> None:
        super().__init__("one\ntwo\n")
        self.words = words
        self.options = options
        self.calls: list[str] = []
        made.append(self)

    @property
    def stdout(self) -> io.StringIO:
        return self

    def terminate(self) -> None:
        self.calls.append("terminate")

    def wait(self) -> None:
        self.calls.append("wait")


made: list[FakePopen] = []


class RunTests(SynchronousTestCase):
    def setUp(self) -> None:
        made.clear()
        self.patch(subprocess, "Popen", FakePopen)

    def test_lines(self) -> None:
        """What is for our Python is not for another one."""
        self.patch(install.os, "environ", {"PYTHONPATH": "x", "HOME": "y"})
        self.assertEqual(list(run(["a", "b"])), ["one", "two"])
        self.assertEqual(made[0].options["env"], {"HOME": "y"})

    def test_failure(self) -> None:
        """The last lines tell why."""
        self.patch(FakePopen, "returncode", 2)
        error = self.assertRaises(HostError, list, run(["py", "-m", "pip", "install", "x"]))
        self.assertEqual(str(error), "py -m pip install failed with status 2:\n    one\n    two")

    def test_not_there(self) -> None:
        def missing(*arguments: Any, **options: Any) -> None:
            raise FileNotFoundError(2, "No such file or directory")

        self.patch(subprocess, "Popen", missing)
        error = self.assertRaises(HostError, list, run(["/bin/py"]))
        self.assertEqual(str(error), "/bin/py cannot be run: No such file or directory")

    def test_interrupted(self) -> None:
        """Ctrl-C ends the program, too, and it is gone then."""
        lines = run(["a"])
        next(lines)
        self.assertRaises(KeyboardInterrupt, lines.throw, KeyboardInterrupt())  # type: ignore[attr-defined]
        self.assertEqual(made[0].calls, ["terminate", "wait"])

    def test_interruptedAtOnce(self) -> None:
        """So does one that comes before we know of the program."""

        def start(*arguments: Any, **options: Any) -> FakePopen:
            started = FakePopen(*arguments, **options)
            signal.raise_signal(signal.SIGINT)
            return started

        self.patch(subprocess, "Popen", start)
        before = signal.getsignal(signal.SIGINT)
        self.assertRaises(KeyboardInterrupt, list, run(["a"]))
        self.assertEqual(made[0].calls, ["terminate", "wait"])
        self.assertEqual(signal.getsignal(signal.SIGINT), before)


class InstallTests(SynchronousTestCase):
    def options(self, *arguments: str) -> Install:
        options = Install()
        options.parseOptions(arguments)
        return options

    def test_options(self) -> None:
        """It is made where it is told, by default where hubs look."""
        made: list[Any] = []

        class Fake:
            def __init__(self, *arguments: Any) -> None:
                made.append(arguments)

            def make(self) -> Iterator[str]:
                return iter(["done"])

        self.patch(install, "Installation", Fake)
        self.patch(install.os, "environ", {"XDG_DATA_HOME": "/data"})
        self.assertEqual(list(self.options().run()), ["done"])
        list(self.options("--directory=/x", "--python=/py").run())
        default, told = made
        self.assertEqual(default[:2], (Path("/data/netsim/crossbar"), Path(sys.executable)))
        self.assertEqual(told[:2], (Path("/x"), Path("/py")))
        self.assertEqual(told[2:], (pins(), run))

    def test_refused(self) -> None:
        error = self.assertRaises(UsageError, self.options, "word")
        self.assertIn("unexpected word", str(error))
