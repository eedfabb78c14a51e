"""L{netsim.status.keeper}."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.keeper import Keeper, socket_urls
from netsim.status.message import CLI, HANDSHAKE, LOG, Message
from netsim.status.model import Settings
from tests.status.daemons import SETTINGS, WELCOME, FakeDaemon

DENIED = {"result": 404, "reason": "name not found"}


class FakeMember:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def joined(self, connection: Any) -> None:
        """Joined."""
        self.told.append("joined")

    def received(self, connection: Any, message: Message) -> None:
        """A message."""
        self.told.append(message)

    def arrived(self) -> None:
        """Arrived."""
        self.told.append("arrived")

    def drained(self) -> None:
        """Drained."""
        self.told.append("drained")

    def left(self) -> None:
        """Left."""
        self.told.append("left")

    def failed(self) -> None:
        """Failed."""
        self.told.append("failed")


class Base(SynchronousTestCase):
    """A keeper, and a daemon."""

    settings = SETTINGS

    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = FakeDaemon(self.clock, 5000)
        self.member = FakeMember()
        self.keeper = self.make()

    def make(self) -> Keeper:
        return Keeper(
            *(self.clock, self.settings, "project", CLI, self.member),
            random=lambda: 0.0,
            endpoint=self.daemon.endpoint,
        )

    def start(self) -> None:
        self.keeper.start()
        self.daemon.flush()

    def stop(self) -> None:
        stopped = self.keeper.stop()
        self.daemon.flush()
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def assertJoined(self) -> None:
        """It has, and says so."""
        self.assertIsNotNone(self.keeper.connection)
        self.assertEqual("joined", [it for it in self.member.told if it != "arrived"][-1])


class KeeperTests(Base):
    """A connection is kept, whatever happens."""

    def test_join(self) -> None:
        """It joins the project in its role, and finds out whether the daemon answers pings."""
        self.start()
        self.assertEqual([Message(HANDSHAKE, "project", {"who": "cli"}, 1)], self.daemon.received)
        self.assertEqual(["joined", "arrived"], self.member.told)
        self.assertEqual([5000], self.daemon.attempts)
        self.stop()
        self.assertEqual(["joined", "arrived", "left", "failed"], self.member.told)
        self.assertEqual([5000], self.daemon.attempts)

    def test_next_port(self) -> None:
        """Where the HTTP port has no WebSocket the next one may; it is remembered."""
        self.daemon.ports = {5000: self.daemon.rude(), 5001: self.daemon.serve}
        self.start()
        self.assertJoined()
        self.assertEqual("/", self.daemon.requests[0].path)
        self.daemon.lose()
        self.daemon.advance(0.5)
        self.assertJoined()
        self.assertEqual([5000, 5001, 5001], self.daemon.attempts)

    def test_other_daemon(self) -> None:
        """When nobody is there any more it begins with the HTTP port again."""
        self.test_next_port()
        self.daemon.ports = {}
        self.daemon.lose()
        self.daemon.advance(1)
        self.daemon.ports = {5000: self.daemon.serve}
        self.daemon.advance(2)
        self.assertJoined()
        self.assertEqual([5001, 5000], self.daemon.attempts[-2:])

    def test_no_websocket(self) -> None:
        """Where neither has one, both are tried again later."""
        self.daemon.ports = {5000: self.daemon.rude(), 5001: self.daemon.rude()}
        self.start()
        self.assertEqual([5000, 5001], self.daemon.attempts)
        self.daemon.advance(0.4)
        self.assertEqual([5000, 5001], self.daemon.attempts)
        self.daemon.advance(0.1)
        self.assertEqual([5000, 5001] * 2, self.daemon.attempts)
        self.assertEqual(["failed"] * 2, self.member.told)

    def test_backoff(self) -> None:
        """Delays grow up to half a minute."""
        self.daemon.ports = {}
        self.start()
        times = []
        count = 1
        for tick in range(1, 2 * 200):
            self.daemon.advance(0.5)
            if len(self.daemon.attempts) > count:
                count = len(self.daemon.attempts)
                times.append(tick / 2)
        self.assertEqual([0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5], times[:7])

    def test_success(self) -> None:
        """After a connection that has held, delays begin anew; after a short one they do not."""
        self.start()
        for seconds, delay in [(9, 0.5), (9, 1), (11, 0.5)]:
            self.daemon.advance(seconds)
            self.daemon.lose()
            attempts = len(self.daemon.attempts)
            self.daemon.advance(delay - 0.1)
            self.assertEqual(attempts, len(self.daemon.attempts))
            self.daemon.advance(0.1)
            self.assertJoined()

    def test_retry(self) -> None:
        """It can be told that now is a good time; in other states that means nothing."""
        self.keeper.retry()
        self.assertEqual([], self.daemon.attempts)
        ports, self.daemon.ports = self.daemon.ports, {}
        self.start()
        self.daemon.ports = ports
        self.keeper.retry()
        self.keeper.retry()
        self.daemon.flush()
        self.assertJoined()
        self.keeper.retry()
        self.assertEqual([5000] * 2, self.daemon.attempts)
        self.stop()
        self.keeper.retry()
        self.assertEqual([5000] * 2, self.daemon.attempts)

    def test_unreachable(self) -> None:
        """A host that does not answer is given up after some seconds."""
        hanging: Deferred[Any] = Deferred()
        endpoint = type("Endpoint", (), {"connect": lambda self, factory: hanging})
        self.keeper._endpoint = lambda *args: endpoint()
        self.start()
        self.keeper.retry()
        self.daemon.advance(5)
        self.assertEqual(["failed"], self.member.told)

    def test_impossible(self) -> None:
        """An address that cannot be one is nobody there, too."""
        settings = evolve(SETTINGS, url="https://a..b:5000")
        keeper = Keeper(self.clock, settings, "project", CLI, self.member, lambda: 0.0)
        keeper.start()
        self.assertEqual(["failed"], self.member.told)
        self.successResultOf(keeper.stop())

    def test_stop_early(self) -> None:
        """An attempt that goes on is given up when it is stopped."""
        hanging: Deferred[Any] = Deferred()
        endpoint = type("Endpoint", (), {"connect": lambda self, factory: hanging})
        self.keeper._endpoint = lambda *args: endpoint()
        self.start()
        self.stop()

    def test_stop_waiting(self) -> None:
        """Nothing is tried after it was stopped."""
        self.daemon.ports = {}
        self.start()
        self.stop()
        self.daemon.advance(100)
        self.assertEqual([5000], self.daemon.attempts)

    def test_stop_joining(self) -> None:
        """A connection that has not joined yet is closed."""
        self.daemon.welcome = None
        self.start()
        self.stop()
        self.assertEqual(["failed"], self.member.told)

    def test_stop_hanging(self) -> None:
        """A daemon that does not close the connection has half a second."""
        self.start()
        served = self.daemon.connections[0]
        served.dropConnection = lambda abort=False: None
        stopped = self.keeper.stop()
        self.daemon.advance(0.4)
        self.assertNoResult(stopped)
        self.daemon.advance(0.1)
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_refused(self) -> None:
        """A project that cannot be joined is tried again."""
        self.daemon.welcome = DENIED
        self.start()
        self.assertIsNone(self.keeper.connection)
        self.daemon.welcome = WELCOME
        self.daemon.advance(0.5)
        self.assertJoined()
        self.assertEqual([5000, 5000], self.daemon.attempts)

    def test_strange_answers(self) -> None:
        """So it is where the answer is something else."""
        self.daemon.welcome = "hello"
        self.start()
        self.assertEqual(["failed"], self.member.told)
        self.daemon.welcome = {"result": 200}
        self.daemon.advance(0.5)
        self.assertJoined()

    def test_unanswered(self) -> None:
        """A daemon that does not answer the handshake is left after a while."""
        self.daemon.welcome = None
        self.start()
        self.daemon.connections[0].tell(Message(LOG, "project", 1))
        self.daemon.advance(4.9)
        self.assertEqual([], self.member.told)
        self.daemon.advance(0.1)
        self.assertEqual(["failed"], self.member.told)

    def test_messages(self) -> None:
        """Messages are the member's, other than answers to the handshake."""
        self.start()
        served = self.daemon.connections[0]
        served.tell(Message(LOG, "project", 1))
        served.tell(Message("error", "project", {"reason": "because"}))
        self.daemon.flush()
        self.assertIn(Message(LOG, "project", 1), self.member.told)

    def test_flow(self) -> None:
        """The member hears when the daemon reads again."""
        self.start()
        assert self.keeper.connection is not None
        self.keeper.connection.pauseProducing()
        self.keeper.connection.resumeProducing()
        self.assertEqual("drained", self.member.told[-1])

    def test_flow_before(self) -> None:
        """Not before it has joined."""
        self.daemon.welcome = None
        self.start()
        assert self.keeper._candidate is not None
        self.keeper._candidate.resumeProducing()
        self.assertEqual([], self.member.told)

    def test_ask(self) -> None:
        """It asks whether what was sent has arrived, unless there is no connection."""
        self.assertFalse(self.keeper.ask())
        self.start()
        self.assertTrue(self.keeper.ask())
        self.assertFalse(self.keeper.ask())
        self.daemon.flush()
        self.assertEqual(["joined", "arrived", "arrived"], self.member.told)

    def test_dead(self) -> None:
        """A daemon that answers no pings any more is left, though TCP knows nothing."""
        self.start()
        self.daemon.answers_pings = False
        self.keeper.ask()
        self.daemon.advance(20)
        self.assertEqual(["left", "failed"], self.member.told[-2:])
        self.daemon.advance(0.5)
        self.assertJoined()


class LogTests(Base):
    """It says little."""

    def logged(self) -> list[str]:
        return [
            formatEvent(event)
            for event in self.captured
            if event["log_level"].name in ("info", "warn") and "keeper" in event["log_namespace"]
        ]

    def story(self) -> None:
        """Nobody there, then somebody, lost for a while, back, stopped."""
        with capturedLogs() as self.captured:
            ports, self.daemon.ports = self.daemon.ports, {}
            self.start()
            for _ in range(5):
                self.daemon.advance(30)
            self.daemon.ports = ports
            self.daemon.advance(30)
            self.assertJoined()
            self.daemon.ports = {}
            self.daemon.lose()
            for _ in range(5):
                self.daemon.advance(30)
            self.daemon.ports = ports
            self.daemon.advance(30)
            self.assertJoined()
            self.stop()

    def test_lines(self) -> None:
        """One line when the daemon is missed, and one when it is there."""
        self.story()
        where = "the status daemon at http://127.0.0.1:5000"
        self.assertEqual(
            [
                f"{where} is not there: Connection was refused by other side.; "
                "trying until it is there",
                f"project is connected to {where}",
                f"{where} is lost: Connection was closed cleanly: Connection done.; "
                "trying until it is there",
                f"project is connected to {where}",
            ],
            self.logged(),
        )

    def test_mute(self) -> None:
        """None at all, if that is what the user wants."""
        self.settings = evolve(SETTINGS, mute=True)
        self.keeper = self.make()
        self.story()
        self.assertEqual([], self.logged())

    def test_denied(self) -> None:
        """Why the project cannot be joined is told."""
        self.daemon.welcome = DENIED
        with capturedLogs() as self.captured:
            self.start()
            self.daemon.advance(10)
        [line] = self.logged()
        self.assertIn("does not let 'project' join: name not found", line)


class UrlTests(SynchronousTestCase):
    """Where the WebSocket may be."""

    def test_urls(self) -> None:
        """On the HTTP port, and on the next, if there is one."""
        for url, expected in [
            ("http://host:5000", ["ws://host:5000/ws", "ws://host:5001/"]),
            ("https://[::1]:7", ["wss://[::1]:7/ws", "wss://[::1]:8/"]),
            ("http://host:65535", ["ws://host:65535/ws"]),
        ]:
            self.assertEqual(expected, socket_urls(Settings(url=url)))
