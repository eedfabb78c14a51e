"""The C{netsim} command, called by a test."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from attrs import frozen

from netsim.cli import main


@frozen
class Ended:
    """What came of a command."""

    status: int
    stdout: str
    stderr: str


def netsim(*words: str | Path) -> Ended:
    """Run it in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    status: int | str | None = None
    with redirect_stdout(stdout), redirect_stderr(stderr):
        try:
            main(list(map(str, words)))
        except SystemExit as ended:
            status = ended.code
    if isinstance(status, str):
        # The interpreter does so.
        stderr.write(f"{status}\n")
        status = 1
    return Ended(status or 0, stdout.getvalue(), stderr.getvalue())
