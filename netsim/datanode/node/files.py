"""What the kinds that read files share."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from twisted.logger import Logger

from netsim.datanode.filecache import FileCache, ItemT
from netsim.datanode.textfile import Floats
from netsim.errors import DataFileError

__all__ = ["OUTLINES", "between", "finalized", "listing", "make_cache"]

OUTLINES = 16 << 20
"""Bytes of what is known of files that were not read."""

_log = Logger()


def make_cache(
    limit: int, load: Callable[[Path, ItemT | None], ItemT], quiet: bool = False
) -> FileCache[ItemT]:
    """
    Make a cache that logs what is damaged.

    @param limit: bytes of memory.
    @param quiet: it does not: another one reads the same files.
    """
    if quiet:
        return FileCache(limit, load)
    return FileCache(limit, load, _log_damage, _log_failure)


def listing(directory: Path) -> list[str]:
    """
    The names in a directory, in no order.

    @raise DataFileError: it cannot be read.
    """
    try:
        return os.listdir(directory)
    except OSError as error:
        raise DataFileError(f"{directory}: {error.strerror}") from error


def between(t: Floats, start: float, end: float) -> slice:
    """Where the times of [start, end) are; a slice of nothing may end before it starts."""
    first, last = np.searchsorted(t, (start, end))
    return slice(int(first), int(last))


def finalized(lasts: Sequence[float], end: float) -> float | None:
    """
    Tell until when nothing will change: files grow at their ends.

    @param lasts: the last time of each series, whether or not it is in the interval.
    @param end: of the interval.
    """
    until = min(lasts, default=math.inf)
    return None if until >= end else until


def _log_damage(path: Path, bad: int) -> None:
    if bad:
        _log.warn("{path}: damaged lines left out: {bad}", path=path, bad=bad)
    else:
        _log.info("{path}: it is read again, and not damaged", path=path)


def _log_failure(reason: str) -> None:
    _log.warn("{reason}; the file is left out", reason=reason)
