"""An IF distributor of fourteen channels that takes binary frames."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from enum import IntEnum
from struct import Struct, pack
from typing import Any

from netsim.simulator.framing import LengthField
from netsim.simulator.system import Peer
from netsim.systems.if_distributor.model import Reason, Refused
from netsim.systems.if_distributor.rack import FAULTS, Rack

START = b"IF"
ANSWER = 0x80
OK = 0
MODEL, VERSION, SERIAL = 0x14, (2, 0), 14001

_HEADER = Struct(">2sHBB")
_BESIDE = _HEADER.size + 2


class Code(IntEnum):
    """What a request asks for."""

    IDENTIFY = 0x01
    READ_ALL = 0x02
    SET_ATTENUATION = 0x10
    GET_ATTENUATION = 0x11
    SET_INPUT = 0x20
    GET_INPUT = 0x21
    SET_BAND = 0x30
    GET_BAND = 0x31
    SET_OSCILLATOR = 0x40
    GET_OSCILLATOR = 0x41
    GET_POWER = 0x50
    SET_ALL_ATTENUATIONS = 0x60
    RESET = 0x7F


def checksum(data: bytes) -> bytes:
    """CRC-16 with the polynomial 1021 and the start value ffff."""
    return crc_hqx(data, 0xFFFF).to_bytes(2, "big")


def frame(sequence: int, code: int, payload: bytes = b"") -> bytes:
    """Put a frame together."""
    body = _HEADER.pack(START, len(payload), sequence, code) + payload
    return body + checksum(body)


class System(Rack):
    """Fourteen channels; binary frames."""

    count = 14
    framing = LengthField(header=4, at=2, size=2, beside=_BESIDE, start=START, limit=64)
    faults = {
        **FAULTS,
        "wrong_checksum": "the checksum of answers is wrong",
        "wrong_sequence": "answers have the next sequence number; their checksum is right",
    }

    def message(self, message: bytes, peer: Peer) -> bytes | None:
        """Answer a frame; one with a wrong checksum is ignored."""
        if checksum(message[:-2]) != message[-2:]:
            return None
        sequence, code = message[4], message[5]
        try:
            payload = bytes([OK]) + self._execute(code, message[6:-2])
        except Refused as refused:
            payload = bytes([refused.reason])
        return frame(sequence, code | ANSWER, payload)

    def spoil(self, kind: str, answer: bytes) -> bytes:
        """Spoil an answer as C{faults} says."""
        match kind:
            case "wrong_checksum":
                return answer[:-1] + bytes([answer[-1] ^ 0xFF])
            case "wrong_sequence":
                return frame((answer[4] + 1) & 0xFF, answer[5], answer[6:-2])
        return answer

    def _execute(self, code: int, payload: bytes) -> bytes:
        """The data of the answer."""
        if code not in _COMMANDS:
            raise Refused(Reason.COMMAND)
        layout, method = _COMMANDS[code]
        if len(payload) != layout.size:
            raise Refused(Reason.LENGTH)
        data: bytes | None = method(self, *layout.unpack(payload))
        return data or b""

    def _identify(self) -> bytes:
        return pack(">BBBBI", MODEL, self.count, *VERSION, SERIAL)

    def _read_all(self) -> bytes:
        channels = (self._channel(number + 1) for number in range(self.count))
        return self._get_oscillator() + b"".join(channels)

    def _channel(self, number: int) -> bytes:
        channel = self.distributor.channel(number)
        settings = pack(">BBB", channel.steps, channel.input, channel.band)
        return settings + self._get_power(number)

    def _set_attenuation(self, number: int, steps: int) -> None:
        self.distributor.attenuate(number, steps)

    def _get_attenuation(self, number: int) -> bytes:
        return bytes([self.distributor.channel(number).steps])

    def _set_input(self, number: int, input: int) -> None:
        self.distributor.connect(number, input)

    def _get_input(self, number: int) -> bytes:
        return bytes([self.distributor.channel(number).input])

    def _set_band(self, number: int, band: int) -> None:
        self.distributor.filter(number, band)

    def _get_band(self, number: int) -> bytes:
        return bytes([self.distributor.channel(number).band])

    def _set_oscillator(self, frequency: int) -> None:
        self.distributor.tune(self.clock.seconds(), frequency)

    def _get_oscillator(self) -> bytes:
        return pack(">IB", self.distributor.frequency, self._locked())

    def _get_power(self, number: int) -> bytes:
        return pack(">h", round(self._power(number) * 100))

    def _set_all_attenuations(self, *steps: int) -> None:
        self.distributor.attenuate_all(steps)

    def _reset(self) -> None:
        self.distributor.power_on(self.clock.seconds())


_NOTHING, _NUMBER, _SETTING = Struct(""), Struct(">B"), Struct(">BB")

_COMMANDS: Mapping[int, tuple[Struct, Callable[..., Any]]] = {
    Code.IDENTIFY: (_NOTHING, System._identify),
    Code.READ_ALL: (_NOTHING, System._read_all),
    Code.SET_ATTENUATION: (_SETTING, System._set_attenuation),
    Code.GET_ATTENUATION: (_NUMBER, System._get_attenuation),
    Code.SET_INPUT: (_SETTING, System._set_input),
    Code.GET_INPUT: (_NUMBER, System._get_input),
    Code.SET_BAND: (_SETTING, System._set_band),
    Code.GET_BAND: (_NUMBER, System._get_band),
    Code.SET_OSCILLATOR: (Struct(">I"), System._set_oscillator),
    Code.GET_OSCILLATOR: (_NOTHING, System._get_oscillator),
    Code.GET_POWER: (_NUMBER, System._get_power),
    Code.SET_ALL_ATTENUATIONS: (Struct(f">{System.count}B"), System._set_all_attenuations),
    Code.RESET: (_NOTHING, System._reset),
}
