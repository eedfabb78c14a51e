"""Tests for L{netsim.proxy.aside}."""

from __future__ import annotations

import pickle
from typing import Any

from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import JournalError, StorageError
from netsim.proxy.aside import COMMAND, Aside
from netsim.proxy.finisher import LENGTH
from tests.framing import single


class Process:
    """Stands for the process: keeps what it was given."""

    def __init__(self) -> None:
        self.tasks: list[Any] = []
        self.signals: list[str] = []
        self.exited = False

    def writeToChild(self, descriptor: int, data: bytes) -> None:
        assert descriptor == 0
        self.tasks.append(pickle.loads(data))

    def signalProcess(self, name: str) -> None:
        if self.exited:
            raise ProcessExitedAlready
        self.signals.append(name)


class Reactor:
    """Starts processes."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.started: list[list[str]] = []

    def spawnProcess(
        self, protocol: Aside, executable: str, args: list[str], env: Any, childFDs: Any
    ) -> Process:
        self.started.append([executable, *args])
        self.processes.append(Process())
        return self.processes[-1]


def reply(number: int, outcome: Any) -> bytes:
    """What the process tells of a task."""
    data = pickle.dumps((number, outcome))
    return LENGTH.pack(len(data)) + data


class AsideTests(SynchronousTestCase):
    """Tasks go to a process, and their outcomes come back."""

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.aside = Aside(self.reactor)

    def test_startsLate(self) -> None:
        """The process is started for the first task, and serves those after it."""
        self.assertEqual([], self.reactor.started)
        self.aside("compress", 1, "two")
        self.aside("finish", 3)
        [words] = self.reactor.started
        self.assertEqual([COMMAND[0], *COMMAND], words)
        self.assertEqual(
            [(1, "compress", (1, "two")), (2, "finish", (3,))], self.reactor.processes[0].tasks
        )

    def test_outcomes(self) -> None:
        """Outcomes belong to their tasks, in whatever order and pieces they come."""
        for cut in (lambda data: [data], single):
            first, second, third = (self.aside("finish", number) for number in range(3))
            last = self.reactor.processes[0].tasks[-1][0]
            stream = reply(last, "c") + reply(last - 2, None) + reply(last - 1, JournalError("no"))
            for data in cut(stream):
                self.aside.outReceived(data)
            self.assertEqual("c", self.successResultOf(third))
            self.assertIsNone(self.successResultOf(first))
            failure = self.failureResultOf(second, JournalError)
            self.assertEqual("no", failure.getErrorMessage())

    def test_died(self) -> None:
        """If it dies, what it had to do has failed, and the next task starts another."""
        waiting = self.aside("finish", 1)
        self.aside.outReceived(b"\0\0\0\xffcut off")
        self.aside.processEnded(Failure(ProcessDone(0)))
        failure = self.failureResultOf(waiting, StorageError)
        self.assertIn("the journals are kept", failure.getErrorMessage())
        again = self.aside("finish", 2)
        self.assertEqual(2, len(self.reactor.processes))
        self.aside.outReceived(reply(2, "done"))
        self.assertEqual("done", self.successResultOf(again))

    def test_stop(self) -> None:
        """It is killed; one that has just ended, or was never started, is not."""
        self.aside.stop()
        self.aside("finish", 1).addErrback(lambda _: None)
        [process] = self.reactor.processes
        self.aside.stop()
        self.assertEqual(["KILL"], process.signals)
        process.exited = True
        self.aside.stop()
        self.aside.processEnded(Failure(ProcessDone(0)))
        self.aside.stop()
        self.assertEqual(["KILL"], process.signals)
