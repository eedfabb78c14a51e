"""
What the load and the upstream say to each other.

Every message has L{SIZE} bytes and asks for one thing: C{exchange} to be sent
back as it is, C{down} to be followed by that many bytes from the upstream,
C{up} that the upstream reads that many bytes and then answers L{DONE}.  A relay
passes all of it on unchanged, so that one port serves all measures.
"""

from __future__ import annotations

import random
import socket
import struct

HOST = "127.0.0.1"
SIZE = 64
DONE = b"done"

BLOCK = random.Random(1).randbytes(256 * 1024)
"""What bulk transfers repeat: noise, which no recorder can compress."""


def exchange(number: int) -> bytes:
    """Return the message that asks to be sent back; each number gives another one."""
    return _message(f"exchange {number}")


def transfer(direction: str, size: int) -> bytes:
    """Return the message that starts a bulk transfer C{up} or C{down} of this many bytes."""
    return _message(f"{direction} {size}")


def receive(connection: socket.socket, size: int = SIZE) -> bytes:
    """Wait for one whole message; shorter only where the connection has ended."""
    return connection.recv(size, socket.MSG_WAITALL)


def prepare(connection: socket.socket, timeout: int = 0) -> None:
    """
    Send small messages at once, and give up when nothing moves.

    The kernel keeps the time: a timeout of Python's own costs a system call per message.

    @param timeout: in seconds; 0 waits for ever.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    limit = struct.pack("@ll", timeout, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _message(text: str) -> bytes:
    """Pad a text to the size of a message."""
    return f"{text} ".ljust(SIZE - 1, "=").encode("ascii") + b"\n"
