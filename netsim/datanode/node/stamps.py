"""Times in the names of files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["span_of"]

_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<dash>-?)(?P<month>[0-9]{2})(?P=dash)(?P<day>[0-9]{2})"
    r"(?:[T-]?(?P<hour>[0-9]{2})[:-]?(?P<minute>[0-9]{2})(?:[:-]?(?P<second>[0-9]{2}))?Z?)?"
)
_UNIX = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?")
_YEARS = range(1970, 2200)

AMBIGUOUS = 1.9e9
"""Unix seconds that might be a date and an hour: they are not read."""


def span_of(text: str) -> tuple[float, float] | None:
    """
    Read a stamp: Unix seconds, C{20170713}, C{2017-07-13}, or a date and a time of day, in UTC.

    @return: Unix seconds at which it begins and ends: a date is a whole day; L{None}: it is
        not known what it means.
    """
    if _UNIX.fullmatch(text):
        unix = float(text)
        return (unix, unix) if unix < AMBIGUOUS else None
    match = _DATE.fullmatch(text)
    if match is None or int(match["year"]) not in _YEARS:
        return None
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        begin = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    lasts = timedelta(days=1) if match["hour"] is None else timedelta(minutes=1)
    return begin.timestamp(), (begin + lasts).timestamp()
