"""
What is kept of projects, for how long, and how it is asked for.

Lines and statuses are gathered here until there is time to write them.  What gathers is
bounded: of each project what would be kept anyway, and bytes of all lines together.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from attrs import define, field, frozen

from netsim.daemon.logline import LEVELS

__all__ = [
    "MAX_LIMIT",
    "Batch",
    "Gathering",
    "HistoryQuery",
    "Kept",
    "Line",
    "LogQuery",
    "Retention",
    "Told",
]

MAX_LIMIT = 10_000
"""Rows that one query can give."""

INTERVAL = 0.2
"""Seconds; of statuses that come faster, and wait together, the last one is kept."""

WAITING_STATUSES = 8
"""Statuses of one project that wait to be written."""

WAITING_BYTES = 32 << 20
"""Bytes of lines that wait to be written."""

OVERHEAD = 160
"""Bytes that a line takes beside its text, about."""

DAY = 86400.0

Line = tuple[float, int, bytes]
"""When it came, its severity, and the whole message as it came."""

Told = tuple[float, dict[str, Any]]
"""When a status came, and the status."""


@frozen
class Retention:
    """
    How much is kept; the oldest goes first.

    @ivar logs: lines of each project.
    @ivar statuses: statuses of each project.
    @ivar age: seconds for which anything is kept.
    @ivar size: bytes of a database on disk.
    @ivar memory: bytes of one that is in memory.
    """

    logs: int = 10_000
    statuses: int = 3_600
    age: float = 7 * DAY
    size: int = 512 << 20
    memory: int = 64 << 20


@frozen
class Kept:
    """
    A project that an earlier daemon knew.

    @ivar last_seen: Unix time of what its program last told.
    @ivar status: the last one, if it told any.
    """

    name: str
    last_seen: float
    status: dict[str, Any] | None = field(default=None, hash=False)


@frozen
class LogQuery:
    """
    Asks for the last lines of a project.

    @ivar level: at least this one, of L{LEVELS}.
    @ivar since: Unix time; lines of then and later.
    @ivar after: the id of a line; only those that came after it.
    @ivar limit: how many.
    @ivar search: what is in their text, in whatever case.
    """

    name: str
    level: str | None = None
    since: float | None = None
    after: int | None = None
    limit: int = 500
    search: str | None = None

    @property
    def severity(self) -> int:
        """
        The number of the level.

        @raise ValueError: there is no such level.
        """
        if self.level and self.level not in LEVELS:
            raise ValueError(f"expected one of {', '.join(LEVELS)}")
        return LEVELS[self.level] if self.level else 0


@frozen
class HistoryQuery:
    """
    Asks for the last statuses of a project.

    @ivar since: Unix time; those of then and later.
    @ivar limit: how many.
    """

    name: str
    since: float | None = None
    limit: int = 600


@frozen
class Batch:
    """
    What is written at once, by the names of the projects; of each the oldest first.

    @ivar lines: of those projects that have some.
    @ivar statuses: whole ones, of those projects that have some.
    """

    lines: dict[str, deque[Line]] = field(factory=dict, hash=False)
    statuses: dict[str, deque[Told]] = field(factory=dict, hash=False)


@define
class Gathering:
    """
    What waits to be written.

    @ivar count: how many rows wait.
    @ivar dropped: rows that had to go because nothing was written for too long; whoever
        tells it sets it back.
    """

    retention: Retention = Retention()
    max_bytes: int = WAITING_BYTES
    count: int = 0
    dropped: int = 0
    _bytes: int = 0
    _lines: dict[str, deque[Line]] = field(factory=dict)
    _statuses: dict[str, deque[Told]] = field(factory=dict)

    def add_line(self, name: str, line: Line) -> None:
        """Let a line wait."""
        lines = self._lines.get(name)
        if lines is None:
            lines = self._lines[name] = deque()
        lines.append(line)
        self.count += 1
        self._bytes += _weight(line)
        if len(lines) > self.retention.logs:
            # It would be removed as soon as it was written.
            self._remove_line(lines)
        if self._bytes > self.max_bytes:
            self._make_room()

    def add_status(self, name: str, told: Told) -> None:
        """Let a status wait, instead of one that came just before it."""
        statuses = self._statuses.setdefault(name, deque())
        if statuses and 0 <= told[0] - statuses[-1][0] < INTERVAL:
            statuses[-1] = (statuses[-1][0], told[1])
            return
        statuses.append(told)
        self.count += 1
        if len(statuses) > WAITING_STATUSES:
            statuses.popleft()
            self.count -= 1
            self.dropped += 1

    def take(self) -> Batch:
        """Give everything that waits; nothing does then."""
        lines = {name: each for name, each in self._lines.items() if each}
        batch = Batch(lines, self._statuses)
        self._lines, self._statuses = {}, {}
        self.count = self._bytes = 0
        return batch

    def forget(self, name: str) -> None:
        """Remove what waits of a project."""
        lines = self._lines.pop(name, ())
        self._bytes -= sum(map(_weight, lines))
        self.count -= len(lines) + len(self._statuses.pop(name, ()))

    def _make_room(self) -> None:
        """Halve what waits of all who have much: others do not pay for a flood in one project."""
        while self._bytes > self.max_bytes:
            # Those who have less than half of the average have less than half of it all.
            much = self._bytes / len(self._lines) / 2
            for lines in self._lines.values():
                if sum(map(_weight, lines)) >= much:
                    self._halve(lines)

    def _halve(self, lines: deque[Line]) -> None:
        for _ in range((len(lines) + 1) // 2):
            self._remove_line(lines)
            self.dropped += 1

    def _remove_line(self, lines: deque[Line]) -> None:
        self._bytes -= _weight(lines.popleft())
        self.count -= 1


def _weight(line: Line) -> int:
    return len(line[2]) + OVERHEAD
