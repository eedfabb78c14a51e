"""L{netsim.status.sender}; how it works with a daemon is tested in L{tests.status.test_link}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.outgoing import Outgoing
from netsim.status.sender import Sender


class FakeConnection:
    """Remembers what is sent, and is ready for so many writes."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.sent: list[list[bytes]] = []
        self.is_aborted = False

    @property
    def ready(self) -> bool:
        """Whether there is room."""
        return self.room > 0

    def send(self, texts: list[bytes]) -> None:
        """Write once."""
        self.room -= 1
        self.sent.append(texts)

    def abort(self) -> None:
        """Be gone."""
        self.is_aborted = True


class FakeKeeper:
    """Has a connection, or not."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.asked = self.retried = 0
        self.is_asking = False

    def ask(self) -> bool:
        """One question at a time."""
        if self.is_asking:
            return False
        self.is_asking = True
        self.asked += 1
        return True

    def retry(self) -> None:
        """Now."""
        self.retried += 1

    def stop(self) -> Deferred[None]:
        """Enough."""
        return succeed(None)


class SenderTests(SynchronousTestCase):
    """A queue and a connection are joined."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.keeper: Any = FakeKeeper()
        self.outgoing = Outgoing(1000, lambda count: b"lost %d" % count, limit_bytes=1 << 20)
        self.joined = 0
        self.sender = Sender(
            *(self.clock, self.outgoing, lambda member: self.keeper),
            joined=self.count,
            received=lambda connection, message: None,
        )

    def count(self) -> None:
        self.joined += 1

    def join(self, room: int = 100) -> FakeConnection:
        connection = self.keeper.connection = FakeConnection(room)
        self.sender.joined(self.keeper.connection)
        return connection

    def leave(self) -> None:
        self.keeper.connection = None
        self.sender.left()
        self.sender.failed()

    def test_join(self) -> None:
        """What has waited is sent at once, before anybody hears of the connection."""
        self.sender.push(b"a")
        self.sender.push(b"b")
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual([[b"a", b"b"]], self.join().sent)
        self.assertEqual(1, self.joined)

    def test_turn(self) -> None:
        """What comes in one turn of the reactor is sent at its end, in one go."""
        connection = self.join()
        self.sender.push(b"a")
        self.sender.push(b"b")
        self.sender.answer(self.keeper.connection, b"42")
        self.assertEqual([], connection.sent)
        self.clock.advance(0)
        self.assertEqual([[b"42", b"a", b"b"]], connection.sent)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_room(self) -> None:
        """It stops where the connection is not ready, and goes on when it is."""
        for _ in range(3):
            self.sender.push(b"x" * 65536)
        connection = self.join(room=1)
        self.assertEqual(1, len(connection.sent))
        connection.room = 5
        self.sender.drained()
        self.assertEqual(3, len(connection.sent))

    def test_answers(self) -> None:
        """Answers for a connection that is gone are not sent; too many end it."""
        connection = self.join(room=0)
        self.sender.answer(FakeConnection(), b"x")  # type: ignore[arg-type]
        self.sender.answer(self.keeper.connection, b"x" * (1 << 20))
        self.assertFalse(connection.is_aborted)
        self.sender.answer(self.keeper.connection, b"x")
        self.assertTrue(connection.is_aborted)

    def test_ask(self) -> None:
        """It asks whether messages have arrived, until it knows of all."""
        self.join()
        self.assertEqual(0, self.keeper.asked)
        self.sender.push(b"a")
        self.clock.advance(0)
        self.sender.push(b"b")
        self.clock.advance(0)
        self.assertEqual(1, self.keeper.asked)
        for asked, unconfirmed in [(2, 1), (2, 0)]:
            self.keeper.is_asking = False
            self.sender.arrived()
            self.assertEqual((asked, unconfirmed), (self.keeper.asked, self.outgoing.unconfirmed))

    def test_lost(self) -> None:
        """What has not arrived is sent again."""
        self.join()
        self.sender.push(b"a")
        self.clock.advance(0)
        self.sender.push(b"b")
        self.leave()
        self.clock.advance(0)
        self.assertEqual([[b"a", b"b"]], self.join().sent)

    def test_flush(self) -> None:
        """One can wait until all is sent: not at all, until it is, until it fails, or too long."""
        self.successResultOf(self.sender.flush(1))
        self.assertEqual(0, self.keeper.retried)
        self.sender.push(b"a")
        flushed = self.sender.flush(1)
        self.assertEqual(1, self.keeper.retried)
        self.assertNoResult(flushed)
        self.sender.failed()
        self.successResultOf(flushed)
        connection = self.join(room=1)
        self.sender.push(b"b")
        connection.room = 0
        flushed = self.sender.flush(1)
        self.clock.advance(0.9)
        self.assertNoResult(flushed)
        connection.room = 1
        self.sender.drained()
        self.successResultOf(flushed)
        connection.room = 0
        self.sender.push(b"c")
        flushed = self.sender.flush(1)
        self.clock.advance(1)
        self.successResultOf(flushed)
        self.leave()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stop(self) -> None:
        """Nothing is left to be done when it is stopped."""
        self.join()
        self.sender.push(b"a")
        self.successResultOf(self.sender.stop())
        self.assertEqual([], self.clock.getDelayedCalls())
