"""One client that sends commands, as dsisocket.txt describes it."""

from __future__ import annotations

from typing import Any
from typing import Protocol as Interface

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IReactorTime,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.addresses import describe
from netsim.dsisocket.inbox import Inbox
from netsim.dsisocket.model import SUCCEEDED, Reply, Secret, Status
from netsim.dsisocket.stream import Item, Malformed, TooLong, Value
from netsim.transports import Outlet

__all__ = ["CommandProtocol", "Serving"]

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


class Serving(Interface):
    """
    What a client's connection belongs to: a L{CommandFactory}.

    @ivar token: what it has to send first.
    @ivar clock: what delays are measured by.
    """

    token: Secret | None
    clock: IReactorTime

    def admit(self, protocol: CommandProtocol) -> bool:
        """Count a connection; whether it is to be served."""

    def release(self, protocol: CommandProtocol) -> None:
        """A connection has ended."""

    def execute(self, value: object) -> Deferred[Reply]:
        """Run a command; this does not fail."""

    def line(self, reply: Reply) -> bytes:
        """What is sent."""


@implementer(IHalfCloseableProtocol)
class CommandProtocol(Protocol):
    """
    One client: its commands are done one after the other, and answered in this order.

    It hears what a client sends while a command runs, up to a limit; and begins no
    command as long as the client does not read its replies.  When the client has sent
    all, and closed its side, what it has sent is still done and answered.

    @ivar peer: the client's address.
    @ivar number: it is the only one of its factory that has it.
    """

    log = Logger()

    def __init__(self, serving: Serving, number: int = 0) -> None:
        self.peer = "?"
        self.number = number
        self._serving = serving
        self._inbox = Inbox()
        self._outlet: Any = None
        self._timer: IDelayedCall | None = None
        self._is_first = True
        self._busy = self._looping = self._paused = False
        self._heard_all = self._leaving = self._lost = False

    def connectionMade(self) -> None:
        """Serve it, unless others are served already."""
        assert self.transport is not None
        self.peer = _described(self.transport.getPeer())
        self._outlet = Outlet(self.transport, self._go_on)
        # Neither does a reply wait for the one before it, nor do we for one who is gone.
        for name in ("setTcpNoDelay", "setTcpKeepAlive"):
            getattr(self.transport, name, _ignore)(True)
        if not self._serving.admit(self):
            self.log.info("{log_source.peer}: a connection too many")
            self._part(_BUSY)
            return
        self.log.info("{log_source.peer}: connected")
        if self._serving.token is not None:
            self._after(TOKEN_WITHIN, self._part, _NO_TOKEN)

    def dataReceived(self, data: bytes) -> None:
        """Begin what is complete; drop all where nothing is done for this client any more."""
        if not self._leaving:
            self._inbox.feed(data)
            self._go_on()

    def readConnectionLost(self) -> None:
        """It has sent all that it will."""
        self._heard_all = True
        if not self._leaving:
            self._inbox.end()
            self._go_on()
        elif not self._busy:
            self.close()

    def writeConnectionLost(self) -> None:
        """It was told the last."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """What runs is finished, what has not begun is not done."""
        self._lost = True
        self._cancel_timer()
        self._serving.release(self)
        why = "" if reason.check(ConnectionDone) else f": {reason.getErrorMessage()}"
        self.log.info("{log_source.peer}: disconnected{why}", why=why)
        if self._inbox:
            self.log.warn(
                "{log_source.peer}: {count} commands that had not begun are dropped",
                count=self._inbox.clear(),
            )

    def close(self) -> None:
        """End it, once what was written is sent."""
        assert self.transport is not None
        self._leaving = True
        self._write_no_more()
        self.transport.loseConnection()

    def _go_on(self) -> None:
        """Do what waits, as far as can be."""
        if self._looping:
            # A command was done at once: the loop below sees to the next one.
            return
        self._looping = True
        while self._inbox and self._outlet.ready and not (self._busy or self._leaving):
            self._begin(self._inbox.take())
        self._looping = False
        if not (self._lost or self._leaving or self._heard_all):
            self._pause(self._inbox.is_full)
        elif self._heard_all and not (self._inbox or self._busy or self._leaving):
            self.close()

    def _begin(self, item: Item) -> None:
        is_first, self._is_first = self._is_first, False
        if is_first and (self._serving.token is not None or _is_token(item)):
            self._introduce(item)
        elif isinstance(item, Value):
            self._busy = True
            self._serving.execute(item.value).addCallback(self._done, _kind(item.value))
        else:
            self._refuse(item)

    def _introduce(self, item: Item) -> None:
        """Look at the token; where none is wanted, any is right."""
        self._cancel_timer()
        token = self._serving.token
        given = item.value["token"] if isinstance(item, Value) and _is_token(item) else None
        if token is None or token.matches(given):
            self._outlet.write(self._serving.line(_ACCEPTED))
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
            self._outlet.write(self._serving.line(reply))

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
        self._outlet.write(self._serving.line(reply))
        self._go_on()

    def _pause(self, paused: bool) -> None:
        """Read no more than can be kept."""
        if paused != self._paused:
            self._paused = paused
            name = "pauseProducing" if paused else "resumeProducing"
            getattr(self.transport, name, _ignore)()

    def _part(self, reply: Reply) -> None:
        """Say a last thing, see that it arrives, and hang up."""
        assert self.transport is not None
        self._leaving, self._busy = True, False
        self._outlet.write(self._serving.line(reply))
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
        self._timer = self._serving.clock.callLater(seconds, function, *arguments)

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class _Closed:
    """Nothing more is to be written."""

    ready = False

    def close(self) -> None:
        pass


_CLOSED = _Closed()


def _is_token(item: Item) -> bool:
    return isinstance(item, Value) and isinstance(item.value, dict) and [*item.value] == ["token"]


def _kind(value: object) -> str:
    """What is logged of a command: not what it says, which may be secret."""
    text = ", ".join(value) if isinstance(value, dict) else type(value).__name__
    return text if len(text) <= _KIND else f"{text[:_KIND]}..."


def _described(address: Any) -> str:
    return describe(address) if IAddress.providedBy(address) else str(address)


def _ignore(*_: object) -> None:
    pass
