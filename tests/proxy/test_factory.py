"""Tests for L{netsim.proxy.factory}."""

from __future__ import annotations

from netsim.proxy.traffic import Traffic
from tests.proxy.case import ProxyCase


class FactoryTests(ProxyCase):
    """Every client begins a session."""

    def test_sessions(self) -> None:
        """The factory knows the sessions that go on."""
        one, _ = self.connect()
        self.connect()
        self.assertEqual(2, len(self.factory.sessions))
        one.vanish()
        self.network.settle()
        self.assertEqual(1, len(self.factory.sessions))

    def test_apart(self) -> None:
        """What one client says is heard by its own server only."""
        sessions = [self.connect() for _ in range(3)]
        for number, (client, _) in enumerate(sessions):
            self.talk(client, b"%d" % number)
        self.assertEqual([b"0", b"1", b"2"], [server.heard for _, server in sessions])

    def test_stop(self) -> None:
        """Stopping ends all sessions, those without a server yet included."""
        wires = [*self.connect(), *self.connect(), self.network.wire(self.factory)]
        self.factory.stop()
        self.network.settle()
        self.assertTrue(all(wire.lost for wire in wires))
        self.assertEqual(set(), self.factory.sessions)
        self.assertEqual([f"session-{number}.json" for number in (1, 2, 3)], self.files())
        self.assertEqual(0, self.recordings.unfinished)

    def test_stopIdle(self) -> None:
        """Without sessions there is nothing to stop."""
        self.factory.stop()
        self.assertEqual([], self.files())


class NumberTests(ProxyCase):
    """Sessions have numbers, and what went through them is counted."""

    def test_numbers(self) -> None:
        """They count from 1 on, and are not used again."""
        one, _ = self.connect()
        self.connect()
        one.vanish()
        self.network.settle()
        self.connect()
        self.assertEqual([2, 3], [session.number for session in self.factory.ongoing])
        self.assertEqual(3, self.factory.begun)

    def test_close(self) -> None:
        """One is closed by its number, whether it has a server or not."""
        one, _ = self.connect()
        two = self.network.wire(self.factory)
        for number, wire in ((1, one), (2, two)):
            self.assertTrue(self.factory.close(number))
            self.network.settle()
            self.assertTrue(wire.lost)
            self.assertFalse(self.factory.close(number))

    def test_traffic(self) -> None:
        """It is the same after the session as in it."""
        client, server = self.connect()
        self.talk(server, b"greeting")
        self.talk(client, b"a", b"b")
        self.talk(server, b"c")
        self.talk(client, b"d")
        self.assertEqual(Traffic(2, 3, 9), self.factory.traffic)
        client.vanish()
        self.network.settle()
        self.assertEqual(Traffic(2, 3, 9), self.factory.traffic)
