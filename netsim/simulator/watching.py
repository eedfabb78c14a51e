"""What a status daemon is told of simulators, and what can be done to them from its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.interfaces import IAddress
from zope.interface import implementer

from netsim.addresses import describe_range
from netsim.errors import ActionError
from netsim.simulator.hosted import Hosted
from netsim.simulator.traffic import Traffic
from netsim.status.duties import Duty
from netsim.status.report import LISTED, IWatched, Report, report_of, stop_soon

__all__ = ["SimulatorWatch", "watch"]

_CALLER = "the status daemon"


class Host(Protocol):
    """Who runs the simulators of this process."""

    @property
    def hosted(self) -> Sequence[Hosted]:
        """Those that have not stopped."""

    def stop(self, names: Iterable[str]) -> None:
        """Stop these."""

    def leave(self) -> None:
        """End the process."""


@implementer(IWatched)
@frozen
class SimulatorWatch:
    """The simulators of a process, as their page shows them."""

    reactor: Any
    host: Host

    def status(self) -> dict[str, Any]:
        """How they are."""
        hosted = self.host.hosted
        simulators = [each.simulator for each in hosted]
        servers = [server for simulator in simulators for server in simulator.servers]
        traffic = sum((server.traffic for server in servers), Traffic())
        return {
            "simulators running": len(hosted),
            "connections": sum(server.clients for server in servers),
            "subscribers": sum(server.subscribers for server in servers),
            "messages": traffic.messages,
            "bytes received": traffic.size,
            "beats skipped": sum(simulator.skipped for simulator in simulators),
            "statuses missed": sum(simulator.missed for simulator in simulators),
            "simulators": {each.name: self._simulator(each) for each in hosted},
        }

    def duties(self) -> Iterable[Duty]:
        """What can be done to them."""
        return [self.custom_command, self.stop_simulator, self.stop]

    async def custom_command(self, command: str, instance: int = 0, simulator: str = "") -> str:
        """
        Send a custom command, such as name or name:a,b, as a client can; give its answer.

        The simulator need be named only where there are several.
        """
        chosen = self._hosted(simulator)
        servers = chosen.simulator.servers
        if not 0 <= instance < len(servers):
            raise ActionError(f"{chosen.name} has the instances 0 to {len(servers) - 1}")
        answer: str = await servers[instance].command(command, _CALLER)
        return answer

    def stop_simulator(self, name: str) -> str:
        """Stop one of the simulators; with the last one the process ends."""
        chosen = self._hosted(name).name
        return stop_soon(self.reactor, partial(self.host.stop, [chosen]))

    def stop(self) -> str:
        """Stop all simulators."""
        return stop_soon(self.reactor, self.host.leave)

    def _hosted(self, name: str) -> Hosted:
        hosted = self.host.hosted
        chosen = [each for each in hosted if each.name == name or (len(hosted) == 1 and not name)]
        if not chosen:
            names = ", ".join(each.name for each in hosted)
            raise ActionError(f"there is no simulator {name!r}: there are {names or 'none'}")
        return chosen[0]

    def _simulator(self, hosted: Hosted) -> dict[str, Any]:
        simulator, since = hosted.simulator, hosted.since
        return {
            "system": hosted.system,
            "addresses": describe_range(simulator.addresses),
            "seconds": 0 if since is None else round(self.reactor.seconds() - since),
            "instances": {
                str(number): _instance(server)
                for number, server in islice(enumerate(simulator.servers), LISTED)
            },
        }


def watch(reactor: Any, config: Mapping[str, Any], host: Host) -> Report:
    """
    Make the report of the simulators of a process.

    @param config: its options.
    """
    addresses: list[IAddress] = [
        address for hosted in host.hosted for address in hosted.simulator.addresses
    ]
    return report_of(reactor, config, "netsim-simulator", addresses, SimulatorWatch(reactor, host))


def _instance(server: Any) -> dict[str, Any]:
    traffic = server.traffic
    return {
        "addresses": describe_range(server.addresses),
        "connections": server.clients,
        "subscribers": server.subscribers,
        "messages": traffic.messages,
        "bytes received": traffic.size,
    }
