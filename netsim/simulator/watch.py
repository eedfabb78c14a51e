"""Runs a simulator as a child process, and starts it anew when its source changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessDone
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim import process
from netsim.simulator.catalogue import list_simulators, source_of
from netsim.simulator.child import WATCHED, environment

__all__ = ["Watch"]

INTERVAL = 0.5
"""Seconds between looks at the source."""
KILL_AFTER = 1.5
"""Seconds that a child may take to end; this process itself has two."""

_FDS = {0: "w", 1: 1, 2: 2}
"""The child prints and logs where we do; the end of its stdin tells it to end."""

Stamps = dict[Path, tuple[int, int] | None]


class Watch(Service):
    """
    Runs the child until it ends by itself without an error.

    One that fails, as a source with an error makes it, is started again after the
    next change.
    """

    log = Logger()

    def __init__(
        self, reactor: Any, command: Sequence[str], names: Sequence[str], paths: Sequence[Path]
    ) -> None:
        """@param names: the simulators; none means all."""
        self._reactor = reactor
        self._command = command
        self._names = names or list_simulators(paths)
        self._paths = paths
        self._looking = LoopingCall(self._look)
        self._looking.clock = reactor
        self._stamps: Stamps = {}
        self._child: _Child | None = None

    def startService(self) -> None:
        """Start the child, as soon as the reactor runs."""
        super().startService()
        self._reactor.callWhenRunning(self._begin)

    def stopService(self) -> Deferred[Any]:
        """End the child, and wait for its end."""
        super().stopService()
        if self._looking.running:
            self._looking.stop()
        return self._child.end() if self._child is not None else succeed(None)

    def _begin(self) -> None:
        process.own_signals(self._reactor)
        self._looking.start(INTERVAL, now=False)
        self._stamps = self._stat()
        self._spawn()

    def _spawn(self) -> None:
        self._child = _Child(self._reactor)
        self._child.ended.addErrback(self._ended)
        self._reactor.spawnProcess(
            self._child, self._command[0], self._command, environment(WATCHED), childFDs=_FDS
        )

    def _look(self) -> None:
        stamps = self._stat()
        changed = [file for file, stamp in stamps.items() if self._stamps.get(file) != stamp]
        gone = self._stamps.keys() - stamps.keys()
        self._stamps = stamps
        if not changed and not gone:
            return
        self.log.info("{file} has changed", file=[*changed, *gone][0])
        if self._child is None:
            self._spawn()
        else:
            self._child.is_outdated = True
            self._child.end()

    def _ended(self, reason: Failure) -> None:
        assert self._child is not None
        outdated, self._child = self._child.is_outdated, None
        if not self.running:
            return
        if outdated:
            self._spawn()
        elif reason.check(ProcessDone):
            process.stop(self._reactor)
        elif not self._stamps:
            # There is no such source.
            process.set_exit_status(1)
            process.stop(self._reactor)
        else:
            self.log.warn(
                "The simulator has ended: {reason}. It starts again when its source changes.",
                reason=reason.getErrorMessage().rstrip("."),
            )

    def _stat(self) -> Stamps:
        sources = [source_of(name, self._paths) for name in self._names]
        files = [file for source in sources if source is not None for file in source.files()]
        return {file: _stamp(file) for file in files}


class _Child(ProcessProtocol):
    """
    The child.

    @ivar ended: fails with the reason when it has ended.
    @ivar is_outdated: its source has changed.
    """

    is_outdated = False

    def __init__(self, reactor: Any) -> None:
        self.ended: Deferred[None] = Deferred()
        self._reactor = reactor
        self._killing: Any = None
        self._waiting: list[Deferred[None]] = []

    def end(self) -> Deferred[None]:
        """Let it end, and wait for that."""
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        if self._killing is None:
            self._killing = self._reactor.callLater(KILL_AFTER, self._kill)
            assert self.transport is not None
            self.transport.closeStdin()
        return waiting

    def processEnded(self, reason: Failure) -> None:
        """It has ended."""
        if self._killing is not None and self._killing.active():
            self._killing.cancel()
        self.ended.errback(reason)
        for waiting in self._waiting:
            waiting.callback(None)

    def _kill(self) -> None:
        assert self.transport is not None
        self.transport.signalProcess("KILL")


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size
