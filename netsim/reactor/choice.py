"""Which reactor the C{netsim} command runs on."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import netsim.reactor

__all__ = ["VARIABLE", "choose", "reactor_name"]

UV = "uv"
_USUAL = {
    UV: "netsim.reactor",
    **{name: f"twisted.internet.{name}reactor" for name in ("asyncio", "epoll", "poll", "select")},
}
"""Those that are found without a look at all plugins, which costs time and memory."""
VARIABLE = "NETSIM_REACTOR"
"""The environment variable with the name; processes that a service starts find it there."""


def reactor_name(text: str) -> str:
    """
    Read the name of a reactor.

    @raise ValueError: there is none of this name, or it needs what is not installed.
    """
    if text not in _USUAL:
        _look_up(text)
    if text == UV and not netsim.reactor.available():
        raise ValueError(netsim.reactor.MISSING)
    return text


def choose(name: str | None) -> None:
    """
    Make this the reactor of the process; one that there is already stays.

    @param name: without one it is uv where uvloop is installed, else Twisted's default.
    @raise ValueError: it cannot be had on this system.
    """
    if "twisted.internet.reactor" in sys.modules:
        return
    if name is None:
        if netsim.reactor.available():
            netsim.reactor.install()
        return
    os.environ[VARIABLE] = name
    try:
        (import_module(_USUAL[name]) if name in _USUAL else _look_up(name)).install()
    except ImportError as error:
        raise ValueError(f"the reactor {name} cannot be had here: {error}") from error


def _look_up(name: str) -> Any:
    """The plugin of a reactor."""
    from twisted.application.reactors import getReactorTypes

    found = {kind.shortName: kind for kind in getReactorTypes()}
    if name not in found:
        raise ValueError(f"expected one of {', '.join(sorted(found))}")
    return found[name]
