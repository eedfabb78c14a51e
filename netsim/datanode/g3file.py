"""
Reads the housekeeping of C{.g3} files: what so3g's aggregators write.

There are frames of three kinds (C{hkagg_type}): a session begins, providers are listed, data
come.  Data are in blocks of fields that are sampled together.  In old files (C{hkagg_version} 0)
a block has C{t}, in seconds, and C{data}; in those of today it is a map of fields that has
C{times}, and the frame has C{block_names}.

so3g and spt3g are imported when a file is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from netsim.datanode.g3frames import HOUSEKEEPING, Frame, Frames, Rest
from netsim.errors import DataFileError

__all__ = ["LATEST", "G3File", "Samples"]

LATEST = 253402300799.0
"""Unix seconds: the end of the year 9999, after which no database knows a time."""

_SESSION, _STATUS, _DATA = range(3)

Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Samples:
    """
    What a block of one frame holds.

    @ivar provider: its number, which means something in this file only.
    @ivar feed: the description of the provider.
    @ivar block: the name of the block, which blocks of the same fields share.
    @ivar t: Unix seconds.
    @ivar columns: by field, as many values as there are times.
    """

    provider: int
    feed: str
    block: str
    t: Array
    columns: Mapping[str, Array]


class G3File:
    """
    The samples of a file, frame after frame.

    Nothing of a frame that is not whole is looked at.  Whatever else is in the file than
    housekeeping is passed over.

    @ivar bad: how many frames, blocks and columns were damaged and are left out, so far.
    @ivar is_cut: after all: the last frame has no end yet, or has lost it.
    """

    def __init__(self, path: Path) -> None:
        self.bad = 0
        self.is_cut = False
        self._path = path
        self._feeds: dict[int, str] = {}

    def __iter__(self) -> Iterator[Samples]:
        """
        @raise OSError: it cannot be read.
        @raise DataFileError: it is no C{.g3} file.
        """
        with self._path.open("rb") as file:
            frames = Frames(file, os.fstat(file.fileno()).st_size)
            reader = _Reader(self._path)
            for frame in frames:
                if frame.type == HOUSEKEEPING:
                    yield from self._samples(reader, frame)
        if frames.rest is Rest.GARBAGE:
            if frames.end == 0:
                raise DataFileError(f"{self._path}: it is no .g3 file")
            self.bad += 1
        self.is_cut = frames.rest is Rest.CUT

    def _samples(self, reader: _Reader, frame: Frame) -> list[Samples]:
        try:
            return self._understand(reader.read(frame))
        except Exception:  # noqa: BLE001 - nowhere is told what the library raises for damage
            self.bad += 1
            return []

    def _understand(self, frame: Any) -> list[Samples]:
        kind = frame["hkagg_type"]
        if kind == _SESSION:
            self._feeds.clear()
        elif kind == _STATUS:
            providers = frame["providers"]
            self._feeds = {each["prov_id"].value: each["description"].value for each in providers}
        elif kind == _DATA:
            provider = frame["prov_id"]
            feed = self._feeds[provider]
            return list(self._blocks(frame, provider, feed))
        return []

    def _blocks(self, frame: Any, provider: int, feed: str) -> Iterator[Samples]:
        blocks = list(frame["blocks"])
        names = list(frame["block_names"]) if "block_names" in frame else []
        for number, block in enumerate(blocks):
            is_old = not hasattr(block, "times")
            t = np.array(block.t, dtype=np.float64) if is_old else _seconds(block.times)
            fields = block.data if is_old else block
            columns = self._columns(fields, len(t))
            if columns and len(t):
                # Blocks of old files have no names: the first of their fields stands for them.
                name = names[number] if len(names) == len(blocks) else min(columns)
                yield self._dated(Samples(provider, feed, name, t, columns))

    def _columns(self, fields: Any, count: int) -> dict[str, Array]:
        columns = {}
        for name in fields.keys():  # noqa: SIM118 - a map of the library, which is no dict
            column = _array(fields[name])
            if column is not None and column.shape == (count,):
                columns[name] = column
            else:
                self.bad += 1
        return columns

    def _dated(self, samples: Samples) -> Samples:
        """Leave out what has no time that can be."""
        good = (samples.t >= 0) & (samples.t < LATEST)
        if good.all():
            return samples
        self.bad += 1
        columns = {name: column[good] for name, column in samples.columns.items()}
        return Samples(samples.provider, samples.feed, samples.block, samples.t[good], columns)


class _Reader:
    """Decodes frames, wherever they are in the file."""

    def __init__(self, path: Path) -> None:
        # so3g brings spt3g, and the types of old blocks.
        import_module("so3g")
        self._core: Any = import_module("spt3g.core")
        self._path = str(path)
        self._reader: Any = None
        self._at = -1

    def read(self, frame: Frame) -> Any:
        if self._reader is None:
            self._reader, self._at = self._core.G3Reader(self._path), 0
        if self._at != frame.start:
            self._reader.seek(frame.start)
        [decoded] = self._reader.Process(None)
        self._at = frame.end
        return decoded


def _seconds(times: Any) -> Array:
    """Unix seconds of the library's times: whole numbers of 10 ns, too large for a float."""
    ticks = np.array(times, dtype=np.int64)
    whole, rest = np.divmod(ticks, 100_000_000)
    return whole + rest / 1e8


def _array(values: Any) -> Array | None:
    """Values as what travels: floats, integers, bools or strings; of others, nothing."""
    if type(values).__name__ == "G3VectorString":
        return np.array(list(values), dtype=object)
    array = np.array(values)
    types = {"f": np.float64, "i": np.int64, "u": np.int64, "b": np.bool_}
    return array.astype(types[array.dtype.kind], copy=False) if array.dtype.kind in types else None
