"""L{netsim.status.sync}."""

from __future__ import annotations

from typing import Any

from attrs import evolve
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.model import Settings
from netsim.status.sync import ANSWER_WITHIN, Sync
from tests.status.daemons import SETTINGS, FakeHttp, Response


class SyncTests(SynchronousTestCase):
    """The status is sent again and again."""

    settings = SETTINGS

    def setUp(self) -> None:
        self.clock = Clock()
        self.http = FakeHttp()
        self.arrived = 0
        self.count = 0
        self.sync = self.make()

    def make(self) -> Sync:
        return Sync(
            *(self.clock, self.settings, "a/b c", self.compose, lambda: 0.0),
            *(self.http, self.taken),
        )

    def compose(self) -> bytes:
        self.count += 1
        return b"%d" % self.count

    def taken(self) -> None:
        self.arrived += 1

    def sent(self) -> int:
        return len(self.http.bodies)

    def test_request(self) -> None:
        """It goes to the project's place, as JSON, and nowhere else."""
        self.sync.start()
        self.assertEqual(["http://127.0.0.1:5000/cli/sync/a%2Fb%20c"], self.http.urls)
        self.assertEqual([b"1"], self.http.bodies)
        [options] = self.http.options
        self.assertEqual({"Content-Type": "application/json"}, options["headers"])
        self.assertFalse(options["allow_redirects"])
        self.assertIs(self.clock, options["reactor"])
        self.assertEqual(1, self.arrived)

    def test_token(self) -> None:
        """With the token, where there is one."""
        self.settings = evolve(SETTINGS, token="secret")
        self.make().start()
        self.assertEqual("Bearer secret", self.http.options[0]["headers"]["Authorization"])

    def test_interval(self) -> None:
        """Once at the beginning, then each interval, from start to start."""
        self.sync.start()
        for count in range(1, 4):
            self.assertEqual(count, self.sent())
            self.clock.advance(0.9)
            self.assertEqual(count, self.sent())
            self.clock.advance(0.1)
        self.assertEqual([b"1", b"2", b"3", b"4"], self.http.bodies)

    def test_no_overlap(self) -> None:
        """A daemon that answers late is not asked twice at once, but then at once."""
        self.http.answer = None
        self.sync.start()
        self.clock.advance(4)
        self.assertEqual(1, self.sent())
        self.http.waiting[0].callback(Response())
        self.clock.advance(0.01)
        self.assertEqual(2, self.sent())

    def test_unanswered(self) -> None:
        """A daemon that does not answer is given up after a while."""
        self.http.answer = None
        self.sync.start()
        self.clock.advance(ANSWER_WITHIN)
        self.assertEqual(0, self.arrived)
        self.clock.advance(0.5)
        self.assertEqual(2, self.sent())

    def test_backoff(self) -> None:
        """Where nobody is, it asks less and less often, but not for more than half a minute."""
        self.http.answer = ConnectionRefusedError
        self.sync.start()
        delays, last = [], 0.0
        for _ in range(600):
            sent = self.sent()
            self.clock.advance(0.5)
            if self.sent() > sent:
                delays.append(self.clock.seconds() - last)
                last = self.clock.seconds()
        self.assertEqual([1, 1, 2, 4, 8, 16, 30, 30], delays[:8])
        self.http.answer = Response
        self.clock.advance(30)
        self.assertEqual(1, self.arrived)
        self.clock.advance(1)
        self.assertEqual(2, self.arrived)
        self.http.answer = ConnectionRefusedError
        self.clock.advance(1)
        sent = self.sent()
        self.clock.advance(1)
        self.assertEqual(sent + 1, self.sent())

    def test_retry(self) -> None:
        """It can be told that now is a good time, unless it is asking anyway."""
        self.sync.retry()
        self.assertEqual(0, self.sent())
        self.sync.start()
        self.sync.retry()
        self.assertEqual(2, self.sent())
        self.clock.advance(1)
        self.assertEqual(3, self.sent())
        self.http.answer = None
        self.clock.advance(1)
        self.sync.retry()
        self.assertEqual(4, self.sent())

    def test_stop(self) -> None:
        """At the end it is sent once more."""
        self.sync.start()
        self.successResultOf(self.sync.stop(1.0))
        self.assertEqual([b"1", b"2"], self.http.bodies)
        self.assertEqual([], self.clock.getDelayedCalls())
        self.assertEqual(1, self.arrived)
        self.sync.retry()
        self.assertEqual(2, self.sent())

    def test_stop_underway(self) -> None:
        """What is under way is given up; the last one is, too, when it takes too long."""
        self.http.answer = None
        self.sync.start()
        stopped = self.sync.stop(1.0)
        self.assertEqual(2, self.sent())
        self.clock.advance(0.9)
        self.assertNoResult(stopped)
        self.clock.advance(0.1)
        self.successResultOf(stopped)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_stop_refused(self) -> None:
        """Nobody there is no reason to fail."""
        self.http.answer = ConnectionRefusedError
        self.sync.start()
        self.successResultOf(self.sync.stop(1.0))

    def test_mistake(self) -> None:
        """What cannot compose a status is logged, and tried again."""
        compose, self.sync._compose = self.sync._compose, lambda: b"%d" % (1 // 0)
        self.sync.start()
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        self.sync._compose = compose
        self.clock.advance(1)
        self.assertEqual([b"1"], self.http.bodies)

    def test_bad_http(self) -> None:
        """What raises instead of failing is a failure like others."""

        def post(url: str, **options: Any) -> Any:
            raise ValueError("this is no URL")

        self.http.post = post  # type: ignore[method-assign]
        self.sync.start()
        self.clock.advance(1)


class LogTests(SynchronousTestCase):
    """It says little."""

    def lines(self, settings: Settings = SETTINGS) -> list[str]:
        clock, http = Clock(), FakeHttp()
        sync = Sync(clock, settings, "x", lambda: b"", lambda: 0.0, http, lambda: None)
        refused = lambda: Response(413, b'{"error": "too large"}' + b"x" * 1000)  # noqa: E731
        with capturedLogs() as captured:
            for answer in [ConnectionRefusedError, refused, Response, refused]:
                http.answer = answer
                sync.start()
                clock.advance(1)
                clock.advance(30)
                sync.stop(1)
        return [formatEvent(event) for event in captured if event["log_level"].name != "debug"]

    def test_refused(self) -> None:
        """That the status is refused is told once, with the reason, until it is taken."""
        lines = self.lines()
        self.assertEqual(2, len(lines), lines)
        beginning = (
            "the status daemon at http://127.0.0.1:5000 does not take the status: "
            'it answers 413 {"error": "too large"}xxx'
        )
        for line in lines:
            self.assertTrue(line.startswith(beginning), line)
            self.assertTrue(len(line) < 300)

    def test_mute(self) -> None:
        """Nothing is told where nothing is to be told."""
        self.assertEqual([], self.lines(evolve(SETTINGS, mute=True)))
