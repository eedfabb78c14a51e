"""The daemon's two ports: HTTP, and the WebSocket on the next one."""

from __future__ import annotations

import socket
from contextlib import suppress

from twisted.internet.error import CannotListenError

__all__ = ["open_pair"]

BACKLOG = 1024
"""Connections that wait to be accepted: after a restart all frontends come back at once."""

TRIES = 20


def open_pair(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """
    Listen on a port and the next one; nothing is accepted yet.

    @param port: of HTTP; with 0 the system chooses, two in a row if it can.
    @raise CannotListenError: one of them is taken.
    """
    if port:
        first = _listen(host, port)
        return first, _second(host, port + 1, first)
    for _ in range(TRIES):
        first = _listen(host, 0)
        with suppress(CannotListenError, OverflowError):
            # Clients that know one port take the other to be the next one.
            return first, _second(host, first.getsockname()[1] + 1, first)
    return _listen(host, 0), _listen(host, 0)


def _second(host: str, port: int, first: socket.socket) -> socket.socket:
    try:
        return _listen(host, port)
    except BaseException:
        first.close()
        raise


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotListenError(host, port, error) from error
    listening.setblocking(False)
    return listening
