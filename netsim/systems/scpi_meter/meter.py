"""
The meter itself: settings, trigger, readings.

It knows no clock: whoever asks says what time it is, in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from attrs import Factory, define, evolve, frozen

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import (
    FUNCTIONS,
    HEADROOM,
    LINE,
    NPLC,
    OVERLOAD,
    Function,
)

__all__ = ["Meter", "Reading", "Setup"]

MOST = 1000
"""Readings of one trigger."""
_SOON = 1e-9
"""What is left when numbers are added up and does not count."""

Terminals = Callable[[Function, float], float]
"""The value of a function at a time."""


@frozen
class Reading:
    """What was read; C{overload} if the value was beyond the range."""

    value: float
    overload: bool = False


@frozen
class Setup:
    """
    How a function is measured.

    @ivar span: the range; of no account while it is chosen by itself.
    @ivar coarse: the resolution of a function without NPLC, if one was asked for.
    """

    function: Function
    span: float
    auto: bool = True
    nplc: float = 1.0
    coarse: float = 0.0

    @property
    def seconds(self) -> float:
        """That a reading takes."""
        return self.function.seconds or self.nplc / LINE

    def resolution(self, span: float | None = None) -> float:
        """The smallest step, of the range that is set or another."""
        part = NPLC[self.nplc] if self.function.has_nplc else self.function.part
        return max(part * (self.span if span is None else span), self.coarse)

    def read(self, value: float) -> Reading:
        """What the meter shows of a value."""
        span = self._chosen(abs(value)) if self.auto else self.span
        if abs(value) > HEADROOM * span:
            return Reading(math.copysign(OVERLOAD, value), True)
        # Digits: a resolution of 3e-5 is shown in steps of 1e-5.
        return Reading(round(value, -math.floor(math.log10(self.resolution(span)) + _SOON)))

    def _chosen(self, size: float) -> float:
        ranges = self.function.ranges or (self.span,)
        return next((span for span in ranges if size <= HEADROOM * span), ranges[-1])


@frozen
class _Run:
    """A measurement: what was set when it was triggered, so that nothing changes it."""

    setup: Setup
    count: int
    begin: float

    @property
    def end(self) -> float:
        return self.begin + self.count * self.setup.seconds

    def readings(self, terminals: Terminals) -> list[Reading]:
        times = [self.begin + (index + 1) * self.setup.seconds for index in range(self.count)]
        return [self.setup.read(terminals(self.setup.function, time)) for time in times]


@define
class Meter:
    """
    A meter with its settings.

    @ivar waiting: for a trigger from the bus.
    @ivar readings: of the last measurement that is done.
    """

    _terminals: Terminals
    function: Function = FUNCTIONS["VOLT"]
    setups: dict[str, Setup] = Factory(dict)
    count: int = 1
    source: str = "IMM"
    waiting: bool = False
    readings: list[Reading] = Factory(list)
    _run: _Run | None = None

    def __attrs_post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As it is delivered."""
        for name, function in FUNCTIONS.items():
            top = function.ranges[-1] if function.ranges else 1000.0
            self.setups[name] = Setup(function, top)
        self.configure(FUNCTIONS["VOLT"])

    def configure(self, function: Function, setup: Setup | None = None) -> None:
        """Get ready to measure something once, at once."""
        self.abort()
        self.function = function
        self.setups[function.name] = setup or Setup(function, self.setups[function.name].span)
        self.count, self.source = 1, "IMM"

    def change(self, function: Function, **changes: Any) -> None:
        """Change how a function is measured; what is being measured is given up."""
        self.abort()
        self.setups[function.name] = evolve(self.setups[function.name], **changes)

    def abort(self) -> None:
        """Give up, and forget the readings."""
        self._run, self.waiting = None, False
        self.readings = []

    def initiate(self, now: float) -> None:
        """
        Measure, or wait for a trigger.

        @raise ScpiError: it is doing that already.
        """
        if self._run is not None or self.waiting:
            raise ScpiError(-213)
        self.readings = []
        self.waiting = True
        if self.source == "IMM":
            self.trigger(now)

    def trigger(self, now: float) -> None:
        """
        Measure.

        @raise ScpiError: it does not wait for a trigger.
        """
        if not self.waiting:
            raise ScpiError(-211)
        self.waiting = False
        self._run = _Run(self.setups[self.function.name], self.count, now)

    def settle(self, now: float) -> None:
        """Take note of a measurement that is done by now."""
        if self._run is not None and now >= self._run.end - _SOON:
            self.readings = self._run.readings(self._terminals)
            self._run = None

    @property
    def measuring(self) -> bool:
        """Whether it is measuring, as far as it was L{settle}d."""
        return self._run is not None

    @property
    def end(self) -> float | None:
        """When it will be done; C{None} if that is up to a trigger, or if it is idle."""
        return None if self._run is None else self._run.end
