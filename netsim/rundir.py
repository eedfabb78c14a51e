"""
The run directory, in which this user's processes find each other, and wait for each other.

And the state directory, which is still there after the machine was started again.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from netsim.errors import HostError

__all__ = [
    "StartLock",
    "data_directory",
    "directory_problem",
    "make_run_directory",
    "run_directory",
    "state_directory",
]

_HINT = "NETSIM_RUN_DIR can name another"


def run_directory(environment: Mapping[str, str] | None = None) -> Path:
    """Where it is; it need not be there."""
    environment = os.environ if environment is None else environment
    if own := environment.get("NETSIM_RUN_DIR"):
        return Path(own).resolve()
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime, "netsim")
    return Path(tempfile.gettempdir(), f"netsim-{os.getuid()}")


def state_directory(environment: Mapping[str, str]) -> Path:
    """Where what is to be kept goes, if nobody says where; it need not be there."""
    return _base_directory(environment, "XDG_STATE_HOME", ".local/state") / "netsim"


def data_directory(environment: Mapping[str, str]) -> Path:
    """Where what is installed for this user goes, if nobody says where."""
    return _base_directory(environment, "XDG_DATA_HOME", ".local/share") / "netsim"


def _base_directory(environment: Mapping[str, str], variable: str, usual: str) -> Path:
    told = Path(environment.get(variable, ""))
    return told if told.is_absolute() else Path(environment.get("HOME") or Path.home(), usual)


def make_run_directory(directory: Path) -> None:
    """
    Make it, for this user alone.

    @raise HostError: it cannot be made, or it is not this user's alone.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HostError(f"run directory {directory}: {error.strerror}; {_HINT}") from error
    if problem := directory_problem(directory):
        raise HostError(f"run directory {directory}: {problem}; {_HINT}")


def directory_problem(directory: Path) -> str | None:
    """Why it cannot be trusted, if so."""
    # A link could be turned elsewhere by its owner.
    state = directory.lstat()
    if not stat.S_ISDIR(state.st_mode):
        return "it is no directory"
    if state.st_uid != os.getuid():
        return "it belongs to another user"
    if state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "other users may write to it"
    return None


class StartLock:
    """
    Keeps starts apart, so that of two that want the same one gets it.

    The system releases it when its process ends.
    """

    def __init__(self, directory: Path, name: str) -> None:
        """@param name: of its file; starts with the same name wait for each other."""
        self._file = (directory / name).open("ab")

    def acquire(self) -> bool:
        """Try to take it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give it back, if it was taken; it cannot be taken again."""
        # A process that was forked meanwhile has the file, too.
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()
