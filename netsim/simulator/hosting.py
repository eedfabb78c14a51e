"""How the instances of a simulator are hosted."""

from __future__ import annotations

from typing import Any

from attrs import define

from netsim.simulator.crew import MAX_WORKERS, Crew
from netsim.simulator.system import BaseSystem

__all__ = ["Hosting"]


@define
class Hosting:
    """
    How systems are hosted, the same for all instances of a simulator.

    @ivar reactor: by itself the installed one, when the first port is opened.
    @ivar on_reactor: also systems that may block are called on the reactor.
    @ivar custom_commands: those are obeyed.
    @ivar crew: the threads of systems that may block.
    """

    reactor: Any = None
    on_reactor: bool = False
    custom_commands: bool = True
    max_workers: int = MAX_WORKERS
    _crew: Crew | None = None

    def clock(self) -> Any:
        """The reactor."""
        if self.reactor is None:
            from twisted.internet import reactor

            self.reactor = reactor
        return self.reactor

    def crew(self, system: type) -> Crew | None:
        """The threads that call a system, or its class; none if that is the reactor's work."""
        if self.on_reactor or (issubclass(system, BaseSystem) and not system.worker):
            return None
        if self._crew is None:
            self._crew = Crew(self.clock(), self.max_workers)
        return self._crew
