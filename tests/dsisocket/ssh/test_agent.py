"""L{netsim.dsisocket.ssh.agent}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.conch.ssh.common import NS
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.agent import AgentClient, AgentFactory, connect_agent
from netsim.errors import SshError
from tests.dsisocket.ssh.peers import word

IDENTITIES = bytes([12])
SIGNED = bytes([14])


def message(data: bytes) -> bytes:
    """How it is sent."""
    return word(len(data)) + data


class AgentClientTests(SynchronousTestCase):
    """Tests of L{AgentClient}."""

    def setUp(self) -> None:
        self.transport = StringTransport()
        self.client = AgentClient()
        self.client.makeConnection(self.transport)

    def lose(self) -> None:
        """The agent goes away."""
        self.client.connectionLost(Failure(ConnectionDone()))

    def sign(self, flags: int = 4) -> Any:
        """Have something signed."""
        from twisted.internet.defer import Deferred

        return Deferred.fromCoroutine(self.client.sign(b"key", b"data", flags))

    def test_keys(self) -> None:
        """It tells its keys, whatever the segments of the answer."""
        asking = self.client.requestIdentities()
        self.assertEqual(message(bytes([11])), self.transport.value())
        answer = IDENTITIES + word(2) + NS(b"a") + NS(b"one") + NS(b"b") + NS(b"two")
        for byte in message(answer):
            self.client.dataReceived(bytes([byte]))
        self.assertEqual([(b"a", b"one"), (b"b", b"two")], self.successResultOf(asking))

    def test_sign(self) -> None:
        """It signs, with the flags that say how."""
        signing = self.sign()
        request = bytes([13]) + NS(b"key") + NS(b"data") + word(4)
        self.assertEqual(message(request), self.transport.value())
        self.client.dataReceived(message(SIGNED + NS(b"signature")))
        self.assertEqual(b"signature", self.successResultOf(signing))

    def test_would_not(self) -> None:
        """It may refuse, or answer something else."""
        for answer in (bytes([5]), bytes([6]), IDENTITIES):
            signing = self.sign()
            self.client.dataReceived(message(answer))
            self.assertEqual(
                "the agent would not sign",
                self.failureResultOf(signing, SshError).getErrorMessage(),
            )

    def test_lost(self) -> None:
        """What it has not answered when it goes fails, and so does all later."""
        waiting = [self.sign(), self.client.requestIdentities()]
        self.lose()
        for asked in (*waiting, self.sign(), self.client.requestIdentities()):
            self.failureResultOf(asked, SshError)

    def test_nonsense(self) -> None:
        """One that answers what was not asked, or without end, is left."""
        for data in (message(SIGNED), word(1 << 30) + bytes(1 << 21), message(b"")):
            self.setUp()
            if data == message(b""):
                self.client.requestIdentities().addErrback(lambda _: None)
            self.client.dataReceived(data)
            self.client.dataReceived(message(b"x"))
            self.assertTrue(self.transport.disconnecting or self.transport.disconnected)


class ConnectTests(SynchronousTestCase):
    """Tests of L{connect_agent}."""

    def test_there(self) -> None:
        """It gives the client of the agent at a socket."""
        reactor = MemoryReactorClock()
        connecting = connect_agent(reactor, Path("/agent"))
        [(path, factory, *_)] = reactor.unixClients
        self.assertEqual("/agent", path)
        factory.buildProtocol(None).makeConnection(StringTransport())
        self.assertIsInstance(self.successResultOf(connecting), AgentClient)

    def test_not_there(self) -> None:
        """Nobody there is an error."""
        reactor = MemoryReactorClock()
        connecting = connect_agent(reactor, Path("/agent"))
        reactor.unixClients[0][1].clientConnectionFailed(None, Failure(ConnectError()))
        self.failureResultOf(connecting, ConnectError)

    def test_long_path(self) -> None:
        """A path that no socket can have is an error at once."""
        reactor = MemoryReactorClock()
        failure = self.failureResultOf(connect_agent(reactor, Path("/" + "a" * 107)), ConnectError)
        self.assertIn("too long", failure.getErrorMessage())
        self.assertEqual([], reactor.unixClients)
        self.assertNoResult(connect_agent(reactor, Path("/" + "a" * 106)))


class AgentFactoryTests(SynchronousTestCase):
    """Tests of L{AgentFactory}."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.far = AgentFactory(self.reactor, Path("/agent")).buildProtocol(None)
        self.there = StringTransport()
        self.far.makeConnection(self.there)
        self.here = StringTransport()

    def connect(self) -> Any:
        """The agent accepts."""
        [(path, factory, *_)] = self.reactor.unixClients
        self.assertEqual("/agent", path)
        near = factory.buildProtocol(None)
        near.makeConnection(self.here)
        return near

    def test_joined(self) -> None:
        """What one says the other hears, from when the agent is there."""
        self.assertEqual("paused", self.there.producerState)
        near = self.connect()
        self.assertEqual("producing", self.there.producerState)
        self.far.dataReceived(b"question")
        near.dataReceived(b"answer")
        self.assertEqual((b"question", b"answer"), (self.here.value(), self.there.value()))

    def test_flow(self) -> None:
        """Each is as fast as the other."""
        self.connect()
        self.assertIs(self.here, self.there.producer)
        self.assertIs(self.there, self.here.producer)

    def test_ends(self) -> None:
        """The end of one is the end of the other."""
        near = self.connect()
        self.far.connectionLost(Failure(ConnectionDone()))
        self.assertTrue(self.here.disconnecting)
        near.connectionLost(Failure(ConnectionDone()))
        self.assertFalse(self.there.disconnecting)
        self.setUp()
        self.connect().connectionLost(Failure(ConnectionDone()))
        self.assertTrue(self.there.disconnecting)

    def test_no_agent(self) -> None:
        """Where there is none the server is told by the end."""
        self.reactor.unixClients[0][1].clientConnectionFailed(None, Failure(ConnectError()))
        self.assertTrue(self.there.disconnecting)

    def test_ended_before(self) -> None:
        """An agent that comes too late is left."""
        self.far.connectionLost(Failure(ConnectionDone()))
        self.connect()
        self.assertTrue(self.here.disconnecting)
