"""The kinds of nodes that ship: where their options and sources are."""

from __future__ import annotations

from netsim.options import Commands

__all__ = ["KINDS", "SOURCES"]

_FILES = "netsim.datanode.node.fileoptions"
_LIVE = "netsim.datanode.node.liveoptions"

KINDS: Commands = {
    "example-weather": (_FILES, "WeatherOptions", "The weather of two weeks; it ships."),
    "example-sensors": (_LIVE, "SensorsOptions", "The temperatures of this machine."),
    "apex-weather": (_FILES, "ApexOptions", "Weather files of the APEX archive."),
    "data-feed": (_LIVE, "FeedOptions", "What an OCS agent publishes."),
    "thermometry": (_LIVE, "ThermometryOptions", "The temperatures that an OCS agent publishes."),
    "ucsc-radiometer": (_FILES, "RadiometerOptions", "Files of the UCSC radiometer."),
    "g3-reader": ("netsim.datanode.node.g3options", "G3Options", "The .g3 files of a scanner."),
    "status": (_LIVE, "StatusOptions", "The numbers in what programs tell a status daemon."),
    "csv": (_FILES, "CsvOptions", "The columns of CSV files."),
}
"""By kind: the module and class of its options, and what it serves."""

SOURCES = {
    "example-weather": "netsim.datanode.node.weather",
    "example-sensors": "netsim.datanode.node.sensors",
    "apex-weather": "netsim.datanode.node.apex",
    "data-feed": "netsim.datanode.node.feed",
    "thermometry": "netsim.datanode.node.feed",
    "ucsc-radiometer": "netsim.datanode.node.radiometer",
    "g3-reader": "netsim.datanode.node.g3",
    "status": "netsim.datanode.node.status",
    "csv": "netsim.datanode.node.csvfile",
}
"""By kind: the module whose C{make_source(config, reactor)} makes what it serves."""
