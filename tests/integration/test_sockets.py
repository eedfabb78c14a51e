"""Unix sockets, IPv6, and connections that are closed by halves."""

from __future__ import annotations

import socket
from collections.abc import Callable
from hashlib import sha256

from twisted.trial.unittest import SkipTest

from tests.integration.peers import Upstream, ask, connect, read_all, shout
from tests.integration.processes import PATIENCE, require
from tests.integration.recordings import RecordingTestCase, exchanges, said

QUESTION = bytes(range(256)) * 1000


class SocketsTests(RecordingTestCase):
    """TCP over IPv4 is not the only way."""

    def check_way(self, upstream: Upstream, listen: str) -> None:
        """Record a session and replay it, on sockets of this kind."""
        proxy = self.proxy(upstream.address, "-l", listen)
        with connect(proxy.address) as client:
            self.assertEqual(ask(client, b"hello\n"), b"HELLO\n")
        path = self.recorded()
        self.assertEqual(said(path), [(b"hello\n", b"HELLO\n")])
        self.check_stopped(proxy)
        replay = self.replay(path, "-l", listen)
        self.assertEqual(replay.address.rpartition(":")[0], proxy.address.rpartition(":")[0])
        with connect(replay.address) as client:
            self.assertEqual(ask(client, b"hello\n"), b"HELLO\n")
        self.check_stopped(replay)

    def test_unix(self) -> None:
        """Unix sockets, at both sides of the proxy."""
        path = self.short_directory() / "upstream"
        self.check_way(Upstream(self, shout, path), f"unix:{path.parent / 'listen'}")

    def test_ipv6(self) -> None:
        """IPv6, at both sides of the proxy."""
        try:
            upstream = Upstream(self, shout, "::1")
        except OSError as error:
            raise SkipTest(f"no IPv6 here: {error}") from None
        self.check_way(upstream, "[::1]:0")


class HalfCloseTests(RecordingTestCase):
    """A client that has asked everything may say so, and then read the answer."""

    def check_client(self, asked: Callable[[str], bytes]) -> None:
        """Record what a client asks at an address, and replay it."""
        answer = sha256(QUESTION).hexdigest().encode()
        proxy = self.proxy(Upstream(self, digest).address)
        self.assertEqual(asked(proxy.address), answer)
        path = self.recorded()
        self.assertEqual(said(path), [(QUESTION, answer)])
        self.assertEqual(exchanges(path)[0].facts.closed_by, "client")
        replay = self.replay(path)
        self.assertEqual(asked(replay.address), answer)
        self.check_stopped(replay)

    def test_socket(self) -> None:
        """The end of a large question reaches the server, and its answer the client."""

        def asked(address: str) -> bytes:
            with connect(address) as client:
                client.sendall(QUESTION)
                client.shutdown(socket.SHUT_WR)
                return read_all(client)

        self.check_client(asked)

    def test_socat(self) -> None:
        """C{socat} does it at the end of its input."""
        socat = require("socat", "socat")

        def asked(address: str) -> bytes:
            client = self.start(socat, f"-t{PATIENCE}", "-", f"TCP:{address}", said=QUESTION)
            self.check_status(client, 0)
            return client.stdout.encode()

        self.check_client(asked)


def digest(connection: socket.socket) -> None:
    """Answer when the client has said everything."""
    connection.sendall(sha256(read_all(connection)).hexdigest().encode())
