"""
The two ends of a proxied connection.

What comes in at one end goes into the journal and out at the other end, in the
same reactor turn.  Each end is the other's producer, so that a slow reader
slows its writer and nothing piles up in between.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from typing import Protocol as Interface

from twisted.internet.interfaces import IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.proxy.journal import Journal
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from netsim.transports import prompt_writer


class Session(Interface):
    """What an end tells the session that it belongs to."""

    def opened(self, end: End) -> None:
        """It is connected."""

    def closing(self, end: End, reason: Failure | None = None) -> None:
        """It has nothing more to say; with a reason, it is gone."""

    def lost(self, end: End) -> None:
        """It is gone, and its peer knows."""


@implementer(IHalfCloseableProtocol)
class End(Protocol):
    """
    One end of a proxied connection.

    @ivar name: who is at the other side of it: C{client} or C{server}.
    @ivar kind: what that one says is noted as this.
    @ivar ended: it has said all it will say.
    @ivar heard: bytes that came in here.
    @ivar turns: how often it began to speak, or did so again after its peer had.
    @ivar transport: TCP, TLS or a Unix socket, as the endpoint has it.
    """

    transport: Any

    def __init__(self, session: Session, name: str, kind: int) -> None:
        self.name = name
        self.kind = kind
        self.ended = False
        self.heard = 0
        self.turns = 0
        self._speaking = False
        self._session = session
        self._peer: End | None = None
        self._forward: Callable[[bytes], None] = _nowhere
        self._note: Callable[[bytes], None] = _nowhere

    def join(self, peer: End, journal: Journal | None) -> None:
        """Forward to this peer from now on."""
        self._peer = peer
        self._forward = prompt_writer(peer.transport)
        if journal is not None:
            self._note = partial(journal.append, self.kind)
        self.transport.registerProducer(peer.transport, True)

    def connectionMade(self) -> None:
        """Say nothing and hear nothing until both ends are there."""
        self.transport.pauseProducing()
        self._session.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """Note, then forward: what a peer has got is in the journal whatever happens now."""
        self._note(data)
        self._forward(data)
        self.heard += len(data)
        if not self._speaking:
            self._speaking = True
            self.turns += 1
            if self._peer is not None:
                self._peer._speaking = False

    def readConnectionLost(self) -> None:
        """This side has said all it will say: pass that on."""
        self.ended = True
        self._session.closing(self)
        if self._peer is None or self._peer.ended:
            self.transport.loseConnection()
        if self._peer is not None:
            self._peer.hear_no_more()

    def hear_no_more(self) -> None:
        """The peer has said all; tell this side, and go on listening to it."""
        self.transport.unregisterProducer()
        # TLS says so with its closing alert, and Twisted still delivers what comes.
        if self.ended or ISSLTransport.providedBy(self.transport):
            self.transport.loseConnection()
        else:
            self.transport.loseWriteConnection()

    def writeConnectionLost(self) -> None:
        """What was to be said is out."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """This side is gone, so the other one goes, too."""
        self._session.closing(self, reason)
        peer, self._peer, self._forward = self._peer, None, _nowhere
        if peer is not None:
            peer.part()
        self._session.lost(self)

    def part(self) -> None:
        """The peer is gone: close, once everything is out."""
        self._peer, self._forward = None, _nowhere
        self.transport.unregisterProducer()
        self.transport.loseConnection()


def client_end(session: Session) -> End:
    """The end that a client has connected to."""
    return End(session, "client", UPSTREAM)


def server_end(session: Session) -> End:
    """The end that is connected to the real server."""
    return End(session, "server", DOWNSTREAM)


def _nowhere(data: bytes) -> None:
    """Forget what comes when there is nobody to hear it."""
