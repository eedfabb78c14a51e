"""Lines of a CSV file as columns of numbers and strings."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.csvlayout import Layout, number, rows, text_of
from netsim.datanode.decimals import parse
from netsim.datanode.times import iso_time
from netsim.errors import QueryError

__all__ = ["Cells", "Column", "read_cells"]

Column = NDArray[Any]
Floats = NDArray[np.float64]


@frozen(eq=False)
class Cells:
    """
    What some lines have.

    @ivar t: Unix seconds, in the order of the lines.
    @ivar columns: those that are served: C{float64}, or C{object} of strings and L{None}.
    @ivar bad: rows that are damaged, and cells with something else than a number.
    @ivar strings: bytes of the strings.
    """

    t: Floats
    columns: Sequence[Column]
    bad: int = 0
    strings: int = 0


def read_cells(data: bytes, layout: Layout) -> Cells:
    """
    Read whole lines, without the header.

    A row that has not as many cells as the header, or no time, is left out.  Where a cell
    has no number there is not-a-number, and where it has nothing L{None}.
    """
    cells = _plain(data, layout) or _read(data, layout)
    known = np.isfinite(cells.t)
    if known.all():
        return cells
    bad = cells.bad + int(known.size - np.count_nonzero(known))
    return Cells(cells.t[known], [each[known] for each in cells.columns], bad, cells.strings)


def _plain(data: bytes, layout: Layout) -> Cells | None:
    """Read lines of nothing but numbers, if they are."""
    width = len(layout.names)
    if layout.clock == "iso" or len(layout.numbers | {layout.time}) < width:
        return None
    if layout.delimiter not in ",;\t|":
        return None
    parsed = parse(data, width, layout.delimiter.encode())
    if parsed.bad:
        return None
    columns = list(parsed.values.T)
    t = columns.pop(layout.time)
    return Cells(t / 1000 if layout.clock == "ms" else t, columns)


def _read(data: bytes, layout: Layout) -> Cells:
    """Read lines of anything."""
    width = len(layout.names)
    found = list(rows(text_of(data), layout.delimiter))
    whole = [row for row in found if len(row) == width]
    cells = list(zip(*whole, strict=True)) or [()] * width
    bad, strings, columns = len(found) - len(whole), 0, []
    for index in layout.fields:
        if index in layout.numbers:
            values, damaged = _numbers(cells[index])
            bad += damaged
        else:
            values, size = _strings(cells[index])
            strings += size
        columns.append(values)
    return Cells(_times(cells[layout.time], layout.clock), columns, bad, strings)


def _times(cells: Sequence[str], clock: str) -> Floats:
    """Read times, as Unix seconds; not-a-number where there is none."""
    if clock == "iso":
        return np.fromiter(map(_iso_time, cells), float, len(cells))
    t, _ = _numbers(cells)
    return t / 1000 if clock == "ms" else t


def _iso_time(cell: str) -> float:
    try:
        # What is written in the usual way is read ten times as fast by this.
        moment = datetime.fromisoformat(cell)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        return iso_time(cell)
    except QueryError:
        return math.nan


def _numbers(cells: Sequence[str]) -> tuple[Floats, int]:
    """Read numbers, and how many cells have something else; these become not-a-number."""
    try:
        return np.fromiter(map(float, cells), float, len(cells)), 0
    except ValueError:
        values = [number(cell) for cell in cells]
        return np.array(values, float), values.count(None)


def _strings(cells: Sequence[str]) -> tuple[Column, int]:
    """Keep strings, and how many bytes they take; equal ones are in memory once."""
    known: dict[str, str] = {}
    values = np.empty(len(cells), object)
    values[:] = [known.setdefault(cell, cell) if cell.strip() else None for cell in cells]
    return values, sum(map(sys.getsizeof, known))
