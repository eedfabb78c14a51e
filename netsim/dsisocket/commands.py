"""The commands that ship, and finding all that are installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.plugin import getCache
from zope.interface import implementer

from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.interfaces import ICommand
from netsim.dsisocket.inventory import label
from netsim.dsisocket.model import Host, HostReport
from netsim.errors import CommandError, ConfigError, Problem
from twisted import plugins

__all__ = ["NetworkDelays", "OnHosts", "commands"]

log = Logger()


@implementer(ICommand)
class OnHosts:
    """C{on_<group>}, C{on_<group>.<index>} and C{on_<alias>}: scripts and files on hosts."""

    name = "on_*"

    def run(self, target: str, argument: Any, cluster: Cluster) -> Deferred[tuple[HostReport, ...]]:
        """
        Do it on every host that the key names, side by side.

        @raise CommandError: there is no such host, or the argument is wrong.
        """
        # Twisted reads the module that lists the commands whenever it looks for plugins.
        from netsim.dsisocket.hostcommands import prepare

        if target == "on_atlas":
            raise CommandError(f"'Unknown dsisocket target {target}'")
        hosts = cluster.hosts(target.removeprefix("on_"))
        work = prepare(cluster.settings, target, argument, hosts)
        # What the steps hold may be secret.
        _log(f"{target}: {', '.join(argument)}", hosts)
        return cluster.on_each(hosts, work)


@implementer(ICommand)
class NetworkDelays:
    """C{network_delays}: delays between all hosts."""

    name = "network_delays"

    def run(self, target: str, argument: Any, cluster: Cluster) -> Deferred[tuple[HostReport, ...]]:
        """
        Set them on all hosts of the cluster, side by side; an empty mapping takes them away.

        @raise CommandError: there is no host, or the argument is wrong.
        """
        from netsim.dsisocket.hostcommands import prepare

        # A machine with several servers is several hosts: its device is set up once.
        machines: dict[str, Host] = {}
        for host in cluster.hosts("all_hosts"):
            machines.setdefault(host.private_ip, host)
        hosts = tuple(machines.values())
        work = prepare(cluster.settings, "", {target: argument}, hosts)
        _log(target, hosts)
        return cluster.on_each(hosts, work)


def _log(what: str, hosts: Sequence[Host]) -> None:
    log.info("{what} on {hosts}", what=what, hosts=label(hosts))


def commands() -> tuple[ICommand, ...]:
    """
    Find all commands: C{ICommand} plugins in C{twisted.plugins}.

    @raise ConfigError: there are two of one name; tells the modules of both.
    """
    found: dict[str, tuple[str, ICommand]] = {}
    problems: list[Problem] = []
    for module, command in _plugins():
        first, _ = found.setdefault(command.name, (module, command))
        if found[command.name][1] is not command:
            reason = f"the command {command.name} is in {first} and in {module}"
            problems.append(Problem("", "twisted.plugins", reason))
    if problems:
        raise ConfigError(problems)
    return tuple(command for _, command in found.values())


def _plugins() -> Iterator[tuple[str, ICommand]]:
    """Every command, and the module that has it, in the order of their modules."""
    for module, dropin in sorted(getCache(plugins).items()):
        for plugin in dropin.plugins:
            try:
                command = ICommand(plugin, None)
            except Exception:  # noqa: BLE001 - a module that is broken is not all commands' end
                log.failure("the plugin module {module} is broken", module=module)
                continue
            if command is not None:
                yield module, command
