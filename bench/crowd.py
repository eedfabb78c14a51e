"""
Many connections at the same time: how many are served, how fast, with how much memory.

All connections make their first exchange before any makes its second, and all
stay open until every one has made its last.
"""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from time import perf_counter

from bench import load, wire
from bench.scale import Load

BATCH = 32
"""How many are served at the same time: fewer than any backlog holds."""

SPARE = 100
"""Open files that this process or a server needs beside the connections."""


def gather(port: int, crowd: Load, look: Callable[[], float]) -> dict[str, float]:
    """
    Open all connections of a load and let each make its exchanges.

    @param look: takes the server's memory; called before the last exchange, when all are open.
    @return: C{served}, the connections that received every answer as it should be; C{seconds}
        from the first connection to the last answer; and C{memory}, what C{look} returned.
    """
    _check_file_limit(crowd.sessions + SPARE)
    messages = [wire.exchange(number) for number in range(crowd.each)]
    memory = 0.0
    with ExitStack() as stack:
        start = perf_counter()
        connections = _opened(port, crowd.sessions, stack, messages[0])
        for message in messages[1:]:
            if message is messages[-1]:
                memory = look()
            connections = _served(connections, message)
        return {
            "served": len(connections),
            "seconds": perf_counter() - start,
            "memory": memory,
        }


def raise_file_limit(crowd: Load) -> None:
    """
    Allow this process, and those it starts from now on, the open files of a crowd.

    Where the system's hard limit is lower, that is what they get.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = crowd.sessions + SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def _check_file_limit(wanted: int) -> None:
    """Raise L{LoadError} where this process may not open that many files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        raise load.LoadError(f"{wanted} open files are needed, the limit is {soft}")


def _opened(port: int, count: int, stack: ExitStack, message: bytes) -> list[socket.socket]:
    """Open connections, a batch at a time, and let each make its first exchange."""
    connections: list[socket.socket] = []
    while count:
        batch = [stack.enter_context(load.connect(port)) for _ in range(min(BATCH, count))]
        connections += _exchanged(batch, message)
        count -= len(batch)
    return connections


def _served(connections: list[socket.socket], message: bytes) -> list[socket.socket]:
    """Let all make this exchange, a batch at a time; return those that did."""
    starts = range(0, len(connections), BATCH)
    batches = (connections[start : start + BATCH] for start in starts)
    return [connection for batch in batches for connection in _exchanged(batch, message)]


def _exchanged(batch: list[socket.socket], message: bytes) -> list[socket.socket]:
    """
    Send the message on each, then take each answer.

    @return: the connections that received the right answer.
    @raise LoadError: none did.
    """
    for connection in batch:
        with suppress(OSError):
            connection.sendall(message)
    served = []
    for connection in batch:
        with suppress(OSError, load.LoadError):
            load.check(wire.receive(connection), message)
            served.append(connection)
    if not served:
        raise load.LoadError(f"none of {len(batch)} connections got an answer")
    return served
