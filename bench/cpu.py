"""The time that a server with all its processes has had on any core."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from bench import memory

_WHOLE_PROCESS = 2
"""CPUCLOCK_SCHED of Linux: what the scheduler counted for all threads, also those that ended."""


def used(group: int) -> float:
    """Return the seconds that the processes of a group have had; those that ended are not known."""
    total = 0.0
    for process in memory.members(group):
        with suppress(OSError):
            total += time.clock_gettime(~int(process.name) << 3 | _WHOLE_PROCESS)
    return total


def share(group: int, wait: Callable[[], object]) -> float:
    """Return how much of one core a group needs while this waits, in percent."""
    before, start = used(group), time.perf_counter()
    wait()
    return (used(group) - before) / (time.perf_counter() - start) * 100
