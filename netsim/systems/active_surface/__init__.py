"""
An active surface: 96 lines of actuators that bend the main mirror of a radio telescope.

Each instance is the controller of one line, with 12 to 18 actuators on its bus.
docs/systems/active_surface.rst is the manual of the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from struct import Struct
from typing import Any

from netsim.simulator.faults import ANSWERS, NONE, Faulty
from netsim.simulator.system import Peer
from netsim.systems.active_surface import wire
from netsim.systems.active_surface.model import Actuator, Error, Refused
from netsim.systems.active_surface.wire import BROADCAST, LINE, Code

LINES = 96
FIRST_PORT = 11000

MODEL, VERSION = 0xA5, (2, 4)

_POWER_ON = 2000
"""How far from zero an actuator may be when the power comes on."""

servers = [
    (("127.0.0.1", FIRST_PORT + index), (), "tcp", {"line": index + 1}) for index in range(LINES)
]


def actuators_of(line: int) -> int:
    """How many actuators a line has: 12 to 18."""
    return 12 + (line - 1) % 7


class System(Faulty):
    """The controller of one line of actuators, and the actuators on its bus."""

    framing = wire.FRAMING
    faults = {
        **ANSWERS,
        "wrong_checksum": "the checksum of answers is wrong",
        "cut_answer": "answers lack their last byte",
        "wrong_address": "answers come from the next address; their checksum is right",
        "stuck_value": "positions and status words stay what they are now; commands are executed",
    }

    def __init__(self, line: int = 1) -> None:
        """
        @param line: its number, from 1.
        @raise ValueError: there is no such line.
        """
        if not 1 <= line <= LINES:
            raise ValueError(f"line {line}: expected 1 to {LINES}")
        self.line = line
        # Not where a test would expect them, but each time the same.
        somewhere = Random(line)
        self.actuators = tuple(
            Actuator(somewhere.randint(-_POWER_ON, _POWER_ON)) for _ in range(actuators_of(line))
        )
        self._targets = wire.targets(len(self.actuators))
        self._stuck: list[tuple[int, int]] | None = None

    def message(self, message: bytes, peer: Peer) -> bytes | None:
        """Answer a request."""
        address, code = message[2], message[3]
        try:
            if not wire.is_sound(message):
                raise Refused(Error.CHECKSUM)
            data = self._execute(address, code, message[4:-1])
        except Refused as refused:
            if address == BROADCAST:
                return None
            return wire.frame(wire.NAK, address, code, bytes([refused.error]))
        return None if address == BROADCAST else wire.frame(wire.ACK, address, code, data)

    def spoil(self, kind: str, answer: bytes) -> bytes:
        """Spoil an answer as C{faults} says."""
        match kind:
            case "wrong_checksum":
                return answer[:-1] + bytes([answer[-1] ^ 0xFF])
            case "cut_answer":
                return answer[:-1]
            case "wrong_address":
                return wire.frame(answer[0], (answer[2] + 1) & 0xFF, answer[3], answer[4:-1])
        return answer

    def system_fail(self, kind: str = NONE, seconds: str = "1") -> str:
        """Fail in one of the ways that `netsim simulator describe` lists; `none` ends it."""
        told = super().system_fail(kind, seconds)
        if kind == self.fault:
            self._stuck = None
            addresses = range(1, len(self.actuators) + 1)
            if kind == "stuck_value":
                self._stuck = [self._reading(address) for address in addresses]
        return told

    def jam(self, address: str) -> str:
        """Let the motor of an actuator jam: it stops, and reports a fault until it is reset."""
        actuator = self._actuator(int(address))
        if actuator is None:
            raise ValueError(f"actuator {address}: expected 1 to {len(self.actuators)}")
        actuator.jam(self.clock.seconds())
        return f"jammed {address}\n"

    def _execute(self, address: int, code: int, data: bytes) -> bytes:
        """The data of the answer."""
        if act := _ACTIONS.get(code):
            return self._act(act, address, data)
        if read := _READINGS.get(code):
            return _without(data, read(self, address))
        if code == Code.MOVE_ALL:
            return self._move_all(address, data)
        raise Refused(Error.COMMAND)

    def _act(self, act: _Action, address: int, data: bytes) -> bytes:
        layout, method = act
        chosen = self._chosen(address)
        if len(data) != layout.size:
            raise Refused(Error.LENGTH)
        arguments, now = layout.unpack(data), self.clock.seconds()
        if address != BROADCAST:
            method(chosen[0], now, *arguments)
            return b""
        for actuator in chosen:
            _try(method, actuator, now, *arguments)
        return b""

    def _move_all(self, address: int, data: bytes) -> bytes:
        if address not in (LINE, BROADCAST):
            raise Refused(Error.ADDRESS)
        if len(data) != self._targets.size:
            raise Refused(Error.LENGTH)
        velocity, *targets = self._targets.unpack(data)
        now, refused = self.clock.seconds(), 0
        for index, actuator in enumerate(self.actuators):
            if not _try(Actuator.move_to, actuator, now, targets[index], velocity):
                refused |= 1 << index
        return refused.to_bytes(4, "big")

    def _chosen(self, address: int) -> tuple[Actuator, ...]:
        if address == BROADCAST:
            return self.actuators
        return (self._one(address),)

    def _one(self, address: int) -> Actuator:
        actuator = self._actuator(address)
        if actuator is None:
            raise Refused(Error.ADDRESS)
        return actuator

    def _actuator(self, address: int) -> Actuator | None:
        return self.actuators[address - 1] if 0 < address <= len(self.actuators) else None

    def _reading(self, address: int) -> tuple[int, int]:
        """Position and status word, as they are reported."""
        actuator = self._one(address)
        if self._stuck is not None:
            return self._stuck[address - 1]
        now = self.clock.seconds()
        return actuator.position(now), actuator.status(now)

    def _read_identity(self, address: int) -> bytes:
        if address != LINE:
            self._one(address)
        serial = self.line * 1000 + address
        return wire.IDENTITY.pack(MODEL, *VERSION, self.line, len(self.actuators), serial)

    def _read_position(self, address: int) -> bytes:
        return wire.POSITION.pack(self._reading(address)[0])

    def _read_status(self, address: int) -> bytes:
        return wire.STATUS.pack(self._reading(address)[1])

    def _read_settings(self, address: int) -> bytes:
        actuator = self._one(address)
        return wire.SETTINGS.pack(actuator.velocity, actuator.lower, actuator.upper)

    def _read_all(self, address: int) -> bytes:
        if address != LINE:
            raise Refused(Error.ADDRESS)
        pack, count = wire.POSITION_AND_STATUS.pack, len(self.actuators)
        return b"".join(pack(*self._reading(one)) for one in range(1, count + 1))


_Action = tuple[Struct, Callable[..., None]]

_ACTIONS: Mapping[int, _Action] = {
    Code.MOVE_TO: (wire.MOVE, Actuator.move_to),
    Code.MOVE_BY: (wire.MOVE, Actuator.move_by),
    Code.STOP: (wire.EMPTY, Actuator.stop),
    Code.HOME: (wire.EMPTY, Actuator.home),
    Code.RESET: (wire.EMPTY, Actuator.reset),
    Code.SET_VELOCITY: (wire.VELOCITY, Actuator.set_velocity),
    Code.SET_LIMITS: (wire.LIMITS, Actuator.set_limits),
    Code.ENABLE: (wire.EMPTY, Actuator.enable),
    Code.DISABLE: (wire.EMPTY, Actuator.disable),
}
"""What each actuator does: the layout of the data, and the method that takes it."""

_READINGS: Mapping[int, Callable[[System, int], bytes]] = {
    Code.IDENTIFY: System._read_identity,
    Code.STATUS: System._read_status,
    Code.POSITION: System._read_position,
    Code.SETTINGS: System._read_settings,
    Code.READ_ALL: System._read_all,
}


def _without(data: bytes, answer: bytes) -> bytes:
    """The answer to a request that has no data."""
    if data:
        raise Refused(Error.LENGTH)
    return answer


def _try(method: Callable[..., None], *arguments: Any) -> bool:
    """One of many: what it refuses does not keep the others from it."""
    try:
        method(*arguments)
    except Refused:
        return False
    return True
