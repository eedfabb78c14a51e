"""All instances of one name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IAddress

from netsim import background
from netsim.errors import HostError, InputError, NetsimError, SimulatorError
from netsim.simulator import catalogue
from netsim.simulator.crew import MAX_WORKERS
from netsim.simulator.entries import parse_servers
from netsim.simulator.hosting import Hosting
from netsim.simulator.model import Entry, short
from netsim.simulator.openable import Openable
from netsim.simulator.overwire import stop_over_the_wire
from netsim.simulator.server import Server, close_all

__all__ = ["Simulator"]

_TOLD = 10
"""Instances that could not be started, in one error."""


class Simulator(Openable):
    """
    A simulator, with the meanings of discos-framework.txt: one L{Server} per instance.

    It is a service; L{open} and L{close} are for who waits for them on the reactor,
    L{start} and L{stop} for who blocks::

        simulator = Simulator("active_surface")
        simulator.start(daemon=True)
        ...
        simulator.stop()

    @ivar name: that of the module, or the C{system_type} where one is given.
    @ivar entries: its instances, where they are to be.
    @ivar servers: the same, as services, in the order of the module.
    """

    def __init__(
        self,
        system_module: ModuleType | str,
        *,
        host: str | None = "127.0.0.1",
        port_offset: int = 0,
        on_reactor: bool = False,
        custom_commands: bool = True,
        max_workers: int = MAX_WORKERS,
        reactor: Any = None,
        **kwargs: Any,
    ) -> None:
        """
        @param system_module: the module, or its name for L{catalogue.load}.
        @param host: where all addresses are; C{None} is where the module says.
        @param port_offset: how much higher than the module says the ports are.
        @param on_reactor: systems that are known to be quick are called there.
        @param custom_commands: whether those are obeyed.
        @param max_workers: threads of systems that may block, at most.
        @param kwargs: what every C{System} is made with, over what the module says.
        @raise SimulatorError: the module is no simulator; with everything it lacks.
        """
        if isinstance(system_module, str):
            system_module = catalogue.load(system_module)
        self.name: str = kwargs.get("system_type") or short(system_module.__name__)
        hosting = Hosting(reactor, on_reactor, custom_commands, max_workers)
        entries = [entry.moved(host, port_offset) for entry in parse_servers(system_module)]
        _check_ports(self.name, entries)
        self.entries: Sequence[Entry] = entries
        self._is_ours = False
        alone = len(entries) == 1
        self.servers: list[Server] = [
            Server.of(
                system_module,
                entry,
                kwargs,
                self.name if alone else f"{self.name}[{index}]",
                hosting,
            )
            for index, entry in enumerate(entries)
        ]

    @property
    def addresses(self) -> list[IAddress]:
        """Where it is reached now."""
        return [address for server in self.servers for address in server.addresses]

    @property
    def clients(self) -> int:
        """How many connections there are."""
        return sum(server.clients for server in self.servers)

    @property
    def skipped(self) -> int:
        """Beats that could not be kept."""
        return sum(server.skipped for server in self.servers)

    @property
    def missed(self) -> int:
        """Statuses that were not sent to a client, as it did not read."""
        return sum(server.missed for server in self.servers)

    def open(self) -> Deferred[list[IAddress]]:
        """
        Open all instances, or none.

        @raise SimulatorError: a system cannot be made, or lacks something.
        @raise HostError: a port cannot be had; the text names it and the instance.
        """
        self._is_ours = True
        return Deferred.fromCoroutine(self._open())

    def close(self) -> Deferred[Any]:
        """Stop all instances; the simulator may be opened again."""
        return close_all(self.servers)

    def when_stopped(self) -> Deferred[Any]:
        """Fires when the last instance is closed, by us or over the wire; see L{Server}."""
        return DeferredList([server.when_stopped() for server in self.servers])

    def start(self, daemon: bool = False, has_started: Any = None) -> Any:
        """
        Run, from any thread.

        @param daemon: return when all ports accept; else when all is stopped.
        @param has_started: told when all ports accept: an event, or a shared value
            that becomes true.
        @return: in the reactor's own thread a L{Deferred}, as that cannot wait.
        @raise NetsimError: as L{open} does.
        @raise KeyboardInterrupt: of the user; all is closed then.
        """
        return self.from_anywhere(self._run, daemon, has_started)

    def stop(self) -> Any:
        """
        Close, from any thread, as L{start} opens.

        One that was never opened here is another process's, perhaps of a copy of this
        object, and is stopped over the wire.
        """
        if self._is_ours or background.is_here():
            return super().stop()
        stop_over_the_wire(self.entries)
        return None

    async def _run(self, daemon: bool, has_started: Any) -> None:
        await self.open()
        print(f"Simulator '{self.name}' up and running.", flush=True)
        if hasattr(has_started, "set"):
            has_started.set()
        elif has_started is not None:
            has_started.value = True
        if not daemon:
            await self.when_stopped()
            print(f"Simulator '{self.name}' stopped.", flush=True)

    async def _open(self) -> list[IAddress]:
        opening = [server.open() for server in self.servers]
        results: Any = await DeferredList(opening, consumeErrors=True)
        failures = [result for done, result in results if not done]
        if not failures:
            return self.addresses
        await self.close()
        for failure in failures:
            if not failure.check(NetsimError):
                failure.raiseException()
        texts = [failure.getErrorMessage() for failure in failures]
        kind = SimulatorError if any(map(_is_input, failures)) else HostError
        more = [f"and {len(texts) - _TOLD} more"] if len(texts) > _TOLD else []
        raise kind("\n".join([*texts[:_TOLD], *more]))


def _is_input(failure: Any) -> bool:
    return bool(failure.check(InputError))


def _check_ports(name: str, entries: Iterable[Entry]) -> None:
    ports = [place.port for entry in entries for place in entry.places]
    if wrong := [port for port in ports if port > 65535]:
        raise SimulatorError(f"simulator {name!r}: there is no port {wrong[0]}, with its offset")
