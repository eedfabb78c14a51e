"""Hands a connected socket over to libuv."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import Any

from netsim.reactor.connection import Connection


def hand_over(connection: Connection) -> None:
    """
    Let libuv have a connection's socket; it calls C{connection_made} in the next turn.

    uvloop does this in a coroutine, all of it before its first C{await}.  It is not
    worth a task, but it must be ended: one that is dropped closes the connection.
    """
    opening = connection._loop.connect_accepted_socket(lambda: connection, connection.socket)
    opening.send(None).add_done_callback(partial(_end, opening))


def _end(opening: Coroutine[Any, Any, Any], made: object) -> None:
    try:
        opening.send(None)
    except (StopIteration, RuntimeError, OSError):
        # An exception is the connection's own, which knows it.
        return
