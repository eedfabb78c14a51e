"""CSV files that grow: their columns as arrays, and what their ends tell of them."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from netsim.datanode.align import ordered
from netsim.datanode.csvlayout import SAMPLE, Layout, Wanted, find_layout, number, rows, text_of
from netsim.datanode.growing import MARK, GrowingFile, Place
from netsim.datanode.outline import mean_interval
from netsim.datanode.textfile import Floats
from netsim.datanode.times import iso_time
from netsim.errors import DataFileError, QueryError

__all__ = ["CsvOutline", "CsvOutliner", "CsvReader", "Table"]

Column = NDArray[Any]


@frozen(eq=False)
class Table:
    """
    What was read of a file.

    @ivar t: Unix seconds, ascending; of rows with equal times the last one counts.
    @ivar columns: by name; C{float64}, or C{object} of strings and L{None}.
    @ivar bad: rows and cells that are damaged, and left out.
    @ivar strings: bytes of the strings.
    """

    layout: Layout
    t: Floats
    columns: Mapping[str, Column]
    bad: int
    place: Place
    strings: int = 0

    @property
    def nbytes(self) -> int:
        """Of memory."""
        return self.t.nbytes + sum(each.nbytes for each in self.columns.values()) + self.strings


@frozen
class CsvOutline:
    """
    What the ends of a file tell.

    @ivar first: Unix seconds of the first row; L{None}: there is none.
    @ivar last: of the last one.
    @ivar interval: mean seconds between two; L{None}: they come at any time.
    """

    layout: Layout
    first: float | None = None
    last: float | None = None
    interval: float | None = None
    nbytes: int = 4096
    bad: int = 0


@frozen
class CsvOutliner:
    """Looks at the ends of files."""

    wanted: Wanted = field(factory=Wanted)

    def __call__(self, path: Path, known: CsvOutline | None = None) -> CsvOutline:
        """
        Look at a file.

        @raise OSError: it cannot be read.
        @raise DataFileError: it has no header, or not the column that is wanted.
        """
        with path.open("rb", buffering=0) as file:
            head = _whole(file.read(SAMPLE))
            file.seek(max(len(head) - 1, os.fstat(file.fileno()).st_size - SAMPLE, 0))
            tail = _whole(file.read(SAMPLE))
        try:
            layout = find_layout(head.removeprefix(MARK), self.wanted)
        except DataFileError as error:
            raise DataFileError(f"{path}: {error}") from None
        parts = [_Rows(layout).add(text).t for text in (_body(head), _body(tail))]
        t = np.concatenate(parts)
        if not t.size:
            return CsvOutline(layout)
        return CsvOutline(layout, float(t.min()), float(t.max()), mean_interval(*parts))


@frozen
class CsvReader:
    """Reads whole files; one that grew from where it was read to."""

    wanted: Wanted = field(factory=Wanted)

    def __call__(self, path: Path, known: Table | None = None) -> Table:
        """
        Read a file, or on in it.

        @raise OSError: it cannot be read.
        @raise DataFileError: it has no header, or not the column that is wanted.
        """
        with path.open("rb", buffering=0) as file:
            # Of a file that was shorter the columns were not known for good.
            usable = known is not None and known.place.position >= SAMPLE
            growing = GrowingFile(file, known.place if known and usable else None)
            try:
                return self._read(growing, known if growing.continued else None)
            except DataFileError as error:
                raise DataFileError(f"{path}: {error}") from None

    def _read(self, growing: GrowingFile, known: Table | None) -> Table:
        chunks = growing.chunks()
        if known is None:
            first = next(chunks, b"")
            table = _Rows(find_layout(_whole(first[:SAMPLE]), self.wanted))
            table.add(_body(first))
        else:
            table = _Rows(known.layout, known)
        for chunk in chunks:
            table.add(text_of(chunk))
        return table.table(growing)


class _Rows:
    """The rows of a file, column by column, chunk by chunk."""

    def __init__(self, layout: Layout, known: Table | None = None) -> None:
        self._layout = layout
        self._times = [known.t] if known else []
        names = [layout.names[index] for index in layout.fields]
        self._columns: list[list[Column]] = [
            [known.columns[name]] if known else [] for name in names
        ]
        self._bad = known.bad if known else 0
        self._strings = known.strings if known else 0
        self.t: Floats = np.empty(0)

    def add(self, text: str) -> _Rows:
        """Add whole lines."""
        layout = self._layout
        width = len(layout.names)
        found = list(rows(text, layout.delimiter))
        whole = [row for row in found if len(row) == width]
        self._bad += len(found) - len(whole)
        if not whole:
            return self
        cells = list(zip(*whole, strict=True))
        self.t = _times(cells[layout.time], layout.clock)
        known = np.isfinite(self.t)
        self._bad += int(known.size - np.count_nonzero(known))
        for parts, index in zip(self._columns, layout.fields, strict=True):
            parts.append(self._column(index, cells[index])[known])
        self.t = self.t[known]
        self._times.append(self.t)
        return self

    def table(self, growing: GrowingFile) -> Table:
        """Make what was read."""
        layout = self._layout
        kinds = [float if index in layout.numbers else object for index in layout.fields]
        t, *columns = ordered(
            _joined(self._times, float),
            *(_joined(parts, kind) for parts, kind in zip(self._columns, kinds, strict=True)),
        )
        names = [layout.names[index] for index in layout.fields]
        bad = self._bad + growing.long_lines
        for array in (t, *columns):
            array.flags.writeable = False
        return Table(
            layout, t, dict(zip(names, columns, strict=True)), bad, growing.place(), self._strings
        )

    def _column(self, index: int, cells: Sequence[str]) -> Column:
        if index in self._layout.numbers:
            values, bad = _numbers(cells)
            self._bad += bad
            return values
        # Equal strings are in memory once.
        known: dict[str, str] = {}
        self._strings += sum(map(sys.getsizeof, set(cells)))
        strings = np.empty(len(cells), object)
        strings[:] = [known.setdefault(cell, cell) if cell.strip() else None for cell in cells]
        return strings


def _times(cells: Sequence[str], clock: str) -> Floats:
    """Read times, as Unix seconds; not-a-number where there is none."""
    if clock == "iso":
        return np.fromiter(map(_iso_time, cells), float, len(cells))
    t, _ = _numbers(cells)
    return t / 1000 if clock == "ms" else t


def _iso_time(cell: str) -> float:
    try:
        return iso_time(cell)
    except QueryError:
        return math.nan


def _numbers(cells: Sequence[str]) -> tuple[Floats, int]:
    """Read numbers, and how many are none though there is something; these are left out."""
    try:
        return np.fromiter(map(float, cells), float, len(cells)), 0
    except ValueError:
        values = [number(cell) for cell in cells]
        # None is read as not-a-number.
        return np.array(values, float), values.count(None)


def _joined(parts: list[Column], kind: type) -> Column:
    """Join them, and let go of them."""
    if not parts:
        return np.empty(0, kind)
    whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
    parts.clear()
    return whole


def _whole(data: bytes) -> bytes:
    """Whole lines only."""
    return data[: data.rfind(b"\n") + 1]


def _body(start: bytes) -> str:
    """What follows the first line, which is the header, or only a part of a line."""
    return text_of(start.partition(b"\n")[2])
