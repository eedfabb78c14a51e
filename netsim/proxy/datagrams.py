"""
Record exchanges of datagrams: one session for each client address.

Nobody says when such a session ends, so silence does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IListeningPort
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from netsim.addresses import Address
from netsim.peers import Peer, PeerSessions, describe_peer
from netsim.proxy.recording import Summary
from netsim.proxy.recordings import Recordings
from netsim.proxy.traffic import Traffic
from netsim.script.journal import DOWNSTREAM, UPSTREAM

DEFAULT_IDLE = 60.0
"""Seconds of silence that end a session."""

log = Logger()


def resolved(reactor: Any, address: Address) -> Deferred[Peer]:
    """The numeric address of an upstream, as datagrams need it."""
    host, port = address.host or "", address.port or 0
    if isIPAddress(host) or isIPv6Address(host):
        return succeed((host, port))
    found: Deferred[str] = reactor.resolve(host)
    return found.addCallback(lambda numeric: (numeric, port))


class DatagramProxy(PeerSessions["DatagramSession"]):
    """
    Forwards the datagrams of every client from a port of its own.

    @ivar sessions: those that are going on, by the client's address.
    @ivar begun: how many there were until now.
    @ivar past: what went through those that have ended.
    @ivar now: Unix seconds.
    """

    def __init__(
        self,
        reactor: Any,
        upstream: Peer,
        recordings: Recordings | None = None,
        idle: float = DEFAULT_IDLE,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        @param upstream: the real server's numeric address.
        @param idle: seconds of silence that end a session.
        """
        super().__init__(lambda client: DatagramSession(self, client))
        self.begun = 0
        self.past = Traffic()
        self.now = now
        self.reactor = reactor
        self.upstream = upstream
        self.recordings = recordings
        self.idle = idle

    @property
    def ongoing(self) -> list[DatagramSession]:
        """The sessions that are going on, in the order in which they began."""
        return list(self.sessions.values())

    @property
    def traffic(self) -> Traffic:
        """What went through all sessions until now."""
        return sum((session.traffic for session in self.sessions.values()), self.past)

    def close(self, number: int) -> bool:
        """End the session of this number; whether there is one."""
        for session in self.sessions.values():
            if session.number == number:
                session.end("proxy", broken=False)
                return True
        return False

    def datagramReceived(self, datagram: bytes, addr: Peer) -> None:
        """A client has said something."""
        session = self.session(addr)
        if session is not None:
            session.ask(datagram)

    def answer(self, datagram: bytes, client: Peer) -> None:
        """The server has answered a client."""
        self.transport.write(datagram, client)

    def stop(self) -> None:
        """End every session."""
        for session in list(self.sessions.values()):
            session.end("proxy", broken=False)


class DatagramSession(DatagramProtocol):
    """
    One client's datagrams; the protocol of its port towards the server.

    @ivar transport: UDP, which needs no address once it is connected.
    @ivar number: it is the only one of its proxy that has it.
    @ivar since: when the client said something for the first time, Unix seconds.
    """

    transport: Any
    noisy = False

    def __init__(self, proxy: DatagramProxy, client: Peer) -> None:
        self._proxy = proxy
        self._client = client
        interface = "::" if ":" in proxy.upstream[0] else ""
        # First, as the system may refuse another port.
        self._port: IListeningPort = proxy.reactor.listenUDP(0, self, interface)
        proxy.begun += 1
        self.number = proxy.begun
        self.since = proxy.now()
        self._exchanges = self._upstream = self._downstream = 0
        recordings = proxy.recordings
        self._journal = None if recordings is None else recordings.begin(datagrams=True)
        self._timeout: IDelayedCall = proxy.reactor.callLater(proxy.idle, self._fall_silent)

    @property
    def peer(self) -> str:
        """The client's address."""
        return describe_peer(self._client)

    @property
    def traffic(self) -> Traffic:
        """What went through it so far."""
        return Traffic(self._exchanges, self._upstream, self._downstream)

    def startProtocol(self) -> None:
        """Hear nobody but the server."""
        self.transport.connect(*self._proxy.upstream)

    def ask(self, datagram: bytes) -> None:
        """The client has said this."""
        self._exchanges += 1
        self._upstream += len(datagram)
        self.transport.write(datagram)
        self._note(UPSTREAM, datagram)

    def datagramReceived(self, datagram: bytes, addr: Peer) -> None:
        """The server has said this."""
        self._downstream += len(datagram)
        self._proxy.answer(datagram, self._client)
        self._note(DOWNSTREAM, datagram)

    def connectionRefused(self) -> None:
        """Nobody listens at the server's port."""
        log.warn("nobody listens at {server}", server=describe_peer(self._proxy.upstream))
        self.end("server", broken=True)

    def end(self, by: str, broken: bool) -> None:
        """Close the port, and hand in the journal."""
        if self._proxy.sessions.pop(self._client, None) is None:
            return
        self._proxy.past += self.traffic
        if self._timeout.active():
            self._timeout.cancel()
        self._port.stopListening()
        if self._journal is not None and self._proxy.recordings is not None:
            self._journal.close(by, broken)
            self._proxy.recordings.finish(self._journal).addCallback(self._tell)

    def _note(self, kind: int, datagram: bytes) -> None:
        if not self._timeout.active():
            # Writing has told that nobody listens, and that was the end.
            return
        self._timeout.reset(self._proxy.idle)
        if self._journal is not None:
            self._journal.append(kind, datagram)

    def _fall_silent(self) -> None:
        self.end("proxy", broken=False)

    def _tell(self, summary: Summary | None) -> None:
        if summary is not None:
            log.info(
                "{client}: {summary.exchanges} exchanges -> {summary.path}",
                client=describe_peer(self._client),
                summary=summary,
            )
