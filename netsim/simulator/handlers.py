"""
The connections of an instance: one protocol each.

L{BaseHandler} and L{ListenHandler} have the names and meanings of discos-framework.txt,
chapter "Handler classes", as L{netsim.simulator.senders} has; here they are Twisted
protocols.  Systems that may block are served by L{netsim.simulator.threaded} instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.addresses import join
from netsim.simulator import custom
from netsim.simulator.conversation import Conversation, Farewell, Outcome
from netsim.simulator.custom import CustomCommand, CustomReader
from netsim.simulator.instance import SLOW, Instance
from netsim.simulator.later import Later
from netsim.simulator.system import as_bytes
from netsim.simulator.traffic import Traffic
from netsim.transports import Outlet

__all__ = ["BaseHandler", "ConnectionPeer", "ListenHandler"]

MOST_UNHEARD = 1 << 16
"""Bytes that wait for an answer to be given; more are not read."""


class ConnectionPeer:
    """
    The peer of a connection, as its system knows it.

    @ivar host: its address.
    @ivar port: its port.
    @ivar state: what C{new_state} of the system made.
    """

    def __init__(self, handler: BaseHandler) -> None:
        address = handler.transport.getPeer()
        self.host: str = getattr(address, "host", "")
        self.port: int = getattr(address, "port", 0)
        self.state: Any = None
        self._handler = handler

    def send(self, data: bytes | str) -> None:
        """Send something that is no answer; dropped where the peer does not read."""
        self._handler.send_unasked(as_bytes(data))

    def close(self) -> None:
        """End the connection, after what was sent."""
        self._handler.close()

    def __str__(self) -> str:
        return join(self.host, self.port)


@implementer(IHalfCloseableProtocol)
class BaseHandler(Protocol):
    """
    A connection to an instance, on which custom commands are read.

    The answers to what came are sent in its order, one after the other; while one
    takes its time, or the client does not read, nothing more is read.

    @cvar custom_header: how a custom command begins.
    @cvar custom_tail: how it ends.
    @ivar instance: whom the client speaks to.
    """

    custom_header = custom.HEADER
    custom_tail = custom.TAIL
    listens = False
    transport: Any
    log = Logger()

    def __init__(
        self,
        instance: Instance,
        gone: Callable[[BaseHandler], None] = lambda handler: None,
        farewell: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param gone: called when the connection is lost.
        @param farewell: called when a command stops the address of this connection.
        """
        self.instance = instance
        self._gone = gone
        self._farewell = farewell
        self._waiting: deque[tuple[int, Iterator[Outcome]]] = deque()
        self._unheard = 0
        self._busy = self._ended = self._is_closed = False
        self._answering: Deferred[bytes] | None = None
        self._room: Deferred[None] | None = None

    def connectionMade(self) -> None:
        """A client has connected."""
        if hasattr(self.transport, "setTcpNoDelay"):
            self.transport.setTcpNoDelay(True)
        self._outlet = Outlet(self.transport, self._drained)
        reader = CustomReader(self.custom_header, self.custom_tail)
        peer = ConnectionPeer(self)
        self._conversation = Conversation(self.instance, peer, self.listens, reader)
        peer.state = self.new_state()

    @property
    def traffic(self) -> Traffic:
        """What the client has sent so far."""
        return self._conversation.traffic

    def dataReceived(self, data: bytes) -> None:
        """The client has said something."""
        if self._busy:
            self._keep(self._conversation.feed(data), len(data))
            return
        seconds = self.instance.clock.seconds
        began = seconds()
        rest = self._say(self._conversation.feed(data))
        if (took := seconds() - began) > SLOW:
            self.instance.took(took, "an answer")
        if rest is not None:
            self._go_on(rest)

    def readConnectionLost(self) -> None:
        """The client will say no more, but may want its answers."""
        self._ended = True
        if not self._busy:
            self.close()

    def writeConnectionLost(self) -> None:
        """We never say so."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone."""
        self.connected = 0
        self._conversation.ended = True
        self._waiting.clear()
        if self._answering is not None:
            self._answering.cancel()
        self._drained()
        self._gone(self)

    def close(self) -> None:
        """End the connection, after what was sent."""
        if self._is_closed or not self.connected:
            return
        self._is_closed = self._busy = self._conversation.ended = True
        self._waiting.clear()
        self._outlet.close()
        self.transport.loseConnection()

    def new_state(self) -> Any:
        """What the system keeps for this connection."""
        return self.instance.new_state(self._conversation.peer) if self.listens else None

    def send_unasked(self, data: bytes) -> None:
        """Send something that is no answer; dropped where the client does not read."""
        if self._outlet.ready and not self._is_closed:
            self._outlet.write(data)

    def _execute_custom_command(self, msg_body: str) -> None:
        """Obey a custom command, given without header and tail: C{name:a,b}."""
        self._hear(self._conversation.execute(CustomCommand.parse(msg_body)))

    def _hear(self, outcomes: Iterator[Outcome]) -> None:
        if self._busy:
            self._keep(outcomes, 0)
        elif (rest := self._conversation.watch(self._say, outcomes)) is not None:
            self._go_on(rest)

    def _keep(self, outcomes: Iterator[Outcome], size: int) -> None:
        """Let it wait for its turn; where much waits, nothing more is read."""
        if self._is_closed:
            return
        self._waiting.append((size, outcomes))
        self._unheard += size
        if self._unheard > MOST_UNHEARD:
            self.transport.pauseProducing()

    def _say(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome] | None:
        """Say what can be said at once; give the rest, if there may be any."""
        outlet = self._outlet
        write = outlet.write
        for outcome in outcomes:
            if outcome.__class__ is bytes:
                write(outcome)
            elif isinstance(outcome, Farewell):
                self._take_leave(outcome)
                return None
            else:
                return chain([outcome], outcomes)
            if not outlet.ready:
                return outcomes
        return None

    def _take_leave(self, farewell: Farewell) -> None:
        # Whatever else was said is not heard any more: the system has stopped.
        self._outlet.write(farewell)
        self._farewell()

    def _go_on(self, rest: Iterator[Outcome]) -> None:
        self._busy = True
        Deferred.fromCoroutine(self._finish(rest)).addErrback(self._conversation.failed)

    async def _finish(self, outcomes: Iterator[Outcome]) -> None:
        """Say what takes time, and then what has come meanwhile."""
        if not self._outlet.ready:
            await self._let_read()
        while await self._say_all(outcomes):
            if not self._waiting:
                self._rest()
                return
            size, outcomes = self._waiting.popleft()
            self._unheard -= size

    async def _say_all(self, outcomes: Iterator[Outcome]) -> bool:
        """Say it, however long that takes; whether the conversation goes on."""
        for outcome in self._watched(outcomes):
            if not isinstance(outcome, bytes):
                outcome = await self._awaited(outcome)
            if isinstance(outcome, Farewell):
                self._take_leave(outcome)
                return False
            if outcome:
                self._outlet.write(outcome)
            if not self._outlet.ready:
                await self._let_read()
            if self._conversation.ended:
                return False
        return not self._conversation.ended

    async def _awaited(self, later: Later) -> bytes:
        if not self.connected:
            later.close()
            return b""
        self._answering = Deferred.fromCoroutine(later.given())
        return await self._answering

    def _watched(self, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        step = partial(next, outcomes)
        while (outcome := self._conversation.watch(step, None)) is not None:
            yield outcome

    async def _let_read(self) -> None:
        """Wait until the client has read what was said; meanwhile it is not read from."""
        while self.connected and not self._is_closed and not self._outlet.ready:
            self.transport.pauseProducing()
            self._room = Deferred()
            await self._room

    def _rest(self) -> None:
        self._busy = False
        self._answering = None
        if self._ended:
            self.close()
        else:
            self.transport.resumeProducing()

    def _drained(self) -> None:
        """The client has read what was said, or is gone."""
        room, self._room = self._room, None
        if room is not None:
            room.callback(None)
        elif not self._busy and not self._ended and self.connected:
            self.transport.resumeProducing()


class ListenHandler(BaseHandler):
    """A connection on which a system is spoken to."""

    listens = True

    def connectionMade(self) -> None:
        """Greet the client."""
        super().connectionMade()
        self._hear(self._conversation.greeting())
