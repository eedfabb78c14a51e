"""L{netsim.dsisocket.execution}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.execution import LINGER, PATIENCE, QUIET, Execution, Executions
from netsim.dsisocket.model import Ended, Limits
from netsim.errors import SshError


class FakeGroup:
    """
    Processes that do nothing.

    @ivar killing: what those who kill them wait for, with their patience.
    """

    def __init__(self) -> None:
        self.killing: list[tuple[float, Deferred[None]]] = []
        self.abandoned = 0

    def kill(self, patience: float) -> Deferred[None]:
        self.killing.append((patience, Deferred()))
        return self.killing[-1][1]

    def abandon(self) -> None:
        self.abandoned += 1

    def die(self) -> None:
        self.killing[-1][1].callback(None)


class ExecutionTestCase(SynchronousTestCase):
    """One that runs."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.group = FakeGroup()
        self.logged: list[str] = []
        globalLogPublisher.addObserver(self.observe)
        self.addCleanup(globalLogPublisher.removeObserver, self.observe)

    def observe(self, event: Any) -> None:
        if "line" in event:
            self.logged.append(event["log_format"].format(**event))

    def begin(self, **limits: float) -> Execution:
        return Execution("mongod.0", Limits(**limits), self.clock, self.group)

    def check_over(self, execution: Execution) -> None:
        self.assertIsNone(self.successResultOf(execution.over))
        self.assertEqual([], self.clock.getDelayedCalls())


class EndTests(ExecutionTestCase):
    """It ends by itself."""

    def test_status(self) -> None:
        """Its status, its time and its last lines are told."""
        execution = self.begin(timeout=10, no_output=5)
        execution.output_received(b"one\ntw")
        self.clock.advance(1.5)
        execution.output_received(b"o")
        self.assertNoResult(execution.done)
        execution.exited(3, None)
        execution.ended(3, None)
        ended = self.successResultOf(execution.done)
        self.assertEqual(Ended(3, 1.5, ("one", "two")), ended)
        self.assertEqual(0, self.group.abandoned)
        self.check_over(execution)

    def test_log(self) -> None:
        """Each line is logged as soon as it is there, with the host, and nothing odd in it."""
        execution = self.begin()
        execution.output_received(b"one {braces}\ntw")
        self.assertEqual(["[mongod.0] one {braces}"], self.logged)
        execution.output_received(b"\x1b[31mo\tgr\xc3\xbcn\n")
        self.assertEqual("[mongod.0] tw\ufffd[31mo\tgrün", self.logged[-1])
        execution.output_received(b"end")
        execution.ended(0, None)
        self.assertEqual("[mongod.0] end", self.logged[-1])
        self.assertEqual("tw\x1b[31mo\tgrün", self.successResultOf(execution.done).output[1])

    def test_long_log(self) -> None:
        """Where many lines come at once, entries of the log have several."""
        execution = self.begin()
        lines = [str(number) for number in range(1001)]
        execution.output_received("\n".join(lines).encode() + b"\n")
        self.assertEqual(21, len(self.logged))
        told = "\n".join(self.logged).split("\n")
        self.assertEqual([f"[mongod.0] {line}" for line in lines], told)

    def test_signal(self) -> None:
        """A signal that ended it is told."""
        execution = self.begin()
        execution.exited(None, "SEGV")
        execution.ended(None, "SEGV")
        self.assertEqual(
            Ended(None, reason="killed by SIGSEGV"), self.successResultOf(execution.done)
        )

    def test_lost(self) -> None:
        """So is a connection that was lost."""
        execution = self.begin(timeout=9)
        execution.ended(None, None)
        ended = self.successResultOf(execution.done)
        self.assertEqual(Ended(None, reason="the connection was lost"), ended)
        self.check_over(execution)

    def test_failed(self) -> None:
        """It could not be started at all."""
        execution = self.begin(timeout=9)
        execution.failed(Failure(SshError("no")))
        self.assertEqual("no", str(self.failureResultOf(execution.done, SshError).value))
        self.check_over(execution)
        execution.failed(Failure(SshError("again")))

    def test_background(self) -> None:
        """What it has left in the background is not waited for, once that is quiet."""
        execution = self.begin(timeout=1, no_output=1)
        execution.exited(0, None)
        self.clock.advance(QUIET / 2)
        execution.output_received(b"more\n")
        self.clock.advance(QUIET / 2)
        self.assertNoResult(execution.done)
        self.clock.advance(QUIET / 2)
        ended = self.successResultOf(execution.done)
        self.assertEqual((0, ("more",), ""), (ended.status, ended.output, ended.reason))
        self.assertEqual((1, []), (self.group.abandoned, self.group.killing))
        self.check_over(execution)
        execution.output_received(b"late\n")
        execution.ended(0, None)
        self.assertEqual(["[mongod.0] more"], self.logged)

    def test_noisy_background(self) -> None:
        """Nor for longer than some seconds, however much it prints."""
        execution = self.begin()
        execution.exited(0, None)
        for _ in range(int(LINGER / QUIET * 2)):
            self.assertNoResult(execution.done)
            execution.output_received(b"still here\n")
            self.clock.advance(QUIET / 2)
        self.clock.advance(QUIET / 10)
        self.assertTrue(self.successResultOf(execution.done).succeeded)


class LimitTests(ExecutionTestCase):
    """It is ended."""

    def test_timeout(self) -> None:
        """The whole group is killed when it takes too long, and not before."""
        execution = self.begin(timeout=5)
        self.clock.advance(4.9)
        execution.output_received(b"busy\n")
        self.assertEqual([], self.group.killing)
        self.clock.advance(0.1)
        self.assertEqual(PATIENCE, self.group.killing[0][0])
        execution.output_received(b"bye\n")
        execution.exited(None, "TERM")
        execution.ended(None, "TERM")
        # Bash is gone; others of its group may not be.
        self.clock.advance(1)
        self.assertNoResult(execution.done)
        self.group.die()
        ended = self.successResultOf(execution.done)
        self.assertEqual(Ended(None, 6, ("busy", "bye"), "took longer than 5 s"), ended)
        self.check_over(execution)

    def test_no_output(self) -> None:
        """Silence is counted from the last that it printed."""
        execution = self.begin(timeout=60, no_output=0.5)
        for _ in range(9):
            self.clock.advance(0.4)
            execution.output_received(b".")
        self.assertEqual([], self.group.killing)
        self.clock.advance(0.5)
        self.group.die()
        execution.ended(143, None)
        ended = self.successResultOf(execution.done)
        self.assertEqual((143, "printed nothing for 0.5 s"), (ended.status, ended.reason))
        self.assertFalse(ended.succeeded)
        self.assertEqual(1, len(self.group.killing))

    def test_killed_before_it_is_told(self) -> None:
        """The group is gone, and a process outside of it holds the output."""
        execution = self.begin(timeout=5)
        self.clock.advance(5)
        self.group.die()
        self.assertNoResult(execution.done)
        self.clock.advance(QUIET)
        self.assertEqual("took longer than 5 s", self.successResultOf(execution.done).reason)
        self.assertEqual(1, self.group.abandoned)

    def test_unkillable(self) -> None:
        """What cannot be killed is given up."""
        execution = self.begin(timeout=5)
        self.clock.advance(5)
        self.clock.advance(PATIENCE + 4.9)
        self.assertNoResult(execution.done)
        self.clock.advance(0.1)
        reason = self.successResultOf(execution.done).reason
        self.assertEqual("took longer than 5 s, and could not be killed", reason)
        self.check_over(execution)
        self.group.die()

    def test_kill_fails(self) -> None:
        """So is what could not even be tried."""
        execution = self.begin(timeout=5)
        self.clock.advance(5)
        self.group.killing[0][1].errback(SshError("no session"))
        self.assertIn("could not be killed", self.successResultOf(execution.done).reason)
        self.check_over(execution)

    def test_kill_bug(self) -> None:
        """A bug is logged."""
        execution = self.begin(timeout=5)
        self.clock.advance(5)
        self.group.killing[0][1].errback(ZeroDivisionError())
        self.assertIn("could not be killed", self.successResultOf(execution.done).reason)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_lost_while_killed(self) -> None:
        """Without a connection there is nothing to wait for."""
        execution = self.begin(timeout=5)
        self.clock.advance(5)
        execution.ended(None, None)
        self.assertEqual("took longer than 5 s", self.successResultOf(execution.done).reason)
        self.check_over(execution)

    def test_cancel(self) -> None:
        """Cancelling kills it, and does not wait; it is over when it is dead."""
        execution = self.begin()
        execution.done.cancel()
        self.failureResultOf(execution.done, CancelledError)
        self.assertEqual(1, len(self.group.killing))
        self.assertNoResult(execution.over)
        execution.ended(None, "TERM")
        self.group.die()
        self.check_over(execution)

    def test_kill_twice(self) -> None:
        """It is over when both who kill it have done so."""
        execution = self.begin()
        execution.done.cancel()
        self.failureResultOf(execution.done, CancelledError)
        execution.kill("again", 0.5)
        execution.ended(None, "TERM")
        self.group.die()
        self.assertNoResult(execution.over)
        self.group.killing[0][1].callback(None)
        self.check_over(execution)

    def test_cancel_background(self) -> None:
        """When bash has ended by itself, what is left is left alone."""
        execution = self.begin()
        execution.exited(0, None)
        execution.done.cancel()
        self.assertEqual(0, self.successResultOf(execution.done).status)
        self.assertEqual([], self.group.killing)
        self.check_over(execution)


class ExecutionsTests(ExecutionTestCase):
    """All that run on a host."""

    def test_stop(self) -> None:
        """All are killed, faster than usual; it waits until they are over."""
        executions = Executions()
        one, two = self.begin(), self.begin()
        executions.add(one)
        executions.add(two)
        two.ended(0, None)
        stopping = executions.stop()
        [(patience, _)] = self.group.killing
        self.assertLess(patience, 1)
        self.assertNoResult(stopping)
        one.ended(None, "TERM")
        self.group.die()
        self.assertIsNone(self.successResultOf(stopping))
        self.assertEqual("netsim is being stopped", self.successResultOf(one.done).reason)

    def test_nothing(self) -> None:
        """There may be none."""
        self.assertIsNone(self.successResultOf(Executions().stop()))
