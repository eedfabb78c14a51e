"""
Real processes for integration tests: netsim's own services, and the programs of others.

L{IntegrationTestCase} starts them in the test's own directory and ends them with the
test.  Whatever a test waits for has to come within L{PATIENCE} seconds.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, TypeVar

from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds: a router takes five of a core to start, which others may want as well."""
SLACK = 5.0
"""Seconds that a busy machine may need besides, for what ends soon or not at all."""
REACTOR = os.environ.get("NETSIM_TEST_REACTOR", "epoll")
"""What services run on; C{make test} runs these tests with uv, too."""
RUNNERS = {
    "twistd": (
        *("-c", "import sys; from twisted.scripts.twistd import run; sys.exit(run())"),
        *("-n", f"--reactor={REACTOR}"),
    ),
    "twist": ("-m", "twisted", f"--reactor={REACTOR}"),
    "netsim": ("-c", "import sys; from netsim.cli import main; sys.exit(main())"),
}
"""The three ways to run a service, by their names."""
COMMANDS = {
    "netsim-proxy": ["record"],
    "netsim-replay": ["replay"],
    "netsim-simulator": ["simulator", "start"],
    "netsim-dsisocket": ["dsisocket"],
    "netsim-daemon": ["daemon"],
    "netsim-hub": ["hub"],
    "netsim-node": ["node"],
    "netsim-grafana": ["grafana"],
    "netsim-scanner": ["scanner"],
}
"""What services are called where C{netsim} runs them."""

Word = str | Path
T = TypeVar("T")
P = TypeVar("P", bound="Process")


def netsim(service: str, runner: str = "twistd") -> list[Word]:
    """The command line of a service, up to its options."""
    words = COMMANDS[service] if runner == "netsim" else [service]
    return [sys.executable, *RUNNERS[runner], *words]


def require(program: str, package: str) -> str:
    """
    Find a program of somebody else.

    @param package: the Debian package that has it.
    @raise SkipTest: it is not installed.
    @raise AssertionError: it is not installed, and C{NETSIM_REQUIRE_INTEGRATION} is 1.
    """
    # What Debian keeps for root is not on everybody's path.
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is not None:
        return found
    missing = f"{program} is not installed (Debian package {package})"
    if os.environ.get("NETSIM_REQUIRE_INTEGRATION") == "1":
        raise AssertionError(missing)
    raise SkipTest(missing)


def eventually(result: Callable[[], T | None], expected: Callable[[], str] | str = "it") -> T:
    """Call until something true is returned; C{expected} says what that would be."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if found := result():
            return found
        if time.monotonic() > deadline:
            what = expected() if callable(expected) else expected
            raise AssertionError(f"waited {PATIENCE:g} seconds for {what}")
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process that is not our child runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Process:
    """
    A process that runs.

    @ivar pid: its number.
    """

    def __init__(
        self,
        command: tuple[Word, ...],
        directory: Path,
        said: bytes = b"",
        environment: Mapping[str, Word] | None = None,
    ) -> None:
        """
        @param directory: where it works.
        @param said: what it reads from stdin, and then nothing more.
        @param environment: variables beside those of this process.
        """
        # Files: a pipe that nobody reads would stop the process.
        self._stdout = tempfile.TemporaryFile()  # noqa: SIM115
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        with tempfile.TemporaryFile() as stdin:
            stdin.write(said)
            stdin.seek(0)
            self._popen = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=self._stdout,
                stderr=self._stderr,
                cwd=directory,
                env={
                    **os.environ,
                    "NETSIM_REACTOR": REACTOR,
                    "PYTHONPATH": os.pathsep.join(paths),
                    **(environment or {}),
                },
            )
        self.pid = self._popen.pid

    @property
    def stdout(self) -> str:
        """What it has written so far."""
        return _contents(self._stdout)

    @property
    def stderr(self) -> str:
        """What it has written so far."""
        return _contents(self._stderr)

    @property
    def peak_memory(self) -> int:
        """The most bytes that it had in memory at any time so far; not those of its children."""
        [size] = re.findall(r"VmHWM:\s*(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(size) << 10

    def says(self, pattern: str) -> re.Match[str]:
        """Wait until its stdout matches."""
        return self._find(pattern, lambda: self.stdout)

    def logs(self, pattern: str) -> re.Match[str]:
        """Wait until its stderr matches."""
        return self._find(pattern, lambda: self.stderr)

    def status(self) -> int:
        """Wait for its end; its exit status, -N where signal N ended it."""
        try:
            return self._popen.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{error}\n{self}") from None

    def send_signal(self, number: int) -> None:
        """Send a signal to it, and to nobody else."""
        self._popen.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end."""
        self.send_signal(number)
        return self.status()

    def clean_up(self) -> None:
        """Leave nothing behind, whatever it was doing."""
        self._popen.kill()
        self._popen.wait(PATIENCE)
        self._stdout.close()
        self._stderr.close()

    def __str__(self) -> str:
        state = f"status {self._popen.poll()}" if self._popen.poll() is not None else "running"
        words = " ".join(map(str, self._popen.args))
        return f"{words} ({state})\nstdout: {self.stdout}\nstderr: {self.stderr}"

    def _find(self, pattern: str, text: Callable[[], str]) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            ended = self._popen.poll() is not None
            match = re.search(pattern, text(), re.MULTILINE)
            if match is None and ended:
                raise AssertionError(f"no {pattern!r} of {self}")
            return match

        return eventually(found, lambda: f"{pattern!r} of {self}")


class Service(Process):
    """A service of netsim."""

    @cached_property
    def address(self) -> str:
        """Where it listens, in the words of its ready line; waits for that."""
        return self.says(r"\A[a-z-]+ listening on (.*)\n")[1]

    @property
    def port(self) -> int:
        """The port of that address."""
        return int(self.address.rpartition(":")[2])


class IntegrationTestCase(SynchronousTestCase):
    """
    A test that starts processes.

    @ivar directory: the test's own, where they work.
    """

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)

    def start(
        self, *command: Word, said: bytes = b"", environment: Mapping[str, Word] | None = None
    ) -> Process:
        """Start a program; it is gone when the test ends."""
        return self._started(Process(command, self.directory, said, environment))

    def serve(
        self, *command: Word, environment: Mapping[str, Word] | None = None, ready: bool = True
    ) -> Service:
        """
        Start a service of netsim.

        @param ready: wait until its ports accept.
        """
        service = self._started(Service(command, self.directory, b"", environment))
        if ready:
            self.assertTrue(service.address)
        return service

    def reserve_port(self) -> int:
        """
        A port for a program that cannot choose one, kept from all others by a socket.

        The program has to set C{SO_REUSEADDR}, as servers do.
        """
        reserved = socket.socket()
        self.addCleanup(reserved.close)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        return reserved.getsockname()[1]

    def short_directory(self) -> Path:
        """A directory for Unix sockets, whose paths may not be long."""
        directory = tempfile.TemporaryDirectory(prefix="netsim-")
        self.addCleanup(directory.cleanup)
        return Path(directory.name)

    def check_status(self, process: Process, status: int) -> None:
        """Wait for the end, and compare; its output is told when it differs."""
        self.assertEqual(process.status(), status, str(process))

    def check_stopped(self, process: Process, status: int = -signal.SIGTERM) -> None:
        """Send SIGTERM, wait for the end, and compare."""
        process.send_signal(signal.SIGTERM)
        self.check_status(process, status)

    def _started(self, process: P) -> P:
        self.addCleanup(process.clean_up)
        return process


def _contents(stream: IO[bytes]) -> str:
    # The process writes at the offset of this same open file: do not move it.
    size = os.fstat(stream.fileno()).st_size
    return os.pread(stream.fileno(), size, 0).decode(errors="replace")
