"""Keeps a WebSocket to the daemon, for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.backoff import Backoff
from netsim.status.connection import Connection, ConnectionFactory
from netsim.status.message import ERROR, HANDSHAKE, Message
from netsim.status.model import Settings
from netsim.status.probe import Probe

__all__ = ["Keeper", "Member", "socket_urls"]

CONNECT_WITHIN = 5.0
JOIN_WITHIN = 5.0
CLOSE_WITHIN = 0.5
"""Seconds."""

_HANDSHAKE_ID = 1

Endpoint = Callable[[Any, bool, str, int], IStreamClientEndpoint]
"""Of a host and a port, with TLS or without."""


class Member(Protocol):
    """Who uses the connection, once the daemon has let it join the project."""

    def joined(self, connection: Connection) -> None:
        """It has joined."""

    def received(self, connection: Connection, message: Message) -> None:
        """A message has come."""

    def arrived(self) -> None:
        """All that had been sent at the last L{Keeper.ask} has arrived."""

    def drained(self) -> None:
        """The daemon reads again."""

    def left(self) -> None:
        """The connection is gone, after it had joined."""

    def failed(self) -> None:
        """An attempt has failed."""


class Keeper:
    """
    Keeps one connection to a project, in one of the two roles.

    It tries the WebSocket of the HTTP port first, then that of the next port, where
    other daemons have theirs.

    @ivar connection: the one that has joined, if there is.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        name: str,
        who: str,
        member: Member,
        random: Callable[[], float],
        endpoint: Endpoint | None = None,
    ) -> None:
        """
        @param who: the role, L{netsim.status.message.CLI} or L{netsim.status.message.WEB}.
        @param random: gives numbers from 0 up to 1, for the time between attempts.
        """
        self.connection: Connection | None = None
        self._reactor = reactor
        self._settings = settings
        self._hello = Message(HANDSHAKE, name, {"who": who}, _HANDSHAKE_ID).encode()
        self._name = name
        self._member = member
        self._endpoint = endpoint or _tcp
        self._backoff = Backoff(random, first=0.5, limit=30.0)
        self._urls = socket_urls(settings)
        self._choice = 0
        self._attempt: Deferred[Any] | None = None
        self._candidate: Connection | None = None
        self._timer: IDelayedCall | None = None
        self._probe: Probe | None = None
        self._since = 0.0
        self._is_missed = self._running = False

    def start(self) -> None:
        """Try, until L{stop}."""
        self._running = True
        self._retry()

    def retry(self) -> None:
        """There is reason to believe that the daemon is there now: do not wait."""
        if self._running and not (self.connection or self._attempt or self._candidate):
            self._retry()

    def stop(self) -> Deferred[None]:
        """Close the connection; fires within half a second."""
        self._running = False
        self._cancel_timer()
        if self._attempt is not None:
            self._attempt.cancel()
        connection = self.connection or self._candidate
        if connection is None:
            return succeed(None)
        abort = self._reactor.callLater(CLOSE_WITHIN, connection.abort)

        def gone(_: None) -> None:
            if abort.active():
                abort.cancel()

        return connection.finish().addCallback(gone)

    def ask(self) -> bool:
        """
        Ask whether all that was sent has arrived; L{Member.arrived} is called when it has.

        @return: False while the answer to an earlier question is still to come.
        """
        return self._probe is not None and self._probe.ask()

    # What a connection tells.

    def opened(self, connection: Connection) -> None:
        """Ask to join the project."""
        connection.send([self._hello])
        self._set_timer(JOIN_WITHIN, connection.abort)

    def received(self, connection: Connection, message: Message) -> None:
        """The answer to the handshake; what comes after it is the member's."""
        if connection is self.connection:
            if message.event_type == ERROR:
                self.log.debug("the status daemon says: {reason}", reason=_reason(message))
            self._member.received(connection, message)
        elif message.event_type == HANDSHAKE and _result(message) == 200:
            self._join(connection)
        elif message.event_type in (HANDSHAKE, ERROR):
            self._miss(f"does not let {self._name!r} join: {_reason(message)}")
            connection.abort()

    def ponged(self, connection: Connection, payload: bytes) -> None:
        """What was sent before the ping has arrived."""
        if self._probe is not None:
            self._probe.answered()

    def drained(self, connection: Connection) -> None:
        """The daemon reads again."""
        if connection is self.connection:
            self._member.drained()

    def closed(self, connection: Connection, reason: str) -> None:
        """Try again, sooner or later."""
        was_joined = connection is self.connection
        self.connection = self._candidate = None
        self._cancel_timer()
        if was_joined:
            self._leave(reason)
        if not connection.was_open and self._next_url():
            self._retry()
            return
        if not connection.was_open:
            self._miss(f"has no WebSocket: {reason}")
        self._wait()

    def _retry(self) -> None:
        self._cancel_timer()
        attempt = self._attempt = maybeDeferred(self._connect)
        attempt.addTimeout(CONNECT_WITHIN, self._reactor)
        attempt.addCallbacks(self._connected, self._unreachable)

    def _connect(self) -> Deferred[Any]:
        url = urlsplit(self._urls[self._choice])
        factory = ConnectionFactory(url.geturl(), self._reactor, self, self._settings.token)
        host, port = url.hostname or "", url.port or 0
        endpoint = self._endpoint(self._reactor, url.scheme == "wss", host, port)
        connecting: Deferred[Any] = endpoint.connect(factory)
        return connecting

    def _connected(self, connection: Any) -> None:
        self._attempt = None
        if not connection.is_gone:
            self._candidate = connection

    def _unreachable(self, failure: Failure) -> None:
        self._attempt = None
        self._choice = 0
        self._miss(f"is not there: {failure.getErrorMessage()}")
        self._wait()

    def _next_url(self) -> bool:
        self._choice = (self._choice + 1) % len(self._urls)
        return self._running and self._choice > 0

    def _join(self, connection: Connection) -> None:
        self._cancel_timer()
        self._candidate, self.connection = None, connection
        self._since = self._reactor.seconds()
        self._is_missed = False
        if not self._settings.mute:
            self.log.info(
                "{name} is connected to the status daemon at {url}",
                name=self._name,
                url=self._settings.url,
            )
        self._probe = Probe(self._reactor, connection, self._member.arrived)
        self._probe.ask()
        self._member.joined(connection)

    def _leave(self, reason: str) -> None:
        if self._probe is not None:
            self._probe.stop()
            self._probe = None
        self._backoff.held(self._reactor.seconds() - self._since)
        self._miss(f"is lost: {reason}")
        self._member.left()

    def _wait(self) -> None:
        if self._running:
            self._set_timer(self._backoff.delay(), self._retry)
        self._member.failed()

    def _miss(self, what: str) -> None:
        # Once, until it is there again: most programs can do without a daemon.
        if self._running and not self._is_missed and not self._settings.mute:
            self.log.warn(
                "the status daemon at {url} {what}; trying until it is there",
                url=self._settings.url,
                what=what,
            )
        self._is_missed = True

    def _set_timer(self, seconds: float, call: Callable[[], Any]) -> None:
        self._cancel_timer()
        self._timer = self._reactor.callLater(seconds, call)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


def socket_urls(settings: Settings) -> list[str]:
    """Where the daemon's WebSocket may be, the likeliest first."""
    parts = urlsplit(settings.socket_url)
    host, _, port = parts.netloc.rpartition(":")
    urls = [settings.socket_url]
    if int(port) < 65535:
        urls.append(f"{parts.scheme}://{host}:{int(port) + 1}/")
    return urls


def _tcp(reactor: Any, is_secure: bool, host: str, port: int) -> IStreamClientEndpoint:
    endpoint: Any = HostnameEndpoint(reactor, host, port)
    if is_secure:
        from twisted.internet.ssl import optionsForClientTLS

        endpoint = wrapClientTLS(optionsForClientTLS(host), endpoint)
    return endpoint


def _result(message: Message) -> Any:
    return message.payload.get("result") if isinstance(message.payload, dict) else None


def _reason(message: Message) -> str:
    if not isinstance(message.payload, dict):
        return "it gives no reason"
    return str(message.payload.get("reason", "it gives no reason"))[:500]
