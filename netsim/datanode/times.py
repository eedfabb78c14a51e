"""Times as queries give them: Unix seconds, seconds before now, ISO 8601, spans."""

from __future__ import annotations

import math
import re
from datetime import date
from numbers import Real
from typing import Any

from netsim.errors import QueryError

__all__ = ["interval", "iso_time", "number", "span", "unix_time"]

DAY = 86400
EPOCH = date(1970, 1, 1).toordinal()

SPANS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY, "y": 365 * DAY}
"""Seconds of the units of a span; a year has 365 days, as it has in Grafana."""

SPAN = re.compile(rf"(\d+(?:\.\d*)?|\.\d+)\s*({'|'.join(SPANS)})", re.ASCII)
DIGITS = re.compile(r"[+-]?\d+(?:\.\d*)?", re.ASCII)
ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[Tt ](?P<h>\d\d)(?::?(?P<m>\d\d)(?::?(?P<s>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"\s*(?P<offset>[Zz]|(?P<sign>[+-])(?P<oh>\d\d)(?::?(?P<om>\d\d))?)?)?",
    re.ASCII,
)
PLACES = 30
"""Digits of a fraction that are looked at."""


def unix_time(t: float, now: float) -> float:
    """
    Read a time of the document (sisock.txt, section 3.1.1).

    @param t: Unix seconds if positive; else so many seconds before C{now}.
    """
    return t if t > 0 else now + t


def number(value: Any, name: str) -> float:
    """
    Read a finite real number; a bool is none.

    @param name: of the value, for the error.
    @raise QueryError: it is something else.
    """
    if not isinstance(value, bool) and isinstance(value, Real):
        try:
            result = float(value)
        except OverflowError:
            result = math.inf
        if math.isfinite(result):
            return result
    raise QueryError(f"{name}: expected a finite number, not {_shown(value)}")


def interval(start: Any, end: Any, now: float) -> tuple[float, float]:
    """
    Read the two ends of a query.

    @return: Unix seconds; if the end lies before the start, both are the start: the interval
        is empty.
    @raise QueryError: which of them is no time.
    """
    first, last = (unix_time(number(t, name), now) for t, name in ((start, "start"), (end, "end")))
    return first, max(first, last)


def iso_time(text: Any) -> float:
    """
    Read a time of ISO 8601, or Unix milliseconds.

    @param text: date, or date and time with a fraction of any length and any offset (none:
        UTC), in the extended or the basic form; else a number, or digits: milliseconds.
    @return: Unix seconds; of all floats the nearest.
    @raise QueryError: it is neither.
    """
    if not isinstance(text, str):
        return number(text, "time") / 1000
    text = text.strip()
    if DIGITS.fullmatch(text):
        return number(float(text), "time") / 1000
    match = ISO.fullmatch(text)
    try:
        return _seconds(match) if match else _refuse(text)
    except ValueError:
        return _refuse(text)


def span(text: Any) -> float:
    """
    Read a span of time such as C{20s}, C{500ms}, C{1.5h}.

    @return: seconds.
    @raise QueryError: what was expected.
    """
    match = SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    seconds = float(match[1]) * SPANS[match[2]] if match else math.inf
    if not math.isfinite(seconds):
        units = ", ".join(SPANS)
        raise QueryError(f"interval: expected a number and one of {units}, not {_shown(text)}")
    return seconds


def _seconds(match: re.Match[str]) -> float:
    day = date.fromisoformat(match["date"]).toordinal() - EPOCH
    hours, minutes, seconds = (int(match[part] or 0) for part in "hms")
    offset_hours, offset_minutes = (int(match[part] or 0) for part in ("oh", "om"))
    fraction = (match["fraction"] or "0")[:PLACES]
    of_day = (hours * 60 + minutes) * 60 + seconds
    # A leap second counts as the first of the next minute; so does 24:00 as the next day.
    if minutes > 59 or seconds > 60 or offset_minutes > 59 or offset_hours > 23:
        raise ValueError
    if hours > 23 and (of_day, int(fraction)) != (DAY, 0):
        raise ValueError
    offset = (offset_hours * 60 + offset_minutes) * (-60 if match["sign"] == "-" else 60)
    whole = day * DAY + of_day - offset
    # Integers are divided exactly, and rounded once.
    scale: int = 10 ** len(fraction)
    return (whole * scale + int(fraction)) / scale


def _refuse(text: str) -> float:
    raise QueryError(
        "time: expected ISO 8601 such as 2017-07-13T00:00:00Z, or Unix milliseconds,"
        f" not {_shown(text)}"
    )


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        # Python writes no integers of thousands of digits.
        text = "a huge number"
    return text if len(text) <= 60 else f"{text[:57]}..."
