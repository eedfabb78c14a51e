"""L{netsim.status.link}, with L{netsim.status.sender} in it."""

from __future__ import annotations

import json
import sys
from typing import Any

from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError, InputError
from netsim.status import outgoing
from netsim.status.http import OwnHttp
from netsim.status.link import Link
from netsim.status.message import ACK, ACTION, LOG, Message
from netsim.worker import Worker
from tests.status.daemons import SETTINGS, WELCOME, FakeDaemon, FakeHttp, Response
from tests.status.test_calls import FakeActions


class Base(SynchronousTestCase):
    """A link, and a daemon."""

    settings = SETTINGS

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1700000000)
        self.daemon = FakeDaemon(self.clock, 5000)
        self.http = FakeHttp()
        self.actions = FakeActions()
        self.link = self.make()

    def make(self, **options: Any) -> Link:
        link = Link(
            *(self.clock, "project", self.settings),
            **{"actions": self.actions, **options},
            http=self.http,
            random=lambda: 0.0,
            now=self.clock.seconds,
            submit=lambda *args: Deferred(),
            endpoint=self.daemon.endpoint,
        )
        return link

    def start(self) -> None:
        self.link.startService()
        self.daemon.flush()

    def stop(self) -> None:
        stopped = self.link.stopService()
        self.daemon.flush()
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def log(self, *texts: str) -> None:
        for text in texts:
            self.link.log("info", text)

    @property
    def connection(self) -> Any:
        return self.link._sender.keeper.connection

    def status(self) -> dict[str, Any]:
        found = json.loads(self.http.bodies[-1])
        return {key: item["value"] for key, item in found.items()}


class LogTests(Base):
    """Log lines reach the daemon."""

    def test_line(self) -> None:
        """A line has its level, its time, and who says it."""
        self.start()
        self.link.log("error", "Oops", "a.b", 5)
        self.link.log("debug", "now")
        self.daemon.flush()
        first, second = self.daemon.of_type(LOG)
        line = {"level": "error", "message": "Oops", "time": 5, "whom": "a.b"}
        self.assertEqual(Message(LOG, "project", {"log": line}), first)
        self.assertEqual(1700000000, second.payload["log"]["time"])
        self.assertEqual("", second.payload["log"]["whom"])

    def test_level(self) -> None:
        """A level that does not exist is an error."""
        self.assertRaises(ValueError, self.link.log, "loud", "x")

    def test_held_back(self) -> None:
        """Before the daemon has agreed nothing is sent."""
        self.daemon.welcome = None
        self.log("before")
        self.start()
        self.log("meanwhile")
        self.daemon.flush()
        self.assertEqual([], self.daemon.texts)
        self.assertFalse(self.link.is_connected)
        served = self.daemon.connections[0]
        served.tell(Message("handshake", "project", WELCOME, 1))
        self.daemon.flush()
        self.assertTrue(self.link.is_connected)
        self.assertEqual(["before", "meanwhile"], self.daemon.texts)

    def test_one_write(self) -> None:
        """What is logged in one turn of the reactor is written at once."""
        self.start()
        writes: list[bytes] = []
        self.patch(self.connection.transport, "write", writes.append)
        self.log(*"abcdef")
        self.assertEqual([], writes)
        self.clock.advance(0)
        self.assertEqual(2, len(writes), "the lines, and a ping")

    def test_slow(self) -> None:
        """A daemon that does not read fills the queue; it is told what was dropped."""
        self.settings = evolve(SETTINGS, queue=3)
        self.link = self.make()
        self.start()
        self.connection.pauseProducing()
        self.log(*"abcdef")
        self.daemon.advance(1)
        self.assertEqual([], self.daemon.texts)
        self.assertEqual(3, self.link.dropped)
        self.connection.resumeProducing()
        self.daemon.flush()
        mark = self.daemon.of_type(LOG)[0]
        self.assertEqual("warning", mark.payload["log"]["level"])
        self.assertIn("3 messages were dropped", mark.payload["log"]["message"])
        self.assertEqual(["d", "e", "f"], self.daemon.texts[1:])
        self.daemon.advance(1)
        self.assertEqual({"dropped": 3}, self.status()["__link"])

    def test_little_at_a_time(self) -> None:
        """Not more is written than the connection is ready for."""
        self.start()
        connection, sent = self.connection, []

        def send(texts: list[bytes]) -> None:
            sent.append(sum(map(len, texts)))
            connection.ready = False

        self.patch(connection, "send", send)
        self.log(*["x" * 1000] * 1000)
        self.clock.advance(0)
        self.assertEqual(1, len(sent))
        self.assertTrue(64 << 10 <= sent[0] < 70 << 10)
        connection.resumeProducing()
        self.assertEqual(2, len(sent))

    def test_lost(self) -> None:
        """What a connection has not delivered is sent over the next one, and nothing twice."""
        self.start()
        self.log("a")
        self.daemon.flush()
        self.log("b")
        self.clock.advance(0)
        # The bytes are on their way, and never come.
        self.connection.transport.stream.clear()
        self.daemon.lose()
        self.log("c")
        self.daemon.advance(0.5)
        self.assertEqual(["a", "b", "c"], self.daemon.texts)
        self.daemon.lose()
        self.daemon.advance(1)
        self.assertEqual(["a", "b", "c"], self.daemon.texts)
        self.assertEqual(3, len(self.daemon.connections))

    def test_confirmed(self) -> None:
        """Pings tell what has arrived: one at a time, as long as there is something to know."""
        self.start()
        self.assertEqual(1, self.daemon.pings)
        self.log("a")
        self.daemon.flush()
        self.assertEqual(2, self.daemon.pings)
        self.assertEqual(0, self.link._outgoing.unconfirmed)
        self.daemon.advance(19)
        self.assertEqual(2, self.daemon.pings)
        self.daemon.answers_pings = False
        for text in "bcd":
            self.log(text)
            self.daemon.flush()
        self.assertEqual(3, self.daemon.pings)
        self.assertEqual(3, self.link._outgoing.unconfirmed)
        self.daemon.connections[0].sendPong(b"netsim")
        self.daemon.flush()
        self.assertEqual(4, self.daemon.pings)
        self.assertEqual(2, self.link._outgoing.unconfirmed)

    def test_speed(self) -> None:
        """Where there is nobody, lines are kept up to the bound, and the newest come."""
        self.settings = evolve(SETTINGS, queue=10)
        self.link = self.make()
        self.log(*map(str, range(100)))
        self.assertEqual(90, self.link.dropped)
        self.start()
        self.assertEqual([str(n) for n in range(90, 100)], self.daemon.texts[1:])


class ActionTests(Base):
    """Actions are called from the daemon."""

    def call(self, payload: Any, event_id: int = 10**12) -> None:
        self.daemon.connections[-1].tell(Message(ACTION, "project", payload, event_id))
        self.daemon.flush()

    def answers(self) -> list[Message]:
        return self.daemon.of_type(ACK)

    def test_call(self) -> None:
        """The answer has the question's id."""
        self.start()
        self.actions.outcome = 42
        self.call({"name": "double", "args": {"x": 21}})
        payload = {"name": "double", "result": 42}
        self.assertEqual([Message(ACK, "project", payload, 10**12)], self.answers())
        self.assertEqual([("double", {"x": 21})], self.actions.called)

    def test_unwanted(self) -> None:
        """Without an id there is no answer."""
        self.start()
        self.call({"name": "double"}, -1)
        self.assertEqual([], self.answers())
        self.assertEqual(1, len(self.actions.called))

    def test_unknown(self) -> None:
        """What there is not is an error."""
        self.start()
        self.actions.outcome = ActionError("there is no action 'x'")
        self.call({"name": "x"})
        error = {"name": "x", "error": "there is no action 'x'"}
        self.assertEqual(error, self.answers()[0].payload)

    def test_other_events(self) -> None:
        """Nothing else is a call."""
        self.start()
        for event in ("log", "ack", "error", "whatever"):
            self.daemon.connections[0].tell(Message(event, "project", {"name": "double"}, 5))
        self.daemon.flush()
        self.assertEqual([], self.actions.called)
        self.assertEqual([], self.answers())

    def test_too_late(self) -> None:
        """An answer goes to whoever asked, or nowhere."""
        self.start()
        self.actions.outcome = done = Deferred()
        self.call({"name": "double"})
        self.daemon.lose()
        self.daemon.advance(0.5)
        self.assertTrue(self.link.is_connected)
        done.callback(1)
        self.daemon.flush()
        self.assertEqual([], self.answers())

    def test_unread(self) -> None:
        """A daemon that asks for more than it reads is left."""
        self.patch(outgoing.Outgoing.__init__, "__defaults__", (1000,))
        self.link = self.make()
        self.start()
        self.connection.pauseProducing()
        self.actions.outcome = "x" * 600
        self.call({"name": "double"})
        self.assertTrue(self.link.is_connected)
        self.call({"name": "double"})
        self.assertFalse(self.link.is_connected)


class StatusTests(Base):
    """The status reaches the daemon."""

    def test_set(self) -> None:
        """Values that are set are in it."""
        self.link.set("a", [1], 0.5)
        self.start()
        self.assertEqual([1], self.status()["a"])
        self.assertEqual(0.5, self.link.board.document()["a"]["interval"])
        self.assertEqual(1700000000, self.link.board.document()["a"]["timestamp"])
        self.assertRaises(ValueError, self.link.set, "a", object())

    def test_everything(self) -> None:
        """So is everything else."""
        self.settings = evolve(SETTINGS, display_name="Mine")
        self.link = self.make(watches=lambda: self.link.set("watched", 1))
        self.start()
        status = self.status()
        self.assertEqual("Mine", status["display_name"])
        self.assertEqual(self.actions.describe(), status["__action"])
        self.assertEqual(1, status["watched"])

    def test_at_once(self) -> None:
        """It is sent at once, when the connection is there, and from time to time."""
        self.daemon.welcome = None
        self.start()
        self.assertEqual(1, len(self.http.bodies))
        self.daemon.connections[0].tell(Message("handshake", "project", WELCOME, 1))
        self.daemon.flush()
        self.assertEqual(2, len(self.http.bodies))
        self.daemon.advance(1)
        self.assertEqual(3, len(self.http.bodies))

    def test_each_other(self) -> None:
        """Whichever way the daemon is found to be back, the other is tried at once."""
        self.http.answer = ConnectionRefusedError
        ports, self.daemon.ports = self.daemon.ports, {}
        self.start()
        for _ in range(10):
            self.daemon.advance(30)
        self.daemon.ports, self.http.answer = ports, None
        attempts = len(self.daemon.attempts)
        self.link._sync.retry()
        self.assertEqual(attempts, len(self.daemon.attempts))
        self.http.waiting.pop().callback(Response())
        self.daemon.flush()
        self.assertEqual(attempts + 1, len(self.daemon.attempts))
        self.assertTrue(self.link.is_connected)

    def test_retry(self) -> None:
        """Both are tried when there is reason to."""
        self.http.answer = ConnectionRefusedError
        ports, self.daemon.ports = self.daemon.ports, {}
        self.start()
        self.daemon.ports, self.http.answer = ports, None
        attempts, bodies = len(self.daemon.attempts), len(self.http.bodies)
        self.link.retry()
        self.daemon.flush()
        self.assertEqual(attempts + 1, len(self.daemon.attempts))
        self.assertEqual(bodies + 1, len(self.http.bodies))
        self.assertTrue(self.link.is_connected)


class LifeTests(Base):
    """A link begins and ends."""

    def test_when_connected(self) -> None:
        """One can wait for the connection, and change one's mind."""
        first, second = self.link.when_connected(), self.link.when_connected()
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.assertNoResult(first)
        self.start()
        self.successResultOf(first)
        self.successResultOf(self.link.when_connected())
        self.stop()

    def test_never_connected(self) -> None:
        """Nobody waits for a link that was stopped."""
        self.daemon.ports = {}
        self.start()
        waiting = self.link.when_connected()
        self.stop()
        self.failureResultOf(waiting, CancelledError)

    def test_stop(self) -> None:
        """What was logged last arrives, and the last status, and then it says goodbye."""
        self.start()
        self.log("last")
        self.link.set("a", "last")
        self.stop()
        self.assertEqual(["last"], self.daemon.texts)
        self.assertEqual("last", self.status()["a"])
        self.assertEqual(1000, self.daemon.connections[0].remoteCloseCode)
        self.assertFalse(self.link.is_connected)
        self.assertFalse(self.link.running)

    def test_stop_soon(self) -> None:
        """Even of a program that ends before it is connected."""
        self.link.startService()
        self.log("only")
        self.stop()
        self.assertEqual(["only"], self.daemon.texts)

    def test_stop_while_waiting(self) -> None:
        """Even where the next attempt would have been later."""
        ports, self.daemon.ports = self.daemon.ports, {}
        self.start()
        self.log("only")
        self.daemon.ports = ports
        self.stop()
        self.assertEqual(["only"], self.daemon.texts)

    def test_stop_alone(self) -> None:
        """Where nobody is, it ends at once."""
        self.daemon.ports = {}
        self.http.answer = ConnectionRefusedError
        self.start()
        self.log("lost")
        self.stop()

    def test_stop_unread(self) -> None:
        """A daemon that does not read has a second."""
        self.start()
        self.connection.pauseProducing()
        self.log("lost")
        stopped = self.link.stopService()
        self.daemon.advance(0.9)
        self.assertNoResult(stopped)
        self.daemon.advance(0.1)
        self.daemon.advance(0.5)
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stop_joining(self) -> None:
        """So has one that does not agree."""
        self.daemon.welcome = None
        self.start()
        self.log("lost")
        stopped = self.link.stopService()
        self.daemon.advance(1)
        self.daemon.advance(0.5)
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stop_unanswered(self) -> None:
        """So has one that does not take the status."""
        self.start()
        self.http.answer = None
        stopped = self.link.stopService()
        self.daemon.advance(0.9)
        self.assertNoResult(stopped)
        self.daemon.advance(0.1)
        self.successResultOf(stopped)

    def test_again(self) -> None:
        """It can be started and stopped again, also when it is already."""
        self.successResultOf(self.link.stopService())
        self.start()
        self.link.startService()
        self.daemon.flush()
        self.assertEqual(1, len(self.daemon.connections))
        self.stop()
        self.log("between")
        self.start()
        self.assertEqual(["between"], self.daemon.texts)
        self.stop()

    def test_names(self) -> None:
        """A name that no project can have is an error at once."""
        for name in ["", "x" * 257, "a\nb"]:
            self.assertRaises(InputError, Link, self.clock, name, SETTINGS)

    def test_missing(self) -> None:
        """Without autobahn it says what to install."""
        for module in ("netsim.status.keeper", "netsim.status.sender"):
            self.addCleanup(sys.modules.__setitem__, module, sys.modules[module])
            sys.modules[module] = None  # type: ignore[assignment]
        error = self.assertRaises(InputError, self.make)
        self.assertIn("pip install netsim[daemon]", str(error))

    def test_thread(self) -> None:
        """The machine is looked at in a thread of its own, which ends with the link."""
        stopped: list[object] = []
        closed: list[object] = []
        self.patch(OwnHttp, "close", lambda http: succeed(closed.append(http)))
        self.patch(Worker, "stop", lambda worker: stopped.append(worker))
        self.patch(Worker, "submit", lambda worker, function: Deferred())
        self.link = Link(
            *(self.clock, "project", SETTINGS), http=self.http, endpoint=self.daemon.endpoint
        )
        self.start()
        self.stop()
        self.assertEqual(1, len(stopped))
        self.assertEqual(1, len(closed))
