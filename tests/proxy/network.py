"""A network in memory, whose sockets buffer, pause and close as Twisted's do."""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IHalfCloseableProtocol, IStreamClientEndpoint
from twisted.internet.protocol import DatagramProtocol, Factory
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from zope.interface import implementer

Datagram = tuple[bytes, tuple[str, int] | None]


class Network(MemoryReactorClock):
    """
    The reactor of wires and ports.

    @ivar wires: every one that was made.
    @ivar stream_ports: every one that was opened for connections.
    @ivar datagram_ports: every one that was opened for datagrams.
    @ivar hosts: numeric addresses by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.wires: list[Wire] = []
        self.stream_ports: list[StreamPort] = []
        self.datagram_ports: list[DatagramPort] = []
        self.hosts: dict[str, str] = {}

    def wire(self, factory: Factory) -> Wire:
        """A connection to what a factory builds."""
        address = IPv4Address("TCP", "127.0.0.1", 40001 + len(self.wires))
        wire = Wire(self, factory.buildProtocol(address), address)
        self.wires.append(wire)
        wire.protocol.makeConnection(wire)
        return wire

    def settle(self) -> None:
        """Run until every wire has read and written what it can."""
        self.advance(0)
        while any(wire.turn() for wire in self.wires):
            self.advance(0)

    def resolve(self, name: str, timeout: object = None) -> Deferred[str]:
        return succeed(self.hosts[name])

    def listenTCP(
        self, port: int, factory: Factory, backlog: int = 50, interface: str = ""
    ) -> StreamPort:
        opened = StreamPort(IPv4Address("TCP", interface, port), factory)
        self.stream_ports.append(opened)
        return opened

    def listenUDP(
        self, port: int, protocol: DatagramProtocol, interface: str = "", maxPacketSize: int = 8192
    ) -> DatagramPort:
        number = port or 50001 + len(self.datagram_ports)
        opened = DatagramPort(IPv4Address("UDP", interface, number), protocol)
        self.datagram_ports.append(opened)
        protocol.makeConnection(opened)
        return opened


class Wire(FileDescriptor):
    """
    The transport of one protocol, and the peer at its other side.

    @ivar heard: what the peer has read.
    @ivar deaf: the peer reads nothing now.
    @ivar told_end: the peer was told that nothing more comes.
    @ivar lost: why the connection is gone.
    """

    def __init__(self, network: Network, protocol: Any, address: IPv4Address) -> None:
        super().__init__(network)
        self.protocol = protocol
        self.heard = b""
        self.deaf = self.told_end = False
        self.lost: Failure | None = None
        self._address = address
        self._arriving: deque[bytes | None] = deque()
        self.connected = 1
        self.startReading()

    def say(self, *segments: bytes) -> None:
        """The peer says this."""
        self._arriving.extend(segments)

    def end(self) -> None:
        """The peer says that it has said all."""
        self._arriving.append(None)

    def vanish(self) -> None:
        """The peer is gone without a word."""
        self.connectionLost(Failure(ConnectionLost()))

    @property
    def is_reading(self) -> bool:
        """Whether what the peer says is taken."""
        return self in self.reactor.readers

    @property
    def unsent(self) -> int:
        """How many bytes wait for the peer to read."""
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    def turn(self) -> bool:
        """What a reactor does in one turn; whether there was anything to do."""
        if self.is_reading and self._arriving:
            self.doRead()
        elif self in self.reactor.writers and not self.deaf:
            if why := self.doWrite():
                self.connectionLost(Failure(why))
        else:
            return False
        return True

    def doRead(self) -> None:
        if self._arriving[0] is not None:
            self.protocol.dataReceived(self._arriving.popleft())
            return
        # As with a real socket, the end stays there for whoever reads again.
        self.stopReading()
        IHalfCloseableProtocol(self.protocol).readConnectionLost()

    def writeSomeData(self, data: bytes) -> int:
        if self.deaf:
            return 0
        self.heard += data
        return len(data)

    def abortConnection(self) -> None:
        self.connected = 0
        self.stopReading()
        self.stopWriting()
        self.reactor.callLater(0, self.vanish)

    def connectionLost(self, reason: Failure) -> None:
        if self.lost is None:
            self.lost = reason
            super().connectionLost(reason)
            self.protocol.connectionLost(reason)

    def getPeer(self) -> IPv4Address:
        return self._address

    def _closeWriteConnection(self) -> None:
        self.told_end = True
        self.protocol.writeConnectionLost()


@implementer(IStreamClientEndpoint)
class Upstream:
    """
    The real server, which accepts connections when the test says so.

    @ivar waiting: connections that were asked for.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.waiting: list[tuple[Factory, Deferred[Any]]] = []

    def connect(self, factory: Factory) -> Deferred[Any]:
        connecting: Deferred[Any] = Deferred()
        self.waiting.append((factory, connecting))
        return connecting

    def accept(self) -> Wire:
        """Take the oldest connection."""
        factory, connecting = self.waiting.pop(0)
        wire = self.network.wire(factory)
        connecting.callback(wire.protocol)
        return wire

    def refuse(self) -> None:
        """Refuse the oldest connection."""
        self.waiting.pop(0)[1].errback(ConnectionRefusedError())


class Port:
    """
    A port that accepts.

    @ivar stopped: it was closed.
    """

    def __init__(self, address: IPv4Address) -> None:
        self.address = address
        self.stopped = False

    def stopListening(self) -> Deferred[None]:
        self.stopped = True
        return succeed(None)

    def getHost(self) -> IPv4Address:
        return self.address


class StreamPort(Port):
    """Where connections are accepted, for a factory."""

    def __init__(self, address: IPv4Address, factory: Factory) -> None:
        super().__init__(address)
        self.factory = factory


class DatagramPort(Port):
    """
    The transport of a datagram protocol.

    @ivar sent: what was written, and to whom.
    @ivar server: whom it is connected to.
    @ivar refused: the next datagram finds that nobody listens, as the system tells it.
    """

    def __init__(self, address: IPv4Address, protocol: DatagramProtocol) -> None:
        super().__init__(address)
        self.protocol = protocol
        self.sent: list[Datagram] = []
        self.server: tuple[str, int] | None = None
        self.refused = False

    def connect(self, host: str, port: int) -> None:
        self.server = (host, port)

    def write(self, datagram: bytes, addr: tuple[str, int] | None = None) -> None:
        if self.stopped:
            raise AssertionError("written to a port that was closed")
        if self.refused:
            self.protocol.connectionRefused()
        else:
            self.sent.append((datagram, addr))
