"""Accepts the daemon's WebSockets: programs, and frontends."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from netsim.daemon.model import Limits
from netsim.daemon.protocol import StatusProtocol
from netsim.daemon.switchboard import Switchboard
from netsim.web.access import Access

__all__ = ["PING_AFTER", "StatusFactory"]

OPEN_WITHIN = 5.0
"""Seconds that a client has for the opening handshake."""

PING_AFTER = 20.0
"""Seconds after which a connection is asked whether it is alive, and then has to answer."""


class StatusFactory(WebSocketServerFactory):
    """
    Makes connections, of any path.

    It can be listened with, and it can be wrapped in autobahn's C{WebSocketResource}.

    @ivar turn: what is done in it is followed by sending what it has left to be sent.
    """

    protocol = StatusProtocol
    noisy = False

    def __init__(
        self,
        switchboard: Switchboard,
        access: Access,
        limits: Limits,
        reactor: IReactorTime,
        now: Callable[[], float],
    ) -> None:
        """@param now: Unix time."""
        super().__init__(server=None, reactor=reactor)
        self.switchboard = switchboard
        self.access = access
        self.limits = limits
        self.now = now
        self.turn = _Turn(reactor)
        self.due = self.turn.add
        # Its own one rounds to whole seconds.
        self._batched_timer = _Timer(reactor)
        self.setProtocolOptions(
            versions=[13],
            webStatus=False,
            maxMessagePayloadSize=limits.message_size,
            failByDrop=False,
            openHandshakeTimeout=OPEN_WITHIN,
            # The protocol limits every way to close, not only this one.
            closeHandshakeTimeout=0,
            autoPingInterval=PING_AFTER,
            autoPingTimeout=PING_AFTER,
            # Access decides about origins, all of them.
            allowNullOrigin=True,
        )


class _Turn:
    """
    Collects connections that have something to send: what follows from one segment, and
    goes to one of them, is sent at once, in one piece.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._due: list[StatusProtocol] = []
        self._is_on = False
        self._later: IDelayedCall | None = None

    def add(self, connection: StatusProtocol) -> None:
        """This one has something to send: at the end of the turn, or in the next one."""
        self._due.append(connection)
        if not self._is_on and self._later is None:
            self._later = self._reactor.callLater(0, self._flush_later)

    def flush(self) -> None:
        """Send it now."""
        due, self._due = self._due, []
        for connection in due:
            connection.is_due = False
            connection.flush()

    def __enter__(self) -> None:
        self._is_on = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_on = False
        if self._due:
            self.flush()

    def _flush_later(self) -> None:
        self._later = None
        self.flush()


class _Timer:
    """What autobahn sets its timeouts with."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor

    def call_later(self, delay: float, call: Callable[..., Any], *args: Any) -> IDelayedCall:
        """Call this then."""
        return self._reactor.callLater(delay, call, *args)
