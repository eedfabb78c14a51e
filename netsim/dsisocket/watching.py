"""What a status daemon is told of a dsisocket, and what can be done to one from its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import frozen
from twisted.internet.interfaces import IAddress
from zope.interface import implementer

from netsim.addresses import describe_range
from netsim.dsisocket.protocol import CommandFactory
from netsim.dsisocket.tunnel import ReverseTunnel
from netsim.errors import ActionError
from netsim.status.duties import Duty
from netsim.status.report import IWatched, Report, listed, report_of, stop_soon

__all__ = ["DsisocketWatch", "watch"]


@implementer(IWatched)
@frozen
class DsisocketWatch:
    """
    A dsisocket, as its page shows it.

    Its commands cannot be run from there: whoever reaches the page could run whatever
    the shells of all hosts can.  They come from workloads, through the tunnels.

    @ivar hosts: the names of all that commands can be meant for.
    @ivar addresses: where it is reached.
    @ivar end: stops the process soon, and says so.
    """

    factory: CommandFactory
    hosts: Sequence[str]
    tunnels: Sequence[ReverseTunnel]
    addresses: str
    end: Callable[[], str]

    def status(self) -> dict[str, Any]:
        """How it is."""
        factory, connections = self.factory, self.factory.connections
        up = sum(tunnel.is_up for tunnel in self.tunnels)
        return {
            "addresses": self.addresses,
            "connections open": len(connections),
            "connections total": factory.begun,
            "commands total": factory.commands,
            "commands failed": factory.failed,
            "commands running": factory.running,
            "tunnels up": up,
            "tunnels down": len(self.tunnels) - up,
            "tunnels": listed({tunnel.name: tunnel.describe() for tunnel in self.tunnels}),
            "hosts": list(self.hosts),
            "connections": listed({each.number: {"peer": each.peer} for each in connections}),
        }

    def duties(self) -> Iterable[Duty]:
        """What can be done to it."""
        return [self.close_connection, self.stop]

    def close_connection(self, connection: int) -> str:
        """Close a connection; a command of it that runs is not ended, but its reply is lost."""
        if not self.factory.close(connection):
            raise ActionError(f"there is no connection {connection}")
        return f"connection {connection} is closed"

    def stop(self) -> str:
        """Stop the dsisocket: its tunnels are closed, and what runs on the hosts is ended."""
        return self.end()


def watch(
    reactor: Any,
    config: Mapping[str, Any],
    factory: Any,
    cluster: Any,
    tunnels: Sequence[ReverseTunnel],
    addresses: Iterable[IAddress],
) -> Report:
    """
    Make the report of a dsisocket.

    @param config: its options.
    @param cluster: has the settings.
    @param addresses: those of the ready line.
    """
    addresses = list(addresses)
    hosts = [host.name for host in cluster.settings.hosts]
    end = partial(stop_soon, reactor)
    watched = DsisocketWatch(factory, hosts, tunnels, describe_range(addresses), end)
    return report_of(reactor, config, "netsim-dsisocket", addresses, watched)
