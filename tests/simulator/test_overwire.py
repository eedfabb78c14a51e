"""Tests for L{netsim.simulator.overwire}, with peers that answer as they like."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator import overwire
from netsim.simulator.model import SHUTDOWN, Entry, Place
from netsim.simulator.overwire import stop_over_the_wire

GOODBYE = SHUTDOWN.encode()
PATIENCE = 10.0
"""Seconds."""


class PeersTestCase(SynchronousTestCase):
    """
    A test with peers.

    @ivar heard: what they were told, in no order.
    """

    def setUp(self) -> None:
        self.heard: list[bytes] = []
        self.patch(overwire, "ANSWER_WITHIN", 0.3)

    def tcp(self, answer: Callable[[socket.socket], None]) -> Entry:
        """One that accepts a connection."""
        listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(PATIENCE)
                answer(connection)

        self.run_until_the_end(listening, serve)
        return Entry(Place("0.0.0.0", listening.getsockname()[1]))

    def udp(self, answer: bytes) -> Entry:
        """One that takes a datagram."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(PATIENCE)

        def serve() -> None:
            data, peer = bound.recvfrom(100)
            self.heard.append(data)
            bound.sendto(answer, peer)

        self.run_until_the_end(bound, serve)
        return Entry(Place("127.0.0.1", bound.getsockname()[1]), datagram=True)

    def run_until_the_end(self, own: socket.socket, serve: Callable[[], None]) -> None:
        self.addCleanup(own.close)
        thread = threading.Thread(target=serve, daemon=True)
        self.addCleanup(thread.join, PATIENCE)
        thread.start()

    def hear(self, connection: socket.socket) -> None:
        self.heard.append(connection.recv(100))


class StopTests(PeersTestCase):
    def test_a_greeting_comes_first(self) -> None:
        def answer(connection: socket.socket) -> None:
            connection.sendall(b"hello")
            self.hear(connection)
            connection.sendall(GOODBYE)

        self.assertEqual(1, stop_over_the_wire([self.tcp(answer)]))
        self.assertEqual([b"$system_stop%%%%%"], self.heard)

    def test_an_answer_in_pieces_among_others(self) -> None:
        """A status goes on until the end."""

        def answer(connection: socket.socket) -> None:
            self.hear(connection)
            for piece in (b"status" + GOODBYE[:5], GOODBYE[5:] + b"status"):
                connection.sendall(piece)

        self.assertEqual(1, stop_over_the_wire([self.tcp(answer)]))

    def test_datagrams(self) -> None:
        self.assertEqual(1, stop_over_the_wire([self.udp(GOODBYE)]))
        self.assertEqual([b"$system_stop%%%%%"], self.heard)

    def test_all_at_once(self) -> None:
        def answer(connection: socket.socket) -> None:
            self.hear(connection)
            connection.sendall(GOODBYE)

        entries = [self.tcp(answer) for _ in range(5)]
        self.patch(overwire.time, "sleep", self.heard.append)
        self.assertEqual(5, stop_over_the_wire(entries))
        self.assertEqual(overwire.GREETING_WITHIN, self.heard[0])
        self.assertEqual(6, len(self.heard))

    def test_who_does_not_obey(self) -> None:
        """One answers something else, one hangs up, one says nothing, one is not there."""
        ended = threading.Event()
        self.addCleanup(ended.set)

        def wait(connection: socket.socket) -> None:
            self.hear(connection)
            ended.wait(PATIENCE)

        entries = [
            self.udp(b"what?"),
            self.tcp(self.hear),
            self.tcp(wait),
            Entry(Place("127.0.0.1", 0), Place("127.0.0.1", 0)),
        ]
        self.assertEqual(0, stop_over_the_wire(entries))
        ended.set()

    def test_nobody(self) -> None:
        """Where there is nobody, nothing is waited for."""
        self.patch(overwire.time, "sleep", self.heard.append)
        self.assertEqual(0, stop_over_the_wire([Entry(Place("127.0.0.1", 0))]))
        self.assertEqual([], self.heard)
