"""What a hub that was killed has left: its router runs on, and keeps the ports."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from twisted.internet.task import deferLater
from twisted.logger import Logger

from netsim.errors import HostError

__all__ = ["end_leftovers", "find_leftovers"]

WITHIN = 3.0
LOOK = 0.05
"""Seconds."""

_PROGRAMS = ("python", "pypy", "crossbar")
_log = Logger()


def find_leftovers(directory: Path) -> list[Any]:
    """
    Find the processes of a crossbar that works in a directory.

    Its node.pid is not there yet while it starts, and its workers may outlive it: so the
    processes themselves are looked at.
    """
    import psutil  # type: ignore[import-untyped]

    place, found = str(directory.resolve()), []
    for process in psutil.process_iter():
        # Other users' are none of ours, and cannot be looked at.
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.cwd() == place and _is_crossbar(process):
                found.append(process)
    return found


def _is_crossbar(process: Any) -> bool:
    # What it calls itself; its interpreter tells it from an editor of its files.
    is_program = os.path.basename(process.exe()).startswith(_PROGRAMS)
    return is_program and any("crossbar" in word for word in process.cmdline())


async def end_leftovers(reactor: Any, directory: Path) -> bool:
    """
    End them; they have nothing to lose.  Tell whether there were any.

    @raise HostError: they cannot be ended.
    """
    began, were_any = reactor.seconds(), False
    while left := find_leftovers(directory):
        were_any = True
        for process in left:
            _log.info("ending a router that was left: process {pid}", pid=process.pid)
            _kill(process)
        while left := [process for process in left if not _is_gone(process)]:
            if reactor.seconds() - began >= WITHIN:
                pids = ", ".join(str(process.pid) for process in left)
                where = f"a router that was left in {directory}"
                raise HostError(f"{where} does not end: process {pids}")
            await deferLater(reactor, LOOK)
    return were_any


def _kill(process: Any) -> None:
    import psutil

    with suppress(psutil.Error):
        process.kill()


def _is_gone(process: Any) -> bool:
    """Whether it has ended, which is later than that its command line cannot be read."""
    import psutil

    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
