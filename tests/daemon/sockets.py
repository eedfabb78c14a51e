"""Clients of the daemon's WebSockets, in memory: what they say, and hear, as bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from netsim.daemon.frames import Packet, unmask
from netsim.daemon.model import Limits
from netsim.daemon.websocket import StatusFactory
from netsim.web.access import Access
from tests.replay.wire import Client, Reactor

KEY = b"\x12\x34\x56\x78"
TEXT = 0x81
CLOSE, PING, PONG = 0x88, 0x89, 0x8A
NOW = 1700000000.5


def masked(payload: bytes, head: int = TEXT) -> bytes:
    """A frame as clients send it."""
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2)
    else:
        length = b"\xff" + size.to_bytes(8)
    return bytes((head,)) + length + KEY + unmask(payload, KEY)


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read whole frames as servers send them: first bytes and payloads."""
    while data:
        size, start = data[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start])
        assert len(data) >= start + size, "a frame is cut"
        yield data[0], data[start : start + size]
        data = data[start + size :]


def request(path: str = "/", **headers: str | None) -> bytes:
    """What begins a WebSocket; headers may be replaced, or left out."""
    fields = {
        "Host": "localhost:5001",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Board:
    """
    A switchboard that only writes down what it is told.

    @ivar told: what came, in order: C{"connected"}, C{"disconnected"}, or a message.
    @ivar peers: those that are connected.
    @ivar answer: what is done with each message.
    """

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.peers: list[Any] = []
        self.welcome: Callable[[Any], object] = lambda peer: None
        self.answer: Callable[[Any, bytes], object] = lambda peer, text: None

    def connected(self, peer: Any) -> None:
        self.told.append("connected")
        self.peers.append(peer)
        self.welcome(peer)

    def received(self, peer: Any, *texts: bytes) -> None:
        for text in texts:
            self.told.append(text)
            self.answer(peer, text)

    def disconnected(self, peer: Any) -> None:
        self.told.append("disconnected")
        self.peers.remove(peer)

    def send(self, *texts: bytes, droppable: bool = False) -> None:
        """Send messages to everybody."""
        for text in texts:
            packet = Packet(text, droppable)
            for peer in self.peers:
                peer.push(packet)


class Net:
    """A factory, its switchboard, and whoever connects to it."""

    def __init__(self, access: Access | None = None, limits: Limits | None = None) -> None:
        self.reactor = Reactor()
        self.board = Board()
        self.factory = StatusFactory(
            self.board,  # type: ignore[arg-type]
            access or Access(ports=(5000, 5001)),
            limits or Limits(),
            self.reactor,
            lambda: NOW,
        )

    def client(self, window: float = float("inf")) -> Socket:
        """Somebody who has connected, and said nothing."""
        return Socket(self.reactor, self.factory, window)

    def open(self) -> Socket:
        """Somebody whose WebSocket is open."""
        client = self.client()
        client.say(request())
        assert client.status == 101, client.received
        return client

    @property
    def calls(self) -> list[float]:
        """When something will happen by itself, from now."""
        calls = self.reactor.getDelayedCalls()
        return sorted(call.getTime() - self.reactor.seconds() for call in calls)


class Socket(Client):
    """A client that speaks WebSocket."""

    @property
    def status(self) -> int:
        """The HTTP status that it was answered with."""
        return int(self.received.split()[1]) if self.received else 0

    @property
    def heard(self) -> list[tuple[int, bytes]]:
        """All frames that came."""
        return list(frames(self.received.partition(b"\r\n\r\n")[2]))

    @property
    def texts(self) -> list[bytes]:
        """All messages that came."""
        return [payload for head, payload in self.heard if head == TEXT]

    @property
    def code(self) -> int | None:
        """The code of the close frame, which is the last one, if it came."""
        last = self.heard[-1:]
        return int.from_bytes(last[0][1][:2]) if last and last[0][0] == CLOSE else None

    def tell(self, *texts: bytes) -> None:
        """Send messages, each in a segment of its own."""
        self.say(*map(masked, texts))

    def stop_reading(self) -> None:
        """Take nothing more, for now."""
        self.socket.window = 0
