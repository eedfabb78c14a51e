"""C{netsim hub install-router}: puts crossbar into an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from twisted.python import usage

from netsim import options
from netsim.datanode.hub.program import install_directory, stamp
from netsim.errors import HostError
from netsim.rundir import StartLock

__all__ = ["Install", "Installation", "Run", "pins", "progress", "run"]

SHOWN = 8
"""Lines of a program that failed."""
_BEGUN = ".netsim-installing"
# What is on this machine already is processed.
_COLLECTING = re.compile(r"(?:Collecting|Processing) (?:\S*/)?([^\s=]+?)(?:-\d\S*)?(?:=|\s|$)")
_BUILDING = re.compile(r"\s*Building wheel for (\S+) .*started")

Run = Callable[[Sequence[str]], Iterator[str]]
"""Runs a program and gives the lines that it writes; raises L{HostError} if it fails."""


class Install(options.Tool):
    """What C{netsim hub install-router} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Installs crossbar, the router, into a Python environment of its own, where netsim-hub"
        " finds it. It takes some minutes, 400 MB and a C compiler. Does nothing if that is done."
    )
    example = "--directory build/crossbar"
    optParameters = [
        ["directory", "d", None, "Where to."
         " [default: netsim/crossbar in the user's data directory]", Path],
        ["python", None, None, "With which Python, 3.11 or later. [default: that of netsim]", Path],
    ]  # fmt: skip

    def parseArgs(self, *words: str) -> None:
        """There are none."""
        if words:
            raise usage.UsageError(f"unexpected {' '.join(words)}; expected options only")

    def run(self) -> Iterator[str]:
        """Install it."""
        directory = self["directory"] or install_directory(os.environ)
        python = self["python"] or Path(sys.executable)
        return Installation(directory.absolute(), python, pins(), run).make()


class Installation:
    """A Python environment with nothing but crossbar."""

    def __init__(self, directory: Path, python: Path, pinned: str, run: Run) -> None:
        """@param pinned: all that is to be there, as pip reads it."""
        self._directory = directory
        self._python = python
        self._pinned = pinned
        self._run = run
        self._mark = sha256(pinned.encode()).hexdigest()
        self._program = directory / "bin" / "crossbar"

    def make(self) -> Iterator[str]:
        """
        Make it, unless it is there; what was interrupted begins anew.

        @raise HostError: a program fails, or there is something else in the directory.
        """
        with self._alone():
            if self._is_made():
                yield f"{self._program} is installed"
                return
            self._clear()
            yield f"making a Python environment in {self._directory}"
            yield from self._run([str(self._python), "-m", "venv", str(self._directory)])
            yield from progress(self._install(), self._pinned.count("=="))
            yield "trying it"
            for _ in self._run([str(self._program), "version"]):
                pass
            stamp(self._directory).write_text(self._mark)
            (self._directory / _BEGUN).unlink()
        yield f"{self._program} is installed"

    def _install(self) -> Iterator[str]:
        pinned = self._directory / "router.txt"
        pinned.write_text(self._pinned)
        pip = [str(self._directory / "bin" / "python"), "-m", "pip"]
        # All is pinned: nothing is to be resolved.
        quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
        return self._run([*pip, "install", *quiet, "--no-deps", "-r", str(pinned)])

    def _is_made(self) -> bool:
        made = stamp(self._directory)
        return made.is_file() and made.read_text() == self._mark and self._program.exists()

    def _clear(self) -> None:
        directory, begun = self._directory, self._directory / _BEGUN
        is_ours = begun.exists() or stamp(directory).exists()
        if not is_ours and any(directory.iterdir()):
            raise HostError(f"{directory} is not empty; --directory can name another")
        if is_ours:
            shutil.rmtree(directory)
            directory.mkdir()
        begun.touch()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            lock = StartLock(self._directory.parent, f".{self._directory.name}.lock")
            if not lock.acquire():
                raise HostError(f"somebody else is installing into {self._directory}")
            try:
                yield
            finally:
                lock.release()
        except OSError as error:
            raise HostError(f"{error.filename or self._directory}: {error.strerror}") from error


def pins() -> str:
    """What is installed, and in which versions."""
    return (files("netsim.datanode.hub") / "router.txt").read_text("utf-8")


def progress(lines: Iterable[str], total: int) -> Iterator[str]:
    """Tell what of the lines of pip says how far it is."""
    done = 0
    for line in lines:
        if found := _COLLECTING.match(line):
            done += 1
            yield f"fetching {done} of {total}: {found[1]}"
        elif found := _BUILDING.match(line):
            yield f"compiling {found[1]}"
        elif line.startswith("Installing collected packages"):
            yield f"installing {total} packages"


def run(words: Sequence[str]) -> Iterator[str]:
    """Run a program as L{Run} tells; it ends when nobody wants to hear more."""
    said: deque[str] = deque(maxlen=SHOWN)
    with ExitStack() as ending:
        with _uninterrupted():
            process = _start(words)
            ending.callback(_end, process)
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            yield said[-1]
        process.wait()
    if process.returncode:
        last = "".join(f"\n    {line}" for line in said)
        command = " ".join(words[:4])
        raise HostError(f"{command} failed with status {process.returncode}:{last}")


def _start(words: Sequence[str]) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Another Python than ours reads what is for ours.
            env={name: each for name, each in os.environ.items() if name[:6] != "PYTHON"},
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise HostError(f"{words[0]} cannot be run: {error.strerror}") from error


def _end(process: subprocess.Popen[str]) -> None:
    with process:
        process.terminate()
        # After Ctrl-C the block itself would wait for a moment only.
        process.wait()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C comes after this: a program that it met while it starts would run on."""
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt
