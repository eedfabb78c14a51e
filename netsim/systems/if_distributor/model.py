"""
What an IF distributor does: it takes what receivers deliver and hands it to backends.

Each channel selects an input, filters a band and attenuates it; one local oscillator
mixes them all.  It has no clock: whoever asks says what time it is, in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum
from random import Random

from attrs import define, frozen

__all__ = ["BANDS", "INPUTS", "Band", "Channel", "Distributor", "Input", "Reason", "Refused"]

MOST_STEPS = 127
"""The most that a channel attenuates, in steps of 0.25 dB."""

LOWEST, HIGHEST = 1_000_000, 4_000_000
"""Frequencies of the local oscillator, in kHz."""

LOCK_SECONDS = 0.2
"""How long the oscillator takes to lock on a new frequency."""

_ROUNDING = 1e-6
"""Of a second: what times in seconds since 1970 are off by."""

FLOOR = -75.0
"""Power in dBm where there is no signal."""

_POWER_ON = (40, 1, 0)
_POWER_ON_FREQUENCY = 2_000_000
_DRIFTS = ((0.25, 3600.0), (0.1, 241.0), (0.02, 1.7))
"""How much the power of a channel varies in dB, and in how many seconds."""


class Reason(IntEnum):
    """Why something was refused."""

    COMMAND = 1
    LENGTH = 2
    CHANNEL = 3
    RANGE = 4


class Refused(Exception):
    """The device does not do what it was told."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@frozen
class Input:
    """
    What a channel can be connected to.

    @ivar power: of the whole band, in dBm.
    """

    name: str
    power: float


@frozen
class Band:
    """A filter, from one frequency to another, in MHz."""

    name: str
    low: int
    high: int

    @property
    def loss(self) -> float:
        """What it takes from a signal that fills the widest band, in dB."""
        return 10 * math.log10((BANDS[0].high - BANDS[0].low) / (self.high - self.low))


INPUTS = (Input("LOAD", -math.inf), Input("A", -20.0), Input("B", -23.0), Input("C", -26.5))
BANDS = (
    Band("FULL", 100, 2100),
    Band("LOW", 100, 600),
    Band("MID", 600, 1100),
    Band("HIGH", 1100, 2100),
)


@define
class Channel:
    """
    The settings of a channel.

    @ivar steps: the attenuation, in steps of 0.25 dB.
    @ivar input: its place in L{INPUTS}.
    @ivar band: its place in L{BANDS}.
    """

    steps: int
    input: int
    band: int


class Distributor:
    """
    The channels and the oscillator.

    @ivar frequency: of the oscillator, in kHz.
    @ivar referenced: the oscillator has the reference that it needs in order to lock.
    """

    def __init__(self, count: int, seed: int) -> None:
        """
        @param count: how many channels there are.
        @param seed: the same one gives the same powers at the same times.
        """
        chance = Random(seed)
        self.referenced = True
        self._count = count
        self._phases = [[math.tau * chance.random() for _ in _DRIFTS] for _ in range(count)]
        self.power_on(0.0)

    def power_on(self, now: float) -> None:
        """Have the settings that it begins with."""
        self.channels = [Channel(*_POWER_ON) for _ in range(self._count)]
        self.frequency, self._tuned = _POWER_ON_FREQUENCY, now

    def channel(self, number: int) -> Channel:
        """
        One channel; they count from 1.

        @raise Refused: there is none of this number.
        """
        if not 1 <= number <= self._count:
            raise Refused(Reason.CHANNEL)
        return self.channels[number - 1]

    def chosen(self, number: int) -> list[Channel]:
        """
        One channel, or all of them for 0.

        @raise Refused: there is none of this number.
        """
        return [self.channel(number)] if number else self.channels

    def attenuate(self, number: int, steps: int) -> None:
        """
        Set an attenuator.

        @raise Refused: it cannot be set so, or there is none.
        """
        for channel in self._checked(number, steps, MOST_STEPS):
            channel.steps = steps

    def attenuate_all(self, steps: Sequence[int]) -> None:
        """
        Set all attenuators, or none.

        @raise Refused: one of them cannot be set so.
        """
        if not all(0 <= one <= MOST_STEPS for one in steps):
            raise Refused(Reason.RANGE)
        for channel, one in zip(self.channels, steps, strict=True):
            channel.steps = one

    def connect(self, number: int, input: int) -> None:
        """
        Select an input.

        @raise Refused: as above.
        """
        for channel in self._checked(number, input, len(INPUTS) - 1):
            channel.input = input

    def filter(self, number: int, band: int) -> None:
        """
        Select a band.

        @raise Refused: as above.
        """
        for channel in self._checked(number, band, len(BANDS) - 1):
            channel.band = band

    def tune(self, now: float, frequency: int) -> None:
        """
        Set the oscillator, which must lock anew if that is another frequency.

        @raise Refused: it cannot oscillate so.
        """
        if not LOWEST <= frequency <= HIGHEST:
            raise Refused(Reason.RANGE)
        if frequency != self.frequency:
            self.frequency, self._tuned = frequency, now

    def locked(self, now: float) -> bool:
        """Whether the oscillator has its frequency."""
        return self.referenced and now - self._tuned >= LOCK_SECONDS - _ROUNDING

    def power(self, now: float, number: int) -> float:
        """
        What comes out of a channel, in dBm, to the hundredth.

        @raise Refused: there is no such channel.
        """
        channel = self.channel(number)
        source = INPUTS[channel.input]
        if not self.locked(now):
            return FLOOR
        drift = sum(
            size * math.sin(math.tau * now / period + phase)
            for (size, period), phase in zip(_DRIFTS, self._phases[number - 1], strict=True)
        )
        power = source.power - channel.steps / 4 - BANDS[channel.band].loss + drift
        return max(FLOOR, round(power, 2))

    def _checked(self, number: int, value: int, most: int) -> list[Channel]:
        chosen = self.chosen(number)
        if not 0 <= value <= most:
            raise Refused(Reason.RANGE)
        return chosen
