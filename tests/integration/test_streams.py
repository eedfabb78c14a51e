"""What streams go through: crowds, who does not read, who is gone in the middle."""

from __future__ import annotations

import contextlib
import hashlib
import resource
import select
import socket
import struct
import time

from tests.integration.peers import Upstream, connect, read, read_all
from tests.integration.processes import IntegrationTestCase, Service, eventually, netsim

CROWD = 10_000
CHUNK = bytes(range(256)) * 256
MUCH = 1024
"""Chunks: 64 MiB, far more than all buffers on the way."""
RESET = struct.pack("ii", 1, 0)


class StreamTestCase(IntegrationTestCase):
    """A proxy that forwards, between a server of this process and its clients."""

    def proxy(self, upstream: Upstream) -> Service:
        words = [*netsim("netsim-proxy"), "--no-record", "-r", upstream.address]
        return self.serve(*words, "-l", "127.0.0.1:0")

    def connect(self, service: Service) -> socket.socket:
        client = connect(service.address)
        self.addCleanup(client.close)
        return client


class CrowdTests(IntegrationTestCase):
    """Ten thousand connections at once are served, each as if it were alone."""

    def test_crowd(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        script = self.directory / "script.json"
        script.write_text(
            '{"recorded_script": {"type": "script", "command": "ping\\n", "response": "pong\\n"}}'
        )
        service = self.serve(*netsim("netsim-replay"), "-i", script, "-l", "127.0.0.1:0")
        before = service.peak_memory
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(service.address)) for _ in range(CROWD)]
            for client in clients:
                client.sendall(b"ping\n")
            for client in clients:
                self.assertEqual(b"pong\n", read(client, 5))
            each = (service.peak_memory - before) / CROWD
        self.assertLess(each, 32 << 10, "bytes of memory for each connection")
        self.check_stopped(service)
        self.assertEqual(CROWD, service.stderr.count(": played to the end, 1 exchanges\n"))


class FlowTests(StreamTestCase):
    """What one side cannot take, the other is not asked for."""

    def pour(self, connection: socket.socket) -> None:
        """Send much, as fast as it is taken."""
        for _ in range(MUCH):
            connection.sendall(CHUNK)

    def check_bounded(self, proxy: Service, reader: socket.socket) -> None:
        """Wait until nothing moves, then read all of it, and compare."""
        before = proxy.peak_memory
        self.wait_full(reader)
        self.assertLess(proxy.peak_memory - before, 16 << 20)
        digest = hashlib.sha1(CHUNK * MUCH)
        found = hashlib.sha1()
        for _ in range(MUCH):
            found.update(read(reader, len(CHUNK)))
        self.assertEqual(digest.hexdigest(), found.hexdigest())

    def wait_full(self, reader: socket.socket) -> None:
        """Until no more comes into a buffer that nobody empties."""
        seen, still = -1, time.monotonic()

        def unchanged() -> bool:
            nonlocal seen, still
            waiting = len(reader.recv(1 << 24, socket.MSG_PEEK))
            if waiting != seen:
                seen, still = waiting, time.monotonic()
            return time.monotonic() - still > 0.5

        eventually(unchanged)

    def test_client_does_not_read(self) -> None:
        proxy = self.proxy(Upstream(self, self.pour))
        client = self.connect(proxy)
        self.check_bounded(proxy, client)

    def test_server_does_not_read(self) -> None:
        accepted: list[socket.socket] = []

        def hold(connection: socket.socket) -> None:
            accepted.append(connection)
            self.check_bounded(proxy, connection)
            connection.sendall(b"equal")

        proxy = self.proxy(Upstream(self, hold))
        client = self.connect(proxy)
        self.pour(client)
        self.assertEqual(b"equal", read(client, 5))


class EndTests(StreamTestCase):
    """However one connection ends, the other side hears of it, and nobody else does."""

    def setUp(self) -> None:
        super().setUp()
        self.ended: list[bytes | None] = []

    def pour(self, connection: socket.socket) -> None:
        """Send without end; note how it ended."""
        try:
            while True:
                connection.sendall(CHUNK)
        except OSError:
            self.ended.append(None)

    def test_client_resets(self) -> None:
        """A client that is killed while much comes: the server is told, others go on."""
        proxy = self.proxy(Upstream(self, self.pour))
        other = self.connect(proxy)
        for _ in range(20):
            client = self.connect(proxy)
            read(client, len(CHUNK))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
        eventually(lambda: len(self.ended) == 20)
        self.assertEqual(CHUNK * 16, read(other, len(CHUNK) * 16))
        self.check_stopped(proxy)

    def test_server_resets(self) -> None:
        """A server that is killed in the middle of its answer: the client is told."""

        def reset(connection: socket.socket) -> None:
            connection.sendall(CHUNK)
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

        proxy = self.proxy(Upstream(self, reset))
        for _ in range(20):
            client = self.connect(proxy)
            self.assertEqual(CHUNK, read(client, len(CHUNK)))
            client.sendall(b"x")
            self.assertEqual(b"", read_all(client))
        self.check_stopped(proxy)

    def test_half_close(self) -> None:
        """Who has said all can still hear, in both directions."""

        def answer(connection: socket.socket) -> None:
            heard = read_all(connection)
            connection.sendall(heard[::-1])

        proxy = self.proxy(Upstream(self, answer))
        client = self.connect(proxy)
        client.sendall(CHUNK)
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(CHUNK[::-1], read_all(client))

    def test_half_close_of_the_server(self) -> None:
        """A server that has said all still hears."""

        def listen(connection: socket.socket) -> None:
            connection.sendall(b"go")
            connection.shutdown(socket.SHUT_WR)
            self.ended.append(read_all(connection))

        proxy = self.proxy(Upstream(self, listen))
        client = self.connect(proxy)
        self.assertEqual(b"go", read_all(client))
        client.sendall(CHUNK)
        client.shutdown(socket.SHUT_WR)
        eventually(lambda: self.ended)
        self.assertEqual([CHUNK], self.ended)

    def test_idle_connections_are_closed_with_the_service(self) -> None:
        """Everybody who waits hears of the end at once."""
        proxy = self.proxy(Upstream(self, lambda connection: connection.recv(1)))
        clients = [self.connect(proxy) for _ in range(100)]
        self.check_stopped(proxy)
        readable, _, _ = select.select(clients, [], [], 5)
        self.assertEqual(len(clients), len(readable))
        for client in clients:
            with contextlib.suppress(ConnectionError):
                self.assertEqual(b"", client.recv(1))
