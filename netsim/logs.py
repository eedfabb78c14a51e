"""Where logs go in the foreground: to the real stderr, as text, without chatter."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from twisted.logger import ILogObserver, LogEvent, textFileLogObserver
from zope.interface import implementer

__all__ = ["StderrObserver", "stderr"]

# The ready line tells all ports at once; a simulator may have hundreds.
_CHATTER = re.compile(r".* starting on \S+|\(\w+ Port \S+ Closed\)")


@implementer(ILogObserver)
class StderrObserver:
    """
    Writes the log to the real stderr.

    It leaves out what Twisted itself says about each port that is opened and closed.
    """

    def __init__(self) -> None:
        self._write = textFileLogObserver(stderr())

    def __call__(self, event: LogEvent) -> None:
        """Write one event."""
        text = event.get("log_text")
        if not (isinstance(text, str) and _CHATTER.fullmatch(text)):
            self._write(event)


def stderr() -> TextIO:
    """The real stderr; a process that was started with it closed has none."""
    return sys.__stderr__ or open(os.devnull, "w")
