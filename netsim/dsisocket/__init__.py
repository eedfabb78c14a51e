"""
JSON commands from inside a running test, through an SSH reverse tunnel.

The C{netsim-dsisocket} service is made of these; L{ICommand} is what a project
implements to add commands of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netsim.dsisocket.cluster import Cluster
    from netsim.dsisocket.interfaces import ICommand, IMachine
    from netsim.dsisocket.model import Ended, Host, HostReport, Limits, Reply, Status
    from netsim.dsisocket.protocol import CommandFactory, CommandProtocol
    from netsim.dsisocket.runner import CommandRunner
    from netsim.dsisocket.tunnel import ReverseTunnel

__all__ = [
    "Cluster",
    "CommandFactory",
    "CommandProtocol",
    "CommandRunner",
    "Ended",
    "Host",
    "HostReport",
    "ICommand",
    "IMachine",
    "Limits",
    "Reply",
    "ReverseTunnel",
    "Status",
]

_HOMES = {
    "cluster": ("Cluster",),
    "interfaces": ("ICommand", "IMachine"),
    "model": ("Ended", "Host", "HostReport", "Limits", "Reply", "Status"),
    "protocol": ("CommandFactory", "CommandProtocol"),
    "runner": ("CommandRunner",),
    "tunnel": ("ReverseTunnel",),
}


def __getattr__(name: str) -> Any:
    # Whoever looks at plugins, which every start of twistd does, comes through here: it
    # must not load all of the wing.
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
