"""All projects, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netsim.daemon.projects import Project
from netsim.errors import LimitError

__all__ = ["Registry"]


class Registry:
    """
    The projects that are known, up to a limit.

    A project that is forgotten keeps the frontends that watch it, and nothing else: who
    asks, it does not exist, but when it comes again, they are there.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._known: dict[str, Project] = {}
        self._forgotten: dict[str, Project] = {}

    def __iter__(self) -> Iterator[Project]:
        return iter(sorted(self._known.values(), key=lambda project: project.name))

    def get(self, name: str) -> Project | None:
        """Give the project of this name, if it is known."""
        return self._known.get(name)

    def create(self, name: str, now: float) -> Project:
        """
        Give the project of this name, which is known from now on.

        @raise LimitError: it is new, and there is no room for it.
        """
        project = self._known.get(name)
        if project is None:
            if len(self._known) >= self._limit:
                raise LimitError(f"too many projects: there are {self._limit}, which is the limit")
            project = self._forgotten.pop(name, None) or Project(name, now)
            project.last_seen = now
            self._known[name] = project
        return project

    def restore(self, name: str, last_seen: float, status: dict[str, Any] | None) -> None:
        """
        Tell what an earlier daemon has known.

        What is known since then counts more; what there is no room for is left out.
        """
        if name in self._known or len(self._known) >= self._limit:
            return
        project = self.create(name, last_seen)
        if status is not None:
            project.sync(status, last_seen)

    def forget(self, name: str) -> bool:
        """Know a project no more, unless a program of it is connected; whether that was done."""
        project = self._known.get(name)
        if project is None or project.has_cli:
            return False
        del self._known[name]
        if project.audience:
            project.clear()
            self._forgotten[name] = project
        return True

    def release(self, project: Project) -> None:
        """A connection has left; one that is forgotten and that nobody watches is gone for good."""
        if self._forgotten.get(project.name) is project and not project.audience:
            del self._forgotten[project.name]
