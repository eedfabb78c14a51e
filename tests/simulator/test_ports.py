"""Tests for L{netsim.simulator.ports}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from netsim.errors import HostError, SimulatorError
from netsim.simulator.crew import Crew
from netsim.simulator.datagrams import DatagramListenHandler, DatagramSendHandler
from netsim.simulator.handlers import ListenHandler
from netsim.simulator.model import SHUTDOWN, Place
from netsim.simulator.ports import LINGER, DatagramPort, Port, StreamPort
from netsim.simulator.senders import SendHandler
from netsim.simulator.system import SendingSystem
from netsim.simulator.threaded import ThreadedListenHandler, ThreadedSendHandler
from tests.simulator.talking import HostTestCase, Messages, Parser

GOODBYE = SHUTDOWN.encode()
MUCH = b"x" * (1 << 20)


class Both(Messages, SendingSystem):
    """It listens and sends."""

    def status(self) -> bytes:
        return b"status"


class PortTestCase(HostTestCase):
    """A test of ports."""

    def setUp(self) -> None:
        super().setUp()
        self.system: Any = Both(lambda message: message)
        self.stops = 0

    def port(
        self, kind: type[Any] = StreamPort, sends: bool = False, host: str = "127.0.0.1"
    ) -> Any:
        instance = self.instance(self.system)
        return kind(instance, Place(host, 7000), self._stopped, sends)

    def opened(self, kind: type[Any] = StreamPort, sends: bool = False) -> Any:
        port = self.port(kind, sends)
        self.successResultOf(port.open())
        return port

    def _stopped(self) -> None:
        self.stops += 1


class OpenTests(PortTestCase):
    """A port opens, or tells why not."""

    def test_it_is_open(self) -> None:
        for kind, transport in ((StreamPort, "TCP"), (DatagramPort, "UDP")):
            port = self.port(kind)
            self.assertIsNone(port.address)
            address: Any = self.successResultOf(port.open())
            self.assertEqual(("127.0.0.1", 7000), (address.host, address.port))
            self.assertEqual((transport, address), (address.type, port.address))

    def test_it_is_in_use(self) -> None:
        self.reactor.taken = {7000}
        for kind in (StreamPort, DatagramPort):
            port: Port = self.port(kind)
            told = str(self.failureResultOf(port.open(), HostError).value)
            wanted = "device[3] cannot listen on 127.0.0.1:7000: Address already in use"
            self.assertEqual((wanted, None), (told, port.address))
            self.successResultOf(port.close())

    def test_all_interfaces_as_sockets_name_them(self) -> None:
        for kind in (StreamPort, DatagramPort):
            address = self.successResultOf(self.port(kind, host="").open())
            self.assertEqual(("0.0.0.0", 7000), (address.host, address.port))

    def test_a_host_that_is_none(self) -> None:
        for kind in (StreamPort, DatagramPort):
            port = self.port(kind, host="1.2.3")
            told = str(self.failureResultOf(port.open(), SimulatorError).value)
            self.assertTrue(told.startswith("device[3]: '"), told)
            self.assertIn("'1.2.3' is no IPv4 address", told)

    def test_a_mistake_is_not_explained(self) -> None:
        port = self.port()
        self.patch(self.reactor, "listenTCP", lambda *arguments, **options: 1 / 0)
        self.failureResultOf(port.open(), ZeroDivisionError)

    def test_what_accepts(self) -> None:
        for sends, handler in ((False, ListenHandler), (True, SendHandler)):
            self.assertIs(handler, type(self.port(sends=sends).handler()))
        for sends, datagrams in ((False, DatagramListenHandler), (True, DatagramSendHandler)):
            self.assertIs(datagrams, type(self.port(DatagramPort, sends)._handler))
        threaded = self.instance(Parser(), crew=Crew(self.reactor))
        for sends, handler in ((False, ThreadedListenHandler), (True, ThreadedSendHandler)):
            port = StreamPort(threaded, Place("127.0.0.1", 7000), self._stopped, sends)
            self.assertIs(handler, type(port.handler()))

    def test_only_a_periodic_system_has_a_beat_and_only_where_it_sends(self) -> None:
        self.assertIsNone(self.port().beat)
        self.assertIsNotNone(self.port(sends=True).beat)
        self.system = Parser()
        self.assertIsNone(self.port(sends=True).beat)


class CloseTests(PortTestCase):
    """A port closes, with all its connections."""

    def test_connections_end_after_what_was_said(self) -> None:
        port = self.opened()
        clients = [self.reactor.connect(7000) for _ in range(3)]
        clients[0].say(b"one\n")
        self.assertEqual(3, port.clients)
        closed = port.close()
        self.assertEqual([], self.reactor.open)
        self.assertNoResult(closed)
        self.reactor.pump()
        self.successResultOf(closed)
        self.assertEqual([True] * 3, [client.closed for client in clients])
        self.assertEqual((b"one", 0, None), (clients[0].received, port.clients, port.address))
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.assertEqual(0, self.stops)

    def test_it_may_be_closed_often(self) -> None:
        port = self.opened()
        self.reactor.connect(7000)
        closing = [port.close(), port.close()]
        self.reactor.pump()
        for closed in closing:
            self.successResultOf(closed)
        self.successResultOf(port.close())
        self.successResultOf(self.port(DatagramPort).close())

    def test_it_may_be_opened_again(self) -> None:
        for kind in (StreamPort, DatagramPort):
            port = self.opened(kind)
            self.successResultOf(port.close())
            self.successResultOf(port.open())
            self.assertEqual([7000], self.reactor.numbers())
            self.successResultOf(port.close())

    def test_who_does_not_read_is_left(self) -> None:
        self.system = Both(lambda message: MUCH)
        port = self.opened()
        deaf, slow = self.reactor.connect(7000, window=1), self.reactor.connect(7000, window=1)
        for client in (deaf, slow):
            client.say(b"one\n")
        closed = port.close()
        slow.read()
        self.reactor.pass_time(LINGER - 0.01)
        self.assertEqual((MUCH, True), (slow.received, slow.closed))
        self.assertFalse(deaf.closed)
        self.assertNoResult(closed)
        self.reactor.pass_time(0.01)
        self.reactor.pass_time(0)
        self.assertTrue(deaf.closed)
        self.successResultOf(closed)

    def test_who_waits_for_an_answer_is_left(self) -> None:
        self.system = Both(lambda message: Deferred())
        port = self.opened()
        client = self.reactor.connect(7000)
        client.say(b"one\n")
        closed = port.close()
        self.reactor.pump()
        self.assertTrue(client.closed)
        self.successResultOf(closed)
        self.quiet()

    def test_subscribers_are_left(self) -> None:
        port = self.opened(sends=True)
        client = self.reactor.connect(7000)
        closed = port.close()
        self.reactor.pump()
        self.successResultOf(closed)
        self.assertEqual((b"status", True), (client.received, client.closed))
        self.assertEqual([], self.reactor.getDelayedCalls())


class FarewellTests(PortTestCase):
    """A client may close the port."""

    def test_stream(self) -> None:
        for sends in (False, True):
            self.stops = 0
            port = self.opened(sends=sends)
            client, other = self.reactor.connect(7000), self.reactor.connect(7000)
            client.say(b"$system_stop%%%%%")
            self.assertTrue(client.received.endswith(GOODBYE))
            self.assertEqual((True, True), (client.closed, other.closed))
            self.assertEqual(([], 1, None), (self.reactor.open, self.stops, port.address))

    def test_two_at_once(self) -> None:
        self.opened()
        clients = [self.reactor.connect(7000) for _ in range(2)]
        for client in clients:
            client.socket.segments.append(b"$system_stop%%%%%")
        self.reactor.pump()
        self.assertEqual(1, self.stops)

    def test_one_that_is_closed_stops_nothing(self) -> None:
        port = self.opened()
        for _ in range(2):
            port.farewell()
        self.assertEqual(1, self.stops)

    def test_datagram(self) -> None:
        for sends in (False, True):
            self.stops, sent = 0, []
            port = self.opened(DatagramPort, sends)
            [opened] = self.reactor.open
            opened.write = lambda *datagram, sent=sent: sent.append(datagram)  # type: ignore[attr-defined]
            opened.accepts.datagramReceived(b"$system_stop%%%%%", ("127.0.0.1", 9))
            self.assertEqual((GOODBYE, ("127.0.0.1", 9)), sent[0])
            self.assertEqual(([], 1, None), (self.reactor.open, self.stops, port.address))


class TrafficTests(PortTestCase):
    """What clients send is counted."""

    def traffic(self, port: Port) -> tuple[int, int]:
        return port.traffic.messages, port.traffic.size

    def test_of_a_stream(self) -> None:
        """It is the same when they have left."""
        port = self.opened()
        clients = [self.reactor.connect(7000) for _ in range(2)]
        for client in clients:
            client.say(b"one\n", b"two\n")
        self.assertEqual((4, 16), self.traffic(port))
        clients[0].leave()
        self.assertEqual((1, (4, 16)), (port.clients, self.traffic(port)))
        clients[1].leave()
        self.assertEqual((0, (4, 16)), (port.clients, self.traffic(port)))

    def test_of_datagrams(self) -> None:
        """Each is a message, wherever it is sent."""
        for sends in (False, True):
            port = self.port(DatagramPort, sends)
            for datagram in (b"one\n", b"$none%%%%%"):
                port._handler.datagramReceived(datagram, ("127.0.0.1", 1))
            self.assertEqual((2, 14), self.traffic(port))
        self.events.clear()

    def test_who_gets_the_status(self) -> None:
        for kind, sends in ((StreamPort, True), (StreamPort, False), (DatagramPort, False)):
            self.assertEqual(sends, self.port(kind, sends).sends)
