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
    """

    def __init__(self, reactor: Reactor, score: Score, tally: Tally | None = None) -> None:
        super().__init__(lambda client: DatagramSession(self, client))
        self.tally = tally or Tally()
        self.reactor = reactor
        self.score = score

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
    """Plays the script to one client address."""

    def __init__(self, replay: DatagramReplay, client: Peer) -> None:
        self._replay = replay
        self._client = client
        self._player = DatagramPlayer(replay.score)
        self._delayed: IDelayedCall | None = None
        self._verdict: Verdict | None = None
        self._perform(self._player.start())

    def receive(self, datagram: bytes) -> None:
        """The client has sent this."""
        self._perform(self._player.receive(datagram))

    def lost(self) -> None:
        """The client is gone."""
        self.stop()
        departure = self._player.leave()
        if departure is not None:
            self._judge(departure.describe(), incomplete=True)

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
        client = describe_peer(self._client)
        self._verdict = Verdict(client, self._player.number, problem, incomplete)
        self._replay.tally.add(self._verdict)
