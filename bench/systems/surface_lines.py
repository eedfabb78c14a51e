"""
Ninety-six lines of actuators, each on a port of its own.

A request is C{STX address command n parameters checksum}; n is the number of bytes of
parameters, and the checksum makes the sum of all bytes 255 modulo 256.  The answer has
the same form and begins with C{ACK}, or with C{NAK} and one byte that tells the error.
Numbers have their most significant byte first.

The commands:

    - 01: identify; the answer is a text;
    - 10: move an actuator (1 byte) to a position (4 bytes, signed);
    - 11: report an actuator (1 byte);
    - 12: move several actuators, 5 bytes each as for 10;
    - 20: move all actuators to a position.

10 and 11 are answered with the actuator, its position and its target (4 bytes each), its
current and its temperature (2 bytes each) and its status word (2 bytes); 12 with each actuator,
its temperature (1 byte) and its status word.  What comes to address 0 is for all lines, and
nobody answers.
"""

import struct
from socketserver import ThreadingTCPServer

from framework import ListeningSystem

LINES = 96
ACTUATORS = 12

servers = [
    (("0.0.0.0", 10999 + line), (), ThreadingTCPServer, {"address": line})
    for line in range(1, LINES + 1)
]


class System(ListeningSystem):
    """One line."""

    header = "\x02"
    ack = "\x06"
    nak = "\x15"
    broadcast = 0

    unknown_command = 1
    wrong_length = 2
    no_such_actuator = 3

    def __init__(self, address=1):
        self.msg = ""
        self.address = address
        self.positions = [0] * ACTUATORS
        self.commands = {
            0x01: ((0,), self.identify),
            0x10: ((5,), self.move),
            0x11: ((1,), self.report),
            0x12: (range(5, 5 * ACTUATORS + 1, 5), self.move_some),
            0x20: ((4,), self.move_all),
        }

    def parse(self, byte):
        """Take one character of a request."""
        if not self.msg and byte != self.header:
            return False
        self.msg += byte
        if len(self.msg) < 4 or len(self.msg) < 5 + ord(self.msg[3]):
            return True
        msg, self.msg = self.msg, ""
        return self._execute(msg)

    def identify(self, params):
        """Tell who this is."""
        return f"SURFACE LINE {self.address:02d}"

    def move(self, params):
        """Move one actuator."""
        actuator, position = struct.unpack(">Bi", params.encode("latin-1"))
        self._check(actuator)
        self.positions[actuator] = position
        return self._state(actuator)

    def report(self, params):
        """Tell how one actuator is."""
        actuator = ord(params)
        self._check(actuator)
        return self._state(actuator)

    def move_some(self, params):
        """Move several actuators, or none."""
        moves = list(struct.iter_unpack(">Bi", params.encode("latin-1")))
        for actuator, _ in moves:
            self._check(actuator)
        for actuator, position in moves:
            self.positions[actuator] = position
        states = [struct.pack(">BBH", a, 100 + a, 0x8000 | a) for a, _ in moves]
        return b"".join(states).decode("latin-1")

    def move_all(self, params):
        """Move all actuators."""
        (position,) = struct.unpack(">i", params.encode("latin-1"))
        self.positions = [position] * ACTUATORS
        return ""

    def _execute(self, msg):
        if sum(map(ord, msg)) % 256 != 255:
            raise ValueError(f"wrong checksum: {msg!r}")
        address = ord(msg[1])
        if address not in (self.address, self.broadcast):
            return True
        answer = self._answer(msg[2], msg[4:-1])
        return True if address == self.broadcast else answer

    def _answer(self, code, params):
        lengths, command = self.commands.get(ord(code), ((), None))
        if command is None:
            return self._message(self.nak, code, chr(self.unknown_command))
        if len(params) not in lengths:
            return self._message(self.nak, code, chr(self.wrong_length))
        try:
            return self._message(self.ack, code, command(params))
        except IndexError:
            return self._message(self.nak, code, chr(self.no_such_actuator))

    def _message(self, header, code, params):
        text = header + chr(self.address) + code + chr(len(params)) + params
        return text + chr((255 - sum(map(ord, text))) % 256)

    def _check(self, actuator):
        if actuator >= ACTUATORS:
            raise IndexError(actuator)

    def _state(self, actuator):
        position = self.positions[actuator]
        data = struct.pack(
            ">BiiHhH",
            actuator,
            position,
            position,
            abs(position) % 1000,
            100 + actuator,
            0x8000 | actuator,
        )
        return data.decode("latin-1")
