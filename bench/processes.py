"""Starts a server for the time of a block, and leaves nothing of it running."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, perf_counter, sleep

from attrs import frozen

from bench import wire

ROOT = Path(__file__).parent.parent
START_TIMEOUT = 30.0
END_TIMEOUT = 5.0
SERVERS = ("/usr/local/sbin", "/usr/sbin")
"""Where programs are that a user's path may leave out."""

SEARCHED = 10_000
"""How many ports are looked at for a free range."""

READY = re.compile(rf"^\S+ listening on {re.escape(wire.HOST)}:(\d+)(?: .*)?$", re.MULTILINE)
"""The ready line; of several ports it is the first that counts."""


class StartError(Exception):
    """A server did not start."""


@frozen
class Server:
    """
    A server that accepts connections.

    @ivar errors: where its standard error goes.
    @ivar started: when its process was started, by C{perf_counter}.
    """

    pid: int
    port: int
    errors: Path
    started: float

    def last_words(self) -> str:
        """Return the last line that it wrote to its standard error."""
        return _last_line(self.errors)


def find_program(name: str, hint: str = "") -> str:
    """
    Return the path of a program of this environment, else of the system.

    @param hint: where it can be had, for the error.
    @raise StartError: there is none.
    """
    places = (sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath), *SERVERS)
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise StartError(": ".join(filter(None, (f"{name} is not installed", hint))))
    return found


def free_port() -> int:
    """Return a port that is free now, for programs that cannot choose one themselves."""
    with socket.create_server((wire.HOST, 0)) as server:
        return int(server.getsockname()[1])


def free_range(count: int) -> int:
    """
    Return the first of so many consecutive ports that are free now.

    They are below those that the system gives to whoever connects, so that they stay free.

    @raise StartError: there are none.
    """
    low, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    bases = [*range(max(1024, low - SEARCHED), low - count, count)]
    random.shuffle(bases)
    for base in bases:
        with suppress(OSError), ExitStack() as stack:
            for port in range(base, base + count):
                stack.enter_context(socket.create_server((wire.HOST, port)))
            return base
    raise StartError(f"no {count} consecutive ports are free below {low}")


@contextmanager
def one_core(server: Server) -> Iterator[None]:
    """Keep this process, a server, and what is started in the block on one core."""
    cores = os.sched_getaffinity(0)
    try:
        for pid in (0, server.pid):
            os.sched_setaffinity(pid, {max(cores)})
        yield
    finally:
        for pid in (0, server.pid):
            os.sched_setaffinity(pid, cores)


@contextmanager
def running(
    command: Sequence[str], directory: Path, port: int | None = None, gently: bool = False
) -> Iterator[Server]:
    """
    Run a server while the block runs; then kill it and all that it started.

    It is killed and not asked: what it would still do is no part of a measure.

    @param directory: where it runs, and where its output goes.
    @param gently: it has children in other groups, and is asked to end them.
    @param port: where it will listen; by default its ready line says so.
    @raise StartError: it ended, or accepted no connection in time.
    """
    program = find_program(command[0])
    output, errors = directory / "stdout", directory / "stderr"
    started = perf_counter()
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(
            [program, *command[1:]],
            cwd=directory,
            # Who is killed leaves its control socket behind, here where it is removed.
            env={**os.environ, "PYTHONPATH": str(ROOT), "NETSIM_RUN_DIR": "."},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            # A process group of its own: what it forks is ended with it.
            start_new_session=True,
        )
    try:
        ready = _wait_until_ready(process, output, errors, port)
        yield Server(process.pid, ready, errors, started)
    finally:
        if gently:
            _ask(process)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ask(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(END_TIMEOUT)


def _wait_until_ready(
    process: subprocess.Popen[bytes], output: Path, errors: Path, port: int | None
) -> int:
    """Return the port once it accepts connections."""
    deadline = monotonic() + START_TIMEOUT
    while monotonic() < deadline:
        if process.poll() is not None:
            raise StartError(f"ended with status {process.returncode}: {_last_line(errors)}")
        if port is None and (ready := READY.search(output.read_text())):
            return int(ready[1])
        if port is not None and _accepts(port):
            return port
        sleep(0.01)
    raise StartError(f"not ready within {START_TIMEOUT:.0f} s: {_last_line(errors)}")


def _accepts(port: int) -> bool:
    """Tell whether somebody listens on this port."""
    with suppress(OSError), socket.create_connection((wire.HOST, port), 1):
        return True
    return False


def _last_line(errors: Path) -> str:
    """Return the last thing that a server wrote to its standard error."""
    lines = errors.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no output")
