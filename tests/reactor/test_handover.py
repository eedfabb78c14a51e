"""L{netsim.reactor.handover}."""

from __future__ import annotations

import gc
import socket

from twisted.internet.address import UNIXAddress

from netsim.reactor.connection import Connection
from netsim.reactor.handover import hand_over
from tests.reactor.case import Listener, ReactorCase


class Owner:
    """Serves one listener."""

    def __init__(self) -> None:
        self.listener = Listener()

    def begin(self, connection: Connection) -> None:
        """Serve it."""
        connection.serve(self.listener)

    def ended(self, reason: object) -> None:
        """It is over."""

    def describe(self, connection: Connection) -> str:
        """It has no prefix."""
        return "-"

    represent = describe


class HandOverTests(ReactorCase):
    """A socket is libuv's from the next turn on."""

    def test_next_turn(self) -> None:
        """Nothing is called at once, and what is not kept does not end the connection."""

        async def steps() -> None:
            one, other = socket.socketpair()
            self.addCleanup(other.close)
            owner = Owner()
            hand_over(Connection(one, self.reactor, owner, UNIXAddress(None), lambda sock: None))
            self.assertEqual([], owner.listener.heard)
            await self.after()
            gc.collect()
            other.sendall(b"data")
            await self.after()
            self.assertEqual(["made", b"data"], owner.listener.heard)
            owner.listener.transport.loseConnection()
            await self.after()
            self.assertEqual((b"", -1), (other.recv(1), one.fileno()))

        self.run_steps(steps)
