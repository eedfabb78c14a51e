"""Keeps a WAMP session joined at a router, for ever."""

from __future__ import annotations

from collections.abc import Callable
from random import random as _random
from typing import Any
from urllib.parse import urlsplit

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.types import CloseDetails, ComponentConfig
from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IDelayedCall, IStreamClientEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.backoff import Backoff
from netsim.datanode.model import Router
from netsim.datanode.session import RouterSession
from netsim.datanode.tls import client_tls
from netsim.datanode.websocket import RouterSocket, RouterSocketFactory

__all__ = ["Link", "tcp"]

JOIN_WITHIN = 10.0
CLOSE_WITHIN = 0.7
"""Seconds."""

Endpoint = Callable[[Any, Router], IStreamClientEndpoint]


class Link(Service):
    """
    Keeps a session at a router: whenever there is none, it makes one that joins.

    What goes wrong is logged when it changes, not at each attempt.

    @ivar session: the one that has joined; L{None} while there is none.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        router: Router,
        make: Callable[[ComponentConfig], ApplicationSession] = RouterSession,
        joined: Callable[[Any], object] | None = None,
        left: Callable[[str], object] | None = None,
        random: Callable[[], float] = _random,
        endpoint: Endpoint | None = None,
    ) -> None:
        """
        @param make: makes a session; the C{extra} of what it is given is the router.
        @param joined: called with each session that has joined, before its C{onJoin}.
        @param left: called with the reason when one that had joined is gone.
        @param random: gives numbers from 0 up to 1, for the time between attempts.
        """
        self.session: Any = None
        self._reactor = reactor
        self._router = router
        self._make = make
        self._on_joined = joined
        self._on_left = left
        self._endpoint = endpoint or tcp
        self._backoff = Backoff(random, first=0.5, limit=10.0)
        self._attempt: Deferred[Any] | None = None
        self._socket: RouterSocket | None = None
        self._timer: IDelayedCall | None = None
        self._waiting: list[Deferred[Any]] = []
        self._said: CloseDetails | None = None
        self._trouble: str | None = None
        self._since = 0.0

    def when_joined(self) -> Deferred[Any]:
        """Fires with a session that has joined; is cancelled when the service stops."""
        if self.session is not None:
            return succeed(self.session)
        waiting: Deferred[Any] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def startService(self) -> None:
        """Try, until L{stopService}."""
        super().startService()
        self._try()

    def stopService(self) -> Deferred[None]:
        """Leave; fires when the connection is gone, which takes less than a second."""
        super().stopService()
        self._cancel_timer()
        for waiting in self._waiting[:]:
            waiting.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
        if self._socket is None:
            return succeed(None)
        self._set_timer(CLOSE_WITHIN, self._socket.abort)
        return self._socket.finish()

    # What becomes of an attempt.

    def _try(self) -> None:
        self._said = None
        self._set_timer(JOIN_WITHIN, self._late)
        self._attempt = attempt = maybeDeferred(self._connect)
        attempt.addCallbacks(self._connected, self._unreachable)

    def _connect(self) -> Deferred[Any]:
        url = self._router.url
        factory = RouterSocketFactory(url, self._reactor, self._session, self._closed)
        connecting: Deferred[Any] = self._endpoint(self._reactor, self._router).connect(factory)
        return connecting

    def _connected(self, socket: RouterSocket) -> None:
        self._attempt = None
        if not socket.is_gone:
            self._socket = socket

    def _unreachable(self, failure: Failure) -> None:
        self._attempt = None
        self._again(f"cannot be reached: {failure.getErrorMessage().rstrip('.')}")

    def _late(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
        elif self._socket is not None:
            self._socket.drop(f"did not let us join within {JOIN_WITHIN:g} seconds")

    def _session(self) -> ApplicationSession:
        session = self._make(ComponentConfig(self._router.realm, self._router))
        session.on("join", self._joined)
        session.on("leave", self._leaves)
        return session

    def _joined(self, session: ApplicationSession, details: object) -> None:
        self._cancel_timer()
        self.session = session
        self._since = self._reactor.seconds()
        self._trouble = None
        self.log.info("joined {realm} at {url}", realm=self._router.realm, url=self._router.url)
        waiting, self._waiting = self._waiting, []
        self._tell(self._on_joined, session)
        for one in waiting:
            one.callback(session)

    def _leaves(self, session: ApplicationSession, details: CloseDetails) -> None:
        self._said = details

    def _closed(self, socket: RouterSocket, reason: str) -> None:
        was_joined, self.session, self._socket = self.session, None, None
        said = self._said
        if was_joined is None:
            self._again(reason if said is None else f"refuses {self._who()}: {_text(said)}")
            return
        if said is not None and said.reason != CloseDetails.REASON_TRANSPORT_LOST:
            reason = f"has ended the session: {_text(said)}"
        self._backoff.held(self._reactor.seconds() - self._since)
        self._again(reason)
        self._tell(self._on_left, reason)

    def _again(self, trouble: str) -> None:
        self._cancel_timer()
        if not self.running:
            return
        if trouble != self._trouble:
            self._trouble = trouble
            text = "the router at {url} {trouble}; trying until it lets us join"
            self.log.warn(text, url=self._router.url, trouble=trouble)
        self._set_timer(self._backoff.delay(), self._try)

    def _tell(self, who: Callable[[Any], object] | None, what: Any) -> None:
        try:
            if who is not None:
                who(what)
        except Exception:  # noqa: BLE001 - the link is kept, whatever its user's code does
            self.log.failure("a mistake in the code that uses {url}", url=self._router.url)

    def _who(self) -> str:
        return self._router.user or "anonymous users"

    def _set_timer(self, seconds: float, call: Callable[[], Any]) -> None:
        self._cancel_timer()
        self._timer = self._reactor.callLater(seconds, call)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


def tcp(reactor: Any, router: Router) -> IStreamClientEndpoint:
    """
    Where a router is: TCP, and TLS for C{wss:}.

    @raise HostError: its certificate cannot be read.
    """
    parts = urlsplit(router.url)
    is_secure, host = parts.scheme == "wss", parts.hostname or ""
    endpoint: Any = HostnameEndpoint(reactor, host, parts.port or (443 if is_secure else 80))
    if is_secure:
        endpoint = wrapClientTLS(client_tls(host, router.certificate), endpoint)
    return endpoint


def _text(details: CloseDetails) -> str:
    return f"{details.message or 'it gives no reason'} ({details.reason})"
