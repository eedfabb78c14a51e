"""Which reactor the C{netsim} command runs on."""

from __future__ import annotations

import os
import sys

from twisted.application.reactors import NoSuchReactor, getReactorTypes, installReactor

import netsim.reactor

__all__ = ["VARIABLE", "choose", "reactor_name"]

UV = "uv"
VARIABLE = "NETSIM_REACTOR"
"""The environment variable with the name; processes that a service starts find it there."""


def reactor_name(text: str) -> str:
    """
    Read the name of a reactor.

    @raise ValueError: there is none of this name, or it needs what is not installed.
    """
    known = sorted(kind.shortName for kind in getReactorTypes())
    if text not in known:
        raise ValueError(f"expected one of {', '.join(known)}")
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
        installReactor(name)
    except (NoSuchReactor, ImportError) as error:
        raise ValueError(f"the reactor {name} cannot be had here: {error}") from error
