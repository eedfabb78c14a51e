"""The C{status} node: every number in what programs tell a status daemon."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import CancelledError, Deferred, gatherResults, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from netsim.datanode.node.live import LiveSource
from netsim.datanode.node.memory import FIELDS, Memory
from netsim.datanode.node.statusapi import StatusApi
from netsim.datanode.node.statusnumbers import Project, read_history, read_projects
from netsim.errors import PeerError
from netsim.status.http import OwnHttp
from netsim.status.model import Settings
from netsim.status.web import Frontend
from netsim.worker import Worker

__all__ = ["INTERVAL", "KEEP", "PROJECTS", "StatusSource", "make_source"]

INTERVAL = 1.0
"""Seconds between two questions."""
KEEP = 3600.0
"""Seconds that samples are kept."""
PROJECTS = 200
"""Projects that are served at once."""


class StatusSource(LiveSource, MultiService):
    """
    Joins each project of a daemon as a frontend, and asks for its statuses.

    It asks the daemon's history: nothing is missed that came between two questions, before
    this node was started, or while it could not reach the daemon.
    """

    log = Logger()

    def __init__(
        self,
        name: str,
        description: str,
        reactor: Any,
        api: StatusApi,
        join: Callable[[str], Any],
        worker: Worker,
        now: Callable[[], float],
        interval: float = INTERVAL,
        keep: float = KEEP,
        patterns: Sequence[str] = ("*",),
    ) -> None:
        """
        @param join: makes the frontend of a project, a service.
        @param worker: reads answers; it is stopped with this service.
        @param now: tells Unix time.
        @param patterns: the names of projects, as a shell has them for files.
        """
        super().__init__(name, description, Memory(keep), now)
        self._api = api
        self._join = join
        self._worker = worker
        self._interval = interval
        self._keep = keep
        self._patterns = patterns
        self._frontends: dict[str, Any] = {}
        self._synced: dict[str, float | None] = {}
        self._latest: dict[str, float] = {}
        self._told: set[str] = set()
        self._question: Deferred[None] | None = None
        self._asking = LoopingCall(self._ask)
        self._asking.clock = reactor

    def startService(self) -> None:
        """Begin to ask."""
        super().startService()
        self._asking.start(self._interval)

    def stopService(self) -> Deferred[Any]:
        """Ask no more, and leave all projects."""
        if self._asking.running:
            self._asking.stop()
        if self._question is not None:
            self._question.cancel()
        self._worker.stop()
        stopping = [maybeDeferred(super().stopService), self._api.close()]
        return gatherResults(stopping, consumeErrors=True)

    def _ask(self) -> Deferred[None]:
        self._question = Deferred.fromCoroutine(self._ask_all())
        return self._question

    async def _ask_all(self) -> None:
        troubles: list[str] = []
        try:
            projects = self._chosen(read_projects(await self._api.projects()))
            self._meet(projects)
            for project in projects:
                troubles += await self._catch_up(project)
        except CancelledError:
            return
        except Exception as error:  # noqa: BLE001 - Twisted has many words for: nobody answers
            self.log.debug("the status daemon was asked in vain: {error!r}", error=error)
            troubles.append(f"the status daemon cannot be asked: {_reason(error)}")
        self._tidy_up(troubles)

    def _chosen(self, projects: Iterable[Project]) -> list[Project]:
        return [
            project
            for project in projects
            if any(fnmatchcase(project.name, pattern) for pattern in self._patterns)
        ]

    def _meet(self, projects: list[Project]) -> None:
        """Join those that are new, and leave those that are gone."""
        names = {project.name for project in projects[:PROJECTS]}
        for name in self._frontends.keys() - names:
            self._frontends.pop(name).disownServiceParent()
            self._synced.pop(name, None)
        for name in names - self._frontends.keys():
            self._frontends[name] = self._join(name)
            self._frontends[name].setServiceParent(self)

    async def _catch_up(self, project: Project) -> list[str]:
        """Ask for what is new of a project; what was wrong."""
        name = project.name
        if name not in self._frontends:
            return [f"there are more than {PROJECTS} projects; --project chooses some"]
        if name in self._synced and self._synced[name] == project.synced:
            return []
        after = max(self._latest.get(name, 0.0), self._now() - self._keep)
        try:
            body = await self._api.history(name, after)
            rows = await self._worker.submit(read_history, body, name, after)
        except PeerError as error:
            return [f"the status of {name!r} cannot be read: {error}"]
        self._synced[name] = project.synced
        if rows.times:
            self._latest[name] = max(rows.times)
            self._memory.extend(name, rows.times, rows.columns)
        return []

    def _tidy_up(self, troubles: list[str]) -> None:
        before = self._now() - self._keep
        self._memory.expire(self._now())
        self._latest = {name: last for name, last in self._latest.items() if last >= before}
        if self._memory.refused:
            troubles.append(f"there are more than {FIELDS} values; --project chooses some")
        if self._memory.dropped:
            troubles.append("there is no room for all that --keep asks for; the oldest goes")
        for trouble in dict.fromkeys(troubles):
            if trouble not in self._told:
                self.log.warn("{trouble}", trouble=trouble)
        if self._told and not troubles:
            self.log.info("the status daemon can be asked again")
        self._told = set(troubles)


def _reason(error: Any) -> str:
    """Twisted's web client says why it has failed in a list."""
    reasons = getattr(error, "reasons", None)
    return _reason(reasons[-1].value) if reasons else str(error) or type(error).__name__


def make_source(config: Any, reactor: Any) -> StatusSource:
    """Make what a node serves from its options."""
    settings = Settings(config["daemon"], mute=True, token=config["token"], launch=False)
    return StatusSource(
        config.name,
        config.description,
        reactor,
        StatusApi(reactor, settings, OwnHttp(reactor)),
        lambda project: Frontend(reactor, project, settings),
        Worker(reactor, "statuses"),
        time.time,
        config["interval"],
        config["keep"],
        config["project"] or ["*"],
    )
