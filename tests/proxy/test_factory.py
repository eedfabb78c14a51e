"""Tests for L{netsim.proxy.factory}."""

from __future__ import annotations

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
