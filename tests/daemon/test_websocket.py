"""Tests of L{netsim.daemon.websocket}."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.resource import WebSocketResource
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet.testing import StringTransport
from twisted.test import iosim
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from netsim.daemon.protocol import CLOSE_WITHIN, StatusProtocol
from netsim.daemon.websocket import OPEN_WITHIN, PING_AFTER
from tests.daemon.sockets import CLOSE, PONG, TEXT, Net, Socket, masked, request
from tests.framing import single


class Recorder:
    """Somebody who wants to be told when something can be sent."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.is_due = True
        self.name = name
        self.log = log

    def flush(self) -> None:
        self.log.append(self.name)


class TurnTests(SynchronousTestCase):
    """What is to be sent is sent at the end of a turn."""

    def setUp(self) -> None:
        self.net = Net()
        self.turn: Any = self.net.factory.turn
        self.log: list[str] = []

    def add(self, *names: str) -> None:
        for name in names:
            self.turn.add(Recorder(name, self.log))

    def test_within(self) -> None:
        """All at once, in order, and nothing is left to do."""
        with self.turn:
            self.add("a", "b")
            self.assertEqual([], self.log)
        self.assertEqual((["a", "b"], []), (self.log, self.net.calls))
        with self.turn:
            pass
        self.assertEqual(["a", "b"], self.log)

    def test_failed(self) -> None:
        """Also when something goes wrong in it."""
        with self.assertRaises(ZeroDivisionError), self.turn:
            self.add("a")
            _ = 1 / 0
        self.add("b")
        self.net.reactor.pass_time(0)
        self.assertEqual(["a", "b"], self.log)

    def test_outside(self) -> None:
        """Without a turn it is sent in the reactor's next one."""
        self.add("a", "b")
        self.assertEqual(([], [0]), (self.log, self.net.calls))
        self.net.reactor.pass_time(0)
        self.assertEqual((["a", "b"], []), (self.log, self.net.calls))
        self.add("c")
        self.net.reactor.pass_time(0)
        self.assertEqual(["a", "b", "c"], self.log)


class FactoryTests(SynchronousTestCase):
    """What all connections share."""

    def test_times(self) -> None:
        """Timeouts are what they are said to be, to the millisecond."""
        net = Net()
        net.reactor.advance(0.7)
        client = net.client()
        self.assertEqual([OPEN_WITHIN], [round(call, 3) for call in net.calls])
        client.say(request())
        self.assertEqual([PING_AFTER], [round(call, 3) for call in net.calls])

    def test_resource(self) -> None:
        """It may be wrapped, which starts it without telling the log."""
        self.assertFalse(Net().factory.noisy)


class Browser(WebSocketClientProtocol):
    """A client that somebody else has written."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.heard.append(payload)

    def onClose(self, wasClean: bool, code: Any, reason: Any) -> None:
        self.heard.append((wasClean, code, reason))


class OtherClientTests(SynchronousTestCase):
    """Autobahn's own client."""

    def setUp(self) -> None:
        self.net = Net()
        self.board = self.net.board
        factory = WebSocketClientFactory("ws://localhost:5001/", reactor=self.net.reactor)
        factory.protocol = Browser
        self.client, _, self.pump = iosim.connectedServerAndClient(
            lambda: self.net.factory.buildProtocol(None), lambda: factory.buildProtocol(None)
        )
        self.pump.flush()

    def test_talk(self) -> None:
        """Both understand each other, whatever the size."""
        self.board.answer = lambda peer, text: self.board.send(text)
        texts = [b"", b"short", b"m" * 200, b"l" * 70_000]
        for text in texts:
            self.client.sendMessage(text)
        self.pump.flush()
        self.assertEqual(["connected", *texts], self.board.told)
        self.assertEqual(texts, self.client.heard)

    def test_fragments(self) -> None:
        """Messages in parts are whole again."""
        self.client.sendMessage(b"x" * 1000, fragmentSize=7)
        self.pump.flush()
        self.assertEqual(b"x" * 1000, self.board.told[-1])

    def test_close(self) -> None:
        """Each side can close."""
        self.client.sendClose(1000, "bye")
        self.pump.flush()
        self.assertEqual("disconnected", self.board.told[-1])
        self.assertEqual((True, 1000, None), self.client.heard[-1])

    def test_closed(self) -> None:
        """The client hears why it was closed."""
        self.board.peers[0].close(1008, "100 messages in a row were none")
        self.pump.flush()
        self.assertEqual((True, 1008, "100 messages in a row were none"), self.client.heard[-1])
        self.assertEqual("disconnected", self.board.told[-1])


class ResourceTests(SynchronousTestCase):
    """The same under a path of the HTTP port."""

    def setUp(self) -> None:
        self.net = Net()
        root = Resource()
        root.putChild(b"ws", WebSocketResource(self.net.factory))
        self.site = Site(root, reactor=self.net.reactor, timeout=60)
        self.site.startFactory()
        self.addCleanup(self.site.stopFactory)
        # Its clock for the log.
        self.site._logDateTimeCall.cancel()
        self.site._logDateTimeCall = None

    def open(self, path: str = "/ws", **headers: str | None) -> Any:
        client: Any = Socket(self.net.reactor, self.site)  # type: ignore[arg-type]
        client.socket.getsockname = lambda: ("127.0.0.1", 5000)
        client.say_each(single(request(path, **headers)))
        return client

    def test_talk(self) -> None:
        """It is a WebSocket, with nothing of HTTP left over."""
        client = self.open()
        self.assertEqual(101, client.status)
        self.assertEqual([PING_AFTER], self.net.calls)
        self.net.board.answer = lambda peer, text: self.net.board.send(text, b"more")
        client.say_each(single(masked(b"{}") + masked(b"", 0x89)))
        self.assertEqual([(TEXT, b"{}"), (TEXT, b"more"), (PONG, b"")], client.heard)

    def test_slow(self) -> None:
        """What does not read is bounded here as well, and gets all when it does."""
        client = self.open()
        client.stop_reading()
        texts = [b"%d" % number + b"x" * 1000 for number in range(500)]
        self.net.board.send(*texts)
        self.net.reactor.pass_time(0)
        self.assertLess(client.buffered, 70_000)
        client.read()
        self.assertEqual(texts, client.texts)

    def test_close(self) -> None:
        """It ends as the others."""
        client = self.open()
        self.net.board.peers[0].close(1001, "bye")
        self.assertEqual([(CLOSE, b"\x03\xe9bye")], client.heard)
        self.net.reactor.pass_time(CLOSE_WITHIN)
        self.assertTrue(client.closed)
        self.assertEqual(["connected", "disconnected"], self.net.board.told)
        self.assertEqual([], self.net.calls)

    def test_access(self) -> None:
        """It is refused as elsewhere."""
        self.assertEqual(403, self.open(Origin="http://example.org").status)
        self.assertEqual(403, self.open(Host="example.org").status)
        self.assertEqual(101, self.open("/ws?token=any", Origin="http://localhost:5000").status)

    def test_others(self) -> None:
        """What is no WebSocket is refused, and the connection closed."""
        client = self.open(Upgrade=None)
        self.assertEqual((426, True), (client.status, client.closed))

    def test_plain(self) -> None:
        """Nothing of the channel of HTTP is kept with the connection."""
        client = self.open()
        self.assertIsInstance(client.transport.protocol, StatusProtocol)
        self.assertIs(client.transport.producer, client.transport.protocol._outlet)


class StringTransportTests(SynchronousTestCase):
    """Any transport will do."""

    def test_open(self) -> None:
        """A handshake over a transport that knows nothing of sockets."""
        net, transport = Net(), StringTransport()
        peer: Any = net.factory.buildProtocol(None)
        peer.makeConnection(transport)
        peer.dataReceived(request())
        self.assertTrue(transport.value().startswith(b"HTTP/1.1 101 "))
