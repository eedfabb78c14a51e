"""Daemons in memory, for tests of what talks to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump, connect
from twisted.web.client import ResponseDone

from netsim.status.message import HANDSHAKE, Message, decode
from netsim.status.model import Settings

SETTINGS = Settings(url="http://127.0.0.1:5000")
WELCOME = {"result": 200, "reason": "join success"}
CLOSED = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Served(WebSocketServerProtocol):
    """A connection as the daemon sees it."""

    daemon: FakeDaemon

    def onConnect(self, request: Any) -> None:
        self.daemon.requests.append(request)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        message = decode(payload)
        self.daemon.received.append(message)
        if message.event_type == HANDSHAKE and self.daemon.welcome is not None:
            self.tell(Message(HANDSHAKE, message.name, self.daemon.welcome, message.event_id))

    def onPing(self, payload: bytes) -> None:
        self.daemon.pings += 1
        if self.daemon.answers_pings:
            super().onPing(payload)

    def tell(self, message: Message) -> None:
        """Send this."""
        self.sendMessage(message.encode())


class Rude(Protocol):
    """What is no WebSocket: it says something, and maybe hangs up."""

    def __init__(self, text: bytes, hangs_up: bool) -> None:
        self.text = text
        self.hangs_up = hangs_up

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(self.text)
        if self.hangs_up:
            self.transport.loseConnection()


class FakeDaemon:
    """
    The WebSocket side of a daemon.

    @ivar ports: by number, what makes a protocol there; nobody listens on others.
    @ivar welcome: the payload of its answer to handshakes.
    @ivar attempts: ports that were tried.
    """

    def __init__(self, clock: Clock, *ports: int) -> None:
        self.clock = clock
        factory = WebSocketServerFactory()
        factory._batched_timer = _Timers(clock)
        factory.protocol = Served
        factory.setProtocolOptions(closeHandshakeTimeout=0, openHandshakeTimeout=0)
        self._factory = factory
        self.ports: dict[int, Callable[[], Protocol]] = dict.fromkeys(ports, self.serve)
        self.welcome: Any = WELCOME
        self.answers_pings = True
        self.pings = 0
        self.received: list[Message] = []
        self.requests: list[Any] = []
        self.attempts: list[int] = []
        self.connections: list[Served] = []
        self.pumps: list[IOPump] = []

    def serve(self) -> Protocol:
        """Make a connection that is a WebSocket."""
        served: Served = self._factory.buildProtocol(None)
        served.daemon = self
        self.connections.append(served)
        return served

    def rude(self, text: bytes = CLOSED, hangs_up: bool = True) -> Callable[[], Protocol]:
        """What makes a connection that is no WebSocket."""
        return lambda: Rude(text, hangs_up)

    def endpoint(self, reactor: Any, is_secure: bool, host: str, port: int) -> _Endpoint:
        """As it is given to a keeper."""
        return _Endpoint(self, port)

    def accept(self, factory: Any, port: int) -> Deferred[Any]:
        """Somebody connects."""
        self.attempts.append(port)
        make = self.ports.get(port)
        if make is None:
            return fail(ConnectionRefusedError())
        client = factory.buildProtocol(None)
        server = make()
        address = IPv4Address("TCP", "127.0.0.1", port)
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

    def of_type(self, event_type: str) -> list[Message]:
        """What has come of this type."""
        return [message for message in self.received if message.event_type == event_type]

    @property
    def texts(self) -> list[str]:
        """The log lines that have come."""
        return [message.payload["log"]["message"] for message in self.of_type("log")]

    def lose(self) -> None:
        """The connection breaks."""
        self.connections[-1].transport.loseConnection()
        self.flush()


class _Endpoint:
    def __init__(self, daemon: FakeDaemon, port: int) -> None:
        self._daemon = daemon
        self._port = port

    def connect(self, factory: Factory) -> Deferred[Any]:
        return self._daemon.accept(factory, self._port)


class _Timers:
    def __init__(self, clock: Clock) -> None:
        self.call_later = clock.callLater


class Response:
    """An answer to a request."""

    def __init__(self, code: int = 200, body: bytes = b"{}") -> None:
        self.code = code
        self.body = body

    def deliverBody(self, protocol: Protocol) -> None:
        protocol.dataReceived(self.body)
        protocol.connectionLost(Failure(ResponseDone()))


class FakeHttp:
    """
    The HTTP side of a daemon.

    @ivar answer: what it does with the next requests; None to let them wait.
    """

    def __init__(self) -> None:
        self.answer: Callable[[], Any] | None = Response
        self.urls: list[str] = []
        self.bodies: list[bytes] = []
        self.options: list[dict[str, Any]] = []
        self.waiting: list[Deferred[Any]] = []

    def post(self, url: str, *, data: bytes, **options: Any) -> Deferred[Any]:
        """As treq does."""
        self.urls.append(url)
        self.bodies.append(data)
        self.options.append(options)
        if self.answer is None:
            self.waiting.append(Deferred())
            return self.waiting[-1]
        answer = self.answer()
        return fail(answer) if isinstance(answer, Exception) else succeed(answer)
