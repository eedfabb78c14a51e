"""L{netsim.reactor.sockets}."""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from netsim.reactor.sockets import Socket


class SocketTests(SynchronousTestCase):
    """A socket that says what it is in numbers."""

    def test_accepted(self) -> None:
        """So are those that it accepts, which work as others do."""
        listening = Socket()
        self.addCleanup(listening.close)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        peer = socket.create_connection(listening.getsockname())
        self.addCleanup(peer.close)
        accepted, address = listening.accept()
        self.addCleanup(accepted.close)
        self.assertEqual(peer.getsockname(), address)
        for each in (listening, accepted):
            self.assertEqual([int, int], [type(each.family), type(each.type)])
            self.assertEqual((socket.AF_INET, socket.SOCK_STREAM), (each.family, each.type))
            self.assertFalse(each.get_inheritable())
        peer.sendall(b"one")
        self.assertEqual(b"one", accepted.recv(3))
