"""
Runs scripts on a host, and copies files to it and back: by ssh, or through C{netsim-dsisocket}.

By ssh each is a program of its own, started without the detour of a Python object, over
the connection that one ssh shares with all (C{ControlMaster}).  C{netsim-dsisocket} is
asked over one connection.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any, Protocol

from bench import load, wire
from bench.load import LoadError
from bench.measures import Subject
from bench.processes import find_program

LIMIT = 180.0
"""Seconds after which a contender is ended that has not done its measure."""

COPY_TIMEOUT = 60
"""Seconds for a copy."""

MAX_REPLY = 1 << 16


class Way(Protocol):
    """One of two ways to a host."""

    def run(self, script: str) -> None:
        """Run a script there, and wait for its end."""

    def upload(self, source: Path, target: Path) -> None:
        """Copy a file there."""

    def retrieve(self, source: Path, directory: Path) -> Path:
        """Copy a file from there, and return where it is now."""


class SharedSsh:
    """Programs that share the connection of the contender."""

    _NOTHING = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    )

    def __init__(self, subject: Subject) -> None:
        control = os.path.relpath(subject.directory / "control")
        # Were the connection not there, none could be made without a key.
        common = ("-F", "none", "-o", "BatchMode=yes", "-o", f"ControlPath={control}")
        self._words = ["ssh", *common, wire.HOST]
        self._ssh = find_program("ssh")
        self._copy = [find_program("sftp"), "-q", *common, "-b", "-", wire.HOST]

    def run(self, script: str) -> None:
        """
        Run a script; without a command ssh would start a shell, so an empty one is C{true}.

        @raise LoadError: another exit status than 0.
        """
        words = [*self._words, script or "true"]
        process = os.posix_spawn(self._ssh, words, os.environ, file_actions=self._NOTHING)
        _, status = os.waitpid(process, 0)
        if status:
            raise LoadError(f"ssh {script}: exit status {os.waitstatus_to_exitcode(status)}")

    def upload(self, source: Path, target: Path) -> None:
        """Copy a file there."""
        self._transfer(f'put "{source}" "{target}"')

    def retrieve(self, source: Path, directory: Path) -> Path:
        """Copy a file from there."""
        target = directory / f"{source.name}.back"
        self._transfer(f'get "{source}" "{target}"')
        return target

    def _transfer(self, line: str) -> None:
        try:
            subprocess.run(
                self._copy,
                input=f"{line}\n",
                text=True,
                check=True,
                capture_output=True,
                timeout=COPY_TIMEOUT,
            )
        except subprocess.SubprocessError as error:
            raise LoadError(f"{line}: {error}") from error


class Commands:
    """A connection for commands, one after the other."""

    def __init__(self, subject: Subject, stack: ExitStack) -> None:
        self._target = subject.contender.target
        self._places = (subject.directory, subject.shared)
        self._connection = stack.enter_context(load.connect(subject.port))
        wire.prepare(self._connection, COPY_TIMEOUT)

    def run(self, script: str) -> None:
        """Run a script."""
        self._ask({"exec": script})

    def upload(self, source: Path, target: Path) -> None:
        """Copy a file there."""
        self._ask({"upload_files": [{"source": str(source), "target": str(target)}]})

    def retrieve(self, source: Path, directory: Path) -> Path:
        """
        Copy a file from there, into a directory of reports.

        @raise LoadError: it is not found in any.
        """
        name = f"{source.name}.back"
        self._ask({"retrieve_files": [{"source": str(source), "target": name}]})
        for place in self._places:
            for found in place.rglob(name):
                return found
        raise LoadError(f"no {name} in {' nor '.join(map(str, self._places))}")

    def _ask(self, what: dict[str, Any]) -> None:
        """
        Send a command, and wait for its reply.

        @raise LoadError: it was not C{OK}.
        """
        self._connection.sendall(json.dumps({self._target: what}).encode("ascii") + b"\n")
        reply = b""
        while not reply.endswith(b"\n") and len(reply) < MAX_REPLY:
            if not (data := self._connection.recv(MAX_REPLY)):
                break
            reply += data
        if not reply.startswith(b'{"status_code": 0, '):
            raise LoadError(f"{self._target} {what}: {reply!r}")


@contextmanager
def ways(subject: Subject, count: int = 1) -> Iterator[list[Way]]:
    """Open so many ways to the host of a contender, all of which have been used once."""
    with ExitStack() as stack, _bounded(subject):
        make: Callable[[], Way] = (
            (lambda: Commands(subject, stack))
            if subject.contender.target
            else (lambda: SharedSsh(subject))
        )
        made = [make() for _ in range(count)]
        for way in made:
            way.run("")
        yield made


@contextmanager
def _bounded(subject: Subject) -> Iterator[None]:
    """
    End a contender after a while, or when something fails.

    Who still waits for it in another thread gets an error then.
    """

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(subject.server.pid, signal.SIGKILL)

    timer = Timer(LIMIT, end)
    timer.start()
    try:
        yield
    except BaseException:
        end()
        raise
    finally:
        timer.cancel()
