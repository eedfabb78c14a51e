"""The connections of a replay, and the factory that gives each its session."""

from __future__ import annotations

from collections import deque
from typing import Any

from attrs import evolve
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
    @ivar begun: how many there were until now.

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
        self.begun = 0
        self._past = 0
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
        self.begun += 1
        session = Session(self._setting, self.begun)
        self.sessions.add(session)
        return session

    @property
    def playing(self) -> list[Session]:
        """The sessions that are going on, in the order in which they began."""
        return sorted(self.sessions, key=lambda session: session.number)

    @property
    def exchanges(self) -> int:
        """How many were begun, in all sessions until now."""
        return self._past + sum(session.exchanges for session in self.sessions)

    def play(self, score: Score) -> None:
        """Play this to those who connect from now on."""
        self._setting = evolve(self._setting, score=score)

    def close(self, number: int) -> bool:
        """End the session of this number at once; whether there is one."""
        for session in self.sessions:
            if session.number == number:
                session.dismiss()
                if session in self._waiting:
                    self._waiting.remove(session)
                    self.ended(session)
                return True
        return False

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
            self.ended(session)
        self._waiting.clear()

    def ended(self, session: Session) -> None:
        """A session has lost its connection for good."""
        if session in self.sessions:
            self.sessions.discard(session)
            self._past += session.exchanges
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
