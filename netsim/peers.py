"""One session for each address that sends datagrams: what all who serve them have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.interfaces import IUDPTransport
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

MAX_SESSIONS = 4096
"""More clients at once are not served."""

Peer = tuple[str, int]
"""Host and port, as Twisted gives the sender of a datagram."""

SessionType = TypeVar("SessionType")


class PeerSessions(DatagramProtocol, Generic[SessionType]):
    """
    Begins a session with the first datagram of each address.

    @ivar sessions: by the client's address.
    """

    transport: IUDPTransport
    noisy = False
    log = Logger()

    def __init__(self, begin: Callable[[Peer], SessionType]) -> None:
        """@param begin: makes the session of a new client."""
        self.sessions: dict[Peer, SessionType] = {}
        self._begin = begin
        self._full = False

    def session(self, peer: Peer) -> SessionType | None:
        """The session of a client; C{None}, with one line in the log, where there are too many."""
        if peer not in self.sessions:
            if len(self.sessions) >= MAX_SESSIONS:
                self._refuse()
                return None
            self.sessions[peer] = self._begin(peer)
        return self.sessions[peer]

    def _refuse(self) -> None:
        if not self._full:
            self.log.warn(
                "more than {count} clients at once: new ones are ignored", count=MAX_SESSIONS
            )
        self._full = True


def describe_peer(peer: Peer) -> str:
    """An address as L{netsim.addresses.Address.parse} reads it, e.g. C{udp:[::1]:80}."""
    host, port = peer[:2]
    return f"udp:[{host}]:{port}" if ":" in host else f"udp:{host}:{port}"
