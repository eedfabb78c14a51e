"""A process in a session of its own, whose lines are heard."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

__all__ = ["ERR", "OUT", "Child"]

OUT, ERR = 1, 2
LONGEST = 1 << 14
"""Bytes of a line; a longer one is cut in pieces."""

# A terminal's Ctrl-C is for its parent, and its children are of its group.
_SETSID = "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])"


class Child(ProcessProtocol):
    """
    Tells of each line, and of the end.

    @ivar pid: its number, and that of its group; 0 once it has ended.
    """

    def __init__(self, line: Callable[[int, str], None], ended: Callable[[str], None]) -> None:
        """
        @param line: called with where it was written, L{OUT} or L{ERR}, and the text.
        @param ended: called once, with how; nothing of its group is left by then.
        """
        self.pid = 0
        self._line = line
        self._ended = ended
        self._rest = {OUT: b"", ERR: b""}

    def start(
        self, reactor: Any, words: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> None:
        """
        Start it.

        @raise OSError: that is not possible.
        """
        command = [sys.executable, "-c", _SETSID, *words]
        reactor.spawnProcess(self, sys.executable, command, dict(environment), str(directory))

    def send(self, number: int) -> None:
        """Send a signal to all of it."""
        if self.pid and not self._to_group(number):
            # It is so new that it has no group of its own yet.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def connectionMade(self) -> None:
        """It runs; it is told nothing."""
        self.pid = self.transport.pid  # type: ignore[union-attr]
        self.transport.closeStdin()  # type: ignore[union-attr]

    def childDataReceived(self, number: int, data: bytes) -> None:
        """It has written something."""
        *lines, rest = (self._rest[number] + data).split(b"\n")
        if len(rest) > LONGEST:
            lines, rest = [*lines, rest], b""
        self._rest[number] = rest
        for line in lines:
            self._line(number, line.decode("utf-8", "replace").rstrip())

    def processExited(self, reason: Failure) -> None:
        """It has ended; what it has started ends with it, and lets go of the pipes."""
        self._to_group(signal.SIGKILL)
        self.pid = 0

    def processEnded(self, reason: Failure) -> None:
        """All that it wrote has been read."""
        for number, rest in self._rest.items():
            if rest:
                self._line(number, rest.decode("utf-8", "replace"))
        self._ended(_how(reason.value))

    def _to_group(self, number: int) -> bool:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def _how(ended: Any) -> str:
    if ended.signal is not None:
        return f"ended by {signal.Signals(ended.signal).name}"
    return f"exited with status {ended.exitCode}"
