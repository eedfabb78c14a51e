"""A frontend without a browser: watches a project, and calls its actions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import SystemRandom
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError, fail, succeed

from netsim.errors import ActionError, PeerError
from netsim.status.connection import Connection
from netsim.status.keeper import Endpoint, Keeper
from netsim.status.message import ACK, ACTION, LOG, WEB, Message
from netsim.status.model import Settings

__all__ = ["Frontend"]

_IDS = 10**11
"""Frontends use event ids up to this."""


class Frontend(Service):
    """Joins a project as C{web}, and joins it again whenever the connection is lost."""

    def __init__(
        self,
        reactor: Any,
        name: str,
        settings: Settings,
        logged: Callable[[Any], object] = lambda payload: None,
        random: Callable[[], float] | None = None,
        endpoint: Endpoint | None = None,
    ) -> None:
        """
        @param logged: called with the payload of each line that the project logs.
        @param random: gives numbers from 0 up to 1.
        """
        random = random or SystemRandom().random
        self._reactor = reactor
        self._project = name
        self._logged = logged
        self._ids = count(1 + int(random() * _IDS / 2))
        self._pending: dict[int, Deferred[Any]] = {}
        self._waiting: list[Deferred[None]] = []
        self._keeper = Keeper(reactor, settings, name, WEB, self, random, endpoint)

    @property
    def is_connected(self) -> bool:
        """Whether it has joined the project."""
        return self._keeper.connection is not None

    def when_connected(self) -> Deferred[None]:
        """
        Fires when L{is_connected} is true.

        @raise CancelledError: the service was stopped before.
        """
        if self.is_connected:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def call(
        self, action: str, args: dict[str, Any] | None = None, timeout: float = 300.0
    ) -> Deferred[Any]:
        """
        Call an action of the project.

        @param timeout: seconds that its answer may take.
        @return: its result.
        @raise ActionError: the program says that it has failed.
        @raise PeerError: there was no answer of the program: nobody is there, it took too
            long, or the connection was lost.
        """
        connection = self._keeper.connection
        if connection is None:
            return fail(PeerError("there is no connection to the status daemon"))
        number = next(self._ids)
        answer: Deferred[Any] = Deferred()
        self._pending[number] = answer
        payload = {"name": action, "args": args or {}}
        connection.send([Message(ACTION, self._project, payload, number).encode()])
        answer.addTimeout(timeout, self._reactor)

        def ended(result: Any) -> Any:
            self._pending.pop(number, None)
            return result

        def too_late(failure: Any) -> None:
            failure.trap(TimeoutError)
            raise PeerError(f"there was no answer within {timeout:g} s")

        return answer.addBoth(ended).addErrback(too_late).addCallback(_result)

    def startService(self) -> None:
        """Begin to connect."""
        if not self.running:
            super().startService()
            self._keeper.start()

    def stopService(self) -> Deferred[None]:
        """Close the connection; fires within half a second."""
        super().stopService()
        for waiting in self._waiting[:]:
            waiting.cancel()
        return self._keeper.stop()

    # What the keeper tells.

    def joined(self, connection: Connection) -> None:
        """Actions can be called."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)

    def received(self, connection: Connection, message: Message) -> None:
        """A line of the log, or an answer."""
        if message.event_type == LOG:
            self._logged(message.payload)
        elif message.event_type in (ACK, ACTION) and message.event_id in self._pending:
            self._pending.pop(message.event_id).callback(message.payload)

    def arrived(self) -> None:
        """The daemon reads."""

    def drained(self) -> None:
        """The daemon reads."""

    def left(self) -> None:
        """Nobody will answer any more."""
        pending, self._pending = self._pending, {}
        for answer in pending.values():
            answer.errback(PeerError("the connection to the status daemon was lost"))

    def failed(self) -> None:
        """There is no daemon."""


def _result(payload: Any) -> Any:
    if not isinstance(payload, dict):
        raise PeerError("the answer is none")
    if "error" in payload:
        raise ActionError(str(payload["error"]))
    if "reason" in payload:
        raise PeerError(str(payload["reason"]))
    return payload.get("result")
