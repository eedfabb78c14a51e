"""The connections of a replay, and the factory that gives each its session."""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IHalfCloseableProtocol, ISSLTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.replay.modules import ModuleLoader
from netsim.replay.session import Reactor, Session, Setting
from netsim.replay.verdict import Tally
from netsim.script.checks import LoadModule
from netsim.script.player import Score


@implementer(IHalfCloseableProtocol)
class ReplayProtocol(Protocol):
    """
    One connection of a client; its session says what happens on it.

    @ivar transport: TCP, TLS or a Unix socket, as the endpoint has it.
    """

    transport: Any

    def __init__(self, factory: ReplayFactory) -> None:
        self._factory = factory
        self._session: Session | None = None

    def connectionMade(self) -> None:
        """Begin a session, or go on with the oldest that waits for a connection."""
        self._session = self._factory.session()
        # Twisted looks the method up for each read: no detour through this object.
        self.dataReceived = self._session.receive  # type: ignore[method-assign]
        self._session.attach(self)

    def half_close(self) -> bool:
        """Say no more and go on listening; TLS cannot do that."""
        if ISSLTransport.providedBy(self.transport):
            return False
        self.transport.loseWriteConnection()
        return True

    def part(self) -> None:
        """The session goes on elsewhere."""
        self._session = None
        self.dataReceived = _ignore  # type: ignore[method-assign]
        self.transport.loseConnection()

    def readConnectionLost(self) -> None:
        """The client will say no more."""
        if self._session is not None:
            self._session.end_of_input()

    def writeConnectionLost(self) -> None:
        """Everything that was to be said is out."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone."""
        session, self._session = self._session, None
        if session is not None:
            session.lost()
            self._factory.ended(session)


class ReplayFactory(Factory):
    """
    Plays a script to every client that connects.

    @ivar tally: what became of the sessions.
    @ivar sessions: those that are going on.

    Example::

        document = load(Path("session.json"), checks=[nesting])
        store = BlobStore.beside(Path("session.json"))
        score = Score(document.scripts, "recorded_script", store.chunks)
        factory = ReplayFactory(reactor, score)
        serverFromString(reactor, "tcp:0:interface=127.0.0.1").listen(factory)
    """

    noisy = False

    def __init__(
        self,
        reactor: Reactor,
        score: Score,
        tally: Tally | None = None,
        load_module: LoadModule | None = None,
    ) -> None:
        """@param load_module: finds action modules; without it, those that ship."""
        self.tally = tally or Tally()
        self.sessions: set[Session] = set()
        self._settled: Deferred[None] | None = None
        self._waiting: deque[Session] = deque()
        self._setting = Setting(
            reactor, score, load_module or ModuleLoader(), self.tally.add, self._wait
        )

    def buildProtocol(self, addr: IAddress | None) -> ReplayProtocol:
        """A client has connected."""
        return ReplayProtocol(self)

    def session(self) -> Session:
        """The session of a new connection."""
        if self._waiting:
            return self._waiting.popleft()
        session = Session(self._setting)
        self.sessions.add(session)
        return session

    def stop(self) -> None:
        """Close every connection."""
        for session in list(self.sessions):
            session.stop()

    def settled(self) -> Deferred[None]:
        """Fires when no session has a connection any more."""
        settled = self._settled = Deferred()
        self._settle()
        return settled

    def abandon(self) -> None:
        """No client will come any more: what is not at its end has failed."""
        for session in list(self.sessions):
            session.abandon()
        self.sessions.clear()
        self._waiting.clear()

    def ended(self, session: Session) -> None:
        """A session has lost its connection for good."""
        self.sessions.discard(session)
        self._settle()

    def _wait(self, session: Session) -> None:
        self._waiting.append(session)
        self._settle()

    def _settle(self) -> None:
        if self._settled is not None and len(self.sessions) == len(self._waiting):
            settled, self._settled = self._settled, None
            settled.callback(None)


def _ignore(data: Any) -> None:
    """What comes on a connection that is done with."""
