"""L{surface_lines}, the same on the wire, written for netsim: whole messages, on the reactor."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from netsim.simulator.framing import LengthField
from netsim.simulator.system import MessageSystem, Peer

LINES = 96
ACTUATORS = 12

servers = [
    (("0.0.0.0", 10999 + line), (), "tcp", {"address": line}) for line in range(1, LINES + 1)
]

ACK, NAK = 0x06, 0x15
UNKNOWN_COMMAND, WRONG_LENGTH, NO_SUCH_ACTUATOR = b"\x01", b"\x02", b"\x03"
BROADCAST = 0

_HEADER = struct.Struct("4B")
_MOVE = struct.Struct(">Bi")
_POSITION = struct.Struct(">i")
_SHORT = struct.Struct(">BBH")
_STATE = struct.Struct(">BiiHhH")


class System(MessageSystem):
    """One line."""

    framing = LengthField(header=4, at=3, size=1, beside=5, start=b"\x02")

    def __init__(self, address: int = 1) -> None:
        self._address = address
        self._positions = [0] * ACTUATORS
        self._known: dict[int, tuple[Sequence[int], Callable[[bytes], bytes]]] = {
            0x01: ((0,), self._identify),
            0x10: ((5,), self._move),
            0x11: ((1,), self._report),
            0x12: (range(5, 5 * ACTUATORS + 1, 5), self._move_some),
            0x20: ((4,), self._move_all),
        }

    def message(self, message: bytes, peer: Peer) -> bytes | None:
        """
        Answer a request.

        @raise ValueError: its checksum is wrong.
        """
        if sum(message) % 256 != 255:
            raise ValueError(f"wrong checksum: {message!r}")
        _, address, code, _ = _HEADER.unpack_from(message)
        if address not in (self._address, BROADCAST):
            return None
        answer = self._answer(code, message[4:-1])
        return None if address == BROADCAST else answer

    def _answer(self, code: int, parameters: bytes) -> bytes:
        lengths, command = self._known.get(code, ((), None))
        if command is None:
            return self._pack(NAK, code, UNKNOWN_COMMAND)
        if len(parameters) not in lengths:
            return self._pack(NAK, code, WRONG_LENGTH)
        try:
            return self._pack(ACK, code, command(parameters))
        except IndexError:
            return self._pack(NAK, code, NO_SUCH_ACTUATOR)

    def _pack(self, header: int, code: int, parameters: bytes) -> bytes:
        data = _HEADER.pack(header, self._address, code, len(parameters)) + parameters
        return data + bytes([(255 - sum(data)) % 256])

    def _identify(self, parameters: bytes) -> bytes:
        return f"SURFACE LINE {self._address:02d}".encode("ascii")

    def _move(self, parameters: bytes) -> bytes:
        actuator, position = _MOVE.unpack(parameters)
        self._positions[actuator] = position
        return self._state(actuator)

    def _report(self, parameters: bytes) -> bytes:
        return self._state(parameters[0])

    def _move_some(self, parameters: bytes) -> bytes:
        moves = list(_MOVE.iter_unpack(parameters))
        if any(actuator >= ACTUATORS for actuator, _ in moves):
            raise IndexError
        for actuator, position in moves:
            self._positions[actuator] = position
        return b"".join(_SHORT.pack(a, 100 + a, 0x8000 | a) for a, _ in moves)

    def _move_all(self, parameters: bytes) -> bytes:
        self._positions = [_POSITION.unpack(parameters)[0]] * ACTUATORS
        return b""

    def _state(self, actuator: int) -> bytes:
        position = self._positions[actuator]
        current, temperature, flags = abs(position) % 1000, 100 + actuator, 0x8000 | actuator
        return _STATE.pack(actuator, position, position, current, temperature, flags)
