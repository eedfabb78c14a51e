"""Files of readings: C{python -m bench.series_data PORT} writes them where it runs, and stays."""

from __future__ import annotations

import random
import signal
import socket
import sys
from pathlib import Path

FILES = 10
LARGE, SMALL = "large", "small"
SIZES = {LARGE: 1_000_000, SMALL: 20_000}
"""Readings in each file, by the first part of its name."""
START = 1_500_000_000.0
STEP = 0.1
"""Unix seconds of the first reading, and seconds between two."""


def write(directory: Path) -> None:
    """Write all files: ten of either size, those of a size with the same times."""
    for size, count in SIZES.items():
        for number in range(FILES):
            _write(directory / f"{size}_{number}.dat", size, count, random.Random(number))


def _write(path: Path, timeline: str, count: int, chance: random.Random) -> None:
    value = 10.0
    with path.open("w") as file:
        file.write(f"# Readings that wander\n# {timeline}\n# K\n# made for the bench\n")
        for index in range(count):
            value += chance.random() - 0.5
            file.write(f"{START + index * STEP:.3f} {value:.4f}\n")


if __name__ == "__main__":
    write(Path())
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
        signal.pause()
