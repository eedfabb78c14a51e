"""L{netsim.dsisocket.ssh.connect}; tests/integration/test_ssh.py has the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, ConnectionRefusedError
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.connect import connect
from netsim.dsisocket.ssh.target import Target
from netsim.errors import HostKeyError, SshError


class ConnectTests(SynchronousTestCase):
    """Tests of L{connect}."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.known_hosts = Path(self.mktemp())

    def connect(self, **changes: Any) -> Any:
        """Begin."""
        usual: dict[str, Any] = {"host": "192.0.2.7", "user": "me", "known_hosts": self.known_hosts}
        return connect(self.reactor, Target(**{**usual, **changes}))

    def accept(self) -> StringTransport:
        """The server accepts, and says nothing."""
        protocol = self.reactor.tcpClients[0][2].buildProtocol(None)
        transport = StringTransport()
        protocol.makeConnection(transport)
        return transport

    def text(self, connecting: Any, kind: type[Exception] = SshError) -> str:
        """Of the error; nothing is left of the attempt."""
        text = self.failureResultOf(connecting, kind).getErrorMessage()
        self.assertEqual([], self.reactor.getDelayedCalls())
        return text

    def test_where(self) -> None:
        """It connects to where the target is."""
        self.connect(port=2222)
        self.assertEqual(("192.0.2.7", 2222), self.reactor.tcpClients[0][:2])
        self.connect(host="::1")
        self.assertEqual(("::1", 22), self.reactor.tcpClients[1][:2])

    def test_refused(self) -> None:
        """The error of the system is told in its words."""
        for error, reason in (
            (ConnectionRefusedError(111, "x"), "connection refused"),
            (ConnectError(113, "x"), "no route to host"),
            (ConnectError(string="some reason"), "some reason"),
        ):
            self.setUp()
            connecting = self.connect()
            self.reactor.tcpClients[0][2].clientConnectionFailed(None, Failure(error))
            text = self.text(connecting)
            self.assertTrue(text.startswith("cannot reach me@192.0.2.7:22: "), text)
            self.assertIn(reason, text)

    def test_late(self) -> None:
        """The time for it counts from the beginning to the end."""
        connecting = self.connect(timeout=5)
        self.reactor.advance(3)
        transport = self.accept()
        self.assertTrue(transport.value().startswith(b"SSH-2.0-"))
        self.reactor.advance(1.9)
        self.assertNoResult(connecting)
        self.reactor.advance(0.1)
        self.assertEqual(
            "cannot reach me@192.0.2.7:22: it has not let us in within 5 s", self.text(connecting)
        )
        self.assertTrue(transport.disconnected or transport.disconnecting)

    def test_late_before_anything(self) -> None:
        """So it does where neither the server nor the agent accepts."""
        for changes in ({}, {"agent": Path("/agent")}, {"host": "there"}):
            connecting = self.connect(timeout=5, **changes)
            self.reactor.advance(5)
            self.assertIn("it has not let us in within 5 s", self.text(connecting))
            connecting = self.connect(**changes)
            connecting.cancel()
            self.failureResultOf(connecting, CancelledError)

    def test_late_agent(self) -> None:
        """An agent that does not answer takes of that time, too."""
        connecting = self.connect(agent=Path("/agent"), timeout=5)
        agent = StringTransport()
        self.reactor.unixClients[0][1].buildProtocol(None).makeConnection(agent)
        self.reactor.advance(5)
        self.text(connecting)
        self.assertEqual([], self.reactor.tcpClients)
        self.assertTrue(agent.disconnected or agent.disconnecting)

    def test_given_up(self) -> None:
        """Cancelling closes what was opened; it is no error of the server."""
        connecting = self.connect()
        transport = self.accept()
        connecting.cancel()
        self.failureResultOf(connecting, CancelledError)
        self.assertTrue(transport.disconnected or transport.disconnecting)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_agent_left(self) -> None:
        """The agent is not kept when it is over."""
        connecting = self.connect(agent=Path("/agent"))
        agent = StringTransport()
        protocol = self.reactor.unixClients[0][1].buildProtocol(None)
        protocol.makeConnection(agent)
        protocol.dataReceived(b"\0\0\0\5\x0c\0\0\0\0")
        self.assertFalse(agent.disconnecting)
        connecting.cancel()
        self.failureResultOf(connecting, CancelledError)
        self.assertTrue(agent.disconnecting)

    def test_file_of_hosts(self) -> None:
        """Nothing is opened where the known hosts cannot be read."""
        self.known_hosts.mkdir()
        self.assertIn("cannot read", self.text(self.connect(), HostKeyError))
        self.assertEqual([], self.reactor.tcpClients)
