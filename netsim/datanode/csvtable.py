"""CSV files that grow: their columns as arrays, and what their ends tell of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from attrs import field, frozen

from netsim.datanode.align import ordered
from netsim.datanode.csvcells import Cells, Column, read_cells
from netsim.datanode.csvlayout import SAMPLE, Layout, Wanted, find_layout
from netsim.datanode.growing import MARK, GrowingFile, Place
from netsim.datanode.outline import mean_interval
from netsim.datanode.textfile import Floats
from netsim.errors import DataFileError

__all__ = ["CsvOutline", "CsvOutliner", "CsvReader", "Table"]


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
        parts = [read_cells(_body(data), layout).t for data in (head, tail)]
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
            layout = find_layout(_whole(first[:SAMPLE]), self.wanted)
            parts = [read_cells(_body(first), layout)]
        else:
            layout, columns = known.layout, list(known.columns.values())
            parts = [Cells(known.t, columns, known.bad, known.strings)]
        parts.extend(read_cells(chunk, layout) for chunk in chunks)
        return _table(layout, parts, growing)


def _table(layout: Layout, parts: Sequence[Cells], growing: GrowingFile) -> Table:
    """Put together what was read."""
    names = [layout.names[index] for index in layout.fields]
    t, *columns = ordered(
        np.concatenate([part.t for part in parts]),
        *map(np.concatenate, zip(*(part.columns for part in parts), strict=True)),
    )
    for array in (t, *columns):
        array.flags.writeable = False
    bad = sum(part.bad for part in parts) + growing.long_lines
    strings = sum(part.strings for part in parts)
    return Table(layout, t, dict(zip(names, columns, strict=True)), bad, growing.place(), strings)


def _whole(data: bytes) -> bytes:
    """Whole lines only."""
    return data[: data.rfind(b"\n") + 1]


def _body(start: bytes) -> bytes:
    """What follows the first line, which is the header, or only a part of a line."""
    return start.partition(b"\n")[2]
