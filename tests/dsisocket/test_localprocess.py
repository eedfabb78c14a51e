"""L{netsim.dsisocket.localprocess}; tests.integration.test_machines runs real ones."""

from __future__ import annotations

import os
import signal
from typing import Any

from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import localprocess
from netsim.dsisocket.execline import LONGEST
from netsim.dsisocket.localprocess import LocalProcesses
from netsim.errors import HostError, InputError

PID = 2**22 + 7
"""No process has such a number."""


class FakeReactor(Clock):
    """
    Starts nothing.

    @ivar spawned: the words of what was to be started.
    @ivar readers: who wants to read.
    """

    error: OSError | None = None
    at_once: BaseException | None = None

    def __init__(self) -> None:
        super().__init__()
        self.spawned: list[Any] = []
        self.environment: dict[str, str] = {}
        self.readers: list[Any] = []
        self.writing = -1
        self.script = b""

    def spawnProcess(
        self, protocol: Any, executable: Any, args: Any, env: Any, childFDs: Any
    ) -> Any:
        if self.error is not None:
            raise self.error
        assert executable == args[0]
        self.environment = env
        assert childFDs[1] == childFDs[2]
        self.spawned = args
        self.writing = os.dup(childFDs[1])
        if 3 in childFDs:
            self.script = os.read(childFDs[3], 1 << 20)
        self.pid = PID
        if self.at_once is not None:
            protocol.processEnded(Failure(self.at_once))
        return self

    def addReader(self, reader: Any) -> None:
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:
        if reader in self.readers:
            self.readers.remove(reader)

    def removeWriter(self, writer: Any) -> None: ...

    def read(self) -> None:
        """What a reactor does with a file that can be read."""
        for reader in tuple(self.readers):
            if (why := reader.doRead()) is not None:
                self.removeReader(reader)
                reader.connectionLost(Failure(why))


class FakeExecution:
    """
    Hears of it.

    @ivar heard: everything.
    """

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def output_received(self, data: bytes) -> None:
        self.heard.append(data)

    def exited(self, status: int | None, name: str | None) -> None:
        self.heard.append(("exited", status, name))

    def ended(self, status: int | None, name: str | None) -> None:
        self.heard.append(("ended", status, name))


class LocalProcessesTests(SynchronousTestCase):
    """A bash, and what it has started."""

    def setUp(self) -> None:
        self.reactor = FakeReactor()
        self.processes = LocalProcesses(self.reactor)
        self.execution = FakeExecution()
        self.processes.execution = self.execution  # type: ignore[assignment]
        self.signals: list[tuple[str, int, int]] = []
        self.groups: dict[int, int] = {PID: PID}
        self.patch(os, "killpg", self.killpg)
        self.patch(os, "kill", lambda pid, number: self.signals.append(("pid", pid, number)))
        self.patch(os, "getpgid", lambda pid: self.groups.get(pid, 1))

    def killpg(self, group: int, number: int) -> None:
        if group not in self.groups:
            raise ProcessLookupError
        if number:
            self.signals.append(("group", group, number))

    def start(self, script: str = "true") -> None:
        self.processes.start(script)
        self.addCleanup(self.processes.abandon)

    def end(self, error: BaseException) -> None:
        self.processes.processEnded(Failure(error))

    def test_environment(self) -> None:
        """It is this process's own, but for what is hidden."""
        self.patch(os, "environ", {"PATH": os.environ["PATH"], "TOKEN": "hush", "HOME": "/"})
        self.processes = LocalProcesses(self.reactor, {"TOKEN"})
        self.start()
        self.assertEqual({"PATH": os.environ["PATH"], "HOME": "/"}, self.reactor.environment)

    def test_words(self) -> None:
        """The program setsid makes the session; bash calls itself bash."""
        self.start("echo ü")
        setsid, bash, *words = self.reactor.spawned
        self.assertEqual(("setsid", "bash"), tuple(map(os.path.basename, (setsid, bash))))
        self.assertEqual(["-c", "echo ü".encode(), "bash"], words)
        os.close(self.reactor.writing)

    def test_without_setsid(self) -> None:
        """Python does it where that is missing."""
        which = {"bash": "/bin/bash"}
        self.patch(localprocess.shutil, "which", which.get)
        self.start()
        self.assertIn("os.setsid()", self.reactor.spawned[2])
        self.assertEqual(["/bin/bash", "-c", b"true", "bash"], self.reactor.spawned[3:])
        os.close(self.reactor.writing)

    def test_without_bash(self) -> None:
        """There has to be bash."""
        self.patch(localprocess.shutil, "which", lambda _: None)
        with self.assertRaisesRegex(HostError, "bash is not installed"):
            self.start()

    def test_long(self) -> None:
        """A script that is no argument is a file."""
        script = "#" * (LONGEST + 1)
        self.start(script)
        self.assertEqual(script.encode(), self.reactor.script)
        self.assertNotIn(script.encode(), self.reactor.spawned)
        os.close(self.reactor.writing)

    def test_impossible(self) -> None:
        """What cannot be started leaves no file open."""
        self.reactor.error = BlockingIOError(11, "Resource temporarily unavailable")
        before = os.listdir("/proc/self/fd")
        with self.assertRaisesRegex(HostError, "cannot start bash: Resource temporarily"):
            self.start()
        self.assertEqual(before, os.listdir("/proc/self/fd"))
        with self.assertRaises(InputError):
            self.start("\0")

    def test_output_first(self) -> None:
        """It has ended when nobody can print any more, and bash has ended."""
        self.start()
        self.reactor.read()
        os.write(self.reactor.writing, b"hi")
        self.reactor.read()
        os.close(self.reactor.writing)
        self.reactor.read()
        self.assertEqual([b"hi"], self.execution.heard)
        self.end(ProcessDone(0))
        self.assertEqual([b"hi", ("exited", 0, None), ("ended", 0, None)], self.execution.heard)
        self.assertEqual([], self.reactor.readers)

    def test_bash_first(self) -> None:
        """Or the other way round."""
        self.start()
        self.end(ProcessTerminated(3))
        self.assertEqual([("exited", 3, None)], self.execution.heard)
        os.close(self.reactor.writing)
        self.reactor.read()
        self.assertEqual(("ended", 3, None), self.execution.heard[-1])

    def test_at_once(self) -> None:
        """Bash may end before it is known to have begun; its output comes nevertheless."""
        self.reactor.at_once = ProcessDone(0)
        self.start()
        self.assertEqual([("exited", 0, None)], self.execution.heard)
        os.write(self.reactor.writing, b"hi")
        os.close(self.reactor.writing)
        self.reactor.read()
        self.reactor.read()
        self.assertEqual([b"hi", ("ended", 0, None)], self.execution.heard[1:])

    def test_signals(self) -> None:
        """A signal that has ended bash has a name; some have numbers only."""
        for number, name in ((9, "KILL"), (50, "50")):
            self.setUp()
            self.start()
            self.end(ProcessTerminated(signal=number))
            self.assertEqual([("exited", None, name)], self.execution.heard)
            os.close(self.reactor.writing)

    def test_abandon(self) -> None:
        """Nothing more is read."""
        self.start()
        self.processes.abandon()
        self.processes.abandon()
        self.assertEqual([], self.reactor.readers)
        with self.assertRaises(BrokenPipeError):
            os.write(self.reactor.writing, b"x")
        os.close(self.reactor.writing)

    def test_kill(self) -> None:
        """The group is asked, then killed; it is waited for until it is gone."""
        self.start()
        killing = self.processes.kill(1.0)
        self.reactor.pump([0.1] * 9)
        self.assertEqual([("group", PID, signal.SIGTERM)], self.signals)
        self.reactor.pump([0.1] * 2)
        self.assertEqual(("group", PID, signal.SIGKILL), self.signals[-1])
        self.assertNoResult(killing)
        self.groups.clear()
        self.end(ProcessTerminated(signal=9))
        self.reactor.advance(0.1)
        self.assertIsNone(self.successResultOf(killing))
        self.assertEqual(2, len(self.signals))
        os.close(self.reactor.writing)

    def test_zombies(self) -> None:
        """Dead ones whose parent does not look are not waited for much longer."""
        self.start()
        killing = self.processes.kill(1.0)
        self.reactor.pump([0.1] * 20)
        self.assertIsNone(self.successResultOf(killing))
        self.assertEqual([], self.reactor.getDelayedCalls())
        os.close(self.reactor.writing)

    def test_kill_polite(self) -> None:
        """Who ends when asked is not killed."""
        self.start()
        killing = self.processes.kill(1.0)
        self.groups.clear()
        self.end(ProcessTerminated(signal=15))
        self.reactor.advance(0.1)
        self.assertIsNone(self.successResultOf(killing))
        self.assertEqual(1, len(self.signals))
        self.assertEqual([], self.reactor.getDelayedCalls())
        os.close(self.reactor.writing)

    def test_kill_at_once(self) -> None:
        """One that has no group of its own yet is killed alone, and nobody else's group."""
        self.groups.clear()
        self.start()
        killing = self.processes.kill(1.0)
        self.assertEqual(("pid", PID, signal.SIGTERM), self.signals[0])
        self.assertNoResult(killing)
        self.end(ProcessTerminated(signal=15))
        self.reactor.advance(0.1)
        self.assertIsNone(self.successResultOf(killing))
        os.close(self.reactor.writing)

    def test_not_ours(self) -> None:
        """Processes of somebody else are there, even if they cannot be killed."""

        def killpg(group: int, number: int) -> None:
            raise PermissionError

        self.patch(os, "killpg", killpg)
        self.start()
        killing = self.processes.kill(1.0)
        self.reactor.advance(0.1)
        self.assertNoResult(killing)
        killing.addErrback(lambda _: None).cancel()
        os.close(self.reactor.writing)

    def test_lost_output(self) -> None:
        """A pipe that breaks is one that has ended."""
        self.start()
        self.reactor.readers[0].connectionLost(Failure(CONNECTION_DONE))
        self.end(ProcessDone(0))
        self.assertEqual(("ended", 0, None), self.execution.heard[-1])
        os.close(self.reactor.writing)
