"""Which hosts a command means: groups, gathered groups, single hosts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netsim.dsisocket.model import Host
from netsim.dsisocket.settings import Settings
from netsim.errors import CommandError

__all__ = ["label", "named", "select"]

_LISTED = 40
"""Hosts that a message lists."""


def select(settings: Settings, target: str) -> tuple[Host, ...]:
    """
    Find the hosts that a target means, in the order of the configuration.

    @param target: a group, C{all_servers} or C{all_hosts}, C{group.index}, an alias, or
        C{localhost}.
    @raise CommandError: there is none; lists those that there are.
    """
    if target in settings.groups:
        if names := set(settings.groups[target]):
            return tuple(host for host in settings.hosts if host.name in names)
        raise CommandError(f"the group {target} has no hosts: {_there_are(settings)}")
    if (host := named(settings.hosts, target)) is not None:
        return (host,)
    raise CommandError(f"no host or group is called {target!r}: {_there_are(settings)}")


def named(hosts: Iterable[Host], name: str) -> Host | None:
    """Find the host of that alias, or of that place in its group, such as C{mongod.0}."""
    for host in hosts:
        if name in (host.name, _numbered(host)):
            return host
    return None


def label(hosts: Sequence[Host]) -> str:
    """List hosts by their names, those with an alias as C{mongod.0 (primary)}."""
    names = [
        _numbered(host) if host.alias is None else f"{_numbered(host)} ({host.alias})"
        for host in hosts
        if not host.is_local
    ]
    names += ["localhost" for host in hosts if host.is_local]
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f", and {more} more" if more > 0 else "")


def _numbered(host: Host) -> str:
    return f"{host.group}.{host.index}"


def _there_are(settings: Settings) -> str:
    groups = ", ".join(name for name, hosts in settings.groups.items() if hosts)
    return f"there are the groups {groups}, and the hosts {label(settings.hosts)}"
