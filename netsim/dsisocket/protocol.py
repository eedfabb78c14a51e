"""Serves clients that send commands: how many, and which commands still run."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.dsisocket.interfaces import Run
from netsim.dsisocket.model import Reply, Secret, Status
from netsim.dsisocket.session import CommandProtocol

__all__ = ["CommandFactory", "CommandProtocol"]


class CommandFactory(Factory):
    """
    Makes the protocols of all connections, whichever way they come.

    @ivar token: what clients have to send first.
    @ivar clock: what delays are measured by.
    @ivar begun: how many connections there were until now.
    @ivar commands: how many commands there were until now.
    @ivar failed: how many of them have failed.
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
        self.begun = self.commands = self.failed = 0
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
        if self._stopped:
            return None
        self.begun += 1
        return CommandProtocol(self, self.begun)

    @property
    def connections(self) -> list[CommandProtocol]:
        """Those that there are, in the order in which they began."""
        return sorted(self._connected, key=lambda protocol: protocol.number)

    @property
    def running(self) -> int:
        """How many commands run, those of closed connections included."""
        return self._in_flight

    def close(self, number: int) -> bool:
        """Close the connection of this number, once what was answered is sent; if there is one."""
        for protocol in self._connected:
            if protocol.number == number:
                protocol.close()
                return True
        return False

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
        self.commands += 1
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
        self.failed += reply.status is not Status.OK
        if not self._in_flight:
            settling, self._settling = self._settling, []
            for waiting in settling:
                waiting.callback(None)
        return reply

    def _broken(self, failure: Failure) -> Reply:
        self.log.failure("running a command has failed", failure)
        return Reply(Status.EXECUTION_ERROR, f"{type(failure.value).__name__}: {failure.value}")


def _reactor() -> IReactorTime:
    from twisted.internet import reactor

    clock: Any = reactor
    return clock
