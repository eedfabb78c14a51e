"""A process's memory, as Linux tells it in C{/proc}; everything in MiB."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def resident(pid: int) -> float:
    """Return what is in memory now."""
    return _field(pid, "status", "VmRSS")


def peak(pid: int) -> float:
    """Return the most that was in memory since the start, or since L{forget_peak}."""
    return _field(pid, "status", "VmHWM")


def proportional(pid: int) -> float:
    """Return what is in memory now, shared pages divided among those who share them."""
    return _field(pid, "smaps_rollup", "Pss")


def forget_peak(pid: int) -> None:
    """Let the peak start anew; where the kernel cannot, it still counts from the start."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _field(pid: int, file: str, name: str) -> float:
    """Return a field that is given in kB."""
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/{pid}/{file} has no {name}")
