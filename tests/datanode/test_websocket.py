"""L{netsim.datanode.websocket}."""

from __future__ import annotations

from autobahn.exception import Disconnected
from autobahn.wamp import message
from autobahn.wamp.types import ComponentConfig
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.model import MESSAGE_SIZE, REALM
from netsim.datanode.model import Router as Place
from netsim.datanode.session import RouterSession
from netsim.datanode.websocket import RouterSocket, RouterSocketFactory
from tests.datanode.router import Router
from tests.datanode.sockets import NOT_FOUND, URL, Network, Rude


class SocketTests(SynchronousTestCase):
    """A connection, and how it ends."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.router = Router()
        self.network = Network(self.clock, self.router)
        self.closed: list[str] = []

    def open(self) -> RouterSocket:
        """Connect, and join."""

        def closed(socket: RouterSocket, reason: str) -> None:
            self.assertTrue(socket.is_gone)
            self.closed.append(reason)

        def make() -> RouterSession:
            return RouterSession(ComponentConfig(REALM, Place(URL, None)))

        factory = RouterSocketFactory(URL, self.clock, make, closed)
        socket: RouterSocket = self.successResultOf(self.network.accept(factory))
        self.network.flush()
        return socket

    def test_limits(self) -> None:
        """Large messages pass, and small ones do not wait."""
        set_to: list[bool] = []
        self.patch(FakeTransport, "setTcpNoDelay", lambda self, on: set_to.append(on))
        socket = self.open()
        self.assertEqual(MESSAGE_SIZE, socket.maxMessagePayloadSize)
        self.assertEqual(MESSAGE_SIZE, socket.maxFramePayloadSize)
        self.assertIn(True, set_to)
        self.assertTrue(socket.was_open)

    def test_serializers(self) -> None:
        """The fastest is offered first; what speaks JSON alone will do."""
        socket = self.open()
        protocols = ["wamp.2.msgpack", "wamp.2.cbor", "wamp.2.json"]
        self.assertEqual(protocols, socket.factory.protocols)
        self.assertEqual("msgpack", socket._session.session_details.serializer)
        for protocol in protocols[1:]:
            self.network.speak(protocol)
            serializer = self.open()._session.session_details.serializer
            self.assertEqual(protocol.rpartition(".")[2], serializer)

    def test_finish(self) -> None:
        """The session leaves; it fires when all is over."""
        socket = self.open()
        finished = socket.finish()
        self.assertNoResult(finished)
        self.network.flush()
        self.successResultOf(finished)
        self.assertEqual({}, self.router.peers)
        self.assertEqual(1, len(self.closed))
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_never_open(self) -> None:
        """What is no WebSocket tells so."""
        for text in (NOT_FOUND, b"SSH-2.0-OpenSSH\r\n\r\n"):
            self.closed.clear()
            self.network.serve = lambda text=text: Rude(text)  # type: ignore
            self.assertFalse(self.open().was_open)
            self.assertIn("has no WebSocket: ", self.closed[0])

    def test_drop(self) -> None:
        """The reason is the one that was given."""
        self.open().drop("takes too long")
        self.network.flush()
        self.assertEqual(["takes too long"], self.closed)

    def test_router_does_not_hang_up(self) -> None:
        """After the goodbyes the router is to close the connection; it is not waited for long."""
        socket = self.open()
        server = self.network.connections[-1]
        server.dropConnection = lambda abort=False: None
        server.sendClose(1000, "done")
        self.network.flush()
        self.assertFalse(socket.is_gone)
        self.network.advance(0.5)
        self.assertTrue(socket.is_gone)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_closing(self) -> None:
        """An answer that comes too late is dropped; other messages are not lost in silence."""
        socket = self.open()
        socket.sendClose(1000, "done")
        socket.send(message.Yield(1, args=[2]))
        code = message.Invocation.MESSAGE_TYPE
        socket.send(message.Error(code, 1, "an.error"))
        self.assertRaises(Disconnected, socket.send, message.Call(1, "some.procedure"))

    def test_lost_at_once(self) -> None:
        """It is told once, whatever happens after."""
        socket = self.open()
        self.network.lose()
        socket.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(1, len(self.closed))
        self.assertIn("is lost: ", self.closed[0])
