"""What the meter can measure, and what there is to be measured."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from attrs import Factory, define, frozen

__all__ = ["FUNCTIONS", "LINE", "NPLC", "OVERLOAD", "Function", "Signals"]

LINE = 50.0
"""Hz; an integration time is counted in its cycles (NPLC)."""
NPLC: Mapping[float, float] = {0.02: 1e-4, 0.2: 1e-5, 1.0: 3e-6, 10.0: 1e-6, 100.0: 3e-7}
"""The resolution that each integration time gives, as a part of the range."""
OVERLOAD = 9.9e37
"""What is read when the value is more than 1.2 times the range."""
HEADROOM = 1.2


@frozen
class Function:
    """
    Something to measure.

    @ivar pattern: its place in headers.
    @ivar ranges: upwards; none if it has but one, which cannot be set.
    @ivar seconds: that a reading takes where that is not up to NPLC.
    @ivar part: the finest resolution, as a part of the range, of such a function.
    @ivar questionable: its bit for an overload in the questionable status.
    @ivar base: the value that is simulated, which drifts by so much and has so much noise.
    """

    name: str
    pattern: str
    unit: str
    ranges: tuple[float, ...]
    questionable: int
    base: float
    drift: float
    noise: float
    seconds: float = 0.0
    part: float = 1e-6

    @property
    def has_nplc(self) -> bool:
        """Its integration time can be set."""
        return not self.seconds


FUNCTIONS: Mapping[str, Function] = {
    each.name: each
    for each in (
        Function("VOLT", "VOLTage[:DC]", "V", (0.1, 1, 10, 100, 1000), 1, 5.0, 2e-3, 2e-5),
        Function("VOLT:AC", "VOLTage:AC", "V", (0.1, 1, 10, 100, 750), 1, 2.5, 5e-3, 1e-3, 0.2),
        Function("CURR", "CURRent[:DC]", "A", (0.01, 0.1, 1, 3), 2, 0.0105, 2e-5, 2e-7),
        Function("CURR:AC", "CURRent:AC", "A", (1, 3), 2, 0.2, 1e-3, 1e-4, 0.2),
        Function(
            "RES", "RESistance", "OHM", (1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8), 512, 996.5, 0.2, 2e-3
        ),
        Function("FREQ", "FREQuency", "HZ", (3e5,), 32, 50.0, 0.02, 1e-3, 0.1, 1e-9),
        Function("TEMP", "TEMPerature", "CEL", (), 16, 23.0, 0.8, 5e-3),
    )
}
"""By the names that the meter itself gives them."""

_PERIOD = 600.0
"""Seconds of the drift."""


@define
class Signals:
    """
    What is at the terminals: a function of time, the same for the same seed.

    @ivar fixed: values that do not change, by function.
    """

    seed: int = 0
    fixed: dict[str, float] = Factory(dict)

    def value(self, function: Function, time: float) -> float:
        """What is there at a time, in seconds."""
        if function.name in self.fixed:
            return self.fixed[function.name]
        phase = random.Random(f"{self.seed} {function.name}").random()
        noise = random.Random(f"{self.seed} {function.name} {time:.6f}").gauss(0.0, 1.0)
        drift = math.sin(math.tau * (time / _PERIOD + phase))
        return function.base + function.drift * drift + function.noise * noise
