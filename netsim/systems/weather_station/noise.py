"""Something that varies smoothly and never the same, but for each seed always so."""

from __future__ import annotations

from hashlib import blake2b
from math import floor

from attrs import frozen

__all__ = ["Noise"]

_HALF = 1 << 63


@frozen
class Noise:
    """
    Functions of time, as many as there are names for them.

    @ivar seed: others for every seed.
    """

    seed: int

    def smooth(self, name: str, time: float, period: float) -> float:
        """A value from -1 to 1, on its way from one random value to the next for each period."""
        number = floor(time / period)
        share = time / period - number
        before, after = self.pick(name, number), self.pick(name, number + 1)
        return before + (after - before) * share * share * (3 - 2 * share)

    def pick(self, name: str, number: int) -> float:
        """The value from -1 to 1 that belongs to a number."""
        digest = blake2b(f"{self.seed}/{name}/{number}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / _HALF - 1
