"""Forwards what is logged with Twisted to a link."""

from __future__ import annotations

import re
from threading import local

from twisted.logger import (
    ILogObserver,
    LogEvent,
    LogLevel,
    eventAsText,
    globalLogPublisher,
)
from zope.interface import implementer

from netsim.status.lines import Say

__all__ = ["LogObserver"]

OWN = ("netsim.status", "netsim.background", "autobahn", "txaio")
"""Who logs about the link itself; to tell it through the link would never end."""

LIBRARIES = ("twisted", "treq", "-")
"""Who tells much of no interest; what they warn of is forwarded."""

_CHATTER = re.compile(
    r".* starting on \S+|\(.* Port \S+ Closed\)|(Starting|Stopping) factory .*"
    r"|Main loop terminated\.|Received SIG\w+, shutting down\."
)
"""What Twisted says in the old way, as programs may, too."""

_LEVELS = {
    LogLevel.debug: "debug",
    LogLevel.info: "info",
    LogLevel.warn: "warning",
    LogLevel.error: "error",
    LogLevel.critical: "critical",
}


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
        # What is logged while one is passed on is about the link, whoever says it.
        if getattr(self._now, "speaking", False):
            return
        self._now.speaking = True
        try:
            self._forward(event)
        except Exception:  # noqa: BLE001 - to log that would come back to here
            pass
        finally:
            self._now.speaking = False

    def _forward(self, event: LogEvent) -> None:
        level = event.get("log_level") or LogLevel.info
        whom = str(event.get("log_namespace") or "-")
        if _is_wanted(event, level, whom):
            self._say(_LEVELS.get(level, "info"), _text(event), whom, event.get("log_time"))


def _is_wanted(event: LogEvent, level: object, whom: str) -> bool:
    if _is_of(whom, OWN):
        return False
    if level not in (LogLevel.debug, LogLevel.info):
        return True
    text = event.get("log_text")
    return not (_is_of(whom, LIBRARIES) or (isinstance(text, str) and _CHATTER.fullmatch(text)))


def _is_of(whom: str, names: tuple[str, ...]) -> bool:
    return any(whom == name or whom.startswith(f"{name}.") for name in names)


def _text(event: LogEvent) -> str:
    return eventAsText(event, includeTimestamp=False, includeSystem=False)
