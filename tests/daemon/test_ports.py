"""The daemon's two ports: on the real network of this machine, as that is what they are about."""

from __future__ import annotations

import socket
from unittest import mock

from twisted.internet.error import CannotListenError
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from netsim.daemon import ports
from netsim.daemon.ports import open_pair


def number(listening: socket.socket) -> int:
    """Its port."""
    port: int = listening.getsockname()[1]
    return port


class OpenPairTests(SynchronousTestCase):
    def opened(self, host: str, port: int) -> tuple[socket.socket, socket.socket]:
        pair = open_pair(host, port)
        for each in pair:
            self.addCleanup(each.close)
        return pair

    def test_chosen(self) -> None:
        """The system chooses; two in a row, as clients expect."""
        http, websocket = self.opened("127.0.0.1", 0)
        self.assertEqual(number(websocket), number(http) + 1)

    def test_connections_wait(self) -> None:
        """Who connects is not refused, though nothing is accepted yet."""
        for listening in self.opened("127.0.0.1", 0):
            with socket.create_connection(listening.getsockname(), timeout=5):
                listening.setblocking(True)
                listening.settimeout(5)
                listening.accept()[0].close()

    def test_never_blocks(self) -> None:
        for listening in self.opened("127.0.0.1", 0):
            self.assertRaises(BlockingIOError, listening.accept)

    def test_given(self) -> None:
        """With a port, they are that one and the next."""
        http, websocket = open_pair("127.0.0.1", 0)
        port = number(http)
        http.close()
        websocket.close()
        self.assertEqual(
            [number(each) for each in self.opened("127.0.0.1", port)], [port, port + 1]
        )

    def test_first_taken(self) -> None:
        http, _ = self.opened("127.0.0.1", 0)
        error = self.assertRaises(CannotListenError, open_pair, "127.0.0.1", number(http))
        self.assertEqual(error.port, number(http))

    def test_second_taken(self) -> None:
        """It is told which one is, and the other one is given back."""
        http, websocket = self.opened("127.0.0.1", 0)
        port = number(http)
        http.close()
        error = self.assertRaises(CannotListenError, open_pair, "127.0.0.1", port)
        self.assertEqual(error.port, number(websocket))
        socket.create_server(("127.0.0.1", port)).close()

    def test_not_in_a_row(self) -> None:
        """Where the next port is always taken, any two will do."""
        listen = ports._listen
        asked: list[int] = []

        def busy(host: str, port: int) -> socket.socket:
            asked.append(port)
            if port:
                raise CannotListenError(host, port, OSError("taken"))
            return listen(host, port)

        with mock.patch.object(ports, "_listen", busy):
            http, websocket = self.opened("127.0.0.1", 0)
        self.assertNotEqual(number(http), number(websocket))
        self.assertEqual(len([port for port in asked if port]), ports.TRIES)

    def test_ipv6(self) -> None:
        try:
            http, websocket = self.opened("::1", 0)
        except CannotListenError as error:
            raise SkipTest(f"no IPv6 here: {error}") from None
        self.assertEqual(number(websocket), number(http) + 1)
