"""
Makes the weather that ships with the node C{example-weather}: nobody has measured it.

    python etc/make_weather.py netsim/datanode/data
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

FIRST = int(datetime(2017, 7, 13, tzinfo=UTC).timestamp())
LAST = int(datetime(2017, 7, 28, tzinfo=UTC).timestamp())
DAY = 86400
MINUTE = 60

ABOUT = "made up by etc/make_weather.py; nobody has measured it"


def wander(random: Random, memory: float) -> Iterator[float]:
    """
    Give numbers about zero with a deviation of one, each much like the one before.

    @param memory: how much: from 0 to 1.
    """
    value = random.gauss(0, 1)
    while True:
        yield value
        value = memory * value + math.sqrt(1 - memory**2) * random.gauss(0, 1)


def sun(time: int) -> float:
    """How high the sun stands at 67.8 degrees west: from -1 at midnight to 1 at noon."""
    return -math.cos(2 * math.pi * ((time / DAY - 67.8 / 360) % 1))


def temperature(time: int, slow: float, fast: float) -> float:
    """Degrees Celsius; the warmest hour is a while after noon."""
    return -4.5 + 4.2 * sun(time - 2 * 3600) + 1.8 * slow + 0.25 * fast


def pressure(time: int, slow: float, fast: float) -> float:
    """Hectopascal, with the tide of half a day."""
    return 555.4 + 0.7 * math.cos(4 * math.pi * time / DAY) + 1.3 * slow + 0.04 * fast


def humidity(time: int, slow: float, fast: float) -> float:
    """Percent."""
    return min(100.0, 22 * math.exp(0.55 * slow - 0.35 * sun(time - 2 * 3600) + 0.04 * fast))


def windspeed(time: int, slow: float, fast: float) -> float:
    """Metres per second, more in the afternoon."""
    return 5.5 * math.exp(0.4 * sun(time - 4 * 3600) + 0.35 * slow + 0.18 * fast)


def radiometer(time: int, slow: float, fast: float) -> float:
    """Millimetres of precipitable water vapour, with a storm on the 22nd."""
    storm = math.exp(-(((time - FIRST) / DAY - 9.4) ** 2) / 0.18)
    return 0.75 * math.exp(0.45 * slow + 0.03 * fast) + 3.1 * storm


FIELDS: list[tuple[str, str, str, str, int, Callable[[int, float, float], float]]] = [
    ("humidity", "Relative humidity", "weather", "%", 10, humidity),
    ("pressure", "Air pressure", "weather", "hPa", 10, pressure),
    ("radiometer", "Precipitable water vapour", "radiometer", "mm", 20, radiometer),
    ("temperature", "Air temperature", "weather", "degC", 10, temperature),
    ("windspeed", "Wind speed", "weather", "m/s", 10, windspeed),
]
"""Name, description, timeline, units, minutes between two readings, and how it is made."""


def main(directory: Path) -> None:
    """Write the files."""
    for name, description, timeline, units, minutes, make in FIELDS:
        # Text as the seed, so that a further field leaves the others as they are.
        slow = wander(Random(f"{name} slow"), 0.997)
        fast = wander(Random(f"{name} fast"), 0.5)
        lines = [f"# {description}", f"# {timeline}", f"# {units}", f"# {ABOUT}"]
        for time in range(FIRST, LAST + 1, minutes * MINUTE):
            lines.append(f"{time} {make(time, next(slow), next(fast)):.3f}")
        path = directory / f"apex_{name}.dat"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
