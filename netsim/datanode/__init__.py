"""
Time series from anywhere, over a WAMP router.

A node of one's own is a subclass of L{DataNodeServer}.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from netsim.datanode.model import BASE_URI, REALM, uri

if TYPE_CHECKING:
    from netsim.datanode.base import DataNodeServer, sisock_to_unix_time

__all__ = [
    "BASE_URI",
    "REALM",
    "WAMP_SECRET",
    "WAMP_URI",
    "WAMP_USER",
    "DataNodeServer",
    "sisock_to_unix_time",
    "uri",
]

WAMP_USER: str
"""Who servers are to the router: the variable of this name, or C{server}."""
WAMP_SECRET: str | None
"""What they know: the variable of this name, or what a hub on this machine has made up."""
WAMP_URI: str
"""Where the router is: CROSSBAR_HOST and CROSSBAR_TLS_PORT tell, else this machine."""


def __getattr__(name: str) -> Any:
    # What needs the extra, or looks at the environment, is loaded when it is asked for.
    if name in ("base", "DataNodeServer", "sisock_to_unix_time"):
        base = import_module("netsim.datanode.base")
        return base if name == "base" else getattr(base, name)
    place = import_module("netsim.datanode.place")
    if name in place.CONSTANTS:
        return place.constant(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
