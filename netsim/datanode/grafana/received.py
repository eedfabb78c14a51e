"""
What nodes answer to C{get_data}: read into arrays.

Two forms are in the field (sisock.txt, section 3.1.1; WIRE.md, section 5).  In that of the
document a field follows the timeline that C{get_fields} tells; nodes that read g3 name
their timelines C{group0}, C{group1}, ... and list the C{fields} of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.datanode.grafana.model import Entry, Received
from netsim.datanode.model import BOOL, STRING, Block

__all__ = ["read_answer", "size"]

Column = NDArray[Any]

LATEST = 9e12
"""Unix seconds: beyond it there are no exact milliseconds."""


class Unreadable(ValueError):
    """Something in an answer is not what it should be; the text says why."""


def size(answer: Any) -> int:
    """Count roughly how many values there are in an answer, to know how long reading takes."""
    data = answer.get("data") if isinstance(answer, dict) else None
    columns = data.values() if isinstance(data, dict) else ()
    return sum(len(column) for column in columns if isinstance(column, list))


def read_answer(answer: Any, asked: Iterable[str], known: Mapping[str, Entry]) -> Received:
    """
    Read an answer, passing over what cannot be read.

    @param known: what C{get_fields} has told of fields.
    """
    data, timelines = (_part(answer, name) for name in ("data", "timeline"))
    if data is None or timelines is None:
        return Received(problems=("the answer has no data, or no timeline",))
    reader = Reader(timelines, known)
    for name in asked:
        reader.read(name, data.get(name))
    return Received(reader.blocks, tuple(reader.problems))


def _part(answer: Any, name: str) -> Mapping[str, Any] | None:
    part = answer.get(name) if isinstance(answer, dict) else None
    return part if isinstance(part, dict) else None


class Reader:
    """
    Reads fields, and puts those together that share a timeline.

    @ivar problems: what could not be read.
    """

    def __init__(self, timelines: Mapping[str, Any], known: Mapping[str, Entry]) -> None:
        self.problems: list[str] = []
        self._timelines = timelines
        self._known = known
        self._listed = _listed(timelines)
        self._times: dict[str, Column | None] = {}
        self._columns: dict[str, dict[str, Column]] = {}

    def read(self, name: str, values: Any) -> None:
        """Read a field, unless there is nothing of it."""
        if values is None or (isinstance(values, Sequence) and not len(values)):
            return
        entry = self._known.get(name, Entry())
        try:
            column = _column(values, entry.type)
            timeline = self._timeline(name, entry)
            times = self._time(timeline)
            if column.size != times.size:
                raise Unreadable(f"{column.size} values at {times.size} times of {timeline}")
        except Unreadable as error:
            self.problems.append(f"{name}: {error}")
            return
        self._columns.setdefault(timeline, {})[name] = column

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What was read."""
        return tuple(
            _block(timeline, self._time(timeline), columns)
            for timeline, columns in self._columns.items()
        )

    def _timeline(self, name: str, entry: Entry) -> str:
        for timeline in (self._listed.get(name), entry.timeline):
            if timeline in self._timelines and timeline is not None:
                return timeline
        if len(self._timelines) == 1:
            return str(next(iter(self._timelines)))
        raise Unreadable("nothing tells its timeline")

    def _time(self, timeline: str) -> Column:
        if timeline not in self._times:
            self._times[timeline] = _times(self._timelines[timeline])
        times = self._times[timeline]
        if times is None:
            raise Unreadable(f"the times of {timeline} cannot be read")
        return times


def _listed(timelines: Mapping[str, Any]) -> dict[str, str]:
    """The timelines of fields that timelines tell themselves."""
    found = {}
    for timeline, about in timelines.items():
        fields = about.get("fields") if isinstance(about, dict) else None
        if isinstance(fields, list | tuple):
            found.update({name: timeline for name in fields if isinstance(name, str)})
    return found


def _times(about: Any) -> Column | None:
    t = about.get("t") if isinstance(about, dict) else None
    try:
        times = np.asarray(t, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return times if times.ndim == 1 else None


def _column(values: Any, kind: str) -> Column:
    """
    Make an array of what a node sends as a list.

    @param kind: what C{get_fields} says it is; what it is counts more, where it is clear.
    @raise Unreadable: it is no list of numbers, truths or texts.
    """
    if not isinstance(values, list | tuple | np.ndarray):
        raise Unreadable("expected a list of values")
    if kind == STRING:
        return _texts(values)
    try:
        column = np.asarray(values)
        if column.dtype.kind == "U" or (column.dtype.kind == "O" and _has_text(column)):
            return _texts(values)
        if column.dtype.kind not in "biuf":
            column = column.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable("expected numbers, truths or texts") from None
    if column.ndim != 1:
        raise Unreadable("expected a list of values, and no lists in it")
    return column.astype(bool) if kind == BOOL and column.dtype.kind in "iu" else column


def _has_text(column: Column) -> bool:
    return any(isinstance(value, str) for value in column.flat)


def _texts(values: Any) -> Column:
    texts = [value if value is None or isinstance(value, str) else str(value) for value in values]
    column = np.empty(len(texts), object)
    column[:] = texts
    return column


def _block(timeline: str, t: Column, columns: Mapping[str, Column]) -> Block:
    """Put the times in order, without those that are none."""
    usable = np.abs(t) < LATEST
    if not usable.all():
        t, columns = t[usable], {name: column[usable] for name, column in columns.items()}
    if t.size > 1 and (np.diff(t) < 0).any():
        order = np.argsort(t, kind="stable")
        t, columns = t[order], {name: column[order] for name, column in columns.items()}
    return Block(timeline, t, columns)
