"""Asks a status daemon what its projects are, and how they were."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import quote

from twisted.internet.defer import Deferred

from netsim.errors import LimitError
from netsim.status.http import read
from netsim.status.model import Settings

__all__ = ["LIMIT", "LONGEST", "Http", "StatusApi"]

LIMIT = 10_000
"""Statuses that a daemon gives at once, at most."""
LONGEST = 32 << 20
"""Bytes of an answer."""
WITHIN = 15.0
"""Seconds that an answer may take."""


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
        return await asked.addCallback(read, LONGEST).addTimeout(WITHIN, self._reactor)
