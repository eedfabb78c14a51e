"""
Keeps lines and statuses in SQLite.

It blocks, and belongs to the thread that has made it.  Every method raises
L{netsim.errors.DatabaseError} where the file cannot be used any more.

The connection lets other threads run during each statement, and has to wait for its turn
after it: what is done with a row per statement is slow beside a busy reactor.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import chain, islice
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from netsim.daemon.database import explained, open_database, transaction
from netsim.daemon.history import MAX_LIMIT, Batch, HistoryQuery, Kept, LogQuery, Retention
from netsim.daemon.logline import level_name, text_of
from netsim.daemon.pruning import Pruner
from netsim.status.values import visible

__all__ = ["Store"]

SCAN = 50_000
"""Lines that one search looks at."""

_CHUNKS = (512, 32, 1)
"""Rows that one statement writes."""

_MAX_ID = 2**63 - 1

_LOGS = (
    "SELECT id, time, level, text FROM logs"
    " WHERE project = ? AND level >= ? AND time >= ? AND id > ? ORDER BY id DESC LIMIT ?"
)
_STATUSES = (
    "SELECT time, status FROM statuses WHERE project = ? AND time >= ? ORDER BY id DESC LIMIT ?"
)
_SEEN = (
    "INSERT INTO projects (name, last_seen, status) VALUES (?, ?, ?) ON CONFLICT (name)"
    " DO UPDATE SET last_seen = excluded.last_seen, status = coalesce(excluded.status, status)"
)

P = ParamSpec("P")
R = TypeVar("R")


def _explains(
    method: Callable[Concatenate[Store, P], R],
) -> Callable[Concatenate[Store, P], R]:
    @wraps(method)
    def explaining(self: Store, *args: P.args, **kwargs: P.kwargs) -> R:
        with explained(self.path):
            return method(self, *args, **kwargs)

    return explaining


class Store:
    """
    A database that is open.

    @ivar path: where it is; nowhere if it is in memory.
    """

    def __init__(self, path: Path | None, retention: Retention) -> None:
        self.path = path
        self._age = retention.age
        self._database = open_database(path)
        self._pruner = Pruner(self._database, retention, in_memory=path is None)
        self._ids: dict[str, int] = {}

    @_explains
    def projects(self, now: float) -> list[Kept]:
        """Give the projects, but for those that have not been seen for too long."""
        rows = self._database.execute(
            "SELECT name, last_seen, status FROM projects WHERE last_seen >= ? ORDER BY name",
            (now - self._age,),
        )
        return [Kept(name, last_seen, _read_status(status)) for name, last_seen, status in rows]

    @_explains
    def write(self, batch: Batch) -> None:
        """Add all of it, or nothing."""
        try:
            with transaction(self._database):
                self._write(batch)
        except BaseException:
            # Numbers of projects that do not exist now.
            self._forget_numbers()
            raise

    @_explains
    def logs(self, query: LogQuery) -> list[bytes]:
        """Give lines as JSON objects, the oldest first."""
        limit = min(max(query.limit, 0), MAX_LIMIT)
        sought = query.search.casefold() if query.search else ""
        parameters = (
            self._id(query.name),
            query.severity,
            query.since or 0.0,
            min(max(query.after or 0, 0), _MAX_ID),
            SCAN if sought else limit,
        )
        self._pruner.trim("logs", parameters[0])
        rows = self._database.execute(_LOGS, parameters)
        lines = ((*row[:3], _payload(row[3])) for row in rows)
        found = (line for line in lines if not sought or sought in text_of(line[3]).casefold())
        return [_log_entry(*line) for line in islice(found, limit)][::-1]

    @_explains
    def history(self, query: HistoryQuery) -> list[bytes]:
        """Give statuses as JSON objects, the oldest first."""
        project = self._id(query.name)
        self._pruner.trim("statuses", project)
        limit = min(max(query.limit, 0), MAX_LIMIT)
        rows = self._database.execute(_STATUSES, (project, query.since or 0.0, limit)).fetchall()
        return [b'{"time":%a,"status":%b}' % row for row in reversed(rows)]

    @_explains
    def forget(self, name: str) -> None:
        """Remove everything of a project."""
        project = self._id(name)
        with transaction(self._database):
            self._database.execute("DELETE FROM logs WHERE project = ?", (project,))
            self._database.execute("DELETE FROM statuses WHERE project = ?", (project,))
            self._database.execute("DELETE FROM projects WHERE id = ?", (project,))
        self._forget_numbers()

    @_explains
    def expire(self, now: float) -> None:
        """Remove what is too old: much of it, but not so much that others wait for long."""
        self._pruner.expire(now)
        self._ids.clear()

    @_explains
    def close(self) -> None:
        """Let go of the file, which then is one file."""
        self._database.close()

    def _write(self, batch: Batch) -> None:
        for name in {**batch.lines, **batch.statuses}:
            self._see(name, batch)
        lines = [(self._ids[name], *line) for name, each in batch.lines.items() for line in each]
        self._insert("logs (project, time, level, text)", lines)
        statuses = [
            (self._ids[name], time, _json(visible(status)))
            for name, each in batch.statuses.items()
            for time, status in each
        ]
        self._insert("statuses (project, time, status)", statuses)
        for table, rows in (("logs", lines), ("statuses", statuses)):
            self._pruner.added(table, Counter(row[0] for row in rows))
        self._pruner.shrink()

    def _see(self, name: str, batch: Batch) -> None:
        """A project has said something; what it has told last is for the next daemon."""
        lines, statuses = batch.lines.get(name, ()), batch.statuses.get(name, ())
        times = [each[-1][0] for each in (lines, statuses) if each]
        status = _json(statuses[-1][1]) if statuses and self.path is not None else None
        self._database.execute(_SEEN, (name, max(times), status))
        self._ids[name] = self._id(name)

    def _id(self, name: str) -> int:
        """The number of a project; that of none, if it is not known."""
        if name in self._ids:
            return self._ids[name]
        row = self._database.execute("SELECT id FROM projects WHERE name = ?", (name,)).fetchone()
        return row[0] if row else -1

    def _forget_numbers(self) -> None:
        self._ids.clear()
        self._pruner.clear()

    def _insert(self, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
        start = 0
        for size in _CHUNKS:
            while len(rows) - start >= size:
                row = f"({', '.join('?' * len(rows[0]))})"
                statement = f"INSERT INTO {into} VALUES {', '.join([row] * size)}"
                values = list(chain.from_iterable(rows[start : start + size]))
                self._database.execute(statement, values)
                start += size


def _payload(text: bytes) -> Any:
    """Of a message; a line that is kept and cannot be read is an empty one."""
    try:
        return json.loads(text)["payload"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None


def _log_entry(number: int, time: float, severity: int, payload: Any) -> bytes:
    level = level_name(severity)
    return _json({"id": number, "time": time, "level": level, "payload": payload})


def _read_status(text: bytes | None) -> dict[str, Any] | None:
    try:
        status = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return status if isinstance(status, dict) else None


def _json(value: Any) -> bytes:
    """Write JSON; what is infinite or no number is null, as JSON has no word for it."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
        text = json.dumps(finite, ensure_ascii=False, separators=(",", ":"))
    # A half of a pair has no UTF-8; JSON itself can say it.
    return text.encode("utf-8", "backslashreplace")
