"""Hands tasks to the process that finishes recordings; see L{netsim.proxy.finisher}."""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from netsim.errors import StorageError
from netsim.proxy.finisher import LENGTH

NAME = "the process that finishes recordings"


# A signal to the whole group, such as Ctrl-C, is for the proxy, which still needs
# this process then.  Python would say so too late: it takes a while to start.
COMMAND = (
    *("/bin/sh", "-c", 'trap "" INT TERM; exec "$@"', "sh"),
    *(sys.executable, "-m", "netsim.proxy.finisher"),
)
"""What is run."""


class Do(Protocol):
    """Has a method of L{Finisher} called, and tells its outcome."""

    def __call__(self, name: str, *args: Any) -> Deferred[Any]: ...


class Aside(ProcessProtocol):
    """
    Calls it in a process that is started for the first task.

    If that process dies, what it had to do has failed, and the next task starts another.
    """

    def __init__(self, reactor: IReactorProcess) -> None:
        self._reactor = reactor
        self._process: IProcessTransport | None = None
        self._waiting: dict[int, Deferred[Any]] = {}
        self._number = 0
        self._received = b""

    def __call__(self, name: str, *args: Any) -> Deferred[Any]:
        """Do this after everything before."""
        if self._process is None:
            descriptors: dict[int, int | str] = {0: "w", 1: "r", 2: 2}
            self._process = self._reactor.spawnProcess(
                self, COMMAND[0], COMMAND, os.environ, childFDs=descriptors
            )
        self._number += 1
        waiting = self._waiting[self._number] = Deferred()
        self._process.writeToChild(0, pickle.dumps((self._number, name, args)))
        return waiting

    def stop(self) -> None:
        """End the process at once."""
        if self._process is not None:
            with suppress(ProcessExitedAlready):
                self._process.signalProcess("KILL")

    def outReceived(self, data: bytes) -> None:
        """Some of the outcomes have come."""
        self._received += data
        while len(self._received) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                break
            reply, self._received = self._received[LENGTH.size : end], self._received[end:]
            number, outcome = pickle.loads(reply)
            if isinstance(outcome, Exception):
                outcome = Failure(outcome)
            self._waiting.pop(number).callback(outcome)

    def processEnded(self, reason: Failure) -> None:
        """Nothing more will come."""
        self._process = None
        self._received = b""
        waiting, self._waiting = self._waiting, {}
        for outcome in waiting.values():
            outcome.errback(
                StorageError(
                    "the process that finishes recordings has ended; the journals are kept"
                )
            )
