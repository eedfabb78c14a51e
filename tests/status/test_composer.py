"""L{netsim.status.composer}."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.status import composer as module
from netsim.status.composer import Composer
from tests.status.test_calls import FakeActions


class ComposerTests(SynchronousTestCase):
    """A status is what a program shows, and what every program has."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(100)
        self.tasks: list[tuple[Callable[[], Any], Deferred[Any]]] = []
        self.patch(module, "hardware", lambda: {"cpus": []})
        self.patch(module, "platform_facts", lambda: {"os_name": "Test"})

    def make(self, **options: Any) -> Composer:
        return Composer(self.clock.seconds, self.clock.seconds, self.submit, **options)

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        self.tasks.append((function, Deferred()))
        return self.tasks[-1][1]

    def measure(self) -> None:
        """What waits for the thread is done."""
        function, done = self.tasks.pop(0)
        maybeDeferred(function).chainDeferred(done)

    def compose(self, composer: Composer, dropped: int = 0) -> dict[str, Any]:
        status: dict[str, Any] = json.loads(composer.compose(dropped))
        return status

    def values(self, composer: Composer, dropped: int = 0) -> dict[str, Any]:
        return {key: item["value"] for key, item in self.compose(composer, dropped).items()}

    def test_values(self) -> None:
        """The program's values are in it, wrapped, and what was dropped."""
        composer = self.make()
        composer.board.set("a", 1, 5, 2)
        status = self.compose(composer, 7)
        self.assertEqual({"value": 1, "timestamp": 5, "interval": 2}, status["a"])
        self.assertEqual({"dropped": 7}, status["__link"]["value"])
        self.assertEqual({}, status["__action"]["value"])
        self.assertEqual(100, status["__action"]["timestamp"])
        self.assertNotIn("display_name", status)

    def test_options(self) -> None:
        """Its actions are, and the name that it goes by."""
        actions = FakeActions()
        status = self.values(self.make(actions=actions, display_name="Mine"))
        self.assertEqual(actions.describe(), status["__action"])
        self.assertEqual("Mine", status["display_name"])

    def test_watches(self) -> None:
        """What sets values is called before."""
        composer = self.make(watches=lambda: composer.board.set("a", len(called), 0))
        called: list[None] = []
        self.assertEqual(0, self.values(composer)["a"])
        called.append(None)
        self.assertEqual(1, self.values(composer)["a"])

    def test_failing_watches(self) -> None:
        """Where that fails, the rest is told."""
        composer = self.make(watches=lambda: 1 / 0)
        self.assertIn("__link", self.values(composer))
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_machine(self) -> None:
        """The machine is looked at elsewhere, and the status does not wait for it."""
        composer = self.make()
        self.assertNotIn("platform", self.values(composer))
        self.measure()
        status = self.values(composer)
        self.assertEqual({"os_name": "Test"}, status["platform"])
        self.assertEqual({"cpus": []}, status["hardware"])

    def test_seldom(self) -> None:
        """It is looked at each second, and not again before that is done."""
        composer = self.make()
        composer.compose(0)
        self.clock.advance(10)
        composer.compose(0)
        self.assertEqual(1, len(self.tasks))
        self.measure()
        self.clock.advance(0.9)
        composer.compose(0)
        self.assertEqual(0, len(self.tasks))
        self.clock.advance(0.1)
        composer.compose(0)
        self.assertEqual(1, len(self.tasks))
        self.patch(module, "platform_facts", lambda: {"os_name": "Other"})
        self.measure()
        self.assertEqual({"os_name": "Test"}, self.values(composer)["platform"])
        self.assertEqual(111, self.compose(composer)["hardware"]["timestamp"])

    def test_unknown(self) -> None:
        """Where nothing can be known of it, nothing is told."""
        self.patch(module, "hardware", lambda: None)
        composer = self.make()
        composer.compose(0)
        self.measure()
        self.assertNotIn("hardware", self.values(composer))

    def test_failing_machine(self) -> None:
        """Where that fails, it is tried again later."""
        composer = self.make()
        composer.compose(0)
        self.tasks.pop()[1].chainDeferred(Deferred())
        composer = self.make()
        self.patch(module, "hardware", lambda: 1 // 0)
        composer.compose(0)
        self.measure()
        self.clock.advance(1)
        self.assertIn("platform", self.values(composer))
        self.assertEqual(1, len(self.tasks))

    def test_too_large(self) -> None:
        """What does not fit is left out, which is told once, until it fits again."""
        self.patch(module, "MAX_STATUS", 1000)
        for mute, expected in [(False, 2), (True, 0)]:
            composer = self.make(mute=mute)
            with capturedLogs() as captured:
                for value in ["x", "x" * 800, "x" * 801, "x", "x" * 800]:
                    composer.board.set("big", value, 0)
                    composer.board.set("small", 1, 0)
                    status = composer.compose(0)
                    self.assertTrue(len(status) <= 1000)
                    self.assertEqual(len(value) == 1, b'"big"' in status)
                    self.assertIn(b'"small"', status)
            lines = [formatEvent(event) for event in captured if "left out" in event["log_format"]]
            self.assertEqual(expected, len(lines))
            self.assertTrue(all("big" in line for line in lines))

    def test_thread(self) -> None:
        """No thread at all is no reason to fail."""
        composer = Composer(
            self.clock.seconds, self.clock.seconds, lambda *args: fail(RuntimeError("no threads"))
        )
        self.assertIn("__link", self.values(composer))
