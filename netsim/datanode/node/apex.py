"""The archive of the weather at APEX: C{targets/*_<field>_<first>_<last>.dat}."""

from __future__ import annotations

import re
from typing import Any

from netsim.datanode.model import Field
from netsim.datanode.node.archive import ArchiveSource, Named
from netsim.datanode.node.stamps import span_of
from netsim.datanode.textfile import TextReader

__all__ = ["TARGETS", "make_source", "read_name"]

TARGETS = "targets"

_NAME = re.compile(r"(?:.*_)?(?P<field>[^_]+)_(?P<first>[^_]+)_(?P<last>[^_]+)\.dat")

FIELDS = {
    name: Field(name, name, description, units=units)
    for name, description, units in [
        ("dewpoint", "Dew point", "degC"),
        ("humidity", "Relative humidity", "%"),
        ("pressure", "Air pressure", "hPa"),
        ("radiometer", "Precipitable water vapour", "mm"),
        ("temperature", "Air temperature", "degC"),
        ("winddirection", "Where the wind comes from", "deg"),
        ("windspeed", "Wind speed", "m/s"),
    ]
}


def read_name(name: str) -> Named | None:
    """
    Tell what is in a file.

    Where it is not known what C{<first>} and C{<last>} mean, the name does not tell its times.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    first, last = span_of(match["first"]), span_of(match["last"])
    if first is None or last is None or first[0] > last[1]:
        return Named(match["field"])
    return Named(match["field"], first[0], last[1])


def make_source(config: Any, reactor: Any) -> ArchiveSource:
    """Make what C{apex-weather} serves."""
    return ArchiveSource(
        config.name,
        config.description,
        config["data-directory"] / TARGETS,
        read_name,
        TextReader(),
        FIELDS,
        config["cache"],
    )
