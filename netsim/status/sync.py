"""Tells the daemon a project's status, again and again."""

from __future__ import annotations

from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol

from treq.client import HTTPClient
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Protocol as ProtocolBase
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    ResponseDone,
    _HTTP11ClientFactory,
)
from twisted.web.http import PotentialDataLoss

from netsim.backoff import Backoff
from netsim.errors import PeerError
from netsim.status.model import Settings

__all__ = ["Http", "OwnHttp", "Sync"]

ANSWER_WITHIN = 5.0
"""Seconds."""

_MAX_ANSWER = 64 << 10
"""Bytes."""


class Http(Protocol):
    """What is needed of treq."""

    def post(self, url: str, **options: Any) -> Deferred[Any]:
        """As L{treq.client.HTTPClient.post}."""


class OwnHttp:
    """An HTTP client that keeps its connection, and nothing else."""

    def __init__(self, reactor: Any) -> None:
        self._pool = HTTPConnectionPool(reactor, persistent=True)
        self._pool.maxPersistentPerHost = 1
        self._pool._factory = _QuietFactory
        agent = Agent(reactor, connectTimeout=ANSWER_WITHIN, pool=self._pool)
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.post = HTTPClient(agent, cookies).post

    def close(self) -> Deferred[Any]:
        """Close the connection."""
        closed: Deferred[Any] = self._pool.closeCachedConnections()
        return closed


class _QuietFactory(_HTTP11ClientFactory):
    """Does not log each attempt to connect."""

    noisy = False


class Sync:
    """
    Sends the status every C{settings.interval} seconds, or as soon as the last one was answered.

    Where there is no daemon it tries for ever, but less often.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        name: str,
        compose: Callable[[], bytes],
        random: Callable[[], float],
        http: Http,
        arrived: Callable[[], object],
    ) -> None:
        """
        @param compose: gives the status, as JSON.
        @param arrived: called whenever the daemon has taken it.
        """
        self._reactor = reactor
        self._settings = settings
        self._url = settings.sync_url(name)
        self._headers = {"Content-Type": "application/json"}
        if settings.token:
            self._headers["Authorization"] = f"Bearer {settings.token}"
        self._compose = compose
        self._backoff = Backoff(random, first=0.5, limit=30.0, lasting=0.0)
        self._http = http
        self._arrived = arrived
        self._timer: IDelayedCall | None = None
        self._underway: Deferred[None] | None = None
        self._running = False
        self._said: str | None = None

    def start(self) -> None:
        """Send at once, and then again and again."""
        self._running = True
        self._send()

    def retry(self) -> None:
        """There is reason to believe that the daemon is there now: do not wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._send()

    def stop(self, within: float) -> Deferred[None]:
        """Send it one last time; fires within so many seconds."""
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._underway is not None:
            self._underway.cancel()
        return self._post(within).addErrback(lambda _: None)

    def _send(self) -> None:
        self._timer = None
        begun = self._reactor.seconds()
        underway = self._underway = self._post(ANSWER_WITHIN)
        underway.addCallbacks(self._succeeded, self._failed)
        underway.addCallback(self._wait, begun)

    def _post(self, within: float) -> Deferred[None]:
        try:
            status = self._compose()
        except Exception:  # noqa: BLE001 - what is shown must not end what shows it
            self.log.failure("the status cannot be told: a mistake in the code")
            return succeed(None)
        asked = self._http.post(
            self._url,
            data=status,
            headers=self._headers,
            allow_redirects=False,
            unbuffered=True,
            reactor=self._reactor,
        )
        answer: Deferred[None] = asked.addCallback(_read)
        return answer.addTimeout(within, self._reactor)

    def _succeeded(self, _: None) -> float:
        self._backoff.held(0)
        self._said = None
        if self._running:
            self._arrived()
        return 0.0

    def _failed(self, failure: Failure) -> float:
        if failure.check(PeerError):
            self._complain(failure.getErrorMessage())
        return self._backoff.delay()

    def _wait(self, delay: float, begun: float) -> None:
        self._underway = None
        if self._running:
            elapsed = self._reactor.seconds() - begun
            pause = max(delay, self._settings.interval - elapsed, 0.01)
            self._timer = self._reactor.callLater(pause, self._send)

    def _complain(self, what: str) -> None:
        # That nobody is there is told by whoever keeps the WebSocket.
        if what != self._said and not self._settings.mute and self._running:
            self.log.warn(
                "the status daemon at {url} does not take the status: {what}",
                url=self._settings.url,
                what=what,
            )
        self._said = what


class _Body(ProtocolBase):
    """Reads what a daemon answers to its end, so that the connection can be used again."""

    def __init__(self) -> None:
        self.finished: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._start = b""
        self._size = 0

    def dataReceived(self, data: bytes) -> None:
        self._size += len(data)
        self._start = (self._start + data)[:200]
        if self._size > _MAX_ANSWER:
            self._hang_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.finished.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss) or self._size > _MAX_ANSWER:
            self.finished.callback(self._start)
        else:
            self.finished.errback(reason)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


def _read(response: Any) -> Deferred[None]:
    body = _Body()
    response.deliverBody(body)

    def check(start: bytes) -> None:
        if not 200 <= response.code < 300:
            text = start.decode("utf-8", "replace").strip()
            raise PeerError(f"{response.code} {text}")

    return body.finished.addCallback(check)
