"""The one connection to a host, which all that is done there shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, DeferredSemaphore, TimeoutError, fail, succeed
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.dsisocket.execline import PROBE, is_bash
from netsim.dsisocket.ssh.channels import IRemoteProcess
from netsim.dsisocket.ssh.connection import Connection
from netsim.errors import SshError

__all__ = ["SESSIONS", "Answer", "Link", "Session"]

SESSIONS = 8
"""
What runs at once over a connection; more waits.  OpenSSH allows 10 (MaxSessions), of which
some are left for ending what runs.
"""
PROBE_WITHIN = 15.0
"""Seconds that a login shell may take to say which one it is."""
_LONGEST = 4096


class Session:
    """
    A connection, and what is known of it.

    @ivar is_bash: whether the login shell is bash.
    """

    def __init__(self, connection: Connection, is_bash: bool) -> None:
        self.connection = connection
        self.is_bash = is_bash
        self._free = DeferredSemaphore(SESSIONS)

    def acquire(self) -> Deferred[Any]:
        """Wait until there is room for one thing more."""
        return self._free.acquire()

    def release(self) -> None:
        """It has ended."""
        self._free.release()


@implementer(IRemoteProcess)
class Answer:
    """
    The answer of a command that says little.

    @ivar status: fires with its exit status; none where there is none.
    """

    def __init__(self) -> None:
        self.output = b""
        self.status: Deferred[int | None] = Deferred()

    def output_received(self, data: bytes) -> None:
        """It has printed this."""
        self.output = (self.output + data)[-_LONGEST:]

    def exited(self, status: int | None, signal: str | None) -> None:
        """The end of its output is waited for."""

    def ended(self, status: int | None, signal: str | None) -> None:
        """It has ended."""
        self.status.callback(status)


class Link:
    """Connects when that is needed, and once for all who need it."""

    def __init__(self, clock: Any, connect: Callable[[], Deferred[Connection]]) -> None:
        self._clock = clock
        self._connect = connect
        self._session: Session | None = None
        self._connecting: Deferred[None] | None = None
        self._waiting: list[Deferred[Session]] = []
        self._is_over = False

    async def acquire(self) -> Session:
        """
        The connection, when there is room for one thing more; it has to be released.

        @raise SshError: the host cannot be reached.
        """
        while True:
            session = await self._connected()
            await session.acquire()
            if not session.connection.is_lost and not self._is_over:
                return session
            session.release()

    def refuse(self) -> None:
        """Connect no more; what runs may run on."""
        self._is_over = True
        connecting = self._connecting
        self._tell(_stopped())
        if connecting is not None:
            connecting.cancel()

    def close(self) -> Deferred[None]:
        """End the connection; fires when it has ended, after a second at the latest."""
        self.refuse()
        return succeed(None) if self._session is None else self._session.connection.close()

    def _connected(self) -> Deferred[Session]:
        if self._is_over:
            return fail(_stopped())
        if self._session is not None and not self._session.connection.is_lost:
            return succeed(self._session)
        waiting: Deferred[Session] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        if self._connecting is None:
            # One who gives up does not end it for the others.
            self._connecting = connecting = Deferred.fromCoroutine(self._open())
            connecting.addErrback(self._tell)
            if connecting.called:
                self._connecting = None
        return waiting

    async def _open(self) -> None:
        connection = await self._connect()
        try:
            session = Session(connection, is_bash(await self._probe(connection)))
        except BaseException:
            connection.abort()
            raise
        self._session = session
        self._tell(session)

    async def _probe(self, connection: Connection) -> bytes:
        answer = Answer()
        asking = connection.execute(PROBE, answer)
        asking.addCallback(lambda _: answer.status)
        try:
            await asking.addTimeout(PROBE_WITHIN, self._clock)
        except TimeoutError:
            raise SshError(f"the login shell of {connection.target} says nothing") from None
        return answer.output

    def _tell(self, outcome: Session | Failure) -> None:
        """Let all know who wait."""
        self._connecting = None
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.errback(outcome) if isinstance(outcome, Failure) else each.callback(outcome)


def _stopped() -> Failure:
    return Failure(SshError("netsim is being stopped"))
