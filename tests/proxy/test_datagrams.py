"""Tests for L{netsim.proxy.datagrams}."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError

from netsim import peers
from netsim.addresses import Address
from netsim.proxy.datagrams import DatagramProxy, resolved
from tests.proxy.case import FilesCase
from tests.proxy.network import DatagramPort, Network

SERVER = ("192.0.2.1", 5025)
ANN, BOB = ("127.0.0.1", 7001), ("127.0.0.1", 7002)


class ProxyTests(FilesCase):
    """A proxy in front of a server of datagrams."""

    def setUp(self) -> None:
        super().setUp()
        self.network = Network()
        self.proxy = DatagramProxy(self.network, SERVER, self.recordings, idle=10)
        self.port = self.network.listenUDP(8088, self.proxy)

    def ask(self, client: tuple[str, int], *said: bytes) -> DatagramPort:
        """A client says this; gives the newest port towards the server."""
        for datagram in said:
            self.proxy.datagramReceived(datagram, client)
        return self.network.datagram_ports[-1]

    def answer(self, port: DatagramPort, *said: bytes) -> None:
        """The server says this to a port."""
        for datagram in said:
            port.protocol.datagramReceived(datagram, SERVER)

    def recorded(self, number: int = 1) -> list[tuple[bytes, tuple[bytes, ...]]]:
        """The exchanges of a recording."""
        return [(item.command, item.responses) for item in self.exchanges(number)]

    def test_exchanges(self) -> None:
        """Every datagram of the client begins an exchange; answers are kept apart."""
        port = self.ask(ANN, b"one")
        self.answer(port, b"1", b"\xff")
        self.ask(ANN, b"two", b"three")
        self.network.advance(10)
        self.assertEqual(SERVER, port.server)
        self.assertEqual([(b"one", None), (b"two", None), (b"three", None)], port.sent)
        self.assertEqual([(b"1", ANN), (b"\xff", ANN)], self.port.sent)
        self.assertEqual([(b"one", (b"1", b"\xff")), (b"two", ()), (b"three", ())], self.recorded())
        self.assertEqual(
            [f"udp:127.0.0.1:7001: 3 exchanges -> {self.directory}/session-1.json"],
            self.logged("info", "warn", "error"),
        )

    def test_twoClients(self) -> None:
        """Every client has a port and a recording of its own."""
        ports = [self.ask(ANN, b"ann"), self.ask(BOB, b"bob")]
        for port, name in zip(ports, (b"to ann", b"to bob"), strict=True):
            self.answer(port, name)
        self.proxy.stop()
        self.assertEqual([(b"to ann", ANN), (b"to bob", BOB)], self.port.sent)
        self.assertEqual([(b"ann", (b"to ann",))], self.recorded(1))
        self.assertEqual([(b"bob", (b"to bob",))], self.recorded(2))

    def test_large(self) -> None:
        """However much the server says at a stretch, its datagrams are kept apart."""
        self.spool_above(100)
        self.answer(self.ask(ANN, b"go"), *[b"x" * 60] * 5)
        self.proxy.stop()
        self.assertEqual([(b"go", (b"x" * 60,) * 5)], self.recorded())

    def test_idle(self) -> None:
        """Silence ends a session, and what either side says puts the end off."""
        port = self.ask(ANN, b"one")
        self.network.advance(9)
        self.answer(port, b"1")
        self.network.advance(9)
        self.ask(ANN, b"two")
        self.network.advance(9.5)
        self.assertFalse(port.stopped)
        self.network.advance(0.5)
        self.assertTrue(port.stopped)
        self.assertEqual((False, "proxy"), self.facts())
        self.assertEqual({}, self.proxy.sessions)

    def test_again(self) -> None:
        """A client that speaks again after its session begins another one."""
        first = self.ask(ANN, b"one")
        self.network.advance(10)
        self.assertIsNot(first, self.ask(ANN, b"two"))
        self.proxy.stop()
        self.assertEqual([(b"one", ())], self.recorded(1))
        self.assertEqual([(b"two", ())], self.recorded(2))

    def test_refused(self) -> None:
        """Where nobody listens at the server, the session ends, and the log says so."""
        port = self.ask(ANN, b"one")
        port.protocol.connectionRefused()
        self.assertTrue(port.stopped)
        self.assertEqual((True, "server"), self.facts())
        self.assertEqual(["nobody listens at udp:192.0.2.1:5025"], self.logged("warn"))
        self.assertEqual([], self.network.getDelayedCalls())

    def test_refusedByWrite(self) -> None:
        """The system may tell it when the next datagram is sent; that one is lost."""
        port = self.ask(ANN, b"one")
        port.refused = True
        self.ask(ANN, b"two")
        self.assertEqual([(b"one", ())], self.recorded())
        self.assertEqual((True, "server"), self.facts())
        self.assertFalse(self.recordings.troubled)

    def test_noPort(self) -> None:
        """Where the system has no port left, nothing is begun."""

        def refuse(*arguments: object) -> None:
            raise CannotListenError("", 0, OSError("too many open files"))

        self.patch(self.network, "listenUDP", refuse)
        self.assertRaises(CannotListenError, self.ask, ANN, b"one")
        self.assertEqual(({}, []), (self.proxy.sessions, self.files()))
        self.assertEqual([], self.network.getDelayedCalls())

    def test_limit(self) -> None:
        """More clients than the limit are ignored, and the log says so once."""
        self.patch(peers, "MAX_SESSIONS", 1)
        self.ask(ANN, b"one")
        self.ask(BOB, b"two", b"three")
        self.ask(ANN, b"four")
        self.assertEqual([ANN], list(self.proxy.sessions))
        self.assertEqual(["more than 1 clients at once: new ones are ignored"], self.logged("warn"))
        self.network.advance(10)
        self.ask(BOB, b"five")
        self.assertEqual([BOB], list(self.proxy.sessions))

    def test_stop(self) -> None:
        """A proxy that stops ends every session; their recordings are whole."""
        ports = [self.ask(ANN, b"one"), self.ask(BOB, b"two")]
        self.proxy.stop()
        self.assertTrue(all(port.stopped for port in ports))
        self.assertEqual(["session-1.json", "session-2.json"], self.files())
        self.assertEqual((False, "proxy"), self.facts())
        self.assertEqual([], self.network.getDelayedCalls())

    def test_forwardOnly(self) -> None:
        """Without recordings nothing is written."""
        self.proxy.recordings = None
        self.answer(self.ask(ANN, b"one"), b"1")
        self.network.advance(10)
        self.assertEqual([(b"1", ANN)], self.port.sent)
        self.assertEqual(([], []), (self.files(), self.logged("info")))

    def test_versionSix(self) -> None:
        """A server with an IPv6 address is asked from an IPv6 port."""
        self.proxy.upstream = ("2001:db8::1", 5025)
        port = self.ask(ANN, b"one")
        self.assertEqual("::", port.getHost().host)
        port.protocol.connectionRefused()
        self.assertEqual(["nobody listens at udp:[2001:db8::1]:5025"], self.logged("warn"))

    def test_versionFour(self) -> None:
        """A server with an IPv4 address is asked from any IPv4 port."""
        self.assertEqual(IPv4Address("UDP", "", 50002), self.ask(ANN, b"one").getHost())


class ResolvedTests(FilesCase):
    """Datagrams need the server's numeric address."""

    def test_numeric(self) -> None:
        """Numeric addresses are taken as they are."""
        for text, peer in (
            ("udp:192.0.2.1:53", ("192.0.2.1", 53)),
            ("udp:[2001:db8::1]:53", ("2001:db8::1", 53)),
        ):
            found = resolved(Network(), Address.parse(text))
            self.assertEqual(peer, self.successResultOf(found))

    def test_name(self) -> None:
        """Names are looked up."""
        network = Network()
        network.hosts["server.example"] = "192.0.2.7"
        found = resolved(network, Address.parse("udp:server.example:53"))
        self.assertEqual(("192.0.2.7", 53), self.successResultOf(found))
