"""A simulator that opens nothing, for tests of those who host it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed

from netsim.simulator.chosen import short
from netsim.simulator.entries import parse_servers
from netsim.simulator.model import Entry


class FakeSimulator:
    """
    Stands for a L{Simulator<netsim.simulator.simulator.Simulator>}.

    @ivar opening: set it to have C{open} wait for it.
    @ivar closed: how often it was told to close.
    """

    def __init__(self, name: str, ports: Sequence[int] = (1, 2), **options: Any) -> None:
        self.name = name
        self.options = options
        self.ports = ports
        self.clients = self.skipped = self.missed = 0
        self.closed = 0
        self.entries: Sequence[Entry] = ()
        self.servers: Sequence[Any] = ()
        self.opening: Deferred[Any] = succeed(None)
        self.addresses: list[IPv4Address] = []
        self._waiting: list[Deferred[None]] = []

    @classmethod
    def make(cls, module: Any, **options: Any) -> FakeSimulator:
        """As the class is called."""
        made = cls(options.get("system_type") or short(module.__name__), **options)
        place = options["host"], options["port_offset"]
        made.entries = [entry.moved(*place) for entry in parse_servers(module)]
        return made

    def open(self) -> Deferred[Any]:
        return self.opening.addCallback(self._open)

    def close(self) -> Deferred[Any]:
        self.closed += 1
        self.end()
        return succeed(None)

    def when_stopped(self) -> Deferred[Any]:
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def end(self) -> None:
        """It has stopped."""
        self.addresses = []
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    def _open(self, outcome: Any) -> list[IPv4Address]:
        self.addresses = [IPv4Address("TCP", "127.0.0.1", port) for port in self.ports]
        return self.addresses
