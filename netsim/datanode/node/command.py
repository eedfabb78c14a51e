"""Runs a program that prints a little, and ends soon."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from netsim.errors import HostError

__all__ = ["LONGEST", "Command"]

LONGEST = 1 << 20
"""Bytes that are read of what it prints."""


class Command(ProcessProtocol):
    """
    One run of a program.

    @ivar output: fires with what it printed when it has ended; fails with L{HostError} where
        it could not be started, has failed, or was killed.
    """

    def __init__(self, reactor: Any, words: Sequence[str], within: float) -> None:
        """
        Start it.

        @param within: seconds, after which it is killed.
        """
        self.output: Deferred[str] = Deferred()
        self._name = os.path.basename(words[0])
        self._printed: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self._timer = reactor.callLater(within, self.kill)
        self._is_killed = False
        environment = {**os.environ, "LC_ALL": "C"}
        try:
            reactor.spawnProcess(self, words[0], words, environment)
        except OSError as error:
            self._timer.cancel()
            self.output.errback(HostError(f"{self._name} cannot be started: {error.strerror}"))

    def kill(self) -> None:
        """End it; L{output} fires when it is gone, which may never be."""
        self._is_killed = True
        self._stop_waiting()
        if self.transport is not None:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("KILL")

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """It has printed something."""
        printed = self._printed[childFD]
        printed += data[: LONGEST - len(printed)]

    def processEnded(self, reason: Failure) -> None:
        """It has ended."""
        self._stop_waiting()
        texts = [self._printed[number].decode("utf-8", "replace") for number in (1, 2)]
        if self._is_killed:
            self.output.errback(HostError(f"{self._name} took too long"))
        elif reason.check(ProcessDone):
            self.output.callback(texts[0])
        else:
            why = " ".join(texts[1].split()) or reason.getErrorMessage()
            self.output.errback(HostError(f"{self._name} has failed: {why[:200]}"))

    def _stop_waiting(self) -> None:
        if self._timer.active():
            self._timer.cancel()
