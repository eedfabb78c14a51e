"""An IF distributor of four channels that takes lines of text."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from netsim.simulator.commands import command
from netsim.simulator.framing import Delimiter
from netsim.simulator.system import Answer, Peer
from netsim.systems.if_distributor.model import BANDS, INPUTS, Band, Input, Reason, Refused
from netsim.systems.if_distributor.rack import FAULTS, Rack

LONGEST = 80

_OK = "OK\n"
_REASONS = {
    Reason.COMMAND: "unknown command",
    Reason.CHANNEL: "no such channel",
    Reason.RANGE: "out of range",
}


class System(Rack):
    """Four channels; lines of text."""

    count = 4
    framing = Delimiter(b"\n", strip=b" \t\r", limit=LONGEST)
    faults = {**FAULTS, "no_line_end": "answers lack their line end"}

    def message(self, message: bytes, peer: Peer) -> Answer | Awaitable[Answer]:
        """Answer a line."""
        try:
            return super().message(message, peer)
        except Refused as refused:
            return f"ERR {refused.reason:d} {_REASONS[refused.reason]}\n"

    def unknown(self, message: bytes, peer: Peer) -> str:
        """Refuse a line that no command fits."""
        raise Refused(Reason.COMMAND)

    def spoil(self, kind: str, answer: bytes) -> bytes:
        """Spoil an answer as C{faults} says."""
        return answer.rstrip(b"\n") if kind == "no_line_end" else answer

    @command("IDN?", ignore_case=True)
    def identify(self) -> str:
        """Who it is: maker, model, serial number, version."""
        return f"netsim,IFD-{self.count},1,1.3\n"

    @command("ATT {channel} {decibels}", ignore_case=True)
    def set_attenuation(self, channel: str, decibels: float) -> str:
        """Set an attenuator, in dB."""
        self.distributor.attenuate(self._numbers(channel), _whole(decibels * 4))
        return _OK

    @command("ATT? {channel}", ignore_case=True)
    def get_attenuation(self, channel: int) -> str:
        """How much a channel is attenuated."""
        return f"ATT {channel} {self.distributor.channel(channel).steps / 4:.2f}\n"

    @command("INP {channel} {name}", ignore_case=True)
    def set_input(self, channel: str, name: str) -> str:
        """Connect a channel to an input."""
        self.distributor.connect(self._numbers(channel), _place(name, INPUTS))
        return _OK

    @command("INP? {channel}", ignore_case=True)
    def get_input(self, channel: int) -> str:
        """What a channel is connected to."""
        return f"INP {channel} {INPUTS[self.distributor.channel(channel).input].name}\n"

    @command("BAND {channel} {name}", ignore_case=True)
    def set_band(self, channel: str, name: str) -> str:
        """Select the filter of a channel."""
        self.distributor.filter(self._numbers(channel), _place(name, BANDS))
        return _OK

    @command("BAND? {channel}", ignore_case=True)
    def get_band(self, channel: int) -> str:
        """The filter of a channel."""
        band = BANDS[self.distributor.channel(channel).band]
        return f"BAND {channel} {band.name} {band.low} {band.high}\n"

    @command("LO {megahertz}", ignore_case=True)
    def set_oscillator(self, megahertz: float) -> str:
        """Tune the local oscillator."""
        self.distributor.tune(self.clock.seconds(), _whole(round(megahertz * 1000, 3)))
        return _OK

    @command("LO?", ignore_case=True)
    def get_oscillator(self) -> str:
        """Its frequency, and whether it has locked."""
        return f"{self._oscillator()}\n"

    @command("POW? {channel}", ignore_case=True)
    def get_power(self, channel: int) -> str:
        """What comes out of a channel, in dBm."""
        return f"POW {channel} {self._power(channel):.2f}\n"

    @command("STAT?", ignore_case=True)
    def get_status(self) -> str:
        """Everything: the oscillator, then each channel."""
        channels = [self._channel(number + 1) for number in range(self.count)]
        return "; ".join([self._oscillator(), *channels]) + "\n"

    @command("RST", ignore_case=True)
    def reset(self) -> str:
        """Be as after power on."""
        self.distributor.power_on(self.clock.seconds())
        return _OK

    def _oscillator(self) -> str:
        locked = "LOCKED" if self._locked() else "UNLOCKED"
        return f"LO {self.distributor.frequency / 1000:.3f} {locked}"

    def _channel(self, number: int) -> str:
        channel = self.distributor.channel(number)
        settings = (
            f"{channel.steps / 4:.2f} {INPUTS[channel.input].name} {BANDS[channel.band].name}"
        )
        return f"{number} {settings} {self._power(number):.2f}"

    def _numbers(self, channel: str) -> int:
        """A channel as L{Distributor.chosen} takes it."""
        if channel.upper() == "ALL":
            return 0
        if not channel.isdecimal() or int(channel) == 0:
            raise Refused(Reason.CHANNEL)
        return int(channel)


def _whole(number: float) -> int:
    """Steps, or kHz; what is no whole number of them is as far out of range as any."""
    return int(number) if number.is_integer() else -1


def _place(name: str, known: Sequence[Input] | Sequence[Band]) -> int:
    names: list[Any] = [one.name for one in known]
    if name.upper() not in names:
        raise Refused(Reason.RANGE)
    return names.index(name.upper())
