"""The WebSockets of a router in memory, for tests of links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.twisted.websocket import WampWebSocketServerFactory, WampWebSocketServerProtocol
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.test.iosim import FakeTransport, IOPump, connect

from netsim.datanode.model import Router as Place
from tests.datanode.router import Peer, Router

__all__ = ["Network", "Rude"]

URL = "ws://127.0.0.1:8001/ws"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Served(WampWebSocketServerProtocol):
    """
    A connection as the router sees it.

    @ivar silent: it does not answer, as one that was stopped.
    """

    silent = False

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if not self.silent:
            super().onMessage(payload, isBinary)

    def onPing(self, payload: bytes) -> None:
        if not self.silent:
            super().onPing(payload)


class Rude(Protocol):
    """What is no WebSocket: it says something, and maybe hangs up."""

    def __init__(self, text: bytes = NOT_FOUND, hangs_up: bool = True) -> None:
        self.text = text
        self.hangs_up = hangs_up

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(self.text)
        if self.hangs_up:
            self.transport.loseConnection()


class Network:
    """
    What leads to a router.

    @ivar serve: makes a connection; L{None}: nobody listens.
    @ivar attempts: when somebody tried to connect.
    @ivar connections: those that were made, the router's ends.
    """

    def __init__(self, clock: Clock, router: Router) -> None:
        self.clock = clock
        self.router = router
        self._factory = WampWebSocketServerFactory(lambda: Peer(router), url=URL)
        self._factory._batched_timer = _Timers(clock)
        self._serializers = dict(self._factory._serializers)
        self._factory.protocol = Served
        self._factory.setProtocolOptions(closeHandshakeTimeout=0, openHandshakeTimeout=0)
        self.serve: Callable[[], Any] | None = self.websocket
        self.attempts: list[float] = []
        self.connections: list[Any] = []
        self.pumps: list[IOPump] = []

    def websocket(self) -> Any:
        """Make a connection that is a WebSocket."""
        return self._factory.buildProtocol(None)

    def speak(self, protocol: str) -> None:
        """Speak this one alone, such as C{wamp.2.json}."""
        self._factory.setSessionParameters(url=URL, protocols=[protocol])
        name = protocol.rpartition(".")[2]
        self._factory._serializers = {name: self._serializers[name]}

    def endpoint(self, reactor: Any, place: Place) -> _Endpoint:
        """As it is given to a link."""
        return _Endpoint(self)

    def accept(self, factory: Any) -> Deferred[Any]:
        """Somebody connects."""
        self.attempts.append(self.clock.seconds())
        if self.serve is None:
            return fail(ConnectionRefusedError())
        client, server = factory.buildProtocol(None), self.serve()
        self.connections.append(server)
        address = IPv4Address("TCP", "127.0.0.1", 8001)
        pump = connect(
            *(server, FakeTransport(server, True, address, address)),
            *(client, FakeTransport(client, False, address, address)),
        )
        self.pumps.append(pump)
        return succeed(client)

    def advance(self, seconds: float = 0) -> None:
        """Let time pass, and bytes."""
        self.flush()
        self.clock.advance(seconds)
        self.flush()

    def flush(self) -> None:
        """Let bytes pass, until there are no more."""
        for _ in range(5):
            for pump in self.pumps[:]:
                pump.flush()
            self.clock.advance(0)

    def lose(self) -> None:
        """The connection breaks."""
        self.connections[-1].transport.loseConnection()
        self.flush()


class _Endpoint:
    def __init__(self, network: Network) -> None:
        self._network = network

    def connect(self, factory: Factory) -> Deferred[Any]:
        return self._network.accept(factory)


class _Timers:
    def __init__(self, clock: Clock) -> None:
        self.call_later = clock.callLater
