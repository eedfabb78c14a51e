"""
How netsim's own services tell a status daemon what they do.

A service makes a L{Report} of an object that knows it, an L{IWatched}, once its ports
accept; the report is a service itself, and is its child::

    report_of(reactor, config, addresses, watched).setServiceParent(self)
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from threading import get_ident
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger
from zope.interface import Interface

from netsim import process
from netsim.addresses import describe_range
from netsim.status.duties import Duties, Duty
from netsim.status.link import Link
from netsim.status.message import MAX_NAME
from netsim.status.model import Settings
from netsim.status.observer import LogObserver
from netsim.status.options import TOKEN

__all__ = ["LISTED", "IWatched", "Report", "listed", "moment", "report_of", "stop_soon"]

LISTED = 100
"""Of many things so many are told one by one."""

LINES = 1000
"""Lines of other threads that wait for the reactor; the oldest are dropped."""


class IWatched(Interface):
    """What is told of a service."""

    def status() -> Mapping[str, Any]:
        """Give all values, by the names that people see; called often."""

    def duties() -> Iterable[Duty]:
        """Give what can be done to it."""


class Report(MultiService):
    """
    Tells a daemon the status of a service and what is logged; does what it asks for.

    Nothing of that disturbs the service: whether a daemon is there, or what it says.

    @ivar link: the connection.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        project: str,
        settings: Settings,
        watched: IWatched,
        make_link: Callable[..., Any] = Link,
    ) -> None:
        """@param make_link: makes the link, as the class does."""
        super().__init__()
        self._reactor = reactor
        self._watched = watched
        self._told: set[str] = set()
        self._trouble = ""
        self._observer = LogObserver(self._say)
        self._home: int | None = None
        self._lines: deque[tuple[Any, ...]] = deque(maxlen=LINES)
        self._called = False
        self.link = make_link(
            reactor,
            project,
            settings,
            actions=Duties(watched.duties()),
            watches=self._watch,
        )
        self.link.setServiceParent(self)

    def startService(self) -> None:
        """Begin to tell."""
        self._home = get_ident()
        self._observer.start()
        super().startService()

    def stopService(self) -> Deferred[Any]:
        """Tell the last, and no more."""
        self._observer.stop()
        stopped: Deferred[Any] = super().stopService()
        return stopped

    def _watch(self) -> None:
        """Set all values; called before each sync."""
        try:
            status = dict(self._watched.status())
            for key, value in status.items():
                self.link.set(key, value)
            for key in self._told - status.keys():
                self.link.board.remove(key)
        except Exception as error:  # noqa: BLE001 - it is the service that matters
            self._complain(error)
            return
        self._told = set(status)
        self._trouble = ""

    def _complain(self, error: Exception) -> None:
        # Once: this happens again and again.
        if repr(error) != self._trouble:
            self._trouble = repr(error)
            self.log.failure("the status of this service cannot be told")

    def _say(self, level: str, message: str, whom: str, time: float | None) -> None:
        if get_ident() == self._home:
            self.link.log(level, message, whom, time)
            return
        self._lines.append((level, message, whom, time))
        if not self._called:
            self._called = True
            self._reactor.callFromThread(self._say_what_waits)

    def _say_what_waits(self) -> None:
        self._called = False
        while self._lines:
            self.link.log(*self._lines.popleft())


def report_of(
    reactor: Any,
    config: Mapping[str, Any],
    service: str,
    addresses: Iterable[IAddress],
    watched: Any,
) -> Report:
    """
    Make the report that a service's options want.

    @param service: what it is called in the ready line.
    @param addresses: those in the ready line.
    """
    project = config["project"] or f"{service} {describe_range(addresses)}"[:MAX_NAME].rstrip()
    settings = Settings(url=config["daemon"], token=os.environ.get(TOKEN) or None, launch=False)
    return Report(reactor, project, settings, watched)


def stop_soon(reactor: Any, stop: Callable[[], object] | None = None) -> str:
    """
    Stop the process in the next turn: whoever asked for it has got its answer by then.

    @param stop: does it, unless the reactor is just to stop.
    @return: the answer.
    """
    reactor.callLater(0, stop or (lambda: process.stop(reactor)))
    return "stopping"


def listed(things: Mapping[Any, Any]) -> dict[str, Any]:
    """The last of them, as many as are told."""
    last = list(things.items())[-LISTED:]
    return {str(name): value for name, value in last}


def moment(seconds: float) -> str:
    """Unix seconds, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
