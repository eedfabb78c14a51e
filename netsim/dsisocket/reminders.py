"""Which of the failures that come again and again are worth a line in a log."""

from __future__ import annotations

__all__ = ["Reminders"]

_KEPT = 20


class Reminders:
    """Lets every reason through once, and then one in a while."""

    def __init__(self, every: float = 600.0) -> None:
        """@param every: seconds between reminders."""
        self._every = every
        self._told: set[str] = set()
        self._last = 0.0

    def due(self, reason: str, now: float) -> bool:
        """
        Say whether to tell it.

        @param now: seconds, of any clock that does not go back.
        """
        # Reasons that are never the same twice, such as those with a time, are not all new.
        is_new = reason not in self._told and len(self._told) < _KEPT
        if not is_new and now - self._last < self._every:
            return False
        if is_new:
            self._told.add(reason)
        self._last = now
        return True

    def forget(self) -> None:
        """It works: the next failure is news again."""
        self._told.clear()
