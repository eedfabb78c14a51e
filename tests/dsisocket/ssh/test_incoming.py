"""L{netsim.dsisocket.ssh.incoming}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.conch.ssh.common import NS
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.ssh.incoming import Incoming
from netsim.dsisocket.ssh.target import Target
from tests.dsisocket.ssh.peers import Peer, forwarded, word


class Addressed(Factory):
    """Remembers who connected."""

    protocol = Protocol

    def __init__(self) -> None:
        self.peers: list[Any] = []

    def buildProtocol(self, addr: Any) -> Protocol | None:
        self.peers.append(addr)
        return super().buildProtocol(addr)


class IncomingTests(SynchronousTestCase):
    """Tests of L{Incoming}."""

    def make(self, **changes: Any) -> Incoming:
        """What a connection to such a target takes."""
        changes = {"host": "there", "user": "me", **changes}
        return Incoming(Target(**changes), MemoryReactorClock())

    def channel(self, incoming: Incoming, data: bytes, kind: bytes = b"forwarded-tcpip") -> Any:
        """What it makes of a channel."""
        return incoming.channel(kind, data, 1 << 20, 1 << 15, None)

    def test_asked_for(self) -> None:
        """A factory is asked, with the address of the one who connected."""
        incoming, factory = self.make(), Addressed()
        incoming.add("127.0.0.1", 27007, factory)
        self.assertIsNotNone(self.channel(incoming, forwarded()))
        self.assertEqual([IPv4Address("TCP", "192.0.2.7", 4711)], factory.peers)

    def test_v6(self) -> None:
        """Addresses may be of the other kind."""
        incoming, factory = self.make(), Addressed()
        incoming.add("::1", 27007, factory)
        data = NS(b"::1") + word(27007) + NS(b"::1") + word(4711)
        self.assertIsNotNone(self.channel(incoming, data))
        self.assertEqual([IPv6Address("TCP", "::1", 4711)], factory.peers)

    def test_by_address(self) -> None:
        """Two addresses with the same port have each its own factory."""
        incoming, one, two = self.make(), Addressed(), Addressed()
        incoming.add("127.0.0.1", 27007, one)
        incoming.add("127.0.0.2", 27007, two)
        self.channel(incoming, forwarded(host=b"127.0.0.2"))
        self.assertEqual((0, 1), (len(one.peers), len(two.peers)))
        self.assertIsNone(self.channel(incoming, forwarded(host=b"localhost")))

    def test_other_name(self) -> None:
        """The server may call the address by another name, where only one can be meant."""
        incoming, factory = self.make(), Addressed()
        incoming.add("127.0.0.1", 27007, factory)
        self.assertIsNotNone(self.channel(incoming, forwarded(host=b"localhost")))

    def test_not_asked_for(self) -> None:
        """Nothing else is taken: other ports, other kinds, and the agent."""
        incoming = self.make(agent=Path("/agent"))
        incoming.add("127.0.0.1", 27007, Addressed())
        self.assertIsNone(self.channel(incoming, forwarded(27008)))
        self.assertIsNone(self.channel(incoming, forwarded(), b"direct-tcpip"))
        self.assertIsNone(self.channel(incoming, b"", b"auth-agent@openssh.com"))
        incoming.remove("127.0.0.1", 27007)
        incoming.remove("127.0.0.1", 27007)
        self.assertIsNone(self.channel(incoming, forwarded()))

    def test_agent(self) -> None:
        """The agent is, where that is wanted."""
        incoming = self.make(agent=Path("/agent"), forward_agent=True)
        self.assertIsNotNone(self.channel(incoming, b"", b"auth-agent@openssh.com"))
        self.assertIsNone(
            self.channel(self.make(forward_agent=True), b"", b"auth-agent@openssh.com")
        )

    def test_factories_that_do_not_want(self) -> None:
        """A factory that gives no protocol refuses, and so does one that fails."""
        incoming, factory = self.make(), Factory()
        incoming.add("127.0.0.1", 27007, factory)
        factory.buildProtocol = lambda _: None
        self.assertIsNone(self.channel(incoming, forwarded()))
        factory.buildProtocol = lambda _: 1 / 0
        self.assertIsNone(self.channel(incoming, forwarded()))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))


class RefusedTests(SynchronousTestCase):
    """What the server is told of it."""

    def check_refused(self, peer: Peer, **changes: Any) -> None:
        """The channel is refused, and the connection holds."""
        peer.opens(**changes)
        [(name, payload)] = peer.heard()
        self.assertEqual("CHANNEL_OPEN_FAILURE", name)
        self.assertEqual(word(100, 1) + NS(b"not asked for") + NS(b""), payload)
        self.assertEqual({}, peer.connection.channels)

    def test_refused(self) -> None:
        """It is told that nobody asked for that."""
        self.check_refused(Peer(), data=forwarded())
        self.check_refused(Peer(), kind=b"x11")

    def test_packets_of_no_size(self) -> None:
        """A channel in which nothing can be sent is no good."""
        peer = Peer(agent=Path("/agent"), forward_agent=True)
        self.check_refused(peer, kind=b"auth-agent@openssh.com", size=0)
