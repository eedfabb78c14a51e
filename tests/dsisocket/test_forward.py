"""L{netsim.dsisocket.forward}."""

from __future__ import annotations

import contextlib

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.forward import ASK_AGAIN, CLOSE_WITHIN, Forward, State
from netsim.errors import SshError
from tests.dsisocket.tunnels import (
    IN_USE,
    LOST,
    NOT_PERMITTED,
    UNREACHABLE,
    FakeConnection,
    FakeServer,
)

FACTORY = object()


class ForwardTestCase(SynchronousTestCase):
    """A L{Forward} that begins, and a list of all that it tells."""

    port = 27007

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = FakeServer()
        self.told: list[object] = []
        self.forward = Forward(
            *(self.clock, self.server.connect, ("127.0.0.1", self.port), FACTORY),
            held=self.held,
            taken=self.told.append,
            lost=self.lost,
        )

    def held(self, port: int) -> None:
        self.told.append(port)

    def lost(self, failure: Failure) -> None:
        self.told.append(failure.value)

    def reach(self, state: State) -> None:
        """Let it come so far."""
        self.forward.begin()
        if state is not State.CONNECTING:
            self.server.accept()
        if state is State.TAKEN:
            self.server.connection.refuse(IN_USE)
        elif state is State.HELD:
            self.server.connection.accept(self.port or 1234)
        self.assertIs(state, self.forward.state)
        self.told.clear()

    def check_over(self) -> None:
        """Nothing is left of it."""
        self.assertIs(State.OVER, self.forward.state)
        self.assertEqual([], self.server.alive)
        self.assertEqual([], self.server.connecting)
        self.assertEqual([], self.clock.getDelayedCalls())


class ForwardTests(ForwardTestCase):
    """It tells when the port is there, and when it is gone."""

    def test_held(self) -> None:
        """It connects, and asks for its port."""
        self.forward.begin()
        connection = self.server.accept()
        self.assertEqual([("127.0.0.1", 27007)], connection.asked)
        self.assertEqual([], self.told)
        connection.accept()
        self.assertEqual([27007], self.told)
        self.assertIs(State.HELD, self.forward.state)

    def test_unreachable(self) -> None:
        """What connecting failed with is told."""
        self.reach(State.CONNECTING)
        self.server.refuse()
        self.assertEqual([UNREACHABLE], self.told)
        self.check_over()

    def test_cannot_connect(self) -> None:
        """An exception in place of a L{Deferred} is told likewise."""
        mistake = TypeError("connect")

        def connect() -> Deferred[object]:
            raise mistake

        self.forward._connect = connect
        self.forward.begin()
        self.assertEqual([mistake], self.told)

    def test_refused(self) -> None:
        """A connection without the port is of no use: it is closed, and the reason told."""
        self.reach(State.ASKING)
        self.server.connection.refuse(NOT_PERMITTED)
        self.assertEqual([NOT_PERMITTED], self.told)
        self.check_over()

    def test_mistake(self) -> None:
        """Whoever is told that it is there and raises an exception, ends it."""
        mistake = ZeroDivisionError()

        def held(port: int) -> None:
            raise mistake

        self.forward._tell_held = held
        self.forward.begin()
        self.server.accept().accept()
        self.assertEqual([mistake], self.told)
        self.check_over()

    def test_taken(self) -> None:
        """A port in use is asked for again, on the same connection, until it is free."""
        self.reach(State.ASKING)
        connection = self.server.connection
        for _ in range(3):
            connection.refuse(IN_USE)
            self.assertIs(State.TAKEN, self.forward.state)
            self.clock.advance(ASK_AGAIN)
            self.assertIs(State.ASKING, self.forward.state)
        connection.accept()
        self.assertEqual([*[str(IN_USE)] * 3, 27007], self.told)
        self.assertEqual(4, len(connection.asked))
        self.assertEqual([connection], self.server.connections)
        connection.lose()
        self.assertEqual(str(LOST), str(self.told[-1]))
        self.check_over()

    def test_taken_long(self) -> None:
        """Nothing grows with the times that it asks."""
        self.reach(State.ASKING)
        for _ in range(100):
            self.server.connection.refuse(IN_USE)
            self.clock.advance(ASK_AGAIN)
        self.assertEqual(1, self.server.connection.watching)

    def test_lost(self) -> None:
        """The loss of the connection ends it, however far it is, and is told once."""
        for state in (State.ASKING, State.TAKEN, State.HELD):
            with self.subTest(state=state):
                self.setUp()
                self.reach(state)
                self.server.connection.lose()
                self.assertEqual([str(LOST)], list(map(str, self.told)))
                self.assertIsInstance(self.told[0], SshError)
                self.check_over()

    def test_lost_at_once(self) -> None:
        """A connection that is gone when it comes is not asked."""

        def lost(connection: FakeConnection) -> FakeConnection:
            connection.lose()
            return connection

        connect = self.server.connect
        self.forward._connect = lambda: connect().addCallback(lost)
        self.forward.begin()
        connection = self.server.accept()
        self.assertEqual([str(LOST)], list(map(str, self.told)))
        self.assertEqual([], connection.asked)
        self.check_over()


class StopTests(ForwardTestCase):
    """It can be stopped at any time, in a second, and then says nothing more."""

    def stop(self) -> Deferred[None]:
        stopped = self.forward.stop()
        self.assertIs(State.OVER, self.forward.state)
        return stopped

    def test_each_state(self) -> None:
        """Whatever it was doing is ended."""
        for state in (State.CONNECTING, State.ASKING, State.TAKEN, State.HELD):
            with self.subTest(state=state):
                self.setUp()
                self.reach(state)
                self.assertIsNone(self.successResultOf(self.stop()))
                self.check_over()
                self.clock.pump([1.0] * 5)
                self.assertEqual([], self.told)

    def test_gives_back(self) -> None:
        """The port that was held is given back first."""
        self.reach(State.HELD)
        self.stop()
        self.assertEqual([("127.0.0.1", 27007)], self.server.connection.cancelled)

    def test_not_held(self) -> None:
        """One that was not held is not."""
        self.reach(State.TAKEN)
        self.stop()
        self.assertEqual([], self.server.connection.cancelled)

    def test_silent_server(self) -> None:
        """A server that does not answer is not waited for."""
        for state in (State.ASKING, State.TAKEN, State.HELD):
            with self.subTest(state=state):
                self.setUp()
                self.reach(state)
                self.server.answers = False
                stopped = self.stop()
                self.assertNoResult(stopped)
                self.clock.advance(CLOSE_WITHIN)
                self.assertIsNone(self.successResultOf(stopped))
                self.check_over()
                self.assertEqual([], self.told)

    def test_cancel_fails(self) -> None:
        """A server that will not take the port back is left in order."""
        self.reach(State.HELD)
        connection = self.server.connection
        closed: list[str] = []
        close = connection.close
        connection.cancel = lambda *where: _failing()  # type: ignore[method-assign]
        connection.close = lambda: closed.append("close") or close()  # type: ignore
        self.assertIsNone(self.successResultOf(self.stop()))
        self.assertEqual(["close"], closed)
        self.check_over()

    def test_mistake(self) -> None:
        """A mistake in closing is logged, and does not keep it from ending."""
        self.reach(State.HELD)
        self.server.connection.close = lambda: 1 / 0  # type: ignore
        self.assertIsNone(self.successResultOf(self.stop()))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.check_over()

    def test_connected_nevertheless(self) -> None:
        """A connection that comes all the same is closed."""
        self.server.obeys = False
        self.reach(State.CONNECTING)
        self.assertIsNone(self.successResultOf(self.stop()))
        self.assertEqual(1, len(self.server.connections))
        self.check_over()

    def test_slow_to_give_up(self) -> None:
        """Connecting may take a while to end; that long it is waited for."""
        for patience, ended in ((CLOSE_WITHIN / 2, False), (CLOSE_WITHIN, True)):
            with self.subTest(patience=patience):
                self.setUp()
                self.forward._connect = lambda: Deferred.fromCoroutine(self.slow())
                self.forward.begin()
                stopped = self.stop()
                self.clock.advance(patience)
                self.assertEqual(ended, stopped.called)
                self.clock.advance(CLOSE_WITHIN)
                self.assertIsNone(self.successResultOf(stopped))
                self.check_over()
                self.assertEqual([], self.told)

    async def slow(self) -> FakeConnection:
        try:
            return await self.server.connect()
        finally:
            await Deferred[None]()

    def test_connected_late(self) -> None:
        """A connection that comes when nobody waits for it any more is closed, too."""
        late: list[Deferred[FakeConnection]] = []

        async def stubborn() -> FakeConnection:
            while True:
                late.append(Deferred())
                with contextlib.suppress(CancelledError):
                    return await late[-1]

        self.forward._connect = lambda: Deferred.fromCoroutine(stubborn())
        self.forward.begin()
        stopped = self.stop()
        self.clock.advance(CLOSE_WITHIN)
        connection = FakeConnection(self.server)
        late[-1].callback(connection)
        self.assertTrue(connection.is_lost)
        self.successResultOf(stopped)
        self.check_over()

    def test_listening_nevertheless(self) -> None:
        """A port that is there all the same is not told."""
        self.forward.begin()
        asking: Deferred[int] = Deferred(lambda _: asking.callback(27007))
        connection = FakeConnection(self.server)
        self.server.connections.append(connection)
        connection.listen = lambda *_: asking  # type: ignore[method-assign]
        self.server.connecting.pop().callback(connection)
        self.stop()
        self.check_over()
        self.assertEqual([], self.told)

    def test_from_within(self) -> None:
        """Connecting itself may stop it."""
        connect = self.server.connect

        def stop() -> Deferred[object]:
            self.forward.stop()
            return connect()

        self.forward._connect = stop
        self.forward.begin()
        self.check_over()

    def test_when_told(self) -> None:
        """Whoever is told something may stop it."""
        self.forward._tell_held = lambda port: self.stop()  # type: ignore
        self.forward.begin()
        self.server.accept().accept()
        self.check_over()
        self.assertEqual([("127.0.0.1", 27007)], self.server.connection.cancelled)

    def test_when_taken(self) -> None:
        """Likewise where the port is in use."""
        self.forward._tell_taken = lambda reason: self.stop()  # type: ignore
        self.forward.begin()
        self.server.accept().refuse(IN_USE)
        self.check_over()

    def test_twice(self) -> None:
        """What is over is stopped at once."""
        self.reach(State.CONNECTING)
        self.server.refuse()
        self.assertIsNone(self.successResultOf(self.stop()))


def _failing() -> Deferred[None]:
    failed: Deferred[None] = Deferred()
    failed.errback(LOST)
    return failed


class AnyPortTests(ForwardTestCase):
    """With port 0 the server chooses."""

    port = 0

    def test_chosen(self) -> None:
        """The port that it chose is told, and given back."""
        self.forward.begin()
        connection = self.server.accept()
        self.assertEqual([("127.0.0.1", 0)], connection.asked)
        connection.accept(1234)
        self.assertEqual([1234], self.told)
        self.forward.stop()
        self.assertEqual([("127.0.0.1", 1234)], connection.cancelled)
