"""The little of HTTP that a link needs."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol

from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol as ProtocolBase
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    ResponseDone,
    _HTTP11ClientFactory,
)
from twisted.web.http import PotentialDataLoss

from netsim.errors import PeerError

__all__ = ["Http", "OwnHttp", "read"]

CONNECT_WITHIN = 5.0
"""Seconds."""

_MAX_ANSWER = 64 << 10
_SHOWN = 200
"""Bytes of an answer: that are read, and that are shown where it is a refusal."""


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
        agent = Agent(reactor, connectTimeout=CONNECT_WITHIN, pool=self._pool)
        no_cookies: Any = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = HTTPClient(agent, no_cookies)

    def post(self, url: str, **options: Any) -> Deferred[Any]:
        """As L{treq.client.HTTPClient.post}."""
        return self._client.post(url, **options)

    def get(self, url: str, **options: Any) -> Deferred[Any]:
        """As L{treq.client.HTTPClient.get}."""
        return self._client.get(url, **options)

    def close(self) -> Deferred[Any]:
        """Close the connection."""
        closed: Deferred[Any] = self._pool.closeCachedConnections()
        return closed


class _QuietFactory(_HTTP11ClientFactory):
    """Does not log each attempt to connect."""

    noisy = False


class _Body(ProtocolBase):
    """Reads what a daemon answers to its end, so that the connection can be used again."""

    def __init__(self) -> None:
        self.finished: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._start = b""
        self._size = 0

    def dataReceived(self, data: bytes) -> None:
        self._size += len(data)
        self._start = (self._start + data)[:_SHOWN]
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


def read(response: Any) -> Deferred[None]:
    """
    Read an answer to its end.

    @raise PeerError: it is a refusal.
    """
    body = _Body()
    response.deliverBody(body)

    def check(start: bytes) -> None:
        if not 200 <= response.code < 300:
            text = start.decode("utf-8", "replace").strip()
            raise PeerError(f"{response.code} {text}")

    return body.finished.addCallback(check)
