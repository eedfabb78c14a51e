"""A port of an SSH server that leads to here: for one connection, from its begin to its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred, TimeoutError, maybeDeferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.errors import NetsimError, PortInUseError, SshError

__all__ = ["Connect", "Forward", "Forwarding", "State"]

ASK_AGAIN = 1.0
"""Seconds after which a port that was in use is asked for again."""
CLOSE_WITHIN = 0.8
"""Seconds that a server may take to give up the port and the connection."""


class Forwarding(Protocol):
    """What is needed of an SSH connection: L{netsim.dsisocket.ssh.connection.Connection} is one."""

    def when_lost(self) -> Deferred[None]:
        """Fires when it is gone, or at once."""

    def listen(self, host: str, port: int, factory: Any) -> Deferred[int]:
        """Ask the server for a port; fires with its number."""

    def cancel(self, host: str, port: int) -> Deferred[None]:
        """Give the port back."""

    def close(self) -> Deferred[None]:
        """End it in order."""

    def abort(self) -> None:
        """End it now; this is no error where it has ended."""


Connect = Callable[[], Deferred[Any]]
"""Gives a L{Forwarding}.  Cancelling closes what was opened until then."""


class State(Enum):
    """How far it is; the values are for people."""

    CONNECTING = "connecting"
    ASKING = "asking for the port"
    TAKEN = "waiting for the port, which is in use"
    HELD = "there"
    OVER = "over"


class Forward:
    """
    Connects, asks for the port, and waits until either is gone.

    Everything that happens to it happens once: it is not begun again.

    @ivar state: how far it is.
    """

    log = Logger()
    state = State.CONNECTING

    def __init__(
        self,
        reactor: Any,
        connect: Connect,
        where: tuple[str, int],
        factory: Any,
        held: Callable[[int], None],
        taken: Callable[[str], None],
        lost: Callable[[Failure], None],
    ) -> None:
        """
        @param where: the address on the server; port 0 leaves it to the server.
        @param factory: makes a protocol for each connection to the port.
        @param held: called with the port when it leads to here.
        @param taken: called with the reason each time that the port is found in use.
        @param lost: called with the reason when this is over, unless it was stopped.
        """
        self._reactor = reactor
        self._connect = connect
        self._where = where
        self._factory = factory
        self._tell_held = held
        self._tell_taken = taken
        self._tell_lost = lost
        self._connection: Forwarding | None = None
        self._step: Deferred[Any] | None = None
        self._timer: IDelayedCall | None = None

    def begin(self) -> None:
        """Connect, and so on."""
        self._do(self._connected, self._connect)

    def stop(self) -> Deferred[None]:
        """End it, in whatever state it is; fires within a second, when it has ended."""
        if self.state is State.OVER:
            return maybeDeferred(lambda: None)
        was, self.state = self.state, State.OVER
        stopping = Deferred.fromCoroutine(self._give_up(was))
        stopping.addTimeout(CLOSE_WITHIN, self._reactor)
        return stopping.addErrback(self._not_closed).addCallback(self._clean_up)

    def _do(self, done: Callable[[Any], None], action: Callable[..., Any], *args: Any) -> None:
        step = self._step = maybeDeferred(action, *args)
        if self.state is State.OVER:
            # The action itself has stopped it.
            step.cancel()
        step.addCallback(done).addErrback(self._failed)

    def _connected(self, connection: Forwarding) -> None:
        self._connection = connection
        if self.state is State.OVER:
            # It was stopped, and the connection came nevertheless.
            connection.abort()
            return
        self.state = State.ASKING
        connection.when_lost().addBoth(self._gone)
        self._ask(connection)

    def _ask(self, connection: Forwarding) -> None:
        self._timer = None
        if self.state is not State.OVER:
            self.state = State.ASKING
            self._do(self._listening, connection.listen, *self._where, self._factory)

    def _listening(self, port: int) -> None:
        if self.state is State.ASKING:
            self._where = (self._where[0], port)
            self.state = State.HELD
            self._tell_held(port)

    def _failed(self, failure: Failure) -> None:
        if self.state is State.ASKING and failure.check(PortInUseError):
            self.state = State.TAKEN
            self._timer = self._reactor.callLater(ASK_AGAIN, self._ask, self._connection)
            self._tell_taken(failure.getErrorMessage())
        else:
            self._end(failure)

    def _gone(self, _: object) -> None:
        self._end(Failure(SshError("the connection was lost")))

    def _end(self, reason: Failure) -> None:
        if self.state is State.OVER:
            return
        self.state = State.OVER
        self._clean_up()
        self._tell_lost(reason)

    async def _give_up(self, was: State) -> None:
        self._end_step()
        if self._connection is None:
            await self._step_ended()
            return
        if was is State.HELD:
            with suppress(NetsimError):
                await self._connection.cancel(*self._where)
        await self._connection.close()

    def _step_ended(self) -> Deferred[None]:
        """What cancelling has to close is closed then; this itself can be cancelled."""
        ended: Deferred[None] = Deferred()
        step = self._step or succeed(None)
        step.addCallback(lambda _: ended.callback(None))
        return ended

    def _not_closed(self, failure: Failure) -> None:
        if not failure.check(TimeoutError, CancelledError, NetsimError):
            self.log.failure("A mistake in the code", failure)

    def _clean_up(self, _: object = None) -> None:
        self._end_step()
        if self._connection is not None:
            self._connection.abort()

    def _end_step(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if self._step is not None:
            self._step.cancel()
