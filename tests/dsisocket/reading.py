"""Configurations in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netsim.dsisocket import config
from netsim.dsisocket.schema import Place, Reading, Section
from netsim.dsisocket.settings import Settings

HOME = Path("/people/ann")
DIRECTORY = Path("/lab")


def reading(environ: Mapping[str, str] | None = None) -> Reading:
    """A reading that has found nothing yet."""
    return Reading({"LOGNAME": "ann"} if environ is None else environ, HOME)


def section(value: object, found: Reading | None = None) -> Section:
    """A mapping that stands in C{f.yml}."""
    return Section(value, Place("f.yml", DIRECTORY), found or reading())


def problems(found: Reading) -> list[str]:
    """What was found wrong, as users see it."""
    return [str(problem) for problem in found.problems]


def read(
    files: Mapping[str, str | bytes] | str, environ: Mapping[str, str] | None = None
) -> tuple[Settings, Reading]:
    """
    Read a configuration.

    @param files: its text, or texts of files in C{/lab}, the first one being it.
    """
    if isinstance(files, str):
        files = {"main.yml": files}
    texts: dict[Path, Any] = {DIRECTORY / name: text for name, text in files.items()}

    def contents(path: Path) -> bytes:
        if path not in texts:
            raise FileNotFoundError(2, "No such file or directory")
        text = texts[path]
        return text if isinstance(text, bytes) else text.encode()

    found = reading(environ)
    return config.read(next(iter(texts)), contents, found), found
