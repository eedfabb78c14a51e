"""Which C{.g3} files there are in a directory, and in which state."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

__all__ = ["SUFFIX", "Found", "find"]

SUFFIX = ".g3"


@frozen
class Found:
    """
    A file.

    @ivar directory: where it is, absolute.
    @ivar size: in bytes.
    @ivar modified: in nanoseconds of Unix time.
    """

    directory: str
    name: str
    size: int
    modified: int

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.directory, self.name)


def find(directory: Path, complain: Callable[[str], None]) -> Iterator[Found]:
    """
    Find the files in a directory and all that it contains, in the order of their names.

    Each is looked at once.  Links to directories are not followed.

    @param complain: is told which directory cannot be listed.
    @raise OSError: the outermost cannot be listed.
    """
    with os.scandir(directory):
        pass
    failed = lambda error: complain(f"{error.filename}: {error.strerror}")  # noqa: E731
    for place, below, names in os.walk(directory.absolute(), onerror=failed):
        below.sort()
        for name in sorted(names):
            if name.endswith(SUFFIX):
                yield from _look(place, name)


def _look(directory: str, name: str) -> Iterator[Found]:
    try:
        state = os.stat(os.path.join(directory, name))
    except OSError:
        # It is gone by now, or a link to nowhere.
        return
    # Nobody may ever write to a pipe.
    if stat.S_ISREG(state.st_mode):
        yield Found(directory, name, state.st_size, state.st_mtime_ns)
