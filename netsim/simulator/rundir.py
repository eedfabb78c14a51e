"""The run directory, in which every process with simulators has its control socket."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from netsim.errors import HostError

__all__ = ["StartLock", "make_run_directory", "run_directory", "socket_path", "sockets"]

_LONGEST = 107
"""Bytes of a socket's path: C{sun_path} of unix(7), without the zero at its end."""

_HINT = "NETSIM_RUN_DIR can name another"
_NAME = re.compile(r"simulator-([0-9]+)\.sock")


def run_directory(environment: Mapping[str, str] | None = None) -> Path:
    """Where it is; it need not be there."""
    environment = os.environ if environment is None else environment
    if own := environment.get("NETSIM_RUN_DIR"):
        return Path(own).resolve()
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime, "netsim")
    return Path(tempfile.gettempdir(), f"netsim-{os.getuid()}")


def make_run_directory(directory: Path) -> None:
    """
    Make it, for this user alone.

    @raise HostError: it cannot be made, or it is not this user's alone.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HostError(f"run directory {directory}: {error.strerror}; {_HINT}") from error
    if problem := _problem(directory):
        raise HostError(f"run directory {directory}: {problem}; {_HINT}")


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
    if problem := _problem(directory):
        raise HostError(f"run directory {directory}: {problem}")
    found = [(match, path) for path in directory.iterdir() if (match := _NAME.fullmatch(path.name))]
    yield from sorted((int(match[1]), path) for match, path in found)


class StartLock:
    """
    Keeps starts apart, so that of two with the same ports one gets all of them.

    The system releases it when its process ends.
    """

    def __init__(self, directory: Path) -> None:
        self._file = (directory / "start.lock").open("ab")

    def acquire(self) -> bool:
        """Try to take it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give it back, if it was taken; it cannot be taken again."""
        self._file.close()


def _problem(directory: Path) -> str | None:
    # A link could be turned elsewhere by its owner.
    state = directory.lstat()
    if not stat.S_ISDIR(state.st_mode):
        return "it is no directory"
    if state.st_uid != os.getuid():
        return "it belongs to another user"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "other users may write to it"
    return None
