"""L{netsim.dsisocket.ssh.forwarded}."""

from __future__ import annotations

from typing import Any

from twisted.conch.ssh.common import NS
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import SynchronousTestCase

from tests.dsisocket.ssh.peers import Peer, Recorder, forwarded, word


class ForwardedChannelTests(SynchronousTestCase):
    """A connection to a port of the server, with a server by hand."""

    def setUp(self) -> None:
        self.peer = Peer()
        listening = self.peer.connection.listen("127.0.0.1", 27007, Factory.forProtocol(Recorder))
        self.peer.says("REQUEST_SUCCESS")
        self.successResultOf(listening)
        self.peer.heard()

    def open(self, **changes: Any) -> Recorder:
        """Have the server open one; gives the protocol."""
        made: list[Recorder] = []
        self.patch(Recorder, "makeConnection", _remember(made))
        self.peer.opens(data=forwarded(), **changes)
        return made[0]

    def test_opened(self) -> None:
        """It is confirmed before anything is sent, and the protocol begins."""
        protocol = self.open()
        [(name, payload)] = self.peer.heard()
        self.assertEqual("CHANNEL_OPEN_CONFIRMATION", name)
        self.assertEqual(word(100, 0, 1 << 20, 1 << 15), payload)
        self.assertEqual(["made"], protocol.told)

    def test_both_ways(self) -> None:
        """Data goes both ways."""
        protocol = self.open()
        self.peer.sends(b"ping")
        self.assertEqual(["made", b"ping"], protocol.told)
        self.peer.heard()
        protocol.transport.write(b"pong")
        self.assertEqual([("CHANNEL_DATA", word(100) + NS(b"pong"))], self.peer.heard())

    def test_closed_by_the_peer(self) -> None:
        """The peer's close is answered by ours, whatever it did not take."""
        protocol = self.open(window=0)
        protocol.transport.write(b"pong")
        self.peer.heard()
        self.peer.closes()
        self.assertEqual([("CHANNEL_CLOSE", word(100))], self.peer.heard())
        self.assertEqual(["made", ConnectionDone], protocol.told)

    def test_closed_by_us(self) -> None:
        """Ours is told after what was written; it is over when the peer agrees."""
        protocol = self.open(window=2)
        self.peer.heard()
        protocol.transport.write(b"pong")
        protocol.transport.loseConnection()
        self.assertEqual([("CHANNEL_DATA", word(100) + NS(b"po"))], self.peer.heard())
        self.peer.says("CHANNEL_WINDOW_ADJUST", word(0, 9))
        rest = [("CHANNEL_DATA", word(100) + NS(b"ng")), ("CHANNEL_CLOSE", word(100))]
        self.assertEqual(rest, self.peer.heard())
        self.assertEqual(["made"], protocol.told)
        self.peer.closes()
        self.assertEqual(["made", ConnectionDone], protocol.told)

    def test_lost(self) -> None:
        """The loss of the whole connection is told as one."""
        protocol = self.open()
        self.peer.is_lost()
        self.assertEqual(["made", ConnectionLost], protocol.told)

    def test_window(self) -> None:
        """The window is opened again for who reads; not for who pauses, until it goes on."""
        protocol = self.open()
        self.peer.heard()
        piece = bytes(1 << 15)
        for _ in range(40):
            self.peer.sends(piece)
        adjusted = self.peer.heard()
        self.assertEqual(["CHANNEL_WINDOW_ADJUST"] * 2, [name for name, _ in adjusted])
        protocol.transport.pauseProducing()
        told = len(protocol.told)
        left = self.peer.connection.channels[0].localWindowLeft
        for _ in range(left // len(piece)):
            self.peer.sends(piece)
        self.assertEqual(([], told), (self.peer.heard(), len(protocol.told)))
        protocol.transport.resumeProducing()
        self.assertEqual(["CHANNEL_WINDOW_ADJUST"], [name for name, _ in self.peer.heard()])
        self.assertEqual(left, sum(map(len, protocol.told[told:])))
        self.assertEqual(1 << 20, self.peer.connection.channels[0].localWindowLeft)

    def test_other_data(self) -> None:
        """What is not for this kind of channel is dropped, and takes no window for ever."""
        protocol = self.open()
        for _ in range(100):
            self.peer.says("CHANNEL_EXTENDED_DATA", word(0, 1), NS(bytes(1 << 15)))
        self.assertEqual(["made"], protocol.told)


def _remember(made: list[Recorder]) -> Any:
    def makeConnection(self: Recorder, transport: Any) -> None:
        made.append(self)
        Protocol.makeConnection(self, transport)

    return makeConnection
