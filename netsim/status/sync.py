"""Tells the daemon a project's status, again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.backoff import Backoff
from netsim.errors import PeerError
from netsim.status.http import Http, read
from netsim.status.model import Settings

__all__ = ["Sync"]

ANSWER_WITHIN = 5.0
"""Seconds."""
LONGEST = 64 << 10
"""Bytes of an answer."""


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
        self._underway = self._post(ANSWER_WITHIN)
        ended = self._underway.addCallbacks(self._succeeded, self._failed)
        ended.addCallback(self._wait, begun)

    def _post(self, within: float) -> Deferred[None]:
        asked = maybeDeferred(self._ask).addCallback(read, LONGEST)
        return asked.addTimeout(within, self._reactor).addCallback(lambda _: None)

    def _ask(self) -> Deferred[Any]:
        try:
            status = self._compose()
        except Exception:
            self.log.failure("the status cannot be told: a mistake in the code")
            raise
        return self._http.post(
            self._url,
            data=status,
            headers=self._headers,
            allow_redirects=False,
            unbuffered=True,
            reactor=self._reactor,
        )

    def _succeeded(self, _: None) -> float:
        self._backoff.held(0)
        self._said = None
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
