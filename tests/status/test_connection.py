"""L{netsim.status.connection}."""

from __future__ import annotations

import random
from typing import Any

from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.test.iosim import FakeTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim.status import connection as module
from netsim.status.connection import Connection, ConnectionFactory
from netsim.status.message import LOG, Message
from tests.status.daemons import FakeDaemon

PORT = 5000


class Recorder:
    """Remembers what a connection tells."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.messages: list[Message] = []
        self.reason = ""

    def opened(self, connection: Connection) -> None:
        """It is one."""
        self.told.append("opened")

    def received(self, connection: Connection, message: Message) -> None:
        """A message."""
        self.told.append("received")
        self.messages.append(message)

    def ponged(self, connection: Connection, payload: bytes) -> None:
        """A pong."""
        self.told.append(payload)

    def drained(self, connection: Connection) -> None:
        """Ready again."""
        self.told.append("drained")

    def closed(self, connection: Connection, reason: str) -> None:
        """Gone."""
        self.told.append("closed")
        self.reason = reason


class ConnectionTests(SynchronousTestCase):
    """A connection tells what happens to it."""

    token: str | None = None
    url = f"ws://127.0.0.1:{PORT}/ws"

    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = FakeDaemon(self.clock, PORT)
        self.daemon.welcome = None
        self.events = Recorder()
        self.logged: list[Any] = []
        globalLogPublisher.addObserver(self.logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.logged.append)

    def connect(self) -> Connection:
        factory = ConnectionFactory(self.url, self.clock, self.events, self.token)
        connection: Connection = self.successResultOf(self.daemon.accept(factory, PORT))
        self.daemon.flush()
        return connection

    def assertQuiet(self) -> None:
        """Nothing is logged by those who do not know what is of interest."""
        loud = [
            event
            for event in self.logged
            if event["log_level"].name != "debug" and "Server" not in str(event["log_namespace"])
        ]
        self.assertEqual([], [event for event in loud if "autobahn" not in event["log_namespace"]])
        self.assertFalse([event for event in loud if "Client" in event["log_namespace"]])

    def test_open(self) -> None:
        """It is ready when the daemon has agreed."""
        connection = self.connect()
        self.assertEqual(["opened"], self.events.told)
        self.assertTrue(connection.ready)
        [request] = self.daemon.requests
        self.assertEqual("/ws", request.path)
        self.assertEqual([], request.protocols)
        self.assertNotIn("authorization", request.headers)
        self.assertNotIn("origin", request.headers)

    def test_keep_alive(self) -> None:
        """TCP finds out about hosts that are gone."""
        asked: list[bool] = []
        self.patch(FakeTransport, "setTcpKeepAlive", lambda transport, on: asked.append(on))
        self.connect()
        self.assertEqual([True], asked)

    def test_prompt(self) -> None:
        """Small messages do not wait until those before them are acknowledged."""
        asked: list[bool] = []
        self.patch(FakeTransport, "setTcpNoDelay", lambda transport, on: asked.append(on))
        self.connect()
        self.assertIn(True, asked)

    def test_token(self) -> None:
        """A token goes into a header."""
        self.token = "secret"
        self.connect()
        self.assertEqual("Bearer secret", self.daemon.requests[0].headers["authorization"])

    def test_send(self) -> None:
        """Messages of any size arrive, in their order."""
        connection = self.connect()
        messages = [Message(LOG, "x", "y" * size) for size in (0, 200, 70_000)]
        connection.send([message.encode() for message in messages])
        connection.send([])
        self.daemon.flush()
        self.assertEqual(messages, self.daemon.received)

    def test_receive(self) -> None:
        """Messages come; what is none is passed over."""
        self.connect()
        served = self.daemon.connections[0]
        served.sendMessage(b"nonsense")
        served.sendMessage(b"\xff\xfe", isBinary=True)
        served.tell(Message(LOG, "x", 5))
        self.daemon.flush()
        self.assertEqual([Message(LOG, "x", 5)], self.events.messages)

    def test_ping(self) -> None:
        """Pings are answered by the other side, and the other side's by us."""
        connection = self.connect()
        connection.ping(b"hello")
        self.daemon.flush()
        self.assertEqual(["opened", b"hello"], self.events.told)
        served = self.daemon.connections[0]
        pongs: list[bytes] = []
        served.onPong = pongs.append
        served.sendPing(b"you?")
        self.daemon.flush()
        self.assertEqual([b"you?"], pongs)

    def test_flow(self) -> None:
        """It is not ready while the other side does not read."""
        connection = self.connect()
        self.assertIs(connection, connection.transport.producer)
        connection.pauseProducing()
        self.assertFalse(connection.ready)
        connection.resumeProducing()
        self.assertTrue(connection.ready)
        self.assertEqual(["opened", "drained"], self.events.told)

    def test_flow_before(self) -> None:
        """Nor is it before it is a WebSocket, or when it says goodbye."""
        connection = self.connect()
        connection.stopProducing()
        self.assertFalse(connection.ready)
        connection.finish()
        connection.resumeProducing()
        self.assertFalse(connection.ready)
        self.daemon.ports[PORT] = self.daemon.rude(b"HTTP/1.1 ", hangs_up=False)
        connection = self.connect()
        connection.resumeProducing()
        self.assertFalse(connection.ready)
        self.assertNotIn("drained", self.events.told)

    def test_finish(self) -> None:
        """It says goodbye, and what was sent before arrives."""
        connection = self.connect()
        connection.send([Message(LOG, "x", 5).encode()])
        closed = connection.finish()
        self.assertNoResult(closed)
        self.assertFalse(connection.ready)
        self.daemon.flush()
        self.assertEqual([5], [message.payload for message in self.daemon.received])
        self.assertEqual(1000, self.daemon.connections[0].remoteCloseCode)
        self.successResultOf(closed)
        self.assertEqual(["opened", "closed"], self.events.told)
        self.assertTrue(connection.is_gone)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_finish_early(self) -> None:
        """One that is no WebSocket yet is just closed."""
        self.daemon.ports[PORT] = self.daemon.rude(b"", hangs_up=False)
        closed = self.connect().finish()
        self.daemon.flush()
        self.successResultOf(closed)
        self.assertEqual(["closed"], self.events.told)

    def test_closed(self) -> None:
        """Why the daemon has closed it is told."""
        connection = self.connect()
        self.daemon.connections[0].sendCloseFrame(1008, b"reads too slowly")
        self.daemon.flush()
        self.assertEqual("the daemon has closed it (1008: reads too slowly)", self.events.reason)
        self.assertFalse(connection.ready)

    def test_lingering(self) -> None:
        """A daemon that says goodbye and stays is left."""
        connection = self.connect()
        served = self.daemon.connections[0]
        served.dropConnection = lambda abort=False: None
        served.sendCloseFrame(1001, b"bye")
        self.daemon.flush()
        self.assertFalse(connection.ready)
        self.assertEqual(["opened"], self.events.told)
        self.daemon.advance(1)
        self.assertEqual(["opened", "closed"], self.events.told)

    def test_lost(self) -> None:
        """It may just break."""
        self.connect()
        self.daemon.lose()
        self.assertEqual(["opened", "closed"], self.events.told)
        self.assertIn("Connection done", self.events.reason)
        self.assertQuiet()

    def test_no_websocket(self) -> None:
        """What an HTTP server says that has no WebSocket there is told."""
        self.daemon.ports[PORT] = self.daemon.rude()
        self.connect()
        self.assertEqual(["closed"], self.events.told)
        self.assertIn("404", self.events.reason)
        self.assertQuiet()

    def test_silent(self) -> None:
        """One that does not answer is left after a while."""
        self.daemon.ports[PORT] = self.daemon.rude(b"HTTP/1.1 101", hangs_up=False)
        self.connect()
        self.daemon.advance(4.9)
        self.assertEqual([], self.events.told)
        self.daemon.advance(0.1)
        self.assertEqual(["closed"], self.events.told)
        self.assertIn("timeout", self.events.reason)

    def test_rubbish(self) -> None:
        """Whatever comes, the connection ends and nothing is raised or logged."""
        for text in [
            b"\r\n\r\n",
            b"\xff\xfe\r\n\r\n",
            b"HTTP/1.1 101 X\r\n\xff: \xff\r\n\r\n",
            b"HTTP/1.1 101 Switching\r\nUpgrade\r\n\r\n",
        ]:
            self.events.told.clear()
            self.daemon.ports[PORT] = self.daemon.rude(text, hangs_up=False)
            self.connect()
            self.assertEqual(["closed"], self.events.told, text)
        self.assertQuiet()

    def test_endless(self) -> None:
        """An answer that has no end is not kept."""
        self.daemon.ports[PORT] = self.daemon.rude(b"x" * 70_000, hangs_up=False)
        connection = self.connect()
        connection.dataReceived(b"x")
        self.daemon.flush()
        self.assertEqual(["closed"], self.events.told)

    def test_not_frames(self) -> None:
        """What is no frame ends the connection, and so does a message that is too large."""
        self.connect()
        self.daemon.connections[0].transport.write(b"\xff" * 20)
        self.daemon.flush()
        self.assertEqual(["opened", "closed"], self.events.told)
        self.patch(module, "MAX_MESSAGE", 100)
        self.connect()
        self.daemon.connections[1].tell(Message(LOG, "x", "y" * 100))
        self.daemon.flush()
        self.assertEqual(["opened", "closed"] * 2, self.events.told)
        self.connect()
        served = self.daemon.connections[2]
        served.beginMessage()
        served.sendMessageFrame(b"x" * 60)
        served.sendMessageFrame(b"x" * 60)
        self.daemon.flush()
        self.assertEqual(["opened", "closed"] * 3, self.events.told)
        self.assertQuiet()

    def test_chance(self) -> None:
        """The program's random numbers are its own: nobody draws from them, or seeds them."""
        random.seed(1)
        state = random.getstate()
        connection = self.connect()
        connection.send([Message(LOG, "x", 5).encode()])
        connection.ping(b"x")
        self.daemon.connections[0].sendPing(b"y")
        self.daemon.flush()
        connection.finish()
        self.daemon.flush()
        self.assertEqual(state, random.getstate())
        self.assertEqual(["opened", b"x", "closed"], self.events.told)
