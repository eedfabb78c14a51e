"""What a program runs on, in the shape that frontends expect."""

from __future__ import annotations

import getpass
import os
import platform
import struct
from pathlib import Path
from typing import Any

__all__ = ["hardware", "platform_facts"]


def platform_facts() -> dict[str, str]:
    """What does not change while a program runs.  It reads files."""
    return {
        "username": _username(),
        "machine": platform.machine(),
        "processor": _processor(),
        "os_name": platform.system(),
        "os_release": platform.release(),
        "architecture": f"{8 * struct.calcsize('P')}bit",
        "python_version": platform.python_version(),
        "python_build": " ".join(platform.python_build()),
    }


def hardware() -> dict[str, Any] | None:
    """
    How busy the machine is: per CPU since the last call in this thread.

    It takes some milliseconds, more on large machines.

    @return: nothing where psutil is not installed.
    """
    try:
        import psutil  # type: ignore[import-untyped]
    except ImportError:
        return None
    percents = psutil.cpu_percent(percpu=True)
    frequencies = _frequencies(psutil)
    memory = psutil.virtual_memory()
    return {
        "cpus": [
            {
                "id": number,
                "percent": percent,
                # psutil tells one for all where it cannot tell them apart.
                "freq": frequencies[number if number < len(frequencies) else 0],
            }
            for number, percent in enumerate(percents)
        ],
        "ram": {name: getattr(memory, name) for name in ("total", "available", "used", "free")},
        "gpus": [],
    }


def _frequencies(psutil: Any) -> list[list[float]]:
    """Current, least and most MHz of each CPU; 0 is psutil's own word for unknown."""
    try:
        found = psutil.cpu_freq(percpu=True)
    except (AttributeError, NotImplementedError, OSError, RuntimeError):
        # Not every system tells it: virtual machines, containers.
        found = None
    return [[each.current, each.min, each.max] for each in found or ()] or [[0.0, 0.0, 0.0]]


def _username() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        # A container's user may have no name.
        return str(os.getuid())


def _processor() -> str:
    # Not platform.processor(), which starts a process.
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")
