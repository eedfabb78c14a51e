"""Series that follow one timeline, though they were read apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.datanode.model import Block

__all__ = ["merge", "ordered"]

Column = NDArray[Any]


def merge(series: Mapping[str, tuple[Column, Column]], timeline: str) -> Block:
    """
    Put series together that share a timeline.

    If all have the same times they share them as they are.  Else there are all times of all
    of them, and where a series has no value it has not-a-number, or L{None} if it is one of
    strings or bools; integers become floats there.

    @param series: by field, times in Unix seconds, ascending without repetition, and as many
        values.
    """
    distinct = _distinct(t for t, _ in series.values())
    if len(distinct) < 2:
        t = distinct[0] if distinct else np.empty(0)
        return Block(timeline, t, {name: values for name, (_, values) in series.items()})
    union = np.unique(np.concatenate(distinct))
    return Block(
        timeline, union, {name: _spread(union, t, values) for name, (t, values) in series.items()}
    )


def ordered(t: Column, *columns: Column) -> tuple[Column, ...]:
    """
    Bring samples into the order of their times, without repetition.

    Of several at the same time the last one is kept; those whose time is not finite are left
    out.  What is in order is given back as it is.

    @return: the times, then the columns.
    """
    if np.isfinite(t[-1:]).all() and (t[1:] > t[:-1]).all() and np.isfinite(t[:1]).all():
        return (t, *columns)
    places = np.flatnonzero(np.isfinite(t))
    places = places[np.argsort(t[places], kind="stable")]
    rising = t[places]
    places = places[np.append(rising[1:] != rising[:-1], np.ones(min(rising.size, 1), bool))]
    return tuple(array[places] for array in (t, *columns))


def _distinct(times: Iterable[Column]) -> list[Column]:
    """Those that differ from all before."""
    distinct: list[Column] = []
    for t in times:
        if not any(t is other or np.array_equal(t, other) for other in distinct):
            distinct.append(t)
    return distinct


def _spread(union: Column, t: Column, values: Column) -> Column:
    """Put values where their times are in the union."""
    if t.size == union.size:
        return values
    if values.dtype.kind in "iuf":
        result = np.full(union.size, np.nan)
    else:
        result = np.full(union.size, None, object)
    result[np.searchsorted(union, t)] = values
    return result
