"""
The test command of a replay: its environment, its channel database, its end.

The environment is that of existing tools (nds-replay, "automated test").
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IAddress, IDelayedCall, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses of a command that could not be started, as shells have them."""
KILL_AFTER = 1.0
"""Seconds between asking a command to end and killing it."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def environment(address: IAddress, database: Path, base: Mapping[str, str]) -> dict[str, str]:
    """What tells a test command where to connect."""
    host, port = getattr(address, "name", ""), 0
    if isinstance(address, (IPv4Address, IPv6Address)):
        host, port = _ANY.get(address.host, address.host), address.port
    host = os.fsdecode(host or "")
    return {
        **base,
        "NDS_TEST_HOST": host,
        "NDS_TEST_PORT": str(port),
        "NDS2_CHANNEL_DB_DIR": str(database),
    }


def make_database(template: Path | None) -> Path:
    """
    A new directory for the channel database: empty, or a copy of C{template}.  Blocks.

    @raise OSError: it cannot be made.
    """
    directory = Path(tempfile.mkdtemp(prefix="netsim-db-"))
    if template is not None:
        try:
            shutil.copytree(template, directory, dirs_exist_ok=True)
        except (OSError, shutil.Error):
            remove_database(directory)
            raise
    return directory


def remove_database(directory: Path) -> None:
    """Take it away with all that the command left in it.  Blocks."""
    shutil.rmtree(directory, ignore_errors=True)


class Command(ProcessProtocol):
    """
    The test command; it has this process's own stdin, stdout and stderr.

    @ivar ended: fires with its exit status; 128 + N where signal N ended it.
    """

    def __init__(self) -> None:
        self.ended: Deferred[int] = Deferred()
        self._process: IProcessTransport | None = None
        self._stopped: Deferred[None] = Deferred()
        self._killing: IDelayedCall | None = None

    def start(self, reactor: Any, words: Sequence[str], env: Mapping[str, str]) -> None:
        """
        Run it.

        @raise OSError: there is no such program, or it cannot be executed.
        """
        program = _find(words[0])
        descriptors = {0: 0, 1: 1, 2: 2}
        self._reactor = reactor
        self._process = reactor.spawnProcess(self, program, words, env, childFDs=descriptors)

    def stop(self) -> Deferred[None]:
        """Ask it to end, kill it if it does not; fires when it has ended."""
        if self._process is None:
            return succeed(None)
        self._signal("TERM")
        self._killing = self._reactor.callLater(KILL_AFTER, self._signal, "KILL")
        return self._stopped

    def processEnded(self, reason: Failure) -> None:
        """It has ended."""
        self._process = None
        if self._killing is not None and self._killing.active():
            self._killing.cancel()
        value = reason.value
        status = 0
        if isinstance(value, ProcessTerminated):
            status = value.exitCode if value.exitCode is not None else 128 + (value.signal or 0)
        self.ended.callback(status)
        self._stopped.callback(None)

    def _signal(self, name: str) -> None:
        if self._process is not None:
            with suppress(ProcessExitedAlready):
                self._process.signalProcess(name)


def start_status(error: OSError) -> int:
    """The exit status of a command that could not be started."""
    return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


def _find(program: str) -> str:
    # spawnProcess tells of a missing program only in the child, and too late.
    found = shutil.which(program)
    if found is not None:
        return found
    if os.path.exists(program):
        raise PermissionError(13, "cannot be executed", program)
    raise FileNotFoundError(2, "not found", program)
