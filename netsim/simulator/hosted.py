"""A simulator in a process that hosts several, with what others are told about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress

from netsim.addresses import describe
from netsim.simulator.messages import Status, as_text
from netsim.simulator.model import Entry

__all__ = ["Hosted", "Simulated"]


class Simulated(Protocol):
    """What a host needs of a L{Simulator<netsim.simulator.simulator.Simulator>}."""

    name: str
    entries: Sequence[Entry]

    @property
    def addresses(self) -> Any: ...

    @property
    def clients(self) -> int: ...

    @property
    def skipped(self) -> int: ...

    @property
    def missed(self) -> int: ...

    @property
    def servers(self) -> Sequence[Any]: ...

    def open(self) -> Deferred[Any]: ...

    def close(self) -> Deferred[Any]: ...

    def when_stopped(self) -> Deferred[Any]: ...


@define
class Hosted:
    """
    One of them.

    @ivar system: the name of its module.
    @ivar since: when its ports were open, by the reactor's clock.
    """

    simulator: Simulated
    system: str
    port_offset: int = 0
    since: float | None = None

    @property
    def name(self) -> str:
        """What it is called in prints."""
        return self.simulator.name

    @property
    def places(self) -> tuple[str, ...]:
        """Its addresses, before it has them."""
        return tuple(
            as_text(entry.datagram, place)
            for entry in self.simulator.entries
            for place in entry.places
        )

    def status(self, now: float) -> Status:
        """How it is."""
        addresses: Sequence[IAddress] = self.simulator.addresses
        return Status(
            self.name,
            self.system,
            len(self.simulator.entries),
            tuple(map(describe, addresses)) if self.since is not None else self.places,
            self.simulator.clients,
            None if self.since is None else now - self.since,
            self.port_offset,
            self.simulator.skipped,
            self.simulator.missed,
        )
