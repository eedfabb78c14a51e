"""A log for Conch, which tells each step of everything at info."""

from __future__ import annotations

from typing import Any

from twisted.logger import Logger

__all__ = ["QuietLog"]


class QuietLog:
    """
    Passes on warnings and worse.

    It is no L{Logger}: that one is made anew each time that it is looked up, which
    costs more than the packet that it tells about.
    """

    def __init__(self, namespace: str) -> None:
        self._log = Logger(namespace)

    def debug(self, *_: Any, **__: Any) -> None:
        """Say nothing."""

    info = debug

    def warn(self, text: str, **values: Any) -> None:
        """Pass it on."""
        self._log.warn(text, **values)

    def error(self, text: str, **values: Any) -> None:
        """Pass it on."""
        self._log.error(text, **values)

    def failure(self, text: str, *more: Any, **values: Any) -> None:
        """Pass it on, with its traceback."""
        self._log.failure(text, *more, **values)
