"""
Hears of child processes that have ended.

Twisted has the system write each signal's number to a pipe of its own.  There is
but one such pipe in a process, and libuv needs it itself.
"""

from __future__ import annotations

import signal
from asyncio import AbstractEventLoop
from types import FrameType
from typing import Any

from twisted.internet.process import reapAllProcesses


class ChildSignals:
    """A part of a reactor's signal handling, for SIGCHLD."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._before: Any = None

    def install(self) -> None:
        """From now on ended children are reaped; so are those that ended before."""
        self._before = signal.signal(signal.SIGCHLD, self._on_signal)
        # It may come at any time, and would interrupt any system call.
        signal.siginterrupt(signal.SIGCHLD, False)
        reapAllProcesses()

    def uninstall(self) -> None:
        """The signal does what it did before."""
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(reapAllProcesses)
