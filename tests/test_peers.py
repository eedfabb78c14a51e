"""Tests of L{netsim.peers}."""

from __future__ import annotations

from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim import peers
from netsim.addresses import Address
from netsim.peers import Peer, PeerSessions, describe_peer


class PeerSessionsTests(SynchronousTestCase):
    """Every address has its session."""

    def setUp(self) -> None:
        self.begun: list[Peer] = []
        self.peers = PeerSessions(self.begin)

    def begin(self, peer: Peer) -> str:
        self.begun.append(peer)
        return f"session {len(self.begun)}"

    def test_sessions(self) -> None:
        """A new address begins one, a known one goes on with its own."""
        one, other = ("127.0.0.1", 1), ("127.0.0.1", 2)
        found = [self.peers.session(peer) for peer in (one, other, one)]
        self.assertEqual(["session 1", "session 2", "session 1"], found)
        self.assertEqual([one, other], self.begun)

    def test_limit(self) -> None:
        """Too many clients are ignored, and told once; those that are there go on."""
        self.patch(peers, "MAX_SESSIONS", 1)
        warnings: list[dict[str, object]] = []
        globalLogPublisher.addObserver(warnings.append)
        self.addCleanup(globalLogPublisher.removeObserver, warnings.append)
        found = [self.peers.session(("127.0.0.1", port)) for port in (1, 2, 3, 1)]
        self.assertEqual(["session 1", None, None, "session 1"], found)
        self.assertEqual([1], [event["count"] for event in warnings])

    def test_described(self) -> None:
        """A peer is written as an address that can be parsed."""
        for peer in ("127.0.0.1", 53), ("::1", 53, 0, 0):
            address = Address.parse(describe_peer(peer))
            self.assertEqual((*peer[:2], True), (address.host, address.port, address.is_datagram))
