"""Play a recording of datagrams: one session for each client address."""

from __future__ import annotations

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IUDPTransport
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger

from netsim.replay.session import Reactor
from netsim.replay.verdict import Tally, Verdict
from netsim.script.datagrams import DatagramPlayer
from netsim.script.difference import Difference
from netsim.script.events import Event, Finished, Pause
from netsim.script.player import Score

MAX_SESSIONS = 4096
"""More clients at once are not served."""

Peer = tuple[str, int]


class DatagramReplay(DatagramProtocol):
    """
    Plays a script to every address that sends something.

    @ivar tally: what became of the sessions.
    @ivar sessions: all of them, by the client's address; a datagram to one that
        has ended is a difference.
    """

    transport: IUDPTransport
    noisy = False
    log = Logger()

    def __init__(self, reactor: Reactor, score: Score, tally: Tally | None = None) -> None:
        self.tally = tally or Tally()
        self.sessions: dict[Peer, DatagramSession] = {}
        self.reactor = reactor
        self.score = score
        self._full = False

    def datagramReceived(self, datagram: bytes, addr: Peer) -> None:
        """A client has said something."""
        session = self.sessions.get(addr)
        if session is None:
            if len(self.sessions) >= MAX_SESSIONS:
                self._refuse()
                return
            session = self.sessions[addr] = DatagramSession(self, addr)
            session.start()
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

    def _refuse(self) -> None:
        if not self._full:
            self.log.warn("more than {count} clients: new ones are ignored", count=MAX_SESSIONS)
        self._full = True


class DatagramSession:
    """Plays the script to one client address."""

    def __init__(self, replay: DatagramReplay, client: Peer) -> None:
        self._replay = replay
        self._client = client
        self._player = DatagramPlayer(replay.score)
        self._delayed: IDelayedCall | None = None
        self._verdict: Verdict | None = None

    def start(self) -> None:
        """The script begins."""
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
        client = f"udp:{_host(self._client[0])}:{self._client[1]}"
        self._verdict = Verdict(client, self._player.number, problem, incomplete)
        self._replay.tally.add(self._verdict)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
