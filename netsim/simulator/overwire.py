"""
Stops a simulator of another process, as existing tools do (WIRE.md, section 4).

To each of its addresses they say C{$system_stop%%%%%}, once a greeting has come, and
expect C{$server_shutdown%%%%%}.  All of this blocks.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress

from netsim.simulator.custom import HEADER, TAIL
from netsim.simulator.model import SHUTDOWN, Entry, Place

__all__ = ["stop_over_the_wire"]

GREETING_WITHIN = 0.1
"""Seconds that an address is given to greet."""
ANSWER_WITHIN = 2.0
"""Seconds in which all of them have to answer."""

_STOP = HEADER + b"system_stop" + TAIL
_STOPPED = SHUTDOWN.encode("ascii")
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def stop_over_the_wire(entries: Iterable[Entry]) -> int:
    """
    Stop all instances at the same time.

    @return: how many addresses have said that they stop; one where nobody listens, or
        where custom commands are not obeyed, says nothing.
    """
    with ExitStack() as stack:
        reached = []
        for entry in entries:
            for place in entry.places:
                # Nobody listens there.
                with suppress(OSError):
                    reached.append(stack.enter_context(_connected(place, entry.datagram)))
        if reached:
            time.sleep(GREETING_WITHIN)
        for connection in reached:
            with suppress(OSError):
                connection.sendall(_STOP)
        end = time.monotonic() + ANSWER_WITHIN
        return sum(_has_stopped(connection, end) for connection in reached)


def _connected(place: Place, datagram: bool) -> socket.socket:
    host = _ANY.get(place.host, place.host)
    if not datagram:
        return socket.create_connection((host, place.port), ANSWER_WITHIN)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_DGRAM)
    connection.connect((host, place.port))
    return connection


def _has_stopped(connection: socket.socket, end: float) -> bool:
    """Read until the answer comes, whatever comes before it."""
    heard = b""
    with suppress(OSError):
        while _STOPPED not in heard and (rest := end - time.monotonic()) > 0:
            connection.settimeout(rest)
            data = connection.recv(1 << 16)
            if not data and connection.type == socket.SOCK_STREAM:
                break
            heard = heard[-len(_STOPPED) :] + data
    return _STOPPED in heard
