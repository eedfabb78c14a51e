"""Where crossbar is: it lives in an environment of its own, as its pins do not go with others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from netsim.errors import HostError
from netsim.rundir import data_directory

__all__ = [
    "VARIABLE",
    "child_environment",
    "find_crossbar",
    "install_directory",
    "is_complete",
    "stamp",
]

VARIABLE = "NETSIM_CROSSBAR"
_PASSED = {"HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"}
_STAMP = ".netsim-installed"


def find_crossbar(environment: Mapping[str, str], given: Path | None = None) -> Path:
    """
    Find the program.

    @param given: what the user has said; then NETSIM_CROSSBAR counts, then the environment that
        C{netsim hub install-router} makes, then PATH.
    @raise HostError: it is not there, or cannot be run.
    """
    variable = environment.get(VARIABLE)
    for path, who in ((given, "--crossbar"), (variable and Path(variable), VARIABLE)):
        if path:
            return _checked(path, who)
    installed = install_directory(environment)
    if is_complete(installed):
        return _checked(installed / "bin" / "crossbar", str(installed))
    if found := shutil.which("crossbar", path=environment.get("PATH", os.defpath)):
        return Path(found)
    raise HostError(
        "crossbar, the router, is not installed: `netsim hub install-router` does that;"
        f" --crossbar or {VARIABLE} can name one"
    )


def install_directory(environment: Mapping[str, str]) -> Path:
    """Where C{netsim hub install-router} puts it, if nobody says where."""
    return data_directory(environment) / "crossbar"


def stamp(directory: Path) -> Path:
    """The file that tells of which pins an installation is, once it is complete."""
    return directory / _STAMP


def is_complete(directory: Path) -> bool:
    """Whether an installation has come to its end; of which pins does not matter."""
    return stamp(directory).is_file()


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Choose what a router gets of our environment.

    It knows its secrets from its configuration, and its Python is another one.
    """
    passed = {
        name: value
        for name, value in environment.items()
        if name in _PASSED or name.startswith("LC_")
    }
    # Its lines come when they are written.
    return {**passed, "PYTHONUNBUFFERED": "1"}


def _checked(path: Path, who: str) -> Path:
    if path.is_file() and os.access(path, os.X_OK):
        return path.absolute()
    raise HostError(f"{who}: {path} is no program that can be run")
