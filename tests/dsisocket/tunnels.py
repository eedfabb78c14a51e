"""An SSH server in memory, which does what the test says, when it says so."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from netsim.errors import ForwardError, PortInUseError, SshError

NOT_PERMITTED = ForwardError("h does not permit remote forwarding")
IN_USE = PortInUseError("port 27007 of 127.0.0.1 is in use on h")
UNREACHABLE = SshError("cannot reach me@h:22: connection refused")
LOST = SshError("the connection was lost")


class QuietFactory(Factory):
    """Counts for how many it is started, and logs nothing of it."""

    noisy = False


class FakeConnection:
    """
    A connection to L{FakeServer}, without SSH.

    @ivar asked: every port that it was asked to listen on, in order.
    @ivar asking: the request that has no answer yet.
    @ivar ports: where it listens.
    @ivar closing: the wish to end in order that has no answer yet.
    """

    is_polite = True

    def __init__(self, server: FakeServer) -> None:
        self._server = server
        self._watching: list[Deferred[None]] = []
        self.is_lost = False
        self.asked: list[tuple[str, int]] = []
        self.asking: Deferred[int] | None = None
        self.ports: set[int] = set()
        self.cancelled: list[tuple[str, int]] = []
        self.closing: Deferred[None] | None = None

    @property
    def watching(self) -> int:
        """How many wait for its loss."""
        return len(self._watching)

    def when_lost(self) -> Deferred[None]:
        watching: Deferred[None] = Deferred()
        self._watching.append(watching)
        if self.is_lost:
            self._tell_lost()
        return watching

    def listen(self, host: str, port: int, factory: Any) -> Deferred[int]:
        assert self.asking is None, "asked twice at once"
        self.asked.append((host, port))
        self.asking = Deferred()
        return self.asking

    def cancel(self, host: str, port: int) -> Deferred[None]:
        self.cancelled.append((host, port))
        self.ports.discard(port)
        return self._server.answered()

    def close(self) -> Deferred[None]:
        if self._server.answers:
            self.lose()
        return self._server.answered()

    def abort(self) -> None:
        self.lose()

    def accept(self, port: int | None = None) -> None:
        """The server listens, where it was asked to or on this port."""
        asking, self.asking = self.asking, None
        assert asking is not None
        wanted = port or self.asked[-1][1]
        self.ports.add(wanted)
        asking.callback(wanted)

    def refuse(self, error: Exception) -> None:
        """The server does not listen."""
        asking, self.asking = self.asking, None
        assert asking is not None
        asking.errback(error)

    def lose(self) -> None:
        """It is gone, and whoever waits for anything is told."""
        if self.is_lost:
            return
        self.is_lost = True
        self.ports.clear()
        asking, self.asking = self.asking, None
        if asking is not None:
            asking.errback(LOST)
        self._tell_lost()

    def _tell_lost(self) -> None:
        while self._watching:
            self._watching.pop().callback(None)


class FakeServer:
    """
    Where connections lead.

    @ivar connecting: those who wait for a connection.
    @ivar connections: all that there ever were.
    @ivar given_up: how many have stopped waiting.
    @ivar answers: whether it answers when it is told to end something.
    @ivar obeys: whether who has stopped waiting gets no connection any more.
    """

    answers = True
    obeys = True

    def __init__(self) -> None:
        self.connecting: list[Deferred[FakeConnection]] = []
        self.connections: list[FakeConnection] = []
        self.tries = self.given_up = 0

    @property
    def connection(self) -> FakeConnection:
        """The last."""
        return self.connections[-1]

    @property
    def alive(self) -> list[FakeConnection]:
        """Those that have not been lost."""
        return [each for each in self.connections if not each.is_lost]

    def connect(self) -> Deferred[FakeConnection]:
        self.tries += 1
        connecting: Deferred[FakeConnection] = Deferred(self._give_up)
        self.connecting.append(connecting)
        return connecting

    def accept(self) -> FakeConnection:
        """Let the one who waits in."""
        [connecting] = self.connecting
        self.connecting.clear()
        self.connections.append(FakeConnection(self))
        connecting.callback(self.connection)
        return self.connection

    def refuse(self, error: BaseException = UNREACHABLE) -> None:
        """Send the one who waits away."""
        [connecting] = self.connecting
        self.connecting.clear()
        connecting.errback(Failure(error))

    def answered(self) -> Deferred[None]:
        done: Deferred[None] = Deferred()
        if self.answers:
            done.callback(None)
        return done

    def _give_up(self, connecting: Deferred[FakeConnection]) -> None:
        self.given_up += 1
        self.connecting.remove(connecting)
        if not self.obeys:
            self.connections.append(FakeConnection(self))
            connecting.callback(self.connection)
