"""The last samples of fields that share a timeline, in memory."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from netsim.datanode.model import STRING
from netsim.datanode.node.chunk import Chunk, Columns, Value, given, make_chunk, stronger

__all__ = ["CHUNK", "Ring"]

CHUNK = 128
"""Rows that wait to become a chunk."""


class Ring:
    """
    A timeline and its fields.

    What comes waits in lists, until there is enough for a chunk.  The oldest chunk goes as
    a whole, so that up to one chunk more than what is shown is kept.

    @ivar nbytes: of the chunks.
    """

    def __init__(self, rows: int) -> None:
        """@param rows: that are shown: the last ones."""
        self.nbytes = 0
        self._rows = rows
        self._chunks: deque[Chunk] = deque()
        self._chunked = 0
        self._times: list[float] = []
        self._columns: dict[str, list[Value]] = {}
        self._waiting: Chunk | None = None

    def extend(self, times: Sequence[float], values: Mapping[str, Sequence[Value]]) -> None:
        """
        Add rows.

        @param times: Unix seconds; they are sorted when they are asked for.
        @param values: by field, as many as there are times, each as
            L{netsim.datanode.node.chunk.plain} makes them.
        """
        begin = len(self._times)
        self._times += times
        for name, column in values.items():
            waiting = self._columns.setdefault(name, [])
            waiting += [None] * (begin - len(waiting))
            waiting += column
        self._waiting = None
        if len(self._times) >= min(CHUNK, self._rows):
            self._pack()

    def drop(self) -> None:
        """Forget the oldest chunk."""
        if self._chunks:
            chunk = self._chunks.popleft()
            self.nbytes -= chunk.nbytes
            self._chunked -= len(chunk.t)

    def expire(self, before: float) -> bool:
        """
        Forget the oldest chunks that have nothing as late as this.

        @return: there were some.
        """
        count = len(self._chunks)
        while self._chunks and self._chunks[0].last < before:
            self.drop()
        return len(self._chunks) < count

    def kinds(self, start: float = -math.inf, end: float = math.inf) -> dict[str, str]:
        """What each field is that has a sample in about [start, end)."""
        found: dict[str, str] = {}
        for chunk in self._between(start, end):
            for name, kind in chunk.kinds.items():
                found[name] = stronger(kind, found.get(name)) or kind
        return found

    def span(self) -> tuple[float, float] | None:
        """The earliest and the latest time; L{None} where there is no row."""
        chunks = self._all()
        if not chunks:
            return None
        return min(chunk.first for chunk in chunks), max(chunk.last for chunk in chunks)

    def interval(self) -> float | None:
        """The mean seconds between two rows, if there are two."""
        first, last = self.span() or (0.0, 0.0)
        return (last - first) / (self._kept - 1) if last > first else None

    def select(
        self, names: Iterable[str], start: float, end: float
    ) -> tuple[NDArray[np.float64], Columns]:
        """
        Copy the rows in [start, end).

        @return: their times, ascending, and the columns of those fields that have samples.
        """
        kinds, chunks = self.kinds(), self._between(start, end)
        times = np.concatenate([np.empty(0), *(chunk.t for chunk in chunks)])
        rows = self._shown(chunks, times, start, end)
        columns: Columns = {}
        for name in dict.fromkeys(names):
            if name not in kinds or not len(rows):
                continue
            is_text = kinds[name] == STRING
            whole = np.concatenate([chunk.column(name, is_text) for chunk in chunks])
            if (column := given(whole[rows], kinds[name])) is not None:
                columns[name] = column
        return times[rows], columns

    @property
    def _kept(self) -> int:
        return self._chunked + len(self._times)

    def _shown(
        self, chunks: Sequence[Chunk], times: NDArray[np.float64], start: float, end: float
    ) -> NDArray[np.intp]:
        """Which rows of these chunks are in [start, end), in the order of their times."""
        shown = (times >= start) & (times < end)
        if self._chunks and chunks and chunks[0] is self._chunks[0]:
            shown[: max(self._kept - self._rows, 0)] = False
        rows = np.flatnonzero(shown)
        if np.any(np.diff(times[rows]) < 0):
            rows = rows[np.argsort(times[rows], kind="stable")]
        return rows

    def _between(self, start: float, end: float) -> list[Chunk]:
        return [chunk for chunk in self._all() if chunk.first < end and chunk.last >= start]

    def _all(self) -> list[Chunk]:
        if self._waiting is None and self._times:
            self._waiting = make_chunk(self._times, self._columns)
        return [*self._chunks, *filter(None, [self._waiting])]

    def _pack(self) -> None:
        chunk = make_chunk(self._times, self._columns)
        self._times, self._columns = [], {}
        self._chunks.append(chunk)
        self._chunked += len(chunk.t)
        self.nbytes += chunk.nbytes
        while self._chunked - len(self._chunks[0].t) >= self._rows:
            self.drop()
