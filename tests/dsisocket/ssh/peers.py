"""The server's end of connections, in memory: packet by packet, or Conch's own server."""

from __future__ import annotations

import struct
from base64 import b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.connection import messages
from twisted.conch.ssh.keys import Key
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.target import Target

__all__ = ["FakeTransport", "Peer", "Recorder", "make_key", "text_of", "word"]


def word(*numbers: int) -> bytes:
    """Numbers as SSH writes them."""
    return struct.pack(f">{len(numbers)}L", *numbers)


def make_key() -> Key:
    """A private key."""
    return Key(Ed25519PrivateKey.generate())


def text_of(key: Key) -> str:
    """The public key as files have it."""
    return f"ssh-ed25519 {b64encode(key.public().blob()).decode()}"


class FakeTransport:
    """Remembers what a service sends."""

    sessionID = b"session"
    peerExtensions: dict[bytes, bytes] = {}

    def __init__(self) -> None:
        self.packets: list[tuple[int, bytes]] = []
        self.error: Exception | None = None
        self.service: Any = None
        self.aborted = False
        self.disconnected = b""

    def sendPacket(self, number: int, payload: bytes) -> None:
        self.packets.append((number, payload))

    def sendDisconnect(self, reason: int, text: bytes) -> None:
        self.disconnected = text

    def setService(self, service: Any) -> None:
        self.service = service

    def give_up(self, error: Exception) -> None:
        self.error = error

    def abort(self) -> None:
        self.aborted = True


class Peer:
    """
    A server, by hand.

    Its channels are numbered 100 higher than ours.
    """

    def __init__(self, **changes: Any) -> None:
        self.clock = Clock()
        changes = {"host": "there", "user": "me", **changes}
        self.connection = Connection(Target(**changes), self.clock)
        self.transport = FakeTransport()
        self.connection.transport = self.transport
        self.connection.serviceStarted()

    def says(self, name: str, *parts: bytes) -> None:
        """It sends a message."""
        number = next(key for key, value in messages.items() if value == f"MSG_{name}")
        self.connection.packetReceived(number, b"".join(parts))

    def heard(self) -> list[tuple[str, bytes]]:
        """What was sent to it since it asked for the last time."""
        packets, self.transport.packets = self.transport.packets, []
        return [(messages[number].removeprefix("MSG_"), payload) for number, payload in packets]

    def confirms(self, channel: int = 0, window: int = 1 << 20, size: int = 1 << 15) -> None:
        """It opens the channel that it was asked for."""
        self.says("CHANNEL_OPEN_CONFIRMATION", word(channel, channel + 100, window, size))

    def opens(
        self, kind: bytes = b"forwarded-tcpip", data: bytes = b"", channel: int = 100,
        window: int = 1 << 20, size: int = 1 << 15,
    ) -> None:  # fmt: skip
        """It opens a channel."""
        self.says("CHANNEL_OPEN", NS(kind), word(channel, window, size), data)

    def sends(self, data: bytes, channel: int = 0) -> None:
        """It sends data."""
        self.says("CHANNEL_DATA", word(channel), NS(data))

    def closes(self, channel: int = 0) -> None:
        """It closes a channel."""
        self.says("CHANNEL_CLOSE", word(channel))

    def is_lost(self) -> None:
        """The connection to it is lost."""
        self.connection.serviceStopped()


def forwarded(port: int = 27007, host: bytes = b"127.0.0.1") -> bytes:
    """Who connected to where."""
    return NS(host) + word(port) + NS(b"192.0.2.7") + word(4711)


def known_hosts(path: Path, name: str, key: Key) -> Path:
    """A file that knows one host."""
    path.write_text(f"{name} {text_of(key)}\n")
    return path


class Recorder(Protocol):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def connectionMade(self) -> None:
        self.told.append("made")

    def dataReceived(self, data: bytes) -> None:
        self.told.append(data)

    def connectionLost(self, reason: Any = None) -> None:
        self.told.append(reason.type)
