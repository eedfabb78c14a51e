"""The files of a hub's directory, which are this user's alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from netsim.errors import HostError

__all__ = ["check_private", "create_private", "explained", "make_directory", "replace_private"]

_MODE = 0o600


def make_directory(directory: Path) -> None:
    """
    Make it, for this user alone; one that is there is used as it is.

    @raise HostError: it cannot be made, or not be written to.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise explained(directory, error) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise HostError(f"{directory}: this user may not write to it; --directory names another")


def create_private(path: Path, data: bytes) -> None:
    """
    Write a file that is not there yet.

    @raise FileExistsError: it is there.
    @raise HostError: it cannot be written.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise
    except OSError as error:
        raise explained(path, error) from error


def replace_private(path: Path, data: bytes) -> None:
    """
    Write a file, in the place of another if there is one.

    @raise HostError: it cannot be written.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        create_private(beside, data)
        beside.replace(path)
    except OSError as error:
        raise explained(path, error) from error


def check_private(path: Path) -> None:
    """
    Check that nobody else can read a file that holds a secret.

    @raise HostError: others can, or it is not there.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise explained(path, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise HostError(f"{path}: others can read this secret: chmod 600 {path}")


def explained(path: Path, error: OSError) -> HostError:
    """Tell what is wrong with a file."""
    return HostError(f"{path}: {error.strerror or error}")
