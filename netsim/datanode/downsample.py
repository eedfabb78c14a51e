"""
Fewer samples, of which none that sticks out is missing.

Minimum and maximum of each bucket are kept, on one grid for all columns.  A slot is C{s}
seconds wide, a bucket two slots, and buckets begin at multiples of C{2 s} of Unix time, so
that a window that moves keeps its grid.  What lies before the first of these edges belongs to
the first bucket, what comes after the last bucket that has room for two slots to that one.
"""

from __future__ import annotations

import math
import operator
from decimal import ROUND_CEILING, Context
from typing import Any

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from netsim.datanode.model import Block
from netsim.datanode.times import number
from netsim.errors import QueryError

__all__ = ["checked_points", "checked_stride", "reduce"]

Column = NDArray[Any]
Times = NDArray[np.float64]
Indices = NDArray[np.intp]

TWO_DIGITS = Context(prec=2, rounding=ROUND_CEILING)


def reduce(block: Block, min_stride: float | None = None, max_points: int | None = None) -> Block:
    """
    Downsample, if either limit is exceeded.

    Of each bucket there are two samples, the minimum and the maximum in the order in which
    they occurred, at the beginnings of its two slots; of strings the first and the last one.
    One that has a single sample gives that one, at the slot that it is in; an empty one
    nothing.  Not-a-numbers are passed over, unless a bucket has nothing else.  If all times
    lie within one slot there is one sample: of the two extremes the one farther from the mean.

    @param min_stride: seconds that samples are apart at least, to float accuracy.
    @param max_points: that remain at most.  For their sake slots are wider than the stride:
        rounded up to two significant digits.
    @raise QueryError: a limit is none.
    """
    stride, points = checked_stride(min_stride), checked_points(max_points)
    t = np.asarray(block.t, np.float64)
    if not _exceeds(t, stride, points):
        return block
    width = _width(t, stride, points)
    if t[-1] - t[0] < width:
        columns = {name: _single(column) for name, column in block.columns.items()}
        return evolve(block, t=t[:1], columns=columns)
    grid = _grid(t, width)
    return evolve(
        block,
        t=grid.t,
        columns={name: _reduced(column, grid) for name, column in block.columns.items()},
    )


def checked_stride(value: Any) -> float:
    """
    Read a C{min_stride}.

    @return: seconds; 0: there is none.
    @raise QueryError: it is negative, or no finite number.
    """
    stride = 0.0 if value is None else number(value, "min_stride")
    if stride < 0:
        raise QueryError(f"min_stride: expected seconds, not {stride}")
    return stride


def checked_points(value: Any) -> int | None:
    """
    Read a number of points.

    @raise QueryError: it is no integer from 1 on.
    """
    try:
        points = None if value is None else operator.index(value)
    except TypeError:
        points = 0
    if isinstance(value, bool) or (points is not None and points < 1):
        raise QueryError(f"max_points: expected an integer from 1 on, not {value!r:.60}")
    return points


@frozen(eq=False)
class Grid:
    """
    Buckets that have samples.

    @ivar t: of the points that remain.
    @ivar starts: the first sample of each bucket.
    @ivar counts: how many samples it has.
    @ivar places: where its first point goes.
    @ivar pairs: of the buckets that give two points.
    """

    t: Times
    starts: Indices
    counts: Indices
    places: Indices
    pairs: Indices

    def interleaved(self, first: Column, second: Column) -> Column:
        """Put the points of the buckets into one column."""
        result = np.empty(self.t.size, first.dtype)
        result[self.places] = first
        result[self.places[self.pairs] + 1] = second[self.pairs]
        return result


def _exceeds(t: Times, stride: float, points: int | None) -> bool:
    if points is not None and t.size > points:
        return True
    if not stride or t.size < 2:
        return False
    return bool(np.diff(t).min() < stride - 2 * _resolution(t))


def _resolution(t: Times) -> float:
    return float(np.spacing(max(abs(t[0]), abs(t[-1]))))


def _width(t: Times, stride: float, points: int | None) -> float:
    """Seconds of a slot."""
    span = float(t[-1] - t[0])
    needed = 0.0
    if points == 1:
        needed = math.inf
    elif points:
        # Both extremes of a single bucket are kept, where there is room for them.
        needed = min(span, float(TWO_DIGITS.create_decimal_from_float(span / (points - 1))))
    # Edges are told apart only where they are farther apart than floats are.
    return max(stride, needed, 4 * _resolution(t))


def _grid(t: Times, width: float) -> Grid:
    start, end = float(t[0]), float(t[-1])
    first = math.ceil(start / (2 * width))
    first += 2 * first * width < start
    last = math.floor((end - width) / (2 * width))
    last -= (2 * last + 1) * width > end
    if last < first:
        starts = np.zeros(1, np.intp)
        return _arranged(t, starts, np.array([start]), np.array([min(start + width, end)]))
    starts, numbers = _buckets(t, 2 * width, first, last)
    return _arranged(t, starts, 2 * numbers * width, (2 * numbers + 1) * width)


def _buckets(t: Times, width: float, first: int, last: int) -> tuple[Indices, Times]:
    """Find where buckets begin, and their numbers."""
    numbers = t / width
    np.floor(numbers, out=numbers)
    np.clip(numbers, first, last, out=numbers)
    starts = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    starts = np.concatenate((np.zeros(1, np.intp), starts))
    # A time that goes back a little, over an edge, stays in the later bucket.
    rising = np.maximum.accumulate(numbers[starts])
    new = np.concatenate(([True], rising[1:] > rising[:-1]))
    return starts[new], rising[new]


def _arranged(t: Times, starts: Indices, early: Times, late: Times) -> Grid:
    counts = np.diff(starts, append=t.size)
    double = counts > 1
    places = np.cumsum(double + 1) - (double + 1)
    pairs = np.flatnonzero(double)
    # A sample that is alone gets the slot that it is in.
    first = np.where(double | (t[starts] < late), early, late)
    grid = Grid(np.empty(double.size + pairs.size), starts, counts, places, pairs)
    return evolve(grid, t=grid.interleaved(first, late))


def _reduced(column: Column, grid: Grid) -> Column:
    if column.dtype.kind == "b":
        return _reduced(column.view(np.uint8), grid).view(np.bool_)
    if column.dtype.kind not in "iuf":
        return grid.interleaved(column[grid.starts], column[grid.starts + grid.counts - 1])
    low, high = _extremes(column, grid.starts)
    falling = _occurrence(column, low, grid) > _occurrence(column, high, grid)
    return grid.interleaved(np.where(falling, high, low), np.where(falling, low, high))


def _extremes(column: Column, starts: Indices) -> tuple[Column, Column]:
    low, high = np.minimum.reduceat(column, starts), np.maximum.reduceat(column, starts)
    if np.isnan(low).any():
        return np.fmin.reduceat(column, starts), np.fmax.reduceat(column, starts)
    return low, high


def _occurrence(column: Column, values: Column, grid: Grid) -> Indices:
    """Where in its bucket each of these values comes first; anything for not-a-numbers."""
    hits = np.flatnonzero(column == np.repeat(values, grid.counts))
    if not hits.size:
        return grid.starts
    return hits.take(np.searchsorted(hits, grid.starts), mode="clip")


def _single(column: Column) -> Column:
    if column.dtype.kind not in "biuf":
        return column[-1:]
    numbers = column[~np.isnan(column)]
    if not numbers.size:
        return column[:1]
    low, high = numbers.min(), numbers.max()
    with np.errstate(invalid="ignore", over="ignore"):
        mean = numbers.mean(dtype=np.float64)
        farther = low if mean - low > high - mean else high
    return np.array([farther], column.dtype)
