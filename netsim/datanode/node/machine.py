"""What the system itself tells about this machine, where lm-sensors does not."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from netsim.datanode.node.sensorsoutput import CELSIUS, TURNS, Reading, unique

__all__ = ["readings"]

_UNKNOWN = (AttributeError, NotImplementedError, OSError, RuntimeError)
"""What psutil raises where a system tells nothing of a kind."""


def readings(psutil: Any = None) -> list[Reading]:
    """
    Read temperatures, fans, clocks of the processors and the load.

    It reads files, which may take as long as a sensor does.

    @param psutil: the module; without it, the load alone is told.
    """
    if psutil is None:
        try:
            psutil = import_module("psutil")
        except ImportError:
            return list(_load())
    return unique([
        *_sensors(lambda: psutil.sensors_temperatures(), CELSIUS),
        *_sensors(lambda: psutil.sensors_fans(), TURNS),
        *_clocks(psutil),
        *_load(),
    ])  # fmt: skip


def _sensors(ask: Callable[[], Any], units: str) -> Iterator[Reading]:
    try:
        found = ask()
    except _UNKNOWN:
        return
    for chip, entries in (found or {}).items():
        for number, entry in enumerate(entries, 1):
            if entry.current is not None:
                yield Reading(f"{chip}_{entry.label or number}", float(entry.current), units)


def _clocks(psutil: Any) -> Iterator[Reading]:
    try:
        found = psutil.cpu_freq(percpu=True)
    except _UNKNOWN:
        return
    for number, clock in enumerate(found or ()):
        yield Reading(f"frequency_cpu{number}", float(clock.current), "MHz")


def _load() -> Iterator[Reading]:
    try:
        loads = os.getloadavg()
    except _UNKNOWN:
        return
    for minutes, load in zip((1, 5, 15), loads, strict=True):
        yield Reading(f"load_{minutes}min", load)
