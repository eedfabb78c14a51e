"""
Subscribers of a status, as many as wanted, in one process that is as cheap as can be.

C{python -m bench.subscribers PORT COUNT PERIOD SECONDS} connects that often and
measures; L{bench.board} says what.  It prints a line when the measured beats begin, one
when they have ended, and then the share delivered in percent, and the p50 and p99 of
the lateness in milliseconds.
"""

from __future__ import annotations

import gc
import select
import socket
import sys
from array import array
from collections.abc import Iterator
from contextlib import ExitStack
from math import ceil, floor
from statistics import quantiles
from time import perf_counter, sleep

from bench import load, wire
from bench.board import GRACE, NUMBER, SIZE

BATCH = 32
"""How many connect before the server is given time to accept them."""

PAUSE = 0.02
"""How much time, in seconds."""

START_TIMEOUT = 3.0
"""Seconds after which whoever has got nothing is not waited for, and misses its beats."""

WARM_UP = 0.3
"""Seconds that are read before the measured beats, after everybody has got something."""

BUFFER = 1024 * SIZE
EARLY = 0.25
"""Part of a period by which a beat may come before the middle one; any other came after it."""

ROUNDING = 1e-6
"""Part of a period that the time of a beat on the grid may be off by how floats are rounded."""


class Reader:
    """
    Reads all connections and notes every message.

    @ivar heard: the connections that have got something.
    """

    def __init__(self, connections: list[socket.socket]) -> None:
        self.heard: set[int] = set()
        self._numbers, self._times = array("I"), array("d")
        self._buffer = bytearray(BUFFER)
        self._begun = {connection.fileno(): 0 for connection in connections}
        self._halves = {connection.fileno(): bytearray(SIZE) for connection in connections}
        self._connections = {connection.fileno(): connection for connection in connections}
        self._poll = select.epoll()
        for connection in connections:
            self._poll.register(connection, select.EPOLLIN)

    def read(self, until: float) -> None:
        """Note what arrives until this time."""
        poll, read = self._poll.poll, self._read
        while (left := until - perf_counter()) > 0:
            for number, _ in poll(left):
                read(number)

    def forget(self) -> None:
        """Forget what was noted."""
        del self._numbers[:], self._times[:]

    def noted(self) -> list[tuple[int, float]]:
        """Return the beats that arrived, and when each did."""
        return list(zip(self._numbers, self._times, strict=True))

    def _read(self, number: int) -> None:
        # What came of a message before stands in front of what comes now.
        begun = self._begun[number]
        buffer = self._buffer
        if begun:
            buffer[:begun] = self._halves[number][:begun]
        count = self._connections[number].recv_into(memoryview(buffer)[begun:])
        now = perf_counter()
        if not count:
            raise load.LoadError("the board closed a connection")
        self.heard.add(number)
        end = begun + count
        whole = end - end % SIZE
        for place in range(0, whole, SIZE):
            self._numbers.append(NUMBER.unpack_from(buffer, place)[0])
            self._times.append(now)
        if begun or whole < end:
            self._begun[number] = end - whole
            self._halves[number][: end - whole] = buffer[whole:end]


def measure(port: int, count: int, period: float, seconds: float) -> tuple[float, ...]:
    """
    Subscribe, read, and return the share delivered, p50 and p99.

    @raise LoadError: nobody got anything, before the measured beats or of them.
    """
    beats = round(seconds / period)
    with ExitStack() as stack:
        reader = Reader(_connected(port, count, stack))
        _warm_up(reader, count, period)
        begin = perf_counter()
        print("begin", flush=True)
        reader.read(begin + (beats + 1) * period)
        print("end", flush=True)
        reader.read(perf_counter() + GRACE)
    late = [late for point, late in _points(reader.noted(), begin, period) if 0 <= point < beats]
    if len(late) < 2:
        raise load.LoadError("nothing came while it was measured")
    parts = quantiles(late, n=100)
    return 100 * len(late) / (count * beats), parts[49] * 1e3, parts[98] * 1e3


def _points(
    noted: list[tuple[int, float]], begin: float, period: float
) -> Iterator[tuple[int, float]]:
    """Yield each message's point of the grid, the first from the begin on being 0, and lateness."""
    came: dict[int, float] = {}
    for number, time in noted:
        came[number] = min(time, came.get(number, time))
    if not came:
        return
    grid = _grid(list(came.values()), begin, period)
    points = {number: floor((time - grid) / period + ROUNDING) for number, time in came.items()}
    for number, time in noted:
        yield points[number], time - grid - points[number] * period


def _grid(times: list[float], begin: float, period: float) -> float:
    """Return the first point from the begin on of the grid that these times fit."""

    def around(point: float, before: float) -> list[float]:
        """Return how far all times are from points of a grid, at most so much before one."""
        return [(time - point + before) % period - before for time in times]

    middle = min(times, key=lambda point: sum(map(abs, around(point, period / 2))))
    grid = middle + min(around(middle, EARLY * period))
    return grid + ceil((begin - grid) / period) * period


def _connected(port: int, count: int, stack: ExitStack) -> list[socket.socket]:
    """Begin to open all connections, no more at once than any backlog holds."""
    connections = []
    for number in range(count):
        connections.append(stack.enter_context(socket.socket()))
        connections[-1].setblocking(False)
        # Nobody waits for a host that is too busy to accept: the first status comes after it.
        connections[-1].connect_ex((wire.HOST, port))
        if number % BATCH == BATCH - 1:
            sleep(PAUSE)
    return connections


def _warm_up(reader: Reader, count: int, period: float) -> None:
    """Read until everybody has got something, and then a little longer."""
    deadline = perf_counter() + START_TIMEOUT
    while len(reader.heard) < count and perf_counter() < deadline:
        reader.read(perf_counter() + period)
    if not reader.heard:
        raise load.LoadError(f"nothing came within {START_TIMEOUT:.0f} s")
    reader.forget()
    reader.read(perf_counter() + WARM_UP)


def main(arguments: list[str]) -> None:
    """Do what the arguments say."""
    port, count, period, seconds = arguments
    gc.disable()
    print(*measure(int(port), int(count), float(period), float(seconds)))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (load.LoadError, OSError) as error:
        sys.exit(f"bench.subscribers: {error}")
