"""
The load: exchanges of small messages, every answer compared with what was asked for.

All sessions are closed loops: a session sends its next message when it has the
answer to the one before.  The sockets block, and epoll says which has an answer.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from statistics import median, quantiles
from time import perf_counter

from bench import wire
from bench.scale import Load

TIMEOUT = 10
"""Seconds without an answer after which a contender has failed."""

WARM_UP = 0.1
"""The part of all exchanges that comes first and does not count."""


Exchange = tuple[bytes, bytes]
"""A message, and the answer that it should get."""


class LoadError(Exception):
    """A contender did not do its job."""


def connect(port: int) -> socket.socket:
    """Open a connection to this port, small messages not delayed."""
    connection = socket.create_connection((wire.HOST, port), TIMEOUT)
    connection.settimeout(None)
    wire.prepare(connection, TIMEOUT)
    return connection


def check(answer: bytes, message: bytes) -> None:
    """
    Compare an answer with the message that asked for it.

    @raise LoadError: they differ.
    """
    if answer != message:
        ends = range(1, min(len(answer), len(message)) + 1)
        place = sum(answer[:end] == message[:end] for end in ends)
        wanted, received = message[place : place + 24], answer[place : place + 24]
        raise LoadError(f"wanted {wanted!r}..., received {received!r} (from byte {place} on)")


def exchange(connection: socket.socket, message: bytes, answer: bytes) -> None:
    """
    Make one exchange.

    @raise LoadError: another answer came.
    """
    connection.sendall(message)
    check(wire.receive(connection, len(answer)), answer)


def one_by_one(port: int, load: Load) -> dict[str, float]:
    """Time each exchange of one connection, as L{timed} does."""
    return timed(port, _echoes(load))


def timed(port: int, exchanges: Sequence[Exchange]) -> dict[str, float]:
    """
    Time each of these exchanges on one connection.

    @return: C{p50} and C{p99} in microseconds, and C{rate} in exchanges per second.
    """
    times = []
    with connect(port) as connection:
        for message, wanted in exchanges:
            size = len(wanted)
            start = perf_counter()
            connection.sendall(message)
            answer = wire.receive(connection, size)
            times.append(perf_counter() - start)
            check(answer, wanted)
    del times[: int(len(exchanges) * WARM_UP)]
    return {
        "p50": median(times) * 1e6,
        "p99": quantiles(times, n=100)[98] * 1e6,
        "rate": len(times) / sum(times),
    }


class Session:
    """One connection's walk through its exchanges."""

    def __init__(self, port: int, exchanges: Sequence[Exchange]) -> None:
        self.connection = connect(port)
        self._exchanges = exchanges
        self._number = 0
        self.connection.sendall(exchanges[0][0])

    def advance(self) -> bool:
        """Take one answer and send the next message; false where there is none left."""
        _, wanted = self._exchanges[self._number]
        check(wire.receive(self.connection, len(wanted)), wanted)
        self._number += 1
        if self._number == len(self._exchanges):
            return False
        self.connection.sendall(self._exchanges[self._number][0])
        return True


def side_by_side(port: int, load: Load) -> dict[str, float]:
    """Run all sessions of a load, as L{rate} does."""
    echoes = _echoes(load)
    return rate((Session(port, echoes) for _ in range(load.sessions)), load)


def rate(fresh: Iterator[Session], load: Load) -> dict[str, float]:
    """
    Run all sessions of a load, the next one starting when one has ended.

    @return: C{rate} in exchanges per second, from the end of the warm-up to the last answer.
    """
    with closing(_run(fresh, load)) as answers:
        for _ in islice(answers, int(load.sessions * load.each * WARM_UP)):
            pass
        start = perf_counter()
        count = sum(1 for _ in answers)
        return {"rate": count / (perf_counter() - start)}


def _echoes(load: Load) -> list[Exchange]:
    """Return the messages of a session, each of which is to be sent back."""
    return [(message, message) for message in map(wire.exchange, range(load.each))]


def _run(fresh: Iterator[Session], load: Load) -> Generator[None, None, None]:
    """Run all sessions of a load, and yield after every exchange."""
    sessions: dict[int, Session] = {}
    with select.epoll() as poll:

        def start(count: int) -> None:
            for session in islice(fresh, count):
                sessions[session.connection.fileno()] = session
                poll.register(session.connection, select.EPOLLIN)

        try:
            start(load.at_once)
            while sessions:
                for number in _answered(poll):
                    if not sessions[number].advance():
                        sessions.pop(number).connection.close()
                        start(1)
                    yield
        finally:
            for session in sessions.values():
                session.connection.close()


def _answered(poll: select.epoll) -> list[int]:
    """Wait until some sessions have an answer; raise L{LoadError} where none comes."""
    numbers = [number for number, _ in poll.poll(TIMEOUT)]
    if not numbers:
        raise LoadError(f"no answer within {TIMEOUT} s")
    return numbers
