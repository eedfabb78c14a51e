"""L{netsim.dsisocket.link}."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.link import PROBE_WITHIN, SESSIONS, Link, Session
from netsim.errors import SshError
from tests.dsisocket.fakehost import FakeConnection, FakeHost


class LinkTests(SynchronousTestCase):
    """One connection for all."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.host = FakeHost()
        self.link = Link(self.clock, self.host.connect)

    def acquire(self) -> Deferred[Session]:
        return Deferred.fromCoroutine(self.link.acquire())

    def test_shared(self) -> None:
        """It is made when it is needed, and once."""
        self.assertEqual([], self.host.connecting)
        both = [self.acquire(), self.acquire()]
        self.assertEqual(1, len(self.host.connecting))
        connection = self.host.accept()
        sessions = [*map(self.successResultOf, both), self.successResultOf(self.acquire())]
        self.assertEqual(1, len(set(sessions)))
        self.assertIs(connection, sessions[0].connection)
        self.assertEqual([], self.host.connecting)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_shell(self) -> None:
        """It is known whether the login shell is bash."""
        for shell, expected in ((b"/bin/bash", True), (b"/bin/sh", False), (b"", False)):
            self.setUp()
            self.host.shell = shell
            acquiring = self.acquire()
            self.host.accept()
            self.assertEqual(expected, self.successResultOf(acquiring).is_bash)

    def test_unreachable(self) -> None:
        """All who wait are told, and the next one tries again."""
        both = [self.acquire(), self.acquire()]
        self.host.connecting.pop().errback(SshError("no"))
        for each in both:
            self.failureResultOf(each, SshError)
        acquiring = self.acquire()
        self.host.accept()
        self.successResultOf(acquiring)

    def test_unreachable_at_once(self) -> None:
        """The same where that is known at once."""
        for _ in range(2):
            self.host.connect = self._refuse  # type: ignore[method-assign]
            self.link = Link(self.clock, self.host.connect)
            self.failureResultOf(self.acquire(), SshError)
            self.failureResultOf(self.acquire(), SshError)

    def test_reachable_at_once(self) -> None:
        """The same where a connection is there at once."""
        connection = FakeConnection(b"/bin/bash")
        self.link = Link(self.clock, lambda: succeed(connection))  # type: ignore[arg-type]
        self.successResultOf(self.acquire())
        connection.lose()
        connection = FakeConnection(b"/bin/bash")
        self.assertIs(connection, self.successResultOf(self.acquire()).connection)

    def test_silent_shell(self) -> None:
        """A login shell that says nothing is not waited for; the connection is closed."""
        self.host.shell = None
        acquiring = self.acquire()
        connection = self.host.accept()
        connection.commands[0].accept()
        self.clock.advance(PROBE_WITHIN - 0.1)
        self.assertNoResult(acquiring)
        self.clock.advance(0.1)
        error = self.failureResultOf(acquiring, SshError).value
        self.assertEqual("the login shell of me@h:22 says nothing", str(error))
        self.assertTrue(connection.is_aborted)

    def test_lost(self) -> None:
        """One that was lost is made anew."""
        acquiring = self.acquire()
        self.host.accept().lose()
        self.assertTrue(self.successResultOf(acquiring).connection.is_lost)
        acquiring = self.acquire()
        connection = self.host.accept()
        self.assertIs(connection, self.successResultOf(acquiring).connection)

    def test_full(self) -> None:
        """What is too much for a server waits."""
        sessions = [self.acquire()]
        self.host.accept()
        sessions += [self.acquire() for _ in range(SESSIONS + 1)]
        *got, given_up, waiting = sessions
        session = next(map(self.successResultOf, got))
        self.assertNoResult(waiting)
        given_up.cancel()
        self.failureResultOf(given_up, CancelledError)
        session.release()
        self.assertIs(session, self.successResultOf(waiting))

    def test_lost_while_full(self) -> None:
        """Who waited for room on a connection that is gone gets it on another one."""
        sessions = [self.acquire()]
        lost = self.host.accept()
        sessions += [self.acquire() for _ in range(SESSIONS)]
        *got, waiting = sessions
        lost.lose()
        for each in got:
            self.successResultOf(each).release()
        self.assertNoResult(waiting)
        connection = self.host.accept()
        self.assertIs(connection, self.successResultOf(waiting).connection)

    def test_cancel(self) -> None:
        """Who gives up does not end it for the others."""
        one, two = self.acquire(), self.acquire()
        one.cancel()
        self.failureResultOf(one, CancelledError)
        self.assertEqual(0, self.host.given_up)
        self.host.accept()
        self.successResultOf(two)

    def test_close(self) -> None:
        """It is closed, and no other one is made."""
        self.assertIsNone(self.successResultOf(self.link.close()))
        self.failureResultOf(self.acquire(), SshError)
        self.setUp()
        acquiring = self.acquire()
        connection = self.host.accept()
        self.successResultOf(acquiring)
        self.assertIsNone(self.successResultOf(self.link.close()))
        self.assertTrue(connection.is_lost)
        self.failureResultOf(self.acquire(), SshError)

    def test_close_while_connecting(self) -> None:
        """Nobody waits any longer."""
        acquiring = self.acquire()
        self.link.close()
        self.assertEqual(1, self.host.given_up)
        error = self.failureResultOf(acquiring, SshError).value
        self.assertEqual("netsim is being stopped", str(error))

    def _refuse(self) -> Deferred[object]:
        raise SshError("no")
