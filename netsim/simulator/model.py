"""What a simulator is made of, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

SHUTDOWN = "$server_shutdown%%%%%"
"""The result of a custom command that stops the address it came to (WIRE.md, section 4)."""


def short(name: str) -> str:
    """What a simulator is called in prints: the last part of a dotted name."""
    return name.rpartition(".")[2]


@frozen
class Place:
    """Where an instance listens; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def moved(self, host: str | None, offset: int) -> Place:
        """The same port on another host, C{offset} higher; no host leaves it where it is."""
        return Place(host or self.host, self.port + offset if self.port else 0)


@frozen
class Entry:
    """
    One instance, as a line of a module's C{servers} describes it.

    @ivar listen: where commands are taken, if anywhere.
    @ivar send: where the status is sent from, if anywhere.
    @ivar datagram: both are UDP, else TCP.
    @ivar arguments: what its C{System} is made with.
    """

    listen: Place | None = None
    send: Place | None = None
    datagram: bool = False
    arguments: Mapping[str, Any] = field(factory=dict)

    @property
    def places(self) -> tuple[Place, ...]:
        """Those that there are, the listening one first."""
        return tuple(place for place in (self.listen, self.send) if place is not None)

    def moved(self, host: str | None, offset: int) -> Entry:
        """The same instance elsewhere; see L{Place.moved}."""
        listen = self.listen and self.listen.moved(host, offset)
        return evolve(self, listen=listen, send=self.send and self.send.moved(host, offset))
