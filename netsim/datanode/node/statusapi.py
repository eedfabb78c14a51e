"""Asks a status daemon what its projects are, and how they were."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol as ProtocolBase
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss

from netsim.errors import LimitError, PeerError
from netsim.status.model import Settings

__all__ = ["LIMIT", "LONGEST", "Http", "StatusApi"]

LIMIT = 10_000
"""Statuses that a daemon gives at once, at most."""
LONGEST = 32 << 20
"""Bytes of an answer."""
WITHIN = 15.0
"""Seconds that an answer may take."""

_SHOWN = 200
"""Characters of a refusal that are shown."""


class Http(Protocol):
    """What is needed of treq."""

    def get(self, url: str, **options: Any) -> Deferred[Any]:
        """As L{treq.client.HTTPClient.get}."""

    def close(self) -> Deferred[Any]:
        """Close its connections."""


class StatusApi:
    """
    The questions.

    Whatever goes wrong with one, it fails with L{PeerError}, or an exception of Twisted
    where there was no answer.
    """

    def __init__(self, reactor: Any, settings: Settings, http: Http) -> None:
        self._reactor = reactor
        self._http = http
        self._url = f"{settings.url}/api/v1/projects"
        token = settings.token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def projects(self) -> bytes:
        """Ask for the list of projects."""
        return await self._get("", {})

    async def history(self, project: str, since: float) -> bytes:
        """
        Ask for statuses of a project, the oldest first: as many of the last as will fit.

        @param since: Unix seconds.
        """
        limit = LIMIT
        while True:
            query = {"since": f"{max(since, 0.0):.6f}", "limit": str(limit)}
            try:
                return await self._get(f"/{quote(project, safe='')}/status/history", query)
            except LimitError:
                if limit == 1:
                    raise
                limit = max(limit // 4, 1)

    def close(self) -> Deferred[Any]:
        """Close the connection."""
        return self._http.close()

    async def _get(self, path: str, query: dict[str, str]) -> bytes:
        asked: Deferred[Any] = self._http.get(
            f"{self._url}{path}",
            params=query,
            headers=self._headers,
            allow_redirects=False,
            unbuffered=True,
            reactor=self._reactor,
        )
        return await asked.addCallback(_read).addTimeout(WITHIN, self._reactor)


class _Body(ProtocolBase):
    """Reads an answer, unless it is too long."""

    def __init__(self) -> None:
        self.finished: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._received = bytearray()

    def dataReceived(self, data: bytes) -> None:
        if len(self._received) + len(data) <= LONGEST:
            self._received += data
        elif not self.finished.called:
            self.finished.errback(LimitError(f"its answer is longer than {LONGEST} bytes"))
            self._hang_up()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.finished.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.finished.callback(bytes(self._received))
        else:
            self.finished.errback(reason)

    def _hang_up(self) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.loseConnection()


def _read(response: Any) -> Deferred[bytes]:
    body = _Body()
    response.deliverBody(body)

    def check(content: bytes) -> bytes:
        if response.code != 200:
            text = content.decode("utf-8", "replace").strip()
            raise PeerError(f"it answers {response.code} {text[:_SHOWN]}")
        return content

    return body.finished.addCallback(check)
