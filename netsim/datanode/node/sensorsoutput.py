"""
Reads what C{sensors -u} prints.

That is a paragraph for each chip: its name, its adapter, then features by their labels, each
with its values (sensors(1), lm-sensors 3.6)::

    coretemp-isa-0000
    Adapter: ISA adapter
    Core 0:
      temp2_input: 43.000
      temp2_max: 100.000
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from attrs import evolve, frozen

__all__ = ["CELSIUS", "TURNS", "Reading", "read", "unique"]

CELSIUS = "°C"
TURNS = "RPM"

_INPUT = re.compile(r"\s+([a-z]+)\d*_input:\s*(\S+)\s*")
_UNITS = {
    "temp": CELSIUS,
    "fan": TURNS,
    "in": "V",
    "curr": "A",
    "power": "W",
    "energy": "J",
    "humidity": "%",
}


@frozen
class Reading:
    """
    What one sensor says.

    @ivar field: C{<chip>_<label>}.
    @ivar units: if they are known.
    """

    field: str
    value: float
    units: str | None = None


def read(text: str) -> list[Reading]:
    """Read all lines of measured values; others are passed over."""
    return unique(_readings(text))


def unique(readings: Iterable[Reading]) -> list[Reading]:
    """Number fields that would have the name of another."""
    found: dict[str, Reading] = {}
    for reading in readings:
        name, number = reading.field, 2
        while name in found:
            name, number = f"{reading.field}_{number}", number + 1
        found[name] = evolve(reading, field=name)
    return list(found.values())


def _readings(text: str) -> Iterator[Reading]:
    chip = label = ""
    for line in text.splitlines():
        if not line.strip():
            chip = label = ""
        elif match := _INPUT.fullmatch(line):
            value = _number(match[2])
            if value is not None:
                yield Reading(f"{chip}_{label}", value, _UNITS.get(match[1]))
        elif not chip:
            chip = line.strip()
        elif line.endswith(":") and not line[0].isspace():
            label = line[:-1]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
