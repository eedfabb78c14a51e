"""Removes what is kept no longer: more rows than are kept of a project, too old, or too much."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from netsim.daemon.database import transaction
from netsim.daemon.history import Retention

__all__ = ["Pruner"]

_OLD = 10_000
_MAX_OLD = 10
"""Rows that are looked at, and how often, each time that old ones are removed."""

_VACUUM = 2048
"""Pages that are given back to the disk each time."""

_TRIM = (
    "DELETE FROM {table} WHERE project = ? AND id <="
    " (SELECT id FROM {table} WHERE project = ? ORDER BY id DESC LIMIT 1 OFFSET ?)"
)
_EXPIRE = (
    "DELETE FROM {table} WHERE time < ? AND id IN"
    f" (SELECT id FROM {{table}} ORDER BY id LIMIT {_OLD})"
)
_EXPIRE_PROJECTS = (
    "DELETE FROM projects WHERE last_seen < ?"
    " AND NOT EXISTS (SELECT 1 FROM logs WHERE project = projects.id)"
    " AND NOT EXISTS (SELECT 1 FROM statuses WHERE project = projects.id)"
)


class Pruner:
    """
    Keeps a database within its bounds.

    It works within the transactions of its caller, but for L{expire}.
    """

    def __init__(self, database: sqlite3.Connection, retention: Retention, in_memory: bool) -> None:
        self._database = database
        self._age = retention.age
        self._size = retention.memory if in_memory else retention.size
        self._keep = {"logs": retention.logs, "statuses": retention.statuses}
        self._counts: dict[tuple[str, int], int] = {}
        """How many rows of a table a project has, where that is known."""

    def added(self, table: str, rows: Mapping[int, int]) -> None:
        """
        Remove the oldest rows of projects that have a tenth too many.

        So that it is not done for every row, and yet for a few at a time.

        @param rows: how many were added, by project.
        """
        for project, count in rows.items():
            key = (table, project)
            if key in self._counts:
                self._counts[key] += count
            if self._count(*key) > self._keep[table] * 1.1:
                self.trim(*key)

    def trim(self, table: str, project: int) -> None:
        """Remove the oldest rows of a project that has too many."""
        keep = self._keep[table]
        if self._count(table, project) > keep:
            self._database.execute(_TRIM.format(table=table), (project, project, keep))
            self._counts[table, project] = keep

    def shrink(self) -> None:
        """
        Remove the oldest rows of all until the size is right.

        Lines go first, unless it is statuses that take more than half.
        """
        while self._used() > self._size:
            [statuses] = self._database.execute(
                "SELECT total(length(status)) FROM statuses"
            ).fetchone()
            tables = sorted(self._keep, reverse=statuses * 2 > self._size)
            if not any(self._cut(table) for table in tables):
                return
            self.clear()

    def expire(self, now: float) -> None:
        """Remove what is too old: much of it, but not so much that others wait for long."""
        oldest = now - self._age
        with transaction(self._database):
            for table in self._keep:
                statement = _EXPIRE.format(table=table)
                for _ in range(_MAX_OLD):
                    if self._database.execute(statement, (oldest,)).rowcount < _OLD:
                        break
            self._database.execute(_EXPIRE_PROJECTS, (oldest,))
        self.clear()
        if self._pragma("freelist_count") * 4 > self._pragma("page_count"):
            # A page is a step, of which execute does only the first one.
            self._database.executescript(f"PRAGMA incremental_vacuum({_VACUUM})")

    def clear(self) -> None:
        """Somebody else has removed rows: count anew."""
        self._counts.clear()

    def _count(self, table: str, project: int) -> int:
        key = (table, project)
        if key not in self._counts:
            statement = f"SELECT count(*) FROM {table} WHERE project = ?"
            [self._counts[key]] = self._database.execute(statement, (project,)).fetchone()
        return self._counts[key]

    def _cut(self, table: str) -> int:
        """Remove about a twentieth, and at least a row if there is one."""
        first, last = self._database.execute(f"SELECT min(id), max(id) FROM {table}").fetchone()
        if first is None:
            return 0
        end = first + (last - first) // 20
        return self._database.execute(f"DELETE FROM {table} WHERE id <= ?", (end,)).rowcount

    def _used(self) -> int:
        pages = self._pragma("page_count") - self._pragma("freelist_count")
        return pages * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        [number] = self._database.execute(f"PRAGMA {name}").fetchone()
        return int(number)
