"""Play a recording of datagrams: one session for each client address."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall

from netsim.peers import Peer, PeerSessions, describe_peer
from netsim.replay.session import Reactor
from netsim.replay.verdict import Tally, Verdict
from netsim.script.datagrams import DatagramPlayer
from netsim.script.difference import Difference
from netsim.script.events import Event, Finished, Pause
from netsim.script.player import Score


class DatagramReplay(PeerSessions["DatagramSession"]):
    """
    Plays a script to every address that sends something.

    @ivar tally: what became of the sessions.
    @ivar sessions: all of them, by the client's address; a datagram to one that
        has ended is a difference.
    @ivar begun: how many there were until now.
    """

    def __init__(self, reactor: Reactor, score: Score, tally: Tally | None = None) -> None:
        super().__init__(lambda client: DatagramSession(self, client))
        self.tally = tally or Tally()
        self.begun = 0
        self._past = 0
        self.reactor = reactor
        self.score = score

    @property
    def playing(self) -> list[DatagramSession]:
        """The sessions that have no verdict, in the order in which they began."""
        return [session for session in self.sessions.values() if not session.is_judged]

    @property
    def exchanges(self) -> int:
        """How many were begun, in all sessions until now."""
        return self._past + sum(session.exchanges for session in self.sessions.values())

    def play(self, score: Score) -> None:
        """Play this to those who come from now on."""
        self.score = score

    def close(self, number: int) -> bool:
        """End the session of this number; whether there is one.  Its client may begin another."""
        for client, session in self.sessions.items():
            if session.number == number and not session.is_judged:
                session.dismiss()
                self._past += session.exchanges
                del self.sessions[client]
                return True
        return False

    def datagramReceived(self, datagram: bytes, addr: Peer) -> None:
        """A client has said something."""
        session = self.session(addr)
        if session is not None:
            session.receive(datagram)

    def stop(self) -> None:
        """Send nothing more."""
        for session in self.sessions.values():
            session.stop()

    def settled(self) -> Deferred[None]:
        """Nobody can tell when a client that sends datagrams has left."""
        return succeed(None)

    def abandon(self) -> None:
        """No client will come any more: sessions that have not ended have failed."""
        for session in self.sessions.values():
            session.lost()


class DatagramSession:
    """
    Plays the script to one client address.

    @ivar client: the address.
    @ivar number: it is the only one of its replay that has it.
    """

    def __init__(self, replay: DatagramReplay, client: Peer) -> None:
        replay.begun += 1
        self.number = replay.begun
        self.client = describe_peer(client)
        self._replay = replay
        self._client = client
        self._player = DatagramPlayer(replay.score)
        self._delayed: IDelayedCall | None = None
        self._verdict: Verdict | None = None
        self._perform(self._player.start())

    @property
    def exchanges(self) -> int:
        """How many were begun."""
        return self._player.number

    @property
    def is_judged(self) -> bool:
        """It has ended, or failed."""
        return self._verdict is not None

    def receive(self, datagram: bytes) -> None:
        """The client has sent this."""
        self._perform(self._player.receive(datagram))

    def lost(self) -> None:
        """The client is gone."""
        self.stop()
        departure = self._player.leave()
        if departure is not None:
            self._judge(departure.describe(), incomplete=True)

    def dismiss(self) -> None:
        """Somebody does not want it any more: it has failed."""
        self.stop()
        self._judge(f"exchange {self._player.number}: the session was closed on request")

    def stop(self) -> None:
        """Send nothing more."""
        if self._delayed is not None and self._delayed.active():
            self._delayed.cancel()

    def _perform(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, bytes):
                self._replay.transport.write(event, self._client)
            elif isinstance(event, Pause):
                self._delayed = self._replay.reactor.callLater(event.seconds, self._resume)
            elif isinstance(event, Finished):
                self._judge("")
            elif isinstance(event, Difference):
                self._judge(event.describe())
            else:
                self._judge(f"exchange {self._player.number}: actions need a stream: {event}")

    def _resume(self) -> None:
        self._perform(self._player.resume())

    def _judge(self, problem: str, incomplete: bool = False) -> None:
        if self._verdict is not None:
            if self._verdict.problem:
                return
            # A client that says too much has failed even after it had passed.
            self._replay.tally.retract()
        self._verdict = Verdict(self.client, self._player.number, problem, incomplete)
        self._replay.tally.add(self._verdict)
