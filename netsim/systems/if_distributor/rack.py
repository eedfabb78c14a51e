"""What both types have in common: the device, and what can go wrong with it."""

from __future__ import annotations

from typing import ClassVar

from netsim.simulator.faults import ANSWERS, NONE, Faulty
from netsim.systems.if_distributor.model import Distributor

__all__ = ["FAULTS", "Rack"]

FAULTS = {
    **ANSWERS,
    "stuck_value": "powers and the lock status stay what they are now",
    "unlocked": "the local oscillator does not lock",
}


class Rack(Faulty):
    """
    A distributor behind some protocol.

    @cvar count: how many channels it has.
    """

    count: ClassVar[int]
    faults = FAULTS

    def __init__(self, seed: int = 1) -> None:
        """@param seed: the same one gives the same powers at the same times."""
        self.distributor = Distributor(self.count, seed)
        self._stuck: tuple[bool, list[float]] | None = None

    def system_start(self) -> None:
        """The power comes on."""
        self.distributor.power_on(self.clock.seconds())

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        """Fail in one of the ways that `netsim simulator describe` lists; `none` ends it."""
        told = super().system_fail(kind, seconds)
        if kind == self.fault:
            self._stuck = None
            self._stuck = self._readings() if kind == "stuck_value" else None
            self.distributor.referenced = kind != "unlocked"
        return told

    def _locked(self) -> bool:
        """The lock status, as it is reported."""
        if self._stuck is not None:
            return self._stuck[0]
        return self.distributor.locked(self.clock.seconds())

    def _power(self, number: int) -> float:
        """The power of a channel, as it is reported."""
        self.distributor.channel(number)
        if self._stuck is not None:
            return self._stuck[1][number - 1]
        return self.distributor.power(self.clock.seconds(), number)

    def _readings(self) -> tuple[bool, list[float]]:
        return self._locked(), [self._power(number + 1) for number in range(self.count)]
