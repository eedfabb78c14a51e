"""Which nodes there are: the hub's list, and what it tells of changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.datanode.interfaces import Caller
from netsim.datanode.model import uri
from netsim.errors import RouterError

__all__ = ["MAX_NODES", "Nodes"]

MAX_NODES = 10_000
AGAIN = 10.0
"""Seconds after which the hub is asked again: it may have been away when something changed."""
RETRY = 1.0
"""Seconds after which it is asked again when it has not answered."""
TIMEOUT = 10.0


class Nodes:
    """
    Follows the hub's list of nodes.

    @ivar session: the one that has joined, if any.
    @ivar descriptions: of the nodes, by name.
    @ivar is_known: the hub has told its list since the session has joined.
    """

    def __init__(
        self, clock: IReactorTime, log: Logger, changed: Callable[[str, bool], object]
    ) -> None:
        """@param changed: called when a node was added (again), or subtracted: C{False}."""
        self.session: Caller | None = None
        self.descriptions: dict[str, str] = {}
        self.is_known = False
        self._clock = clock
        self._log = log
        self._changed = changed
        self._timer: IDelayedCall | None = None
        self._asking: Deferred[Any] | None = None
        self._trouble: str | None = None

    def joined(self, session: Caller) -> None:
        """A session has joined: follow the hub by it."""
        self.session = session
        for topic, heard in (("added", self._added), ("subtracted", self._subtracted)):
            subscribing = maybeDeferred(
                session.subscribe, _only(heard), uri(f"consumer.data_node_{topic}")
            )
            subscribing.addErrback(self._complain, "the router does not tell of changes")
        self.refresh()

    def left(self, reason: str = "") -> None:
        """The session is gone."""
        self.session, self.is_known = None, False
        self._stop()

    def refresh(self) -> None:
        """Ask the hub for its list, unless it is being asked."""
        session = self.session
        if session is None or self._asking is not None:
            return
        self._stop()
        asking = maybeDeferred(session.call, uri("consumer.get_data_node"))
        self._asking = asking
        asking.addTimeout(TIMEOUT, self._clock)
        asking.addCallback(_read_list)
        asking.addCallbacks(
            self._told, self._not_told, callbackArgs=(session,), errbackArgs=(session,)
        )

    def _told(self, found: dict[str, str], session: Caller) -> None:
        if self._settle(session, AGAIN):
            gone, new = self.descriptions.keys() - found, found.keys() - self.descriptions
            self.descriptions, self.is_known, self._trouble = found, True, None
            for names, is_there in ((gone, False), (new, True)):
                for name in sorted(names):
                    self._changed(name, is_there)

    def _not_told(self, failure: Failure, session: Caller) -> None:
        if self._settle(session, RETRY):
            self._complain(failure, "the hub does not tell its nodes; it is asked again")

    def _settle(self, session: Caller, delay: float) -> bool:
        """Whether it was the session of today that the hub was asked by."""
        if session is not self.session:
            return False
        self._asking = None
        self._timer = self._clock.callLater(delay, self.refresh)
        return True

    def _stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._asking = None

    def _added(self, entry: Any) -> None:
        node = _read(entry)
        if node is not None and len(self.descriptions) < MAX_NODES:
            self.descriptions[node[0]] = node[1]
            self._log.info("{node} is there", node=node[0])
            self._changed(node[0], True)

    def _subtracted(self, entry: Any) -> None:
        node = _read(entry)
        if node is not None and self.descriptions.pop(node[0], None) is not None:
            self._log.info("{node} is gone", node=node[0])
            self._changed(node[0], False)

    def _complain(self, failure: Failure, what: str) -> None:
        reason = failure.getErrorMessage()
        if self._trouble != reason:
            self._trouble = reason
            self._log.warn("{what}: {reason}", what=what, reason=reason)


def _read_list(answer: Any) -> dict[str, str]:
    """@raise RouterError: it is no list."""
    if not isinstance(answer, list | tuple):
        raise RouterError("its answer is no list")
    nodes = map(_read, answer[:MAX_NODES])
    return dict(node for node in nodes if node is not None)


def _read(entry: Any) -> tuple[str, str] | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        return None
    description = entry.get("description")
    return name, description if isinstance(description, str) else ""


def _only(heard: Callable[[Any], None]) -> Callable[..., None]:
    """Take the first argument of an event, and whatever else comes with it."""

    def handler(entry: Any = None, *rest: Any, **more: Any) -> None:
        heard(entry)

    return handler
