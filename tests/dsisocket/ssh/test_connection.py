"""L{netsim.dsisocket.ssh.connection}; channels and ports have tests of their own."""

from __future__ import annotations

from twisted.conch.ssh.common import NS
from twisted.internet.defer import CancelledError
from twisted.logger import LogLevel, capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import SshError
from tests.dsisocket.ssh.peers import Peer, word


class ConnectionTests(SynchronousTestCase):
    """Tests of L{Connection}."""

    def setUp(self) -> None:
        self.peer = Peer(keepalive=10, missed=2)
        self.connection = self.peer.connection

    def test_when_lost(self) -> None:
        """Everybody who waits is told of the end, and who asks later at once."""
        first, second, third = (self.connection.when_lost() for _ in range(3))
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.assertNoResult(first)
        self.assertFalse(self.connection.is_lost)
        self.peer.is_lost()
        for waiting in (first, third, self.connection.when_lost()):
            self.assertIsNone(self.successResultOf(waiting))
        self.assertTrue(self.connection.is_lost)

    def test_lost_before_it_is_told(self) -> None:
        """Who is told that it is lost can rely on that."""
        found: list[bool] = []
        self.connection.when_lost().addCallback(lambda _: found.append(self.connection.is_lost))
        self.peer.is_lost()
        self.assertEqual([True], found)

    def test_close(self) -> None:
        """The server is told; it fires when the end has come."""
        closing = self.connection.close()
        self.assertEqual(b"closed", self.peer.transport.disconnected)
        self.assertNoResult(closing)
        self.peer.is_lost()
        self.successResultOf(closing)
        self.assertEqual([], self.peer.clock.getDelayedCalls())
        self.assertFalse(self.peer.transport.aborted)
        self.successResultOf(self.connection.close())

    def test_close_takes_long(self) -> None:
        """A server that does not end it within a second is left."""
        self.connection.close()
        self.peer.clock.advance(0.9)
        self.assertFalse(self.peer.transport.aborted)
        self.peer.clock.advance(0.1)
        self.assertTrue(self.peer.transport.aborted)

    def test_abort(self) -> None:
        """It can be ended now; this is no error when it has ended."""
        self.connection.abort()
        self.assertTrue(self.peer.transport.aborted)
        self.peer.is_lost()
        self.peer.transport.aborted = False
        self.connection.abort()
        self.assertFalse(self.peer.transport.aborted)

    def test_keepalive(self) -> None:
        """The server is asked whether it is there, and left when it does not answer."""
        self.peer.clock.advance(10)
        asked = [("GLOBAL_REQUEST", NS(b"keepalive@openssh.com") + b"\xff")]
        self.assertEqual(asked, self.peer.heard())
        self.peer.says("REQUEST_FAILURE")
        self.peer.clock.pump([10, 10])
        self.assertFalse(self.peer.transport.aborted)
        with capturedLogs() as events:
            self.peer.clock.advance(10)
        self.assertTrue(self.peer.transport.aborted)
        [event] = events
        self.assertEqual((LogLevel.warn, 20), (event["log_level"], event["seconds"]))

    def test_lost_while_asked(self) -> None:
        """Nothing is asked of a connection that is lost."""
        self.peer.clock.advance(10)
        self.peer.is_lost()
        self.assertEqual([], self.peer.clock.getDelayedCalls())

    def test_asked_by_the_server(self) -> None:
        """What a server asks is refused, which tells that we are alive."""
        self.peer.says("GLOBAL_REQUEST", NS(b"keepalive@openssh.com"), b"\1")
        self.assertEqual([("REQUEST_FAILURE", b"")], self.peer.heard())
        self.peer.says("GLOBAL_REQUEST", NS(b"hostkeys-\xff@openssh.com"), b"\0", b"keys")
        self.assertEqual([], self.peer.heard())

    def test_nothing_on_one_that_is_lost(self) -> None:
        """Nothing is begun on one that is lost."""
        self.peer.is_lost()
        for doing in (self.connection.execute(b"true", None), self.connection.open_sftp()):
            self.assertEqual(
                "the connection to me@there:22 was lost",
                self.failureResultOf(doing, SshError).getErrorMessage(),
            )
        self.assertEqual([], self.peer.heard())

    def test_sftp(self) -> None:
        """The client of files fires when the server has agreed, and has begun."""
        opening = self.connection.open_sftp()
        self.peer.confirms()
        self.assertNoResult(opening)
        self.peer.heard()
        self.peer.says("CHANNEL_SUCCESS", word(0))
        client = self.successResultOf(opening)
        [(name, payload)] = self.peer.heard()
        self.assertEqual(("CHANNEL_DATA", b"\1" + word(3)), (name, payload[-5:]))
        asking = client.realPath(b".")
        self.peer.closes()
        self.failureResultOf(asking)
        self.failureResultOf(client.realPath(b"."))
