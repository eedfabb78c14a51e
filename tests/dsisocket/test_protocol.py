"""L{netsim.dsisocket.protocol}: how many are served, and what becomes of their commands."""

from __future__ import annotations

import json

from twisted.internet.defer import fail
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from netsim.dsisocket.model import Reply, Status
from netsim.dsisocket.protocol import CommandFactory
from netsim.dsisocket.session import LINGER
from tests.dsisocket.connections import BUSY, DONE, OK, ConnectionTestCase


class BusyTests(ConnectionTestCase):
    """More connections than are served."""

    def test_busy(self) -> None:
        """One more is told so, without asking, and let go when it has heard it."""
        self.connect(b'{"a": 1}')
        for sent in ([], [b'{"b": 2}'], [b'{"b": 2}', b"x" * 100_000]):
            protocol, transport = self.connect(*sent)
            self.assertEqual(BUSY, transport.value())
            self.assertTrue(transport.half_closed)
            self.assertFalse(transport.disconnecting)
            protocol.readConnectionLost()
            self.assertTrue(transport.disconnecting)
            protocol.connectionLost(Failure(ConnectionDone()))
            self.check_pending()
        self.assertEqual([{"a": 1}], self.begun)

    def test_stays(self) -> None:
        """One that stays is not kept."""
        self.connect()
        protocol, transport = self.connect()
        protocol.dataReceived(b"{}")
        self.clock.advance(LINGER)
        self.assertTrue(transport.disconnecting)
        protocol.dataReceived(b"{}")
        self.assertEqual([], self.begun)

    def test_whole(self) -> None:
        """Where a transport cannot close half of itself, it is closed."""
        self.connect()
        protocol = self.factory.buildProtocol(None)
        assert protocol is not None
        transport = StringTransport()
        protocol.makeConnection(transport)
        self.assertEqual((BUSY, True), (transport.value(), transport.disconnecting))
        self.check_pending()

    def test_next(self) -> None:
        """When one has gone the next is served, even if a command of the first still runs."""
        first, _ = self.connect(b'{"a": 1}')
        first.readConnectionLost()
        self.assertEqual(BUSY, self.connect()[1].value())
        first.connectionLost(Failure(ConnectionLost()))
        _, transport = self.connect(b'{"b": 2}')
        self.finish()
        self.finish()
        self.assertEqual(([{"a": 1}, {"b": 2}], [DONE]), (self.begun, transport.lines))

    def test_refusedDoesNotCount(self) -> None:
        """One that is not served takes nobody's place."""
        first, _ = self.connect()
        refused, _ = self.connect()
        first.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(b"", self.connect()[1].value())
        refused.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(BUSY, self.connect()[1].value())

    def test_concurrent(self) -> None:
        """Several are served side by side where that is wanted, each in its order."""
        self.factory = self.make(concurrent=3)
        connected = [self.connect(b'{"a": %d}{}' % number) for number in range(3)]
        self.assertEqual([{"a": 0}, {"a": 1}, {"a": 2}], self.begun)
        self.assertEqual(BUSY, self.connect()[1].value())
        self.running.pop(1).callback(OK)
        self.assertEqual([0, 1, 0], [len(transport.lines) for _, transport in connected])


class FactoryTests(ConnectionTestCase):
    """What L{CommandFactory} does by itself."""

    def test_broken(self) -> None:
        """A runner that fails does not leave its client waiting."""
        self.factory = CommandFactory(lambda _: fail(KeyError("x")), clock=self.clock)
        _, transport = self.connect(b"{}")
        self.assertEqual("KeyError: 'x'", json.loads(transport.lines[0])["message"])
        self.assertEqual(1, len(self.flushLoggedErrors(KeyError)))

    def test_stop(self) -> None:
        """The factory closes all connections, and takes no more."""
        self.factory = self.make(concurrent=2)
        _, idle = self.connect()
        protocol, busy = self.connect(b'{"a": 1}{"b": 2}')
        _, refused = self.connect()
        self.factory.stop()
        self.assertEqual([True] * 3, [one.disconnecting for one in (idle, busy, refused)])
        self.assertIsNone(self.factory.buildProtocol(None))
        settled = self.factory.settled()
        self.assertNoResult(settled)
        self.finish()
        self.successResultOf(settled)
        self.assertEqual(([{"a": 1}], b""), (self.begun, busy.value()))
        self.assertIn("the reply is lost", self.logged()[-1])
        protocol.connectionLost(Failure(ConnectionDone()))

    def test_settled(self) -> None:
        """Commands of connections that are lost count, too."""
        self.successResultOf(self.factory.settled())
        protocol, _ = self.connect(b"{}")
        protocol.connectionLost(Failure(ConnectionDone()))
        waiting = [self.factory.settled(), self.factory.settled()]
        self.connect(b"{}")
        self.finish()
        for settled in waiting:
            self.assertNoResult(settled)
        self.finish()
        for settled in waiting:
            self.successResultOf(settled)


class CountTests(ConnectionTestCase):
    """What it knows of its connections and commands."""

    def test_numbers(self) -> None:
        """Connections are numbered from 1 on, those that are refused, too."""
        first, _ = self.connect()
        self.connect()
        self.assertEqual([1, 2], [each.number for each in self.factory.connections])
        first.connectionLost(Failure(ConnectionDone()))
        self.connect()
        self.assertEqual([2, 3], [each.number for each in self.factory.connections])
        self.assertEqual(3, self.factory.begun)

    def test_close(self) -> None:
        """One is closed by its number."""
        _, transport = self.connect(b'{"a": 1}')
        self.assertFalse(self.factory.close(2))
        self.assertFalse(transport.disconnecting)
        self.assertTrue(self.factory.close(1))
        self.assertTrue(transport.disconnecting)

    def test_commands(self) -> None:
        """What is no command is not counted."""
        self.connect(b'{"a": 1}{"b": 2} nonsense ')
        self.assertEqual((1, 1, 0), self.counts())
        self.finish(Reply(Status.EXECUTION_ERROR, "no"))
        self.assertEqual((2, 1, 1), self.counts())
        self.finish()
        self.assertEqual((2, 0, 1), self.counts())

    def counts(self) -> tuple[int, int, int]:
        return self.factory.commands, self.factory.running, self.factory.failed
