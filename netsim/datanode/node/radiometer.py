"""
The archive of the UCSC radiometer: C{PWV/PWV_UCSC_<year>-<day>.txt}.

Until day 201 of 2018 the name was C{PWV_UCSC_<day>-<year>.txt}.  After a line of header there
are lines of C{day_of_year value}; 1.0 is 0 h UTC on the first of January.  Values that are not
numbers are left out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from netsim.datanode.model import Field
from netsim.datanode.node.archive import ArchiveSource, Named
from netsim.datanode.textfile import Floats, TextReader

__all__ = ["PWV", "make_source", "read_name", "unix_times"]

PWV = "PWV"
DAY = 86400.0

_NAME = re.compile(
    r"PWV_UCSC_(?:(?P<year>[0-9]{4})-(?P<day>[0-9]{3})|(?P<day1>[0-9]{3})-(?P<year1>[0-9]{4}))\.txt"
)
_FIELD = Field("pwv", "pwv", "Precipitable water vapour", units="mm")


def read_name(name: str) -> Named | None:
    """Tell what is in a file: one day."""
    if (found := _day(name)) is None:
        return None
    year, day = found
    first = _new_year(year) + (day - 1) * DAY
    return Named(_FIELD.name, first, first + DAY)


def unix_times(path: Path, t: Floats, v: Floats) -> tuple[Floats, Floats]:
    """
    Make Unix seconds of days of the year that is in the name of a file.

    @return: of samples whose values are numbers.
    """
    known = np.isfinite(v)
    found = _day(path.name)
    assert found is not None, path
    return (t[known] - 1.0) * DAY + _new_year(found[0]), v[known]


def make_source(config: Any, reactor: Any) -> ArchiveSource:
    """Make what C{ucsc-radiometer} serves."""
    return ArchiveSource(
        config.name,
        config.description,
        config["data-directory"] / PWV,
        read_name,
        TextReader(titled=True, convert=unix_times),
        {_FIELD.name: _FIELD},
        config["cache"],
    )


def _day(name: str) -> tuple[int, int] | None:
    """The year and the day of it, the first being 1."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    year, day = int(match["year"] or match["year1"]), int(match["day"] or match["day1"])
    return (year, day) if year > 0 and 1 <= day <= 366 else None


def _new_year(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()
