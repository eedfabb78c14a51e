"""
What passes between `netsim simulator start` and the copy of itself that it runs.

Both ways to run one, C{--detach} and C{--watch}, use the same command line without
that option, and tell the copy through its environment who waits for it:

    - one that is B{detached} lets go of its stdout when it is ready, so that whoever
      reads it sees the end;
    - one that is B{watched} ends when its stdin does: it cannot outlive its parent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.interfaces import IReadDescriptor
from zope.interface import implementer

__all__ = ["DETACHED", "WATCHED", "StdinEnd", "command", "environment", "release_stdout", "role"]

DETACHED, WATCHED = "detached", "watched"
_VARIABLE = "NETSIM_SIMULATOR_CHILD"


def command(words: Sequence[str]) -> list[str]:
    """The command line of this process, with other words after the program."""
    program = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    return [sys.executable, *program[1:], *words]


def environment(role: str) -> dict[str, str]:
    """The environment of a copy."""
    # Compiled files are known by their second: what is edited twice in one would stay old.
    return {**os.environ, _VARIABLE: role, "PYTHONDONTWRITEBYTECODE": "1"}


def role() -> str | None:
    """Whether this process is such a copy; its own children are not told."""
    return os.environ.pop(_VARIABLE, None)


def release_stdout() -> None:
    """Let go of stdout: whatever is printed from now on goes where the log goes."""
    with suppress(OSError, ValueError, AttributeError):
        sys.__stdout__.flush()  # type: ignore[union-attr]
    with suppress(OSError):
        os.dup2(2, 1)


@implementer(IReadDescriptor)
class StdinEnd:
    """Waits for the end of stdin."""

    def __init__(self, reactor: Any, ended: Callable[[], object]) -> None:
        """@param ended: called when there is nothing more to read."""
        self._reactor = reactor
        self._ended = ended
        reactor.addReader(self)

    def fileno(self) -> int:
        """Stdin."""
        return 0

    def logPrefix(self) -> str:
        """How Twisted's log calls it."""
        return "stdin"

    def doRead(self) -> None:
        """Pass over what is there."""
        if not os.read(0, 1 << 12):
            self.connectionLost(None)

    def connectionLost(self, reason: Any) -> None:
        """That was the end, or the reactor stops."""
        self._reactor.removeReader(self)
        self._ended()
