"""Bulk transfers over one connection, in either direction, as fast as they go or slowly."""

from __future__ import annotations

from time import perf_counter, sleep

from bench import load, wire

SLOW_RATE = 8_000_000
"""Bytes per second that a slow client reads."""

SLOW_READ = 64 * 1024
"""Bytes that a slow client reads at a time."""


def down(port: int, size: int) -> float:
    """
    Read that many bytes from the upstream.

    @return: bytes per second, from the request to the last byte.
    @raise LoadError: the connection ended early.
    """
    buffer = bytearray(len(wire.BLOCK))
    with load.connect(port) as connection:
        start = perf_counter()
        connection.sendall(wire.transfer("down", size))
        left = size
        while left:
            count = connection.recv_into(buffer)
            if not count:
                raise load.LoadError(f"the connection ended {left} bytes early")
            left -= count
        return size / (perf_counter() - start)


def up(port: int, size: int) -> float:
    """
    Send that many bytes to the upstream.

    @return: bytes per second, from the first byte until the upstream said that it had all.
    @raise LoadError: the upstream did not say so.
    """
    block = memoryview(wire.BLOCK)
    with load.connect(port) as connection:
        start = perf_counter()
        connection.sendall(wire.transfer("up", size))
        for offset in range(0, size, len(block)):
            connection.sendall(block[: size - offset])
        load.check(connection.recv(wire.SIZE), wire.DONE)
        return size / (perf_counter() - start)


def slowly(port: int, size: int, seconds: float) -> None:
    """Ask for that many bytes, read at L{SLOW_RATE} for so many seconds, then leave."""
    with load.connect(port) as connection:
        connection.sendall(wire.transfer("down", size))
        for _ in range(int(seconds * SLOW_RATE / SLOW_READ)):
            connection.recv(SLOW_READ)
            sleep(SLOW_READ / SLOW_RATE)
