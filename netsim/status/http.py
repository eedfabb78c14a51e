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

from netsim.errors import LimitError, PeerError

__all__ = ["Http", "OwnHttp", "read"]

CONNECT_WITHIN = 5.0
"""Seconds."""

_SHOWN = 200
"""Characters of a refusal that are shown."""


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
    """Reads an answer to its end, unless it is too long."""

    def __init__(self, most: int) -> None:
        self.finished: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._most = most
        self._received = bytearray()

    def dataReceived(self, data: bytes) -> None:
        if len(self._received) + len(data) <= self._most:
            self._received += data
        elif not self.finished.called:
            self.finished.errback(LimitError(f"its answer is longer than {self._most} bytes"))
            self._hang_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.finished.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.finished.callback(bytes(self._received))
        else:
            self.finished.errback(reason)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


def read(response: Any, most: int) -> Deferred[bytes]:
    """
    Read an answer of so many bytes to its end, so that its connection can be used again.

    @raise PeerError: it is a refusal.
    @raise LimitError: it is longer.
    """
    body = _Body(most)
    response.deliverBody(body)

    def check(content: bytes) -> bytes:
        if not 200 <= response.code < 300:
            text = content.decode("utf-8", "replace").strip()
            raise PeerError(f"it answers {response.code} {text[:_SHOWN]}")
        return content

    return body.finished.addCallback(check)
