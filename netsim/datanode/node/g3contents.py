"""What a C{.g3} file holds, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

from netsim.datanode.align import ordered
from netsim.datanode.g3file import G3File, Samples
from netsim.errors import DataFileError

__all__ = ["Contents", "Loader", "Series", "joined"]

_STRING = 64
"""Bytes of a string of usual length, beside the reference to it."""

Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Series:
    """Samples of a field in the order of their times, which are in Unix seconds."""

    t: Array
    values: Array


@frozen(eq=False)
class Contents:
    """
    What a file holds.

    @ivar series: by C{<feed description>.<field>}; those of a block share their times.
    @ivar bad: frames, blocks and columns that are damaged and left out.
    @ivar nbytes: in memory, about.
    """

    series: Mapping[str, Series]
    bad: int
    nbytes: int


class Loader:
    """Reads files whole, unless they are too large for that."""

    def __init__(self, limit: int) -> None:
        """@param limit: bytes of a file; in memory it takes about as much."""
        self._limit = limit

    def __call__(self, path: Path, known: Contents | None = None) -> Contents:
        """
        Read a file.

        @raise OSError: it cannot be read.
        @raise DataFileError: it is no C{.g3} file, or too large.
        """
        if path.stat().st_size > self._limit:
            raise DataFileError(f"{path}: it is larger than --cache, which is {self._limit} bytes")
        file = G3File(path)
        blocks: dict[tuple[str, str], _Block] = {}
        for samples in file:
            blocks.setdefault((samples.feed, samples.block), _Block()).add(samples)
        series: dict[str, list[Series]] = {}
        for (feed, _), block in blocks.items():
            for name, each in block.series().items():
                series.setdefault(f"{feed}.{name}", []).append(each)
        whole = {name: joined(parts) for name, parts in series.items()}
        return Contents(whole, file.bad, _size(whole.values()))


@define
class _Block:
    """The frames of a block, so far."""

    times: list[Array] = field(factory=list)
    columns: dict[str, dict[int, Array]] = field(factory=dict)

    def add(self, samples: Samples) -> None:
        for name, column in samples.columns.items():
            self.columns.setdefault(name, {})[len(self.times)] = column
        self.times.append(samples.t)

    def series(self) -> dict[str, Series]:
        """Put the frames together; fields that are in the same ones share their times."""
        times: dict[tuple[int, ...], Array] = {}
        result = {}
        for name, parts in self.columns.items():
            frames = tuple(parts)
            if frames not in times:
                times[frames] = np.concatenate([self.times[frame] for frame in frames])
            result[name] = Series(times[frames], np.concatenate(list(parts.values())))
        return {name: _ordered(series) for name, series in result.items()}


def joined(parts: list[Series]) -> Series:
    """Make one series of several."""
    if len(parts) == 1:
        return parts[0]
    t = np.concatenate([part.t for part in parts])
    return _ordered(Series(t, np.concatenate([part.values for part in parts])))


def _ordered(series: Series) -> Series:
    t, values = ordered(series.t, series.values)
    return Series(t, values)


def _size(series: Iterable[Series]) -> int:
    arrays = {id(array): array for each in series for array in (each.t, each.values)}
    return sum(
        array.nbytes + (_STRING * array.size if array.dtype == object else 0)
        for array in arrays.values()
    )
