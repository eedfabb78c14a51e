"""L{netsim.replay.watching}: a replay, as its page shows it."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.testing import FakeDatagramTransport
from zope.interface.verify import verifyObject

from netsim import process
from netsim.errors import ActionError, ScriptError
from netsim.replay import watching
from netsim.replay.datagrams import DatagramReplay
from netsim.replay.watching import ReplayWatch, watch
from netsim.script.dump import RECORDED
from netsim.script.model import Compound, DatagramExchange, Exchange
from netsim.script.player import Score
from netsim.status.duties import Duties
from netsim.status.report import IWatched
from tests.replay.playing import NO_BLOBS, ReplayTestCase

ASK = Exchange(b"ask\n", b"answer\n")
MORE = Exchange(b"more\n", b"much\n")
PING = DatagramExchange(b"ping", (b"pong",))
ANN = ("127.0.0.1", 7001)


def score(*scripts: Any) -> Score:
    return Score({"other": Compound(scripts)}, "other", NO_BLOBS.chunks, 0.0)


class WatchTestCase(ReplayTestCase):
    """
    One replay, and what loads other scripts.

    @ivar asked: the scripts that were to be loaded.
    """

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []
        self.loading: Deferred[Score] = Deferred()

    def load(self, script: str) -> Deferred[Score]:
        self.asked.append(script)
        return self.loading

    def watch(self, replay: Any) -> ReplayWatch:
        return ReplayWatch(replay, "s.json", RECORDED, "here:1", self.load, lambda: "ended")

    def call(self, watched: ReplayWatch, name: str, **args: Any) -> Deferred[Any]:
        return Duties(watched.duties()).call(name, args)


class StreamTests(WatchTestCase):
    """One whose clients connect."""

    def setUp(self) -> None:
        super().setUp()
        self.watched = self.watch(self.serve(ASK, MORE))

    def test_it_can_be_watched(self) -> None:
        verifyObject(IWatched, self.watched)

    def test_nothing_has_happened(self) -> None:
        self.assertEqual(
            {
                "address": "here:1",
                "file": "s.json",
                "script": RECORDED,
                "sessions playing": 0,
                "sessions ok": 0,
                "sessions failed": 0,
                "sessions total": 0,
                "exchanges": 0,
                "last failure": None,
                "sessions": {},
            },
            self.watched.status(),
        )

    def numbers(self, *names: str) -> list[int]:
        status = self.watched.status()
        return [status[name] for name in names]

    def test_sessions(self) -> None:
        """Those that play are told, and all are counted."""
        clients = [self.connect() for _ in range(3)]
        for client in clients:
            client.say(b"ask\n")
        clients[0].say(b"more\n")
        clients[0].leave()
        clients[1].say(b"wrong\n")
        clients[1].leave()
        names = ("sessions playing", "sessions ok", "sessions failed", "sessions total")
        self.assertEqual([1, 1, 1, 3], self.numbers(*names))
        self.assertEqual([6], self.numbers("exchanges"))
        status = self.watched.status()
        self.assertEqual({"3": {"peer": "127.0.0.1:50003", "exchanges": 2}}, status["sessions"])
        self.assertIn("127.0.0.1:50002: exchange 2", status["last failure"])

    def test_a_session_is_closed(self) -> None:
        """It has failed; the others go on."""
        one, other = self.connect(), self.connect()
        one.say(b"ask\n")
        result = self.call(self.watched, "close_session", session=1)
        self.assertEqual("session 1 is closed", self.successResultOf(result))
        self.advance(0)
        self.assertEqual((True, False), (one.closed, other.closed))
        one.leave()
        self.assertEqual("exchange 2: the session was closed on request", self.failure())
        self.assertEqual(["2"], list(self.watched.status()["sessions"]))

    def test_a_session_at_its_end_has_passed(self) -> None:
        """Whoever closes it while it lingers."""
        one = self.connect()
        one.say(b"ask\n", b"more\n")
        self.watched.close_session(1)
        one.leave()
        self.assertPassed(2)

    def test_a_session_that_there_is_not(self) -> None:
        error = self.assertRaises(ActionError, self.watched.close_session, 1)
        self.assertEqual("no session 1 is playing", str(error))

    def test_a_session_between_two_connections_is_closed(self) -> None:
        """The next client begins a new one."""
        self.watched = self.watch(self.serve(ASK, MORE, multi=True))
        self.connect().say(b"ask\n")
        self.assertEqual([1], self.numbers("sessions playing"))
        self.watched.close_session(1)
        self.assertEqual(
            [0, 1, 1], self.numbers("sessions playing", "sessions failed", "exchanges")
        )
        client = self.connect()
        client.say(b"ask\n")
        self.assertEqual(b"answer\n", client.received)

    def test_another_script(self) -> None:
        """New sessions play it, those that play go on."""
        before = self.connect()
        playing = self.call(self.watched, "play", script="other")
        self.loading.callback(score(MORE))
        self.assertEqual("new sessions play 'other'", self.successResultOf(playing))
        self.assertEqual((["other"], "other"), (self.asked, self.watched.status()["script"]))
        after = self.connect()
        before.say(b"ask\n")
        after.say(b"more\n")
        self.assertEqual((b"answer\n", b"much\n"), (before.received, after.received))

    def test_a_script_that_cannot_be_played(self) -> None:
        """What is played stays."""
        playing = self.call(self.watched, "play", script="none")
        self.loading.errback(ScriptError([]))
        self.failureResultOf(playing, ScriptError)
        self.assertEqual(RECORDED, self.watched.status()["script"])

    def test_a_script_of_datagrams(self) -> None:
        playing = self.call(self.watched, "play", script="other")
        self.loading.callback(score(PING))
        error = self.failureResultOf(playing, ActionError).value
        self.assertEqual("'other' is one of datagrams, and this replay has connections", str(error))
        self.assertEqual(RECORDED, self.watched.status()["script"])

    def test_what_can_be_done(self) -> None:
        duties = Duties(self.watched.duties()).describe()
        self.assertEqual(["close_session", "play", "stop"], list(duties))
        self.assertEqual("ended", self.successResultOf(self.call(self.watched, "stop")))


class DatagramTests(WatchTestCase):
    """One whose clients send datagrams."""

    def setUp(self) -> None:
        super().setUp()
        self.replay = DatagramReplay(self.reactor, score(PING, PING), self.tally)
        self.replay.makeConnection(FakeDatagramTransport())
        self.watched = self.watch(self.replay)

    def say(self, *datagrams: bytes, client: tuple[str, int] = ANN) -> None:
        for datagram in datagrams:
            self.replay.datagramReceived(datagram, client)

    def test_sessions(self) -> None:
        """One that has ended is not told, but counted."""
        self.say(b"ping", b"ping")
        self.say(b"ping", client=("127.0.0.1", 7002))
        status = self.watched.status()
        self.assertEqual({"2": {"peer": "udp:127.0.0.1:7002", "exchanges": 2}}, status["sessions"])
        names = ("sessions playing", "sessions ok", "sessions total", "exchanges")
        self.assertEqual([1, 1, 2, 4], [status[name] for name in names])

    def test_a_session_is_closed(self) -> None:
        """It has failed, and its client may begin another one."""
        self.say(b"ping")
        self.watched.close_session(1)
        self.assertEqual("exchange 2: the session was closed on request", self.failure())
        self.assertRaises(ActionError, self.watched.close_session, 1)
        self.say(b"ping", b"ping")
        status = self.watched.status()
        names = ("sessions failed", "sessions ok", "sessions total", "exchanges")
        self.assertEqual([1, 1, 2, 4], [status[name] for name in names])

    def test_a_session_that_has_ended_is_none(self) -> None:
        self.say(b"ping", b"ping")
        self.assertRaises(ActionError, self.watched.close_session, 1)

    def test_another_script(self) -> None:
        playing = self.call(self.watched, "play", script="other")
        self.loading.callback(score(DatagramExchange(b"x", (b"y",))))
        self.successResultOf(playing)
        self.say(b"x")
        self.assertEqual([b"y"], [data for data, _ in self.replay.transport.written])


class ReportTests(WatchTestCase):
    """The report that is made of it."""

    def made(self, *command: str) -> list[Any]:
        made: list[Any] = []
        self.patch(watching, "report_of", lambda *args: made.append(args))
        self.statuses: list[int | None] = []
        self.stopped: list[Any] = []
        self.patch(process, "set_exit_status", self.statuses.append)
        self.patch(process, "stop", self.stopped.append)
        config = {"input": "s.json", "script": "one", "command": command}
        address = IPv4Address("TCP", "127.0.0.1", 8088)
        watch(self.reactor, config, self.serve(ASK), self.load, address)
        return made[0]

    def test_what_it_is_of(self) -> None:
        reactor, _, name, addresses, watched = self.made()
        self.assertEqual((self.reactor, "netsim-replay"), (reactor, name))
        self.assertEqual(["127.0.0.1"], [address.host for address in addresses])
        self.assertEqual(
            ("s.json", "one", "127.0.0.1:8088"), (watched.file, watched.script, watched.address)
        )

    def test_stopping(self) -> None:
        """It waits for the answer to be sent."""
        watched = self.made()[-1]
        self.assertEqual("stopping", watched.stop())
        self.assertEqual([], self.stopped)
        self.reactor.advance(0)
        self.assertEqual(([self.reactor], []), (self.stopped, self.statuses))

    def test_stopping_a_test_command(self) -> None:
        """It has not passed."""
        self.made("cat")[-1].stop()
        self.reactor.advance(0)
        self.assertEqual(([self.reactor], [1]), (self.stopped, self.statuses))
