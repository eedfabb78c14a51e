"""Which columns a CSV file has, and how its times are written: its first lines tell."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from attrs import frozen

from netsim.datanode.times import iso_time
from netsim.errors import DataFileError, QueryError

__all__ = ["MISSING", "SAMPLE", "Layout", "Wanted", "find_layout", "number", "rows", "text_of"]

SAMPLE = 64 << 10
"""Bytes at the start of a file that tell."""

SAMPLED = 100
"""Rows that are looked at."""

MILLISECONDS = 1e11
"""Numbers from here on are milliseconds, as that many seconds are in the year 5138."""

MISSING = frozenset(("", "-", "na", "n/a", "nan", "none", "null"))
"""What stands where there is no number, in lower case."""

_UNITS = re.compile(r".*[\[(]([^\[\]()]+)[\])]")


@frozen
class Wanted:
    """
    What the user has told of files.

    @ivar time: the name of the column with the times; L{None}: the first one.
    @ivar clock: C{unix} seconds, C{ms}, C{iso}; C{auto}: the first times tell.
    @ivar delimiter: what stands between columns; L{None}: the first line tells.
    """

    time: str | None = None
    clock: str = "auto"
    delimiter: str | None = None


@frozen
class Layout:
    """
    What the columns of a file are.

    @ivar names: of all columns; no two are the same.
    @ivar time: which column has the times.
    @ivar clock: C{unix}, C{ms} or C{iso}.
    @ivar numbers: which columns are of numbers; the others are of strings.
    """

    delimiter: str
    names: tuple[str, ...]
    time: int
    clock: str
    numbers: frozenset[int]

    @property
    def fields(self) -> list[int]:
        """Which columns are served: all but that with the times."""
        return [index for index in range(len(self.names)) if index != self.time]

    def units(self, index: int) -> str | None:
        """What stands in brackets at the end of a name."""
        match = _UNITS.fullmatch(self.names[index])
        return match[1].strip() if match else None


def find_layout(start: bytes, wanted: Wanted) -> Layout:
    """
    Find out about a file.

    @param start: its first lines, whole.
    @raise DataFileError: there is no header, or not the column that was wanted.
    """
    header, _, rest = text_of(start).partition("\n")
    header = header.removeprefix("#").strip()
    delimiter = wanted.delimiter or _delimiter(header)
    names = _names(next(rows(header, delimiter), []))
    if len(names) < 2:
        raise DataFileError("expected a first line with the names of two columns or more")
    time = _time_column(names, wanted.time)
    whole = (row for row in rows(rest, delimiter) if len(row) == len(names))
    sample = [row for row, _ in zip(whole, range(SAMPLED), strict=False)]
    clock = wanted.clock if wanted.clock != "auto" else _clock([row[time] for row in sample])
    numbers = [index for index in range(len(names)) if _is_number([row[index] for row in sample])]
    return Layout(delimiter, tuple(names), time, clock, frozenset(numbers))


def text_of(data: bytes) -> str:
    """Decode; what is not UTF-8 is taken for Latin-1, in which everything means something."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n")


def rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """
    Give the cells of each line that is neither blank nor begins with C{#}.

    A line that cannot be read is given as a row without cells.  Cells with line ends in them
    are not known: a quote that is missing would take the rest of the file with it.
    """
    for line in text.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if '"' not in line:
            yield line.split(delimiter)
            continue
        try:
            yield next(csv.reader((line,), delimiter=delimiter, strict=True))
        except csv.Error:
            yield []


def number(cell: str) -> float | None:
    """Read a number; not-a-number where there is none, L{None}: it is something else."""
    try:
        return float(cell)
    except ValueError:
        return math.nan if cell.strip().lower() in MISSING else None


def _delimiter(header: str) -> str:
    counts = Counter(header)
    return max(",;\t|", key=lambda each: counts[each])


def _names(cells: Sequence[str]) -> list[str]:
    """Name all columns, so that no two have the same name."""
    names: list[str] = []
    for index, cell in enumerate(cells):
        name = base = cell.strip() or f"column{index + 1}"
        while name in names:
            name = f"{base}_{index + 1}" if name == base else f"{name}_"
        names.append(name)
    return names


def _time_column(names: Sequence[str], wanted: str | None) -> int:
    if wanted is None:
        return 0
    if wanted not in names:
        raise DataFileError(f"there is no column {wanted!r}: it has {', '.join(names)}")
    return names.index(wanted)


def _clock(cells: Sequence[str]) -> str:
    """How most of these times are written."""
    kinds = Counter(map(_kind, cells))
    del kinds[""]
    return kinds.most_common(1)[0][0] if kinds else "unix"


def _kind(cell: str) -> str:
    value = number(cell)
    if value is not None:
        return "" if math.isnan(value) else "ms" if abs(value) >= MILLISECONDS else "unix"
    try:
        iso_time(cell)
    except QueryError:
        return ""
    return "iso"


def _is_number(cells: Sequence[str]) -> bool:
    """Most of those cells are numbers that have anything in them."""
    there = [cell for cell in cells if cell.strip().lower() not in MISSING]
    return 2 * sum(number(cell) is not None for cell in there) >= len(there)
