"""
The memory of a server with all its processes, as Linux tells it in C{/proc}; in MiB.

A server is a process group (L{bench.processes} starts it as one).  What its processes
share counts for each of them, except in L{proportional}; what a process had that
has ended is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

STEP = 0.02
"""Seconds between two looks at whether a server works."""

CALM = 0.5
"""Seconds without work after which a server is idle."""


def resident(group: int) -> float:
    """Return what is in memory now."""
    return _sum(group, "status", "VmRSS")


def peak(group: int) -> float:
    """Return the most that was in memory since the start, or since L{forget_peak}."""
    return _sum(group, "status", "VmHWM")


def proportional(group: int) -> float:
    """Return what is in memory now, shared pages divided among those who share them."""
    return _sum(group, "smaps_rollup", "Pss")


def forget_peak(group: int) -> None:
    """Let the peak start anew; where the kernel cannot, it still counts from the start."""
    for process in members(group):
        with suppress(OSError):
            (process / "clear_refs").write_text("5")


def wait_until_idle(group: int, timeout: float) -> bool:
    """Wait until no thread has run, or wanted to, for a while; false where that never came."""
    now = last = monotonic()
    deadline = now + timeout
    while now < deadline:
        if now - last > CALM:
            return True
        sleep(STEP)
        now = monotonic()
        if _works(group):
            last = now
    return False


def _works(group: int) -> bool:
    """Tell whether any thread runs, waits for a core, or waits for a disk."""
    for process in members(group):
        for thread in process.glob("task/*/stat"):
            with suppress(OSError):
                if _fields(thread)[0] in "RD":
                    return True
    return False


def members(group: int) -> Iterator[Path]:
    """Yield the directories of a group's processes."""
    for process in Path("/proc").glob("[0-9]*"):
        # Others come and go while this looks at them.
        with suppress(OSError):
            if int(_fields(process / "stat")[2]) == group:
                yield process


def _fields(stat: Path) -> list[str]:
    """Return what follows the name, which may hold blanks: state, parent, group and more."""
    return stat.read_text().rpartition(")")[2].split()


def _sum(group: int, file: str, name: str) -> float:
    """Add up a field that is given in kB."""
    lines = (line for process in members(group) for line in _lines(process / file))
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / 1024


def _lines(file: Path) -> list[str]:
    """Return a file's lines; none where its process has just ended."""
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
