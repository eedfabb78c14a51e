"""
What the load and the lines of C{surface_lines} say to each other.

Requests and answers are made here from what the wire should look like, not by the
code that is measured; L{check} compares a whole conversation with what C{parse} of the
unchanged module makes of it, so that no contender is faster because it does less.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from time import monotonic, sleep

from bench import load
from bench.devices import SURFACE
from bench.scale import Load

ACTUATORS = 12
START_TIMEOUT = 60.0
RETRY = 0.005
"""Seconds until a line that does not answer yet is asked again."""

IDENTIFY, MOVE, REPORT, MOVE_SOME, MOVE_ALL = 0x01, 0x10, 0x11, 0x12, 0x20
BROADCAST = 0


def short(line: int, count: int) -> list[load.Exchange]:
    """Return so many moves of a line (from 1), each to another position: 10 bytes and 20 back."""
    return [_move(line, number % ACTUATORS, 7919 * number) for number in range(count)]


def half(line: int, count: int) -> list[load.Exchange]:
    """Return so many moves of six actuators at once: 35 bytes and 29 back."""
    return [_moves(line, number % 7, 6, 7919 * number) for number in range(count)]


def whole(line: int, count: int) -> list[load.Exchange]:
    """Return so many moves of all twelve actuators at once: 65 bytes and 53 back."""
    return [_moves(line, 0, ACTUATORS, 7919 * number) for number in range(count)]


def wait_for_all(port: int) -> None:
    """
    Let every line answer one request, each on a connection of its own.

    @raise LoadError: one did not in time.
    """
    deadline = monotonic() + START_TIMEOUT
    for line in range(1, SURFACE.instances + 1):
        while not _answers(port, line):
            if monotonic() > deadline:
                raise load.LoadError(f"line {line} does not answer")
            sleep(RETRY)


def open_all(port: int) -> list[socket.socket]:
    """Connect to every line, and let it answer one request."""
    connections = []
    for line in range(1, SURFACE.instances + 1):
        connections.append(load.connect(port + line - 1))
        load.exchange(connections[-1], *_move(line, 0, 0))
    return connections


def check(port: int, lines: int = 1) -> None:
    """
    Compare what the first lines say with what the unchanged module says, byte by byte.

    The conversation has all commands and all errors, noise, a broadcast, somebody
    else's address, and is sent in pieces.

    @raise LoadError: they differ.
    """
    for line in range(1, lines + 1):
        said = _conversation(line)
        wanted = _answers_of_module(line, said)
        with load.connect(port + line - 1) as connection:
            for start in range(0, len(said), 7):
                connection.sendall(said[start : start + 7])
            load.check(connection.recv(len(wanted), socket.MSG_WAITALL), wanted)


def one_by_one(port: int, exchanges: list[load.Exchange]) -> dict[str, float]:
    """Time each exchange of one connection to the first line, once all lines have started."""
    wait_for_all(port)
    check(port)
    return load.timed(port, exchanges)


def side_by_side(port: int, amount: Load) -> dict[str, float]:
    """Run a session with each line, all at the same time, once all lines have started."""
    wait_for_all(port)
    check(port, amount.sessions)
    sessions = (
        load.Session(port + line - 1, short(line, amount.each))
        for line in range(1, amount.sessions + 1)
    )
    return load.rate(sessions, amount)


def _answers(port: int, line: int) -> bool:
    """Tell whether a line answers as it should."""
    with suppress(ConnectionError), load.connect(port + line - 1) as connection:
        load.exchange(connection, *_move(line, 0, 0))
        return True
    return False


def _move(line: int, actuator: int, position: int) -> load.Exchange:
    """Return a request to move, and its answer."""
    position %= 1 << 31
    state = struct.pack(
        ">BiiHhH",
        *(actuator, position, position),
        *(position % 1000, 100 + actuator, 0x8000 | actuator),
    )
    request = _packed(0x02, line, MOVE, struct.pack(">Bi", actuator, position))
    return request, _packed(0x06, line, MOVE, state)


def _moves(line: int, first: int, count: int, position: int) -> load.Exchange:
    """Return a request to move several actuators, and its answer."""
    moved = [(actuator, position + actuator) for actuator in range(first, first + count)]
    said = b"".join(struct.pack(">Bi", *move) for move in moved)
    states = [
        struct.pack(">BBH", actuator, 100 + actuator, 0x8000 | actuator) for actuator, _ in moved
    ]
    return _packed(0x02, line, MOVE_SOME, said), _packed(0x06, line, MOVE_SOME, b"".join(states))


def _packed(header: int, line: int, command: int, parameters: bytes = b"") -> bytes:
    """Put a message together."""
    data = bytes([header, line, command, len(parameters)]) + parameters
    return data + bytes([(255 - sum(data)) % 256])


def _conversation(line: int) -> bytes:
    """Return what is sent to a line to see all that it can say."""
    move = struct.pack(">Bi", 3, -123456)
    spoilt = _packed(0x02, line, MOVE, move)[:-1] + b"\x00"
    return b"".join(
        [
            _packed(0x02, line, IDENTIFY),
            b"noise" + _packed(0x02, line, MOVE, move),
            _packed(0x02, line, REPORT, b"\x03"),
            spoilt,
            _packed(0x02, BROADCAST, MOVE_ALL, struct.pack(">i", 36)),
            _packed(0x02, line % SURFACE.instances + 1, IDENTIFY),
            _packed(0x02, line, 0x77, b"no such command") + b"$nothing%%%%%",
            _packed(0x02, line, MOVE, b"\x01"),
            _packed(0x02, line, MOVE_SOME, move * 3),
            _packed(0x02, line, MOVE_SOME, move + b"\x0c" + move[1:]),
            _packed(0x02, line, MOVE_SOME, move[1:]),
            _packed(0x02, line, REPORT, bytes([ACTUATORS])),
            _packed(0x02, line, MOVE_ALL, struct.pack(">i", 1 << 20)),
            _packed(0x02, line, REPORT, b"\x0b"),
        ]
    )


def _answers_of_module(line: int, said: bytes) -> bytes:
    """Return what C{parse} of the unchanged module answers."""
    system = SURFACE.system(address=line)
    answers = []
    for byte in said:
        with suppress(ValueError):
            answer = system.parse(chr(byte))
            if isinstance(answer, str):
                answers.append(answer)
    return "".join(answers).encode("latin-1")
