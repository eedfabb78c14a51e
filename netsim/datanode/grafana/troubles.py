"""What is wrong with nodes: each change of it makes one line of the log."""

from __future__ import annotations

__all__ = ["LIMIT", "Troubles"]

LIMIT = 1000
"""Nodes whose trouble is remembered: their names may be anything that somebody has asked for."""


class Troubles:
    """
    Remembers what was wrong with nodes, so that it is said once.

    Panels ask again every few seconds.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._known: dict[str, str] = {}

    def failed(self, node: str, reason: str) -> str | None:
        """It did not give what it was asked for; a line to log, if that is new."""
        if self._known.get(node) == reason:
            return None
        self._known.pop(node, None)
        while len(self._known) >= self._limit:
            # The oldest one.
            del self._known[next(iter(self._known))]
        self._known[node] = reason
        return f"{node} {reason}"

    def answered(self, node: str) -> str | None:
        """It did; a line to log, if that is new."""
        return f"{node} answers again" if self._known.pop(node, None) else None
