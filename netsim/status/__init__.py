"""
The status of programs: what they say to the status daemon, and how.

    from netsim.status import action, connect, watch

is all that a program needs; it works without Twisted in sight.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netsim.status.facade import Link
    from netsim.status.program import Program, action, connect, watch

__all__ = ["Link", "Program", "action", "connect", "watch"]

_HOMES = {
    "facade": ("Link",),
    "program": ("Program", "action", "connect", "watch"),
}


def __getattr__(name: str) -> Any:
    # Those who need one module of this package must not load all of it.
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
