"""Forwards what is logged with Twisted to a link."""

from __future__ import annotations

from threading import local
from typing import Protocol

from twisted.logger import (
    ILogObserver,
    LogEvent,
    LogLevel,
    eventAsText,
    globalLogPublisher,
)
from zope.interface import implementer

__all__ = ["LogObserver", "Say"]

OWN = ("netsim.status", "netsim.background", "autobahn", "txaio")
"""Who logs about the link itself; to tell it through the link would never end."""

LIBRARIES = ("twisted", "treq", "hyperlink", "log_legacy", "stdout", "-")
"""Who tells much of no interest; what they warn of is forwarded."""

_LEVELS = {
    LogLevel.debug: "debug",
    LogLevel.info: "info",
    LogLevel.warn: "warning",
    LogLevel.error: "error",
    LogLevel.critical: "critical",
}


class Say(Protocol):
    """Takes a line of the log, in whatever thread it was logged."""

    def __call__(self, level: str, message: str, whom: str, time: float | None) -> object: ...


@implementer(ILogObserver)
class LogObserver:
    """
    Hands each event to a link: its level, its text, and the namespace of its logger.

    It raises nothing: whoever logs must not fail because of it.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._now = local()

    def start(self) -> None:
        """Observe all that is logged from now on."""
        globalLogPublisher.addObserver(self)

    def stop(self) -> None:
        """Observe nothing more."""
        globalLogPublisher.removeObserver(self)

    def __call__(self, event: LogEvent) -> None:
        """Forward an event, unless it is about the link, or chatter."""
        level = event.get("log_level") or LogLevel.info
        whom = str(event.get("log_namespace") or "-")
        if not _is_wanted(level, whom) or getattr(self._now, "speaking", False):
            return
        # What is logged while this is passed on is about the link, whoever says it.
        self._now.speaking = True
        try:
            self._say(_LEVELS.get(level, "info"), _text(event), whom, event.get("log_time"))
        except Exception:  # noqa: BLE001, S110 - to log that would come back to here
            pass
        finally:
            self._now.speaking = False


def _is_wanted(level: object, whom: str) -> bool:
    if _is_of(whom, OWN):
        return False
    return level not in (LogLevel.debug, LogLevel.info) or not _is_of(whom, LIBRARIES)


def _is_of(whom: str, names: tuple[str, ...]) -> bool:
    return any(whom == name or whom.startswith(f"{name}.") for name in names)


def _text(event: LogEvent) -> str:
    return eventAsText(event, includeTimestamp=False, includeSystem=False)
