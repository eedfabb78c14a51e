"""Forwards what is logged with Python's C{logging} to a link."""

from __future__ import annotations

import logging
import re
from threading import local

from netsim.status.lines import LEVELS, Say

__all__ = ["LogHandler", "level_name"]

# The link's own loggers, and Twisted's, whose events come through an observer.
_OWN = re.compile(r"(netsim\.status|autobahn|txaio|twisted)(\.|$)")


class LogHandler(logging.Handler):
    """
    Hands each record to a link: its level, its text, and the name of its logger.

    It raises nothing: whoever logs must not fail because of it.
    """

    def __init__(self, say: Say, level: int | str = logging.INFO) -> None:
        """@param level: the least important of those that are forwarded."""
        super().__init__(level)
        self._say = say
        self._now = local()
        self._root: int | None = None

    def start(self) -> None:
        """
        Handle what all loggers say from now on.

        Where nobody has set up logging, this handler's level becomes that of the root
        logger, or hardly anything would be said; what would have been printed to
        stderr still is.
        """
        root = logging.getLogger()
        if not root.handlers and root.level == logging.WARNING:
            self._root = root.level
            root.setLevel(self.level)
        root.addHandler(self)

    def stop(self) -> None:
        """Handle nothing more."""
        root = logging.getLogger()
        root.removeHandler(self)
        if self._root is not None and root.level == self.level:
            root.setLevel(self._root)
        self._root = None

    def emit(self, record: logging.LogRecord) -> None:
        """Forward a record, unless it is about the link."""
        # What is logged while one is passed on is about the link, whoever says it.
        if getattr(self._now, "speaking", False):
            return
        self._now.speaking = True
        try:
            if not _OWN.match(record.name):
                self._say(level_name(record.levelno), _text(record), record.name, record.created)
            self._print(record)
        except Exception:  # noqa: BLE001 - to log that would come back to here
            pass
        finally:
            self._now.speaking = False

    def _print(self, record: logging.LogRecord) -> None:
        """Do what C{logging} does with records that have no handler but this."""
        last = logging.lastResort
        if self._root is not None and last is not None and record.levelno >= last.level:
            root = logging.getLogger()
            if root.handlers == [self] and not logging.getLogger(record.name).handlers:
                last.handle(record)


def level_name(number: int) -> str:
    """What a level of C{logging} is called in a line."""
    return LEVELS[min(max(number // 10 - 1, 0), 4)]


def _text(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - objects may fail to say what they are
        # A mistake in the call; what can be told is told.
        text = f"{record.msg} {_args(record)}"
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    return "\n".join(part for part in (text, record.exc_text, record.stack_info) if part)


def _args(record: logging.LogRecord) -> str:
    try:
        return repr(record.args)
    except Exception:  # noqa: BLE001 - as above
        return "(arguments that cannot be shown)"
