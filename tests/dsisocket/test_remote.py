"""L{netsim.dsisocket.remote}; tests.integration.test_machines has a real host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.dsisocket.execution import PATIENCE, QUIET
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.link import SESSIONS
from netsim.dsisocket.model import Ended, Limits
from netsim.dsisocket.remote import RemoteMachine
from netsim.errors import InputError, SshError
from tests.dsisocket.fakehost import FakeCommand, FakeHost
from tests.dsisocket.machines import host


class RemoteTestCase(SynchronousTestCase):
    """A host in memory that is connected."""

    def setUp(self) -> None:
        self.clock: Any = Clock()
        self.host = FakeHost()
        self.machine = RemoteMachine(host(), self.clock, self.host.connect)
        self.first = self.run_script("true")
        self.connection = self.host.accept()
        self.commands = self.connection.commands
        self.commands[0].accept().prints(b"\x0111\n").end()
        self.successResultOf(self.first)

    def run_script(self, script: str, **limits: float) -> Deferred[Ended]:
        return self.machine.run(script, Limits(**limits))

    def begin(self, **limits: float) -> tuple[Deferred[Ended], FakeCommand]:
        """One that runs, and has told its number: 4321."""
        running = self.run_script("script", **limits)
        return running, self.commands[-1].accept().prints(b"\x014321\n")


class ScriptTests(RemoteTestCase):
    """Scripts on a host."""

    def test_interface(self) -> None:
        """It is a machine."""
        verifyObject(IMachine, self.machine)

    def test_script(self) -> None:
        """The number is none of its output."""
        running, command = self.begin()
        self.assertTrue(command.line.endswith(b";script"))
        command.prints(b"one\ntwo\n")
        self.clock.advance(1)
        command.end(3)
        self.assertEqual(Ended(3, 1, ("one", "two")), self.successResultOf(running))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_syntax_error(self) -> None:
        """What comes instead of a number is shown."""
        running = self.run_script(")")
        self.commands[-1].accept().prints(b"bash: syntax error\n").end(2)
        self.assertEqual(("bash: syntax error",), self.successResultOf(running).output)

    def test_background(self) -> None:
        """A channel that something in the background holds open is closed."""
        running, command = self.begin()
        command.process.exited(0, None)
        self.clock.advance(QUIET)
        self.assertTrue(self.successResultOf(running).succeeded)
        self.assertTrue(command.discarded)

    def test_nul(self) -> None:
        """A script that is none does not reach the host."""
        count = len(self.commands)
        self.failureResultOf(self.run_script("\0"), InputError)
        self.assertEqual(count, len(self.commands))

    def test_refused(self) -> None:
        """The host does not run it; there is room for the next one."""
        for _ in range(SESSIONS + 1):
            running = self.run_script("true", timeout=5)
            self.commands[-1].refuse()
            self.failureResultOf(running, SshError)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_lost(self) -> None:
        """A connection that is lost ends it; the next script makes another one."""
        running, _ = self.begin()
        self.connection.lose()
        self.assertEqual("the connection was lost", self.successResultOf(running).reason)
        running = self.run_script("true")
        self.host.accept().commands[0].accept().end()
        self.assertTrue(self.successResultOf(running).succeeded)

    def test_many(self) -> None:
        """So many run at once; the time of those that wait does not count."""
        running = [self.run_script("true", timeout=5) for _ in range(SESSIONS + 1)]
        self.assertEqual(SESSIONS + 1, len(self.commands))
        self.clock.advance(4)
        self.commands[1].accept().end()
        self.assertEqual(SESSIONS + 2, len(self.commands))
        self.clock.advance(4)
        self.commands[-1].accept().end()
        self.assertTrue(self.successResultOf(running[-1]).succeeded)


class KillTests(RemoteTestCase):
    """Scripts that are ended."""

    def test_timeout(self) -> None:
        """Another command kills the group, and waits for that."""
        running, command = self.begin(timeout=5)
        self.clock.advance(5)
        killer = self.commands[-1]
        self.assertIsNot(command, killer)
        self.assertIn(b"TERM -- -4321", killer.line)
        killer.accept()
        command.end(None, "TERM")
        self.assertNoResult(running)
        killer.end(0)
        ended = self.successResultOf(running)
        self.assertEqual((None, "took longer than 5 s"), (ended.status, ended.reason))

    def test_before_it_is_known(self) -> None:
        """It waits for the number, which comes first."""
        running = self.run_script("script", timeout=5)
        self.clock.advance(5)
        command = self.commands[-1]
        command.accept().prints(b"\x01432").prints(b"1\nmore\n")
        self.assertIn(b"-4321", self.commands[-1].line)
        self.commands[-1].accept().end(0)
        command.end(None, "TERM")
        self.assertEqual(("more",), self.successResultOf(running).output)

    def test_never_known(self) -> None:
        """It may end without."""
        running = self.run_script("script", timeout=5)
        self.clock.advance(5)
        count = len(self.commands)
        self.commands[-1].accept().end(2)
        self.assertEqual(2, self.successResultOf(running).status)
        self.assertEqual(count, len(self.commands))

    def test_does_not_die(self) -> None:
        """It is given up, and its channel closed, also if that has not come about yet."""
        running, command = self.begin(timeout=5)
        self.clock.advance(5)
        self.commands[-1].accept().end(1)
        self.assertIn("could not be killed", self.successResultOf(running).reason)
        self.assertTrue(command.discarded)
        running = self.run_script("script", timeout=5)
        self.clock.advance(5)
        self.clock.advance(PATIENCE + 5)
        self.assertIn("could not be killed", self.successResultOf(running).reason)
        self.assertTrue(self.commands[-1].accept().discarded)

    def test_cancel(self) -> None:
        """Cancelling kills; its room is free only when it is dead."""
        running, command = self.begin()
        others = [self.run_script("true") for _ in range(SESSIONS - 1)]
        waiting = self.run_script("waiting")
        running.cancel()
        self.failureResultOf(running, CancelledError)
        killer = self.commands[-1]
        self.assertIn(b"-4321", killer.line)
        killer.accept()
        killer.end(0)
        command.end(None, "TERM")
        self.assertTrue(self.commands[-1].line.endswith(b"waiting"))
        for each in (*others, waiting):
            self.assertNoResult(each)

    def test_stop(self) -> None:
        """Everything is killed, then the connection closed."""
        running, command = self.begin()
        stopping = self.machine.stop()
        self.failureResultOf(self.run_script("more"), SshError)
        self.commands[-1].accept().end(0)
        self.assertNoResult(stopping)
        self.assertFalse(self.connection.is_lost)
        command.end(None, "TERM")
        self.assertIsNone(self.successResultOf(stopping))
        self.assertTrue(self.connection.is_lost)
        self.assertEqual("netsim is being stopped", self.successResultOf(running).reason)


class TransferTests(RemoteTestCase):
    """Files of a host."""

    def test_refused(self) -> None:
        """A host without SFTP; the room is free again."""
        for _ in range(SESSIONS + 1):
            going = self.machine.upload(Path("a"), "b")
            self.connection.sftp[-1].errback(SshError("h refuses to do it: subsystem"))
            self.failureResultOf(going, SshError)

    def test_stop(self) -> None:
        """Stopping does not wait for it."""
        going = self.machine.retrieve("a", Path("b"))
        self.assertIsNone(self.successResultOf(self.machine.stop()))
        self.failureResultOf(going, CancelledError)
