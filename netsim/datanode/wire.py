"""Answers of nodes in the shapes of the document: sisock.txt, section 3.1.1."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.datanode.align import ordered
from netsim.datanode.downsample import reduce
from netsim.datanode.model import Block, Catalogue

__all__ = ["data_reply", "fields_reply", "plain", "reduce_reply", "size"]

Column = NDArray[Any]
Reply = dict[str, Any]

OVERHEAD = 100
"""Bytes that a timeline takes beside its times, at most; a field takes fewer."""

WIDTHS = {"b": 7, "f": 26, "i": 22, "u": 22}
"""Bytes that a value takes with its comma and a blank, at most."""

QUICK = {float, int, bool, str, type(None)}


def fields_reply(catalogue: Catalogue) -> tuple[Reply, Reply]:
    """Answer C{get_fields}: all fields, then all timelines, by name."""
    fields, timelines = {}, {}
    for field in catalogue.fields:
        fields[field.name] = {
            "description": field.description,
            "timeline": field.timeline,
            "type": field.type,
            "units": field.units,
        }
        if field.timeline not in timelines:
            interval = plain(catalogue.intervals.get(field.timeline))
            timelines[field.timeline] = {"interval": interval, "field": []}
        timelines[field.timeline]["field"].append(field.name)
    return fields, timelines


def data_reply(names: Sequence[str], blocks: Sequence[Block]) -> Reply:
    """
    Answer C{get_data}.

    @param names: of the fields that were asked for; others are left out.
    """
    data: dict[str, list[Any]] = {name: [] for name in names}
    timelines = {}
    for block in blocks:
        asked = [name for name in block.columns if name in data]
        if not asked or not block.t.size:
            continue
        data.update((name, _values(block.columns[name])) for name in asked)
        finalized = plain(block.finalized_until)
        timelines[block.timeline] = {"t": _values(block.t), "finalized_until": finalized}
    return {"data": data, "timeline": timelines}


def size(blocks: Sequence[Block]) -> int:
    """How many bytes an answer of these takes at most, in JSON."""
    total = 0
    for block in blocks:
        total += OVERHEAD + _text_size(block.timeline) + _size(block.t)
        total += sum(
            OVERHEAD + _text_size(name) + _size(column) for name, column in block.columns.items()
        )
    return total


def plain(value: Any) -> Any:
    """
    Make what somebody else's code has returned of numpy's kinds, anywhere, plain.

    Arrays and tuples become lists, scalars numbers; not-a-number and infinities L{None}.
    Other objects stay.
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return _values(value) if value.ndim == 1 else plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return _list(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def reduce_reply(
    reply: Reply,
    min_stride: float | None = None,
    max_points: int | None = None,
    follows: Mapping[str, str] | None = None,
) -> Reply:
    """
    Downsample an answer of C{get_data} that somebody else's code has given.

    It can be done where it is known which fields follow a timeline: it lists them (C{fields},
    as g3 nodes do), or it is told, or there is only one timeline.  The rest stays.

    @param reply: in the shape of the document; arrays may be numpy's.  It is not changed.
    @param follows: the timeline of each field, as C{get_fields} has told.
    @raise QueryError: a limit is none.
    """
    data, timelines = reply.get("data"), reply.get("timeline")
    if not isinstance(data, Mapping) or not isinstance(timelines, Mapping):
        return reply
    if len(timelines) == 1:
        follows = dict.fromkeys(data, next(iter(timelines)))
    new_data, new_timelines = dict(data), dict(timelines)
    for name, timeline in timelines.items():
        block = _block(data, name, timeline, follows or {})
        reduced = reduce(block, min_stride, max_points) if block else None
        if reduced is not None and reduced is not block:
            new_timelines[name] = {**timeline, "t": _values(reduced.t)}
            new_data.update((field, _values(new)) for field, new in reduced.columns.items())
    return {**reply, "data": new_data, "timeline": new_timelines}


def _values(column: Column) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind == "O":
        return _list(values)
    if column.dtype.kind == "f":
        for place in np.flatnonzero(~np.isfinite(column)).tolist():
            values[place] = None
    return values


def _list(values: Sequence[Any]) -> list[Any]:
    """A plain list; quick where there are many values of the usual kinds."""
    kinds = set(map(type, values))
    if not kinds <= QUICK:
        return [plain(inner) for inner in values]
    if float not in kinds:
        return list(values)
    if kinds == {float}:
        return _values(np.array(values))
    return [None if type(x) is float and not math.isfinite(x) else x for x in values]


def _size(column: Column) -> int:
    if column.dtype.kind in WIDTHS:
        return int(WIDTHS[column.dtype.kind] * column.size)
    return len(json.dumps(column.tolist(), default=str))


def _text_size(text: str) -> int:
    return len(json.dumps(text))


def _block(
    data: Mapping[str, Any], name: str, timeline: Any, follows: Mapping[str, str]
) -> Block | None:
    """The fields that follow a timeline, if it is known which, and they do."""
    if not isinstance(timeline, Mapping):
        return None
    listed = timeline.get("fields", [field for field in data if follows.get(field) == name])
    t = _column(timeline.get("t"))
    if t is None or t.dtype.kind not in "iuf" or not isinstance(listed, (list, tuple)):
        return None
    columns = {field: _column(data[field]) for field in data if field in listed}
    # A field without data is an empty list, and stays one.
    full = {field: column for field, column in columns.items() if column is None or column.size}
    arrays = [column for column in full.values() if column is not None and column.size == t.size]
    if not arrays or len(arrays) < len(full):
        return None
    t, *arrays = ordered(t, *arrays)
    return Block(name, t, dict(zip(full, arrays, strict=True)))


def _column(values: Any) -> Column | None:
    """A column of values as Python or numpy has them; L{None}: they are none."""
    if isinstance(values, np.ndarray):
        return values if values.ndim == 1 else None
    if not isinstance(values, (list, tuple)):
        return None
    values = _list(values)
    kinds = set(map(type, values))
    try:
        if kinds == {bool} or kinds == {int}:
            return np.array(values, bool if bool in kinds else np.int64)
        if kinds <= {int, float, type(None)}:
            return np.array(values, np.float64)
    except OverflowError:
        pass
    result = np.empty(len(values), object)
    result[:] = values
    return result
