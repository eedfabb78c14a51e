"""What of a router's many words tells why it has ended."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["essence"]

SHOWN = 5
"""Lines."""

# Tracebacks: their heads, and all that is indented; brackets around them; what follows from it.
_NOISE = re.compile(r"\s|[\[\]]?\s*$|Traceback|Could not start node: Traceback|Native worker rec")


def essence(lines: Iterable[str]) -> list[str]:
    """Choose the last lines that a user can use; all may be noise."""
    return [line.strip() for line in lines if not _NOISE.match(line)][-SHOWN:]
