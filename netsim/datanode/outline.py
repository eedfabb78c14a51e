"""What the start and the end of a file tell of it, without reading the rest."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.growing import MARK
from netsim.datanode.textfile import TextReader

__all__ = ["ENDS", "Outline", "Outliner", "mean_interval"]

ENDS = 16 << 10
"""Bytes at either end that are looked at."""

PERIODIC = 0.9
"""How much of the steps has to be alike."""


@frozen
class Outline:
    """
    A file of C{time value} lines, about.

    @ivar first: Unix seconds of the first sample; L{None}: there is none.
    @ivar last: of the last one.
    @ivar interval: mean seconds between two samples; L{None}: they come at any time.
    """

    header: tuple[str, ...] = ()
    first: float | None = None
    last: float | None = None
    interval: float | None = None
    nbytes: int = 1024
    bad: int = 0


@frozen
class Outliner:
    """Reads outlines of what a reader reads."""

    reader: TextReader

    def __call__(self, path: Path, known: Outline | None = None) -> Outline:
        """
        Look at a file.

        @raise OSError: it cannot be read.
        @raise DataFileError: it is not in ASCII, or what has that in it.
        """
        with path.open("rb", buffering=0) as file:
            start = file.read(ENDS)
            whole = start[: start.rfind(b"\n") + 1]
            # From the end of a line on, so that the first line of this is whole.
            file.seek(max(len(whole) - 1, os.fstat(file.fileno()).st_size - ENDS, 0))
            end = file.read(ENDS)
        header, rest = self.reader.header(whole.removeprefix(MARK))
        head, _, _ = self.reader.samples(path, rest)
        tail, _, _ = self.reader.samples(path, end[end.find(b"\n") + 1 : end.rfind(b"\n") + 1])
        t = np.concatenate([head, tail])
        if not t.size:
            return Outline(header)
        return Outline(header, float(t.min()), float(t.max()), mean_interval(head, tail))


def mean_interval(*parts: NDArray[np.float64]) -> float | None:
    """
    Tell the mean seconds between two readings; L{None}: they are aperiodic.

    Gaps are no part of it: nine of ten steps have to be between half of and twice the median.

    @param parts: times, ascending in each.
    """
    steps = np.concatenate([np.diff(t) for t in parts])
    if not steps.size:
        return None
    middle = float(np.median(steps))
    alike = steps[(steps >= middle / 2) & (steps <= middle * 2)]
    if middle <= 0 or alike.size < PERIODIC * steps.size:
        return None
    # What floats of Unix seconds cannot tell apart is no part of it.
    return round(float(np.mean(alike)), 6)
