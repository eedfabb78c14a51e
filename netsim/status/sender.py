"""Sends a program's messages, or keeps them until they can be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall

from netsim.status.connection import Connection
from netsim.status.keeper import Keeper, Member
from netsim.status.message import Message
from netsim.status.outgoing import Outgoing

__all__ = ["Sender"]

_BATCH = 64 << 10
"""Bytes that are written at once."""


class Sender:
    """
    Joins a queue to the connection that there may be.

    What is pushed in one turn of the reactor is written in one go.  Where the daemon
    reads slowly the queue grows, and nothing else.

    @ivar keeper: of the connection.
    """

    def __init__(
        self,
        reactor: Any,
        outgoing: Outgoing,
        make_keeper: Callable[[Member], Keeper],
        joined: Callable[[], None],
        received: Callable[[Connection, Message], None],
    ) -> None:
        """
        @param joined: called when messages can be sent.
        @param received: called with what the daemon sends.
        """
        self.keeper = make_keeper(self)
        self.received = received
        self._joined = joined
        self._reactor = reactor
        self._outgoing = outgoing
        self._asked = 0
        self._flushing: IDelayedCall | None = None
        self._flushed: Deferred[None] | None = None

    def push(self, text: bytes) -> None:
        """Send a message, sooner or later."""
        self._outgoing.push(text)
        self._flush_soon()

    def answer(self, connection: Connection, text: bytes) -> None:
        """Send an answer over the connection over which it was asked for, or not at all."""
        if connection is not self.keeper.connection:
            # Another daemon may know nothing of the question.
            return
        if self._outgoing.answer(text):
            self._flush_soon()
        else:
            connection.abort()

    def flush(self, within: float) -> Deferred[None]:
        """Fires when all is sent, or cannot be; within so many seconds at any rate."""
        if not self._outgoing:
            return succeed(None)
        flushed = self._flushed = Deferred()
        flushed.addTimeout(within, self._reactor)
        self._flush_soon()
        self.keeper.retry()
        return flushed.addErrback(lambda _: None)

    def stop(self) -> Deferred[None]:
        """Close the connection; fires within half a second."""
        self._cancel()
        return self.keeper.stop()

    # What the keeper tells.

    def joined(self, connection: Connection) -> None:
        """Messages are not held back any more."""
        self._flush()
        self._joined()

    def arrived(self) -> None:
        """What was sent when it was asked for has arrived."""
        self._outgoing.confirm(self._asked)
        self._ask()

    def drained(self) -> None:
        """The daemon reads."""
        self._flush()

    def left(self) -> None:
        """What has not arrived has to be sent again."""
        self._outgoing.lost()

    def failed(self) -> None:
        """There is nobody to send it to."""
        self._tell_flushed()

    def _flush_soon(self) -> None:
        if self._flushing is None and self.keeper.connection is not None:
            self._flushing = self._reactor.callLater(0, self._flush)

    def _flush(self) -> None:
        self._cancel()
        connection = self.keeper.connection
        while self._outgoing and connection is not None and connection.ready:
            connection.send(self._outgoing.take(_BATCH))
        self._ask()
        if not self._outgoing:
            self._tell_flushed()

    def _ask(self) -> None:
        if self._outgoing.unconfirmed and self.keeper.ask():
            self._asked = self._outgoing.position

    def _tell_flushed(self) -> None:
        if self._flushed is not None:
            flushed, self._flushed = self._flushed, None
            if not flushed.called:
                flushed.callback(None)

    def _cancel(self) -> None:
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        self._flushing = None
