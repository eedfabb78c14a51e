"""Text files of C{time value} lines, after a header of lines that begin with C{#}."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from netsim.datanode.align import ordered
from netsim.datanode.decimals import parse
from netsim.datanode.growing import GrowingFile, Place
from netsim.errors import DataFileError

__all__ = ["Convert", "Floats", "Reading", "SharedTimes", "TextReader"]

Floats = NDArray[np.float64]

Convert = Callable[[Path, Floats, Floats], tuple[Floats, Floats]]
"""Makes times in Unix seconds of what a file has, and may leave samples out."""


@frozen(eq=False)
class Reading:
    """
    What was read of a file.

    @ivar header: its lines, without C{#}.
    @ivar t: ascending; of lines with equal times the last one counts.
    @ivar v: a value for each; not a number where the file says so.
    @ivar bad: lines that are damaged, and left out.
    @ivar place: how far it was read.
    """

    header: tuple[str, ...]
    t: Floats
    v: Floats
    bad: int
    place: Place

    @property
    def nbytes(self) -> int:
        """Of memory; times that are shared are counted for each who has them."""
        return self.t.nbytes + self.v.nbytes + 4096


class SharedTimes:
    """Lets equal times be in memory once, as long as somebody uses them."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[Any, ...], Floats] = WeakValueDictionary()

    def share(self, t: Floats) -> Floats:
        """Give the array that is equal to this one, which may be this one."""
        if not t.size:
            return t
        key = t.size, float(t[0]), float(t[-1])
        same = self._known.get(key)
        if same is not None and np.array_equal(same, t):
            return same
        self._known[key] = t
        return t


@frozen
class TextReader:
    """
    Reads such files; one that grew from where it was read to.

    A last line without an end is taken for one that is being written, and left for the next
    time.

    @ivar titled: a first line that is not two numbers is a header, too.
    @ivar convert: what is done with all samples; L{None}: nothing, times are Unix seconds.
    """

    titled: bool = False
    convert: Convert | None = None
    _times: SharedTimes = field(factory=SharedTimes)

    def __call__(self, path: Path, known: Reading | None = None) -> Reading:
        """
        Read a file, or on in it.

        @raise OSError: it cannot be read.
        @raise DataFileError: it is not in ASCII, or what has that in it.
        """
        with path.open("rb", buffering=0) as file:
            # Where no sample is known, the header may not have been whole either.
            usable = known is not None and known.t.size > 0
            growing = GrowingFile(file, known.place if known and usable else None)
            try:
                return self._read(path, growing, known if growing.continued else None)
            except DataFileError as error:
                raise DataFileError(f"{path}: {error}") from None

    def header(self, chunk: bytes) -> tuple[tuple[str, ...], bytes]:
        """Take the header off the start of a file."""
        lines, position = [], 0
        while chunk.startswith(b"#", position) or self._is_title(chunk, position):
            end = chunk.index(b"\n", position) + 1
            line = chunk[position:end].decode("utf-8", "replace")
            lines.append(line.removeprefix("#").strip())
            position = end
        return tuple(lines), chunk[position:]

    def samples(self, path: Path, chunk: bytes) -> tuple[Floats, Floats, int]:
        """Give times and values of whole lines, in their order, and how many are damaged."""
        parsed = parse(chunk)
        t, v, bad = parsed.values[:, 0], parsed.values[:, 1], parsed.bad
        known = np.isfinite(t)
        if not known.all():
            bad += int(t.size - np.count_nonzero(known))
            t, v = t[known], v[known]
        if self.convert is not None:
            t, v = self.convert(path, t, v)
        # A view of one column would keep the memory of both.
        return t.copy(), v.copy(), bad

    def _is_title(self, chunk: bytes, position: int) -> bool:
        if not self.titled or position or not chunk:
            return False
        try:
            return len([float(word) for word in chunk[: chunk.index(b"\n")].split()]) != 2
        except ValueError:
            return True

    def _read(self, path: Path, growing: GrowingFile, known: Reading | None) -> Reading:
        header = known.header if known else None
        times = [known.t] if known else []
        values = [known.v] if known else []
        bad = known.bad if known else 0
        for chunk in growing.chunks():
            if header is None:
                header, chunk = self.header(chunk)
            t, v, damaged = self.samples(path, chunk)
            times.append(t)
            values.append(v)
            bad += damaged
        t, v = ordered(_joined(times), _joined(values))
        t = self._times.share(t)
        for array in (t, v):
            array.flags.writeable = False
        return Reading(header or (), t, v, bad + growing.long_lines, growing.place())


def _joined(parts: list[Floats]) -> Floats:
    """Join them, and let go of them."""
    if not parts:
        return np.empty(0)
    whole = np.concatenate(parts) if len(parts) > 1 else parts[0]
    parts.clear()
    return whole
