"""
One session of a replay: does on a connection what its player says.

A session outlives its connection where the script goes on with the next one
(C{compound_multi}).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.addresses import describe
from netsim.errors import NetsimError
from netsim.replay.actions import Actions
from netsim.replay.verdict import Verdict
from netsim.script.checks import LoadModule
from netsim.script.difference import Difference
from netsim.script.events import Event, Finished, NextConnection, Pause, RunAction, SendBlob
from netsim.script.player import Score, StreamPlayer
from netsim.transports import prompt_writer

LINGER = 1.0
"""Seconds after the script's end in which the client can still say too much."""
AHEAD = 1 << 16
"""Bytes that a client may send ahead while the player is busy."""


class Reactor(Protocol):
    """What a session needs of a reactor: its clock, and its way back from a thread."""

    def callLater(self, delay: float, call: Callable[..., Any], *args: Any) -> IDelayedCall: ...
    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None: ...


class Connection(Protocol):
    """What a session needs of the protocol that it plays on."""

    transport: Any

    def half_close(self) -> bool:
        """Say no more and go on listening; whether this connection can do that."""

    def part(self) -> None:
        """Close, and have nothing more to do with this session."""


@frozen
class Setting:
    """
    What all sessions of a replay share.

    @ivar score: what is played.
    @ivar load_module: finds action modules.
    @ivar judged: gets the verdict of each session.
    @ivar waiting: gets each session that goes on with the next connection.
    """

    reactor: Reactor
    score: Score
    load_module: LoadModule
    judged: Callable[[Verdict], None]
    waiting: Callable[[Session], None]


@implementer(IPushProducer)
class Session:
    """
    Plays the script to one client, and is the producer of what that one is sent.

    @ivar client: its address; empty before the first connection.
    @ivar number: it is the only one of its factory that has it.
    """

    log = Logger()

    def __init__(self, setting: Setting, number: int = 0) -> None:
        self.client = ""
        self.number = number
        self._setting = setting
        self._player = StreamPlayer(setting.score)
        self._connection: Any = None
        self._producing = False
        self._paused = False
        self._deaf = False
        self._judged = False
        self._blob: Iterator[bytes] | None = None
        self._delayed: IDelayedCall | None = None
        self._actions: Actions | None = None
        self._pumping = False
        self._ending = False

    @property
    def exchanges(self) -> int:
        """How many were begun."""
        return self._player.number

    def attach(self, connection: Connection) -> None:
        """The connection to play on: the first one, or the next."""
        begins = not self.client
        self._connection = connection
        self._write = prompt_writer(connection.transport)
        self._paused = self._deaf = False
        self.client = describe(connection.transport.getPeer())
        self._producing = True
        connection.transport.registerProducer(self, True)
        self._perform(self._player.start if begins else self._player.resume)

    def receive(self, data: bytes) -> None:
        """The client has said this."""
        if self._actions is not None and self._actions.running:
            has_room = self._actions.feed(data)
        else:
            self._perform(self._player.receive, data)
            has_room = self._player.ahead < AHEAD
        if not has_room and self._connection is not None:
            self._connection.transport.pauseProducing()

    def end_of_input(self) -> None:
        """The client will say no more, and listens."""
        self._deaf = True
        if self._actions is not None:
            self._actions.end_of_input()
        self._leave_if_waiting()

    def lost(self) -> None:
        """The connection is gone."""
        self._connection = None
        self.abandon()

    def abandon(self) -> None:
        """Wait for the client no longer, and judge it by what it has said."""
        departure = self._player.leave()
        if departure is None and self._paused:
            departure = self._player.cut_off()
        self._judge("" if departure is None else departure.describe(), incomplete=True)
        self.stop()

    def stop(self) -> None:
        """Do nothing more; who was not at the end yet is not judged."""
        if self._player.finished:
            self._judge("", incomplete=False)
        self._judged = True
        if self._delayed is not None and self._delayed.active():
            self._delayed.cancel()
        if self._actions is not None:
            self._actions.stop()
        if self._connection is not None:
            self._connection.transport.abortConnection()

    def dismiss(self) -> None:
        """Somebody does not want it any more; where it was not at its end, it has failed."""
        if not self._player.finished:
            self._judge(f"exchange {self._player.number}: the session was closed on request", False)
        self.stop()

    def pauseProducing(self) -> None:
        """The client is slow to read: write no more, and read no more either."""
        self._paused = True
        self._connection.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Everything is out: go on."""
        self._paused = False
        self._read_on()
        self._send_output()
        self._pump()
        self._end_if_sent()

    def stopProducing(self) -> None:
        """The connection is gone; L{lost} says so, too."""

    def _perform(self, step: Callable[..., list[Event]], *args: Any) -> None:
        try:
            events = step(*args)
        except NetsimError as error:
            self._fail(f"exchange {self._player.number}: {error}")
            return
        for event in events:
            if type(event) is bytes:
                self._write(event)
            else:
                _PERFORM[type(event)](self, event)

    def _resume(self) -> None:
        if self._connection is not None:
            self._perform(self._player.resume)
            self._read_on()
            self._leave_if_waiting()

    def _read_on(self) -> None:
        if self._connection is not None and not self._paused:
            self._connection.transport.resumeProducing()

    def _leave_if_waiting(self) -> None:
        if self._deaf and not self._player.busy and not self._ending:
            departure = self._player.leave()
            if departure is not None:
                self._judge(departure.describe(), incomplete=True)
            self._close()

    def _pause(self, event: Pause) -> None:
        self._delayed = self._setting.reactor.callLater(event.seconds, self._resume)

    def _send_blob(self, event: SendBlob) -> None:
        self._blob = self._setting.score.chunks(event.name)
        self._pump()

    def _pump(self) -> None:
        """Write pieces of the blob until the connection has enough."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._blob is not None and not self._paused:
                piece = next(self._blob, None)
                if piece is None:
                    self._blob = None
                    self._resume()
                else:
                    self._connection.transport.write(piece)
        except NetsimError as error:
            self._fail(f"exchange {self._player.number}: {error}")
        finally:
            self._pumping = False

    def _act(self, event: RunAction) -> None:
        if self._actions is None:
            self._actions = Actions(
                self._setting.reactor, self._setting.load_module, self._read_on, self._send_output
            )
        said = self._player.take()
        acting = self._actions.run(event.action, event.args, said, ended=self._deaf)
        acting.addCallback(self._acted).addErrback(self._action_failed)

    def _acted(self, unread: bytes) -> None:
        if self._actions is not None and self._connection is not None:
            self._write(self._actions.output())
        self._player.give_back(unread)
        self._resume()

    def _action_failed(self, reason: Failure) -> None:
        if self._connection is None:
            return
        if not reason.check(NetsimError):
            self.log.failure("{client}: an action failed", reason, client=self.client)
        error = f"{type(reason.value).__name__}: {reason.getErrorMessage()}"
        self._fail(f"exchange {self._player.number}: an action failed: {error}")

    def _send_output(self) -> None:
        if self._actions is not None and self._connection is not None and not self._paused:
            self._write(self._actions.output())

    def _next_connection(self, event: NextConnection) -> None:
        # What follows on this connection is not heard, whenever it comes.
        self._player.take()
        self._fall_silent()
        connection, self._connection = self._connection, None
        connection.part()
        self._setting.waiting(self)

    def _finish(self, event: Finished) -> None:
        self._ending = True
        self._end_if_sent()

    def _end_if_sent(self) -> None:
        if not self._ending or self._paused:
            return
        self._ending = False
        self._fall_silent()
        if not self._deaf and self._connection.half_close():
            self._delayed = self._setting.reactor.callLater(LINGER, self._close)
        else:
            self._close()

    def _fall_silent(self) -> None:
        # A transport waits for its producer before it closes; TLS does so for ever.
        if self._producing:
            self._producing = False
            self._connection.transport.unregisterProducer()

    def _close(self) -> None:
        if self._connection is not None:
            self._fall_silent()
            self._connection.transport.loseConnection()

    def _differ(self, event: Difference) -> None:
        self._fail(event.describe())

    def _fail(self, problem: str, incomplete: bool = False) -> None:
        self._judge(problem, incomplete)
        self._close()

    def _judge(self, problem: str, incomplete: bool) -> None:
        if not self._judged:
            self._judged = True
            incomplete = incomplete and bool(problem)
            verdict = Verdict(self.client, self._player.number, problem, incomplete)
            self._setting.judged(verdict)


_PERFORM: dict[type, Callable[[Session, Any], None]] = {
    SendBlob: Session._send_blob,
    Pause: Session._pause,
    RunAction: Session._act,
    NextConnection: Session._next_connection,
    Finished: Session._finish,
    Difference: Session._differ,
}
