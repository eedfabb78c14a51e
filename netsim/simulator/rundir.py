"""The control sockets in the run directory: one for every process with simulators."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from netsim.errors import HostError
from netsim.rundir import directory_problem

__all__ = ["LOCK", "socket_path", "sockets"]

LOCK = "start.lock"
"""The lock of processes that start simulators."""

_LONGEST = 107
"""Bytes of a socket's path: C{sun_path} of unix(7), without the zero at its end."""

_NAME = re.compile(r"simulator-([0-9]+)\.sock")


def socket_path(directory: Path, pid: int) -> Path:
    """
    Where the control socket of a process is.

    @raise HostError: the system takes no path as long as this.
    """
    path = directory / f"simulator-{pid}.sock"
    if len(os.fsencode(path)) > _LONGEST:
        raise HostError(
            f"{path}: a socket's path has at most {_LONGEST} bytes;"
            " NETSIM_RUN_DIR can name a shorter directory"
        )
    return path


def sockets(directory: Path) -> Iterator[tuple[int, Path]]:
    """
    The processes that have, or had, a control socket; by their numbers.

    @raise HostError: whoever else can write there might answer in their place.
    """
    if not directory.exists():
        return
    if problem := directory_problem(directory):
        raise HostError(f"run directory {directory}: {problem}")
    found = [(match, path) for path in directory.iterdir() if (match := _NAME.fullmatch(path.name))]
    yield from sorted((int(match[1]), path) for match, path in found)
