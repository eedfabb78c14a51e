"""UDP: what is recorded and what is played, datagram by datagram."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.integration.processes import PATIENCE, eventually
from tests.integration.recordings import RecordingTestCase

ANSWERS = {b"one": [b"1"], b"three": [b"1", b"", b"\xff3"], b"": [b"nothing"]}
"""What the server answers; anything else gets no answer."""


class DatagramTests(RecordingTestCase):
    """A server of datagrams, clients of datagrams."""

    def setUp(self) -> None:
        super().setUp()
        self.server = self.new_socket()
        self.server.bind(("127.0.0.1", 0))
        threading.Thread(target=self.answer, daemon=True).start()

    def new_socket(self) -> socket.socket:
        """A socket that is closed with the test."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(PATIENCE)
        self.addCleanup(made.close)
        return made

    def answer(self) -> None:
        """Be the server, until its socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                question, client = self.server.recvfrom(1 << 16)
                for datagram in ANSWERS.get(question, []):
                    self.server.sendto(datagram, client)

    def client(self, address: str) -> socket.socket:
        """A client of a service."""
        kind, host, port = address.split(":")
        self.assertEqual(kind, "udp")
        client = self.new_socket()
        client.connect((host, int(port)))
        return client

    def ask(self, client: socket.socket, question: bytes) -> None:
        """Ask, and get the answers of the server."""
        client.send(question)
        answers = [client.recv(1 << 16) for _ in ANSWERS[question]]
        self.assertEqual(answers, ANSWERS[question])

    def record(self) -> None:
        """Record two clients at once, each until it falls silent."""
        upstream = f"udp:127.0.0.1:{self.server.getsockname()[1]}"
        proxy = self.proxy(upstream, "--idle", "0.5")
        first, second = self.client(proxy.address), self.client(proxy.address)
        self.ask(first, b"three")
        self.ask(second, b"one")
        self.ask(first, b"")
        eventually(lambda: self.numbers(".json") == [1, 2])
        self.check_stopped(proxy)

    def test_replay(self) -> None:
        """Each client has a recording of its own, which plays what it heard."""
        self.record()
        replay = self.replay(self.path(1))
        client = self.client(replay.address)
        self.ask(client, b"three")
        self.ask(client, b"")
        self.ask(self.client(replay.address), b"three")
        replay.logs("2 exchanges")
        self.check_stopped(replay)

        replay = self.replay(self.path(2))
        self.ask(self.client(replay.address), b"one")
        self.check_stopped(replay)

    def test_mismatch(self) -> None:
        """A datagram that differs is a failure."""
        self.record()
        replay = self.replay(self.path(2))
        self.client(replay.address).send(b"two")
        replay.logs(r"failed in exchange 1 \(recorded_script\.scripts\[0\]\), byte 0")
        self.check_stopped(replay, 1)
