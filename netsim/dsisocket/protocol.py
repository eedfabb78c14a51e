"""Serves clients that send commands, as dsisocket.txt describes it."""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IReactorTime,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.addresses import describe
from netsim.dsisocket.interfaces import Run
from netsim.dsisocket.model import SUCCEEDED, Reply, Secret, Status
from netsim.dsisocket.stream import CommandStream, Item, Malformed, TooLong, Value
from netsim.transports import Outlet

__all__ = ["CommandFactory", "CommandProtocol"]

MAX_WAITING = 100
"""Commands that wait for their turn; more are not read before some of them are done."""
MAX_WAITING_BYTES = 256 << 10
"""Likewise, bytes of them."""
REFUSED_AFTER = 1.0
"""Seconds until one without the token is told so."""
TOKEN_WITHIN = 30.0
"""Seconds that a client has to send it."""
LINGER = 2.0
"""
Seconds that a client is given to hang up, after the last that it is told.

What it sends is read until then: a connection that is closed with something unread is
reset, and the reset may overtake the reply.
"""

_BUSY = Reply(Status.BUSY, "another connection is being served: try again later")
_ACCEPTED = Reply(Status.OK, SUCCEEDED)
_NO_TOKEN = Reply(Status.EXECUTION_ERROR, 'a token is wanted first: {"token": "..."}')
_WRONG_TOKEN = Reply(Status.EXECUTION_ERROR, "wrong token")
_KIND = 80
"""Characters of a command's kind that are logged."""


@implementer(IHalfCloseableProtocol)
class CommandProtocol(Protocol):
    """
    One client: its commands are done one after the other, and answered in this order.

    It hears what a client sends while a command runs, up to a limit; and begins no
    command as long as the client does not read its replies.  When the client has sent
    all, and closed its side, what it has sent is still done and answered.
    """

    log = Logger()

    def __init__(self, factory: CommandFactory) -> None:
        self.peer = "?"
        self._factory = factory
        self._stream = CommandStream()
        self._waiting: deque[Item] = deque()
        self._waiting_bytes = 0
        self._outlet: Any = None
        self._timer: IDelayedCall | None = None
        self._is_first = True
        self._busy = self._looping = self._paused = False
        self._heard_all = self._leaving = self._lost = False

    def connectionMade(self) -> None:
        """Serve it, unless others are served already."""
        assert self.transport is not None
        self.peer = _described(self.transport.getPeer())
        pushes_back = hasattr(self.transport, "registerProducer")
        self._outlet = (Outlet if pushes_back else _Plain)(self.transport, self._go_on)
        if not self._factory.admit(self):
            self.log.info("{log_source.peer}: a connection too many")
            self._part(_BUSY)
            return
        self.log.info("{log_source.peer}: connected")
        if self._factory.token is not None:
            self._after(TOKEN_WITHIN, self._part, _NO_TOKEN)

    def dataReceived(self, data: bytes) -> None:
        """Begin what is complete; drop all where nothing is done for this client any more."""
        if not self._leaving:
            self._take(self._stream.feed(data))

    def readConnectionLost(self) -> None:
        """It has sent all that it will."""
        self._heard_all = True
        if not self._leaving:
            self._take(self._stream.end())
        elif not self._busy:
            self.close()

    def writeConnectionLost(self) -> None:
        """It was told the last."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """What runs is finished, what has not begun is not done."""
        self._lost = True
        self._cancel_timer()
        self._factory.release(self)
        why = "" if reason.check(ConnectionDone) else f": {reason.getErrorMessage()}"
        self.log.info("{log_source.peer}: disconnected{why}", why=why)
        if self._waiting:
            self.log.warn(
                "{log_source.peer}: {count} commands that had not begun are dropped",
                count=len(self._waiting),
            )
            self._waiting.clear()

    def close(self) -> None:
        """End it, once what was written is sent."""
        assert self.transport is not None
        self._leaving = True
        self._write_no_more()
        self.transport.loseConnection()

    def _take(self, items: list[Item]) -> None:
        self._waiting.extend(items)
        self._waiting_bytes += sum(map(_size, items))
        self._go_on()

    def _go_on(self) -> None:
        """Do what waits, as far as can be."""
        if self._looping:
            # A command was done at once: the loop below sees to the next one.
            return
        self._looping = True
        while self._waiting and self._outlet.ready and not (self._busy or self._leaving):
            item = self._waiting.popleft()
            self._waiting_bytes -= _size(item)
            self._begin(item)
        self._looping = False
        if not (self._lost or self._leaving or self._heard_all):
            self._regulate()
        elif self._heard_all and not (self._waiting or self._busy or self._leaving):
            self.close()

    def _begin(self, item: Item) -> None:
        is_first, self._is_first = self._is_first, False
        if is_first and (self._factory.token is not None or _is_token(item)):
            self._introduce(item)
        elif isinstance(item, Value):
            self._busy = True
            self._factory.execute(item.value).addCallback(self._done, _kind(item.value))
        else:
            self._refuse(item)

    def _introduce(self, item: Item) -> None:
        """Look at the token; where none is wanted, any is right."""
        self._cancel_timer()
        token = self._factory.token
        given = item.value["token"] if isinstance(item, Value) and _is_token(item) else None
        if token is None or token.matches(given):
            self._outlet.write(self._factory.line(_ACCEPTED))
            return
        reply = _NO_TOKEN if given is None else _WRONG_TOKEN
        self.log.warn("{log_source.peer}: refused: {reason}", reason=reply.message)
        self._leaving = self._busy = True
        self._after(REFUSED_AFTER, self._part, reply)

    def _refuse(self, item: Malformed | TooLong) -> None:
        self.log.info("{log_source.peer}: JSON error: {message!r}", message=item.message)
        reply = Reply(Status.JSON_ERROR, item.message)
        if isinstance(item, TooLong):
            self._part(reply)
        else:
            self._outlet.write(self._factory.line(reply))

    def _done(self, reply: Reply, kind: str) -> None:
        self._busy = False
        self.log.info(
            "{log_source.peer}: {kind!r}: {reply.status.name} in {seconds:.3f} s",
            kind=kind,
            reply=reply,
            seconds=reply.seconds or 0.0,
        )
        if self._lost or self._leaving:
            self.log.warn("{log_source.peer}: the reply is lost: the connection is closed")
            return
        self._outlet.write(self._factory.line(reply))
        self._go_on()

    def _regulate(self) -> None:
        """Read no more than can be kept."""
        full = len(self._waiting) > MAX_WAITING or self._waiting_bytes > MAX_WAITING_BYTES
        # After a command that is too long nothing is of interest.
        self._pause(full or self._stream.ended)

    def _pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            name = "pauseProducing" if paused else "resumeProducing"
            getattr(self.transport, name, _nothing)()

    def _part(self, reply: Reply) -> None:
        """Say a last thing, see that it arrives, and hang up."""
        assert self.transport is not None
        self._leaving, self._busy = True, False
        self._outlet.write(self._factory.line(reply))
        finish = getattr(self.transport, "loseWriteConnection", None)
        if finish is None or self._heard_all:
            self.close()
            return
        self._write_no_more()
        finish()
        self._pause(False)
        self._after(LINGER, self.close)

    def _write_no_more(self) -> None:
        outlet, self._outlet = self._outlet, _CLOSED
        outlet.close()

    def _after(self, seconds: float, function: Any, *arguments: Any) -> None:
        self._cancel_timer()
        self._timer = self._factory.clock.callLater(seconds, function, *arguments)

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class CommandFactory(Factory):
    """
    Makes the protocols of all connections, whichever way they come.

    @ivar token: what clients have to send first.
    @ivar clock: what delays are measured by.
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        run: Run,
        *,
        concurrent: int = 1,
        token: Secret | None = None,
        details: bool = False,
        clock: IReactorTime | None = None,
    ) -> None:
        """
        @param run: does a command, such as C{CommandRunner.run}.
        @param concurrent: how many connections are served side by side; one more is told
            C{BUSY}, and closed.
        @param details: replies have C{hosts} and C{seconds}, too.
        @param clock: the reactor, unless it is given.
        """
        self.token = token
        self.clock = clock if clock is not None else _reactor()
        self._run = run
        self._concurrent = concurrent
        self._details = details
        self._served: set[CommandProtocol] = set()
        self._connected: set[CommandProtocol] = set()
        self._in_flight = 0
        self._settling: list[Deferred[None]] = []
        self._stopped = False

    def buildProtocol(self, address: IAddress | None) -> CommandProtocol | None:
        """A client; none after L{stop}, which closes the connection."""
        return None if self._stopped else CommandProtocol(self)

    def admit(self, protocol: CommandProtocol) -> bool:
        """Count a connection; whether it is to be served."""
        self._connected.add(protocol)
        if len(self._served) >= self._concurrent:
            return False
        self._served.add(protocol)
        return True

    def release(self, protocol: CommandProtocol) -> None:
        """A connection has ended: another one may be served, though its command may still run."""
        self._connected.discard(protocol)
        self._served.discard(protocol)

    def execute(self, value: object) -> Deferred[Reply]:
        """Run a command; this does not fail."""
        self._in_flight += 1
        return maybeDeferred(self._run, value).addErrback(self._broken).addBoth(self._landed)

    def line(self, reply: Reply) -> bytes:
        """What is sent."""
        return reply.line(self._details)

    def stop(self) -> None:
        """Close all connections, and take no more."""
        self._stopped = True
        for protocol in list(self._connected):
            protocol.close()

    def settled(self) -> Deferred[None]:
        """Fires when no command runs, those of closed connections included."""
        if not self._in_flight:
            return succeed(None)
        self._settling.append(Deferred())
        return self._settling[-1]

    def _landed(self, reply: Reply) -> Reply:
        self._in_flight -= 1
        if not self._in_flight:
            settling, self._settling = self._settling, []
            for waiting in settling:
                waiting.callback(None)
        return reply

    def _broken(self, failure: Failure) -> Reply:
        self.log.failure("running a command has failed", failure)
        return Reply(Status.EXECUTION_ERROR, f"{type(failure.value).__name__}: {failure.value}")


class _Plain:
    """Writes to a transport that does not push back."""

    ready = True

    def __init__(self, transport: Any, _: object) -> None:
        self.write = transport.write

    def close(self) -> None:
        pass


class _Closed:
    """Nothing more is to be written."""

    ready = False

    def close(self) -> None:
        pass


_CLOSED = _Closed()


def _is_token(item: Item) -> bool:
    return isinstance(item, Value) and isinstance(item.value, dict) and [*item.value] == ["token"]


def _size(item: Item) -> int:
    return item.size if isinstance(item, Value) else 0


def _kind(value: object) -> str:
    """What is logged of a command: not what it says, which may be secret."""
    text = ", ".join(value) if isinstance(value, dict) else type(value).__name__
    return text if len(text) <= _KIND else f"{text[:_KIND]}..."


def _described(address: Any) -> str:
    return describe(address) if IAddress.providedBy(address) else str(address)


def _nothing() -> None:
    pass


def _reactor() -> IReactorTime:
    from twisted.internet import reactor

    clock: Any = reactor
    return clock
