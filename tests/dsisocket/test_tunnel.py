"""L{netsim.dsisocket.tunnel}."""

from __future__ import annotations

from twisted.application.service import IService, MultiService
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.backoff import Backoff
from netsim.dsisocket.forward import ASK_AGAIN, CLOSE_WITHIN
from netsim.dsisocket.reminders import Reminders
from netsim.dsisocket.tunnel import ReverseTunnel
from netsim.errors import AuthenticationError, HostError, HostKeyError
from tests.dsisocket.tunnels import (
    IN_USE,
    NOT_PERMITTED,
    UNREACHABLE,
    FakeConnection,
    FakeServer,
    QuietFactory,
)

WRONG_KEY = HostKeyError("the key of h has changed")
NOT_LET_IN = AuthenticationError("h does not let me in")
ADDRESS = IPv4Address("TCP", "127.0.0.1", 27007)


class TunnelTestCase(SynchronousTestCase):
    """A tunnel to a L{FakeServer}; its first delays are 1, 2 and 4 seconds."""

    def setUp(self) -> None:
        self.server = FakeServer()
        self.clock = Clock()
        self.factory = QuietFactory()
        self.tunnel = self.make()
        logged = capturedLogs()
        self.events = logged.__enter__()
        self.addCleanup(logged.__exit__, None, None, None)

    def make(self, host: str = "127.0.0.1", port: int = 27007) -> ReverseTunnel:
        return ReverseTunnel(
            *(self.clock, self.server.connect, "me@h:22", host, port, self.factory),
            backoff=Backoff(lambda: 0.0, lasting=10.0),
            reminders=Reminders(every=60.0),
        )

    @property
    def lines(self) -> list[str]:
        """What was logged since it was last asked."""
        lines = [f"{each['log_level'].name} {formatEvent(each)}" for each in self.events]
        self.events.clear()
        return lines

    def open(self, lasts: float = 10.0) -> FakeConnection:
        """Let the tunnel be there, for so long."""
        if not self.tunnel.running:
            self.tunnel.startService()
        connection = self.server.accept()
        connection.accept()
        self.clock.advance(lasts)
        return connection

    def check_nothing(self) -> None:
        """Nothing is left, and nothing will happen."""
        self.assertEqual([], self.server.alive)
        self.assertEqual([], self.server.connecting)
        self.assertEqual([], self.clock.getDelayedCalls())


class ReadyTests(TunnelTestCase):
    """Whoever waits is told when the port is there, or why it never will be."""

    def test_service(self) -> None:
        self.assertTrue(verifyObject(IService, self.tunnel))

    def test_ready(self) -> None:
        """The address is the server's."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        connection = self.server.accept()
        self.assertNoResult(ready)
        connection.accept()
        self.assertEqual(ADDRESS, self.successResultOf(ready))
        self.assertEqual(["info tunnel to me@h:22: its 127.0.0.1:27007 leads here"], self.lines)

    def test_asked_early_and_late(self) -> None:
        """It may be asked before the start, and after the tunnel was there."""
        early = self.tunnel.when_ready()
        connection = self.open()
        self.assertEqual(ADDRESS, self.successResultOf(early))
        connection.lose()
        self.assertEqual(ADDRESS, self.successResultOf(self.tunnel.when_ready()))

    def test_ipv6(self) -> None:
        """The server may listen on an address of IPv6."""
        self.tunnel = self.make("::1")
        self.open()
        address = IPv6Address("TCP", "::1", 27007)
        self.assertEqual(address, self.successResultOf(self.tunnel.when_ready()))
        self.assertEqual("tunnel to me@h:22: its [::1]:27007 leads here", self.tunnel.describe())

    def test_hopeless(self) -> None:
        """What cannot get better by waiting ends it, and is not logged where it is heard."""
        for error in (WRONG_KEY, NOT_LET_IN, HostError("known_hosts: permission denied")):
            with self.subTest(error=error):
                self.setUp()
                self.tunnel.startService()
                readies = [self.tunnel.when_ready(), self.tunnel.when_ready()]
                self.server.refuse(error)
                for ready in [*readies, self.tunnel.when_ready()]:
                    self.assertIs(error, self.failureResultOf(ready).value)
                self.check_nothing()
                self.assertEqual([], self.lines)
                self.assertEqual(f"tunnel to me@h:22: {error}", self.tunnel.describe())

    def test_not_permitted(self) -> None:
        """So does a server that permits no forwarding; its connection is closed."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        self.server.accept().refuse(NOT_PERMITTED)
        self.assertIs(NOT_PERMITTED, self.failureResultOf(ready).value)
        self.check_nothing()

    def test_mistake(self) -> None:
        """A mistake in the code ends it, too."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        self.server.refuse(ZeroDivisionError("oh"))
        self.failureResultOf(ready, ZeroDivisionError)
        self.check_nothing()

    def test_nobody_listens(self) -> None:
        """Where nobody waits for it, the log tells why there is no tunnel."""
        self.tunnel.startService()
        self.server.refuse(WRONG_KEY)
        self.assertEqual(["error tunnel to me@h:22: the key of h has changed"], self.lines)

    def test_may_pass(self) -> None:
        """A server that cannot be reached yet is waited for."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        self.server.refuse(UNREACHABLE)
        self.clock.advance(1.0)
        connection = self.server.accept()
        connection.lose()
        self.clock.advance(2.0)
        self.assertNoResult(ready)
        self.open()
        self.assertEqual(ADDRESS, self.successResultOf(ready))

    def test_in_use(self) -> None:
        """A port that an older session holds is waited for; the log says so once."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        connection = self.server.accept()
        for _ in range(10):
            connection.refuse(IN_USE)
            self.clock.advance(ASK_AGAIN)
        self.assertNoResult(ready)
        connection.accept()
        self.assertEqual(ADDRESS, self.successResultOf(ready))
        self.assertEqual(
            [
                f"warn tunnel to me@h:22: {IN_USE}; asking until it is free",
                "info tunnel to me@h:22: its 127.0.0.1:27007 leads here",
            ],
            self.lines,
        )

    def test_cancel(self) -> None:
        """Who does not want to know it any more does not disturb others."""
        self.tunnel.startService()
        first, second = self.tunnel.when_ready(), self.tunnel.when_ready()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.open()
        self.successResultOf(second)

    def test_cancel_each_other(self) -> None:
        """One who is told may cancel the next."""
        first, second = self.tunnel.when_ready(), self.tunnel.when_ready()
        first.addCallback(lambda _: second.cancel())
        self.open()
        self.successResultOf(first)
        self.failureResultOf(second, CancelledError)

    def test_ask_anew(self) -> None:
        """One who is told that it was stopped may wait for the next start."""
        again = self.tunnel.when_ready().addErrback(lambda _: self.tunnel.when_ready())
        self.tunnel.startService()
        self.tunnel.stopService()
        self.assertNoResult(again)
        self.open()
        self.assertEqual(ADDRESS, self.successResultOf(again))

    def test_stopped(self) -> None:
        """Who waits is told that it was stopped."""
        self.tunnel.startService()
        ready = self.tunnel.when_ready()
        self.tunnel.stopService()
        self.failureResultOf(ready, CancelledError)


class HoldTests(TunnelTestCase):
    """Once it was there it comes back, whatever happens, until it is stopped."""

    def test_comes_back(self) -> None:
        """A connection that is lost is replaced, and the port asked for again."""
        self.open().lose()
        self.assertEqual([], self.server.connecting)
        self.clock.advance(1.0)
        self.open()
        self.assertEqual([("127.0.0.1", 27007)], self.server.connection.asked)
        self.assertEqual({27007}, self.server.connection.ports)
        self.assertEqual(
            [
                "info tunnel to me@h:22: its 127.0.0.1:27007 leads here",
                "warn tunnel to me@h:22 lost; next try in 1.0 s",
                "info tunnel to me@h:22 is back",
            ],
            self.lines,
        )

    def test_same_port(self) -> None:
        """What the server chose at first is asked for after that."""
        self.tunnel = self.make(port=0)
        self.tunnel.startService()
        connection = self.server.accept()
        connection.accept(1234)
        connection.lose()
        self.clock.advance(1.0)
        self.assertEqual([("127.0.0.1", 1234)], self.server.accept().asked)

    def test_nothing_is_hopeless(self) -> None:
        """What would have ended it at the first start is tried again now."""
        self.open().lose()
        self.lines  # noqa: B018
        for error in (WRONG_KEY, NOT_LET_IN, UNREACHABLE, HostError("no known_hosts")):
            self.clock.advance(30.0)
            self.server.refuse(error)
        self.clock.advance(30.0)
        self.server.accept().refuse(NOT_PERMITTED)
        self.clock.advance(30.0)
        self.open()
        self.assertEqual(
            [
                "warn tunnel to me@h:22: the key of h has changed; next try in 2.0 s",
                "warn tunnel to me@h:22: h does not let me in; next try in 4.0 s",
                f"warn tunnel to me@h:22: {UNREACHABLE}; next try in 8.0 s",
                "warn tunnel to me@h:22: no known_hosts; next try in 16.0 s",
                f"warn tunnel to me@h:22: {NOT_PERMITTED}; next try in 30.0 s",
                "info tunnel to me@h:22 is back",
            ],
            self.lines,
        )

    def test_mistake(self) -> None:
        """A mistake in the code is logged with its traceback, and does not end it."""
        self.open().lose()
        self.clock.advance(1.0)
        self.server.refuse(ZeroDivisionError("oh"))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.clock.advance(2.0)
        self.open()

    def test_delays(self) -> None:
        """They grow from failure to failure, and begin anew when it has held."""
        self.open().lose()
        tries = []
        for _ in range(6):
            [call] = self.clock.getDelayedCalls()
            tries.append(call.getTime() - self.clock.seconds())
            self.clock.advance(tries[-1])
            self.server.refuse()
        self.assertEqual([1.0, 2.0, 4.0, 8.0, 16.0, 30.0], tries)
        self.clock.advance(30.0)
        self.open(lasts=10.0).lose()
        self.assertEqual("tunnel to me@h:22: next try in 1.0 s", self.tunnel.describe())

    def test_news_again(self) -> None:
        """After it has held, what was told before is told again."""
        for _ in range(2):
            self.open().lose()
            self.clock.advance(1.0)
            self.server.refuse()
            self.clock.advance(2.0)
        told = [line for line in self.lines if "lost" in line or str(UNREACHABLE) in line]
        self.assertEqual(4, len(told), told)

    def test_flapping(self) -> None:
        """What breaks as soon as it is there is tried less and less, so the log stays short."""
        self.open().lose()
        for _ in range(1000):
            [call] = self.clock.getDelayedCalls()
            self.clock.advance(call.getTime() - self.clock.seconds())
            self.open(lasts=1.0).lose()
        self.assertEqual("tunnel to me@h:22: next try in 30.0 s", self.tunnel.describe())
        self.assertGreater(self.clock.seconds() / 3600, 8)
        # That it was lost and that it was back.
        self.assertEqual(2002, len(self.lines))

    def test_long_away(self) -> None:
        """A server that is away for an hour is told once a minute, as was asked for."""
        self.open().lose()
        while self.clock.seconds() < 3600:
            [call] = self.clock.getDelayedCalls()
            self.clock.advance(call.getTime() - self.clock.seconds())
            self.server.refuse()
        lines = self.lines
        self.assertEqual(1, sum("lost" in line for line in lines))
        self.assertTrue(55 <= len(lines) <= 65, lines)

    def test_in_use(self) -> None:
        """The old session may hold the port for long: the log says it once, and that it is back."""
        self.open().lose()
        self.clock.advance(1.0)
        connection = self.server.accept()
        self.lines  # noqa: B018
        for _ in range(30):
            connection.refuse(IN_USE)
            self.clock.advance(ASK_AGAIN)
        connection.accept()
        self.assertEqual(
            [
                f"warn tunnel to me@h:22: {IN_USE}; asking until it is free",
                "info tunnel to me@h:22 is back",
            ],
            self.lines,
        )

    def test_lost_while_in_use(self) -> None:
        """The connection that waits for the port may be lost, too."""
        self.open().lose()
        self.clock.advance(1.0)
        connection = self.server.accept()
        connection.refuse(IN_USE)
        connection.lose()
        self.clock.advance(2.0)
        self.open()


class StopTests(TunnelTestCase):
    """Stopping ends it, whatever it does."""

    def reach(self, state: str) -> None:
        """Let it come so far."""
        if state == "unborn":
            return
        self.tunnel.startService()
        if state in ("lost", "connecting again"):
            self.server.accept().accept()
            self.server.connection.lose()
        if state == "connecting again":
            self.clock.advance(1.0)
        if state == "refused":
            self.server.refuse(UNREACHABLE)
        if state == "hopeless":
            self.server.refuse(WRONG_KEY)
        if state in ("asking", "taken", "held"):
            self.server.accept()
        if state == "taken":
            self.server.connection.refuse(IN_USE)
        if state == "held":
            self.server.connection.accept()

    STATES = {
        "unborn": "stopped",
        "connecting": "connecting",
        "refused": "next try in 1.0 s",
        "hopeless": "the key of h has changed",
        "asking": "asking for the port",
        "taken": "waiting for the port, which is in use",
        "held": "its 127.0.0.1:27007 leads here",
        "lost": "next try in 1.0 s",
        "connecting again": "connecting",
    }

    def test_states(self) -> None:
        """Each has words, and each can be left."""
        for state, words in self.STATES.items():
            with self.subTest(state=state):
                self.setUp()
                self.reach(state)
                self.assertEqual(f"tunnel to me@h:22: {words}", self.tunnel.describe())
                self.assertIsNone(self.successResultOf(self.tunnel.stopService()))
                self.check_nothing()
                self.assertFalse(self.tunnel.running)
                self.assertEqual(0, self.factory.numPorts)
                self.lines  # noqa: B018
                self.clock.pump([10.0] * 10)
                self.check_nothing()
                self.assertEqual([], self.lines)

    def test_silent(self) -> None:
        """A server that does not answer is left within a second."""
        self.reach("held")
        self.server.answers = False
        stopped = [self.tunnel.stopService(), self.tunnel.stopService()]
        self.assertEqual("tunnel to me@h:22: closing", self.tunnel.describe())
        self.clock.advance(CLOSE_WITHIN / 2)
        stopped.append(self.tunnel.stopService())
        for each in stopped:
            self.assertNoResult(each)
        self.clock.advance(CLOSE_WITHIN / 2)
        for each in stopped:
            self.assertIsNone(self.successResultOf(each))
        self.check_nothing()
        self.assertLess(CLOSE_WITHIN, 1.0)

    def test_again(self) -> None:
        """A service that was stopped can be started again."""
        for state in self.STATES:
            with self.subTest(state=state):
                self.setUp()
                self.reach(state)
                self.tunnel.stopService()
                self.lines  # noqa: B018
                self.open()
                self.assertEqual(
                    ["info tunnel to me@h:22: its 127.0.0.1:27007 leads here"], self.lines
                )
                self.successResultOf(self.tunnel.when_ready())
                self.assertEqual(1, self.factory.numPorts)

    def test_again_while_closing(self) -> None:
        """It does not connect before the old connection is closed."""
        self.reach("held")
        self.server.answers = False
        stopped = self.tunnel.stopService()
        self.tunnel.startService()
        self.assertEqual(1, self.server.tries)
        self.clock.advance(CLOSE_WITHIN)
        self.successResultOf(stopped)
        self.assertEqual(2, self.server.tries)

    def test_started_twice(self) -> None:
        """A second start changes nothing."""
        self.tunnel.startService()
        self.tunnel.startService()
        self.assertEqual(1, self.server.tries)
        self.assertEqual(1, self.factory.numPorts)

    def test_when_ready(self) -> None:
        """Who is told that it is there, or never will be, may stop it at once."""
        for state in ("held", "hopeless"):
            with self.subTest(state=state):
                self.setUp()
                ready = self.tunnel.when_ready()
                ready.addBoth(lambda _: self.tunnel.stopService())
                self.reach(state)
                self.assertIsNone(self.successResultOf(ready))
                self.check_nothing()

    def test_parent(self) -> None:
        """It starts and stops with its parent."""
        parent = MultiService()
        self.tunnel.setServiceParent(parent)
        parent.startService()
        self.open()
        self.successResultOf(parent.stopService())
        self.check_nothing()


class UpTests(TunnelTestCase):
    """Whether it leads to here now."""

    def test_up(self) -> None:
        """From when the port is there until the connection is lost."""
        self.assertFalse(self.tunnel.is_up)
        self.tunnel.startService()
        connection = self.server.accept()
        self.assertFalse(self.tunnel.is_up)
        connection.accept()
        self.assertTrue(self.tunnel.is_up)
        connection.lose()
        self.assertFalse(self.tunnel.is_up)
        self.clock.advance(1.0)
        self.open()
        self.assertTrue(self.tunnel.is_up)
