"""Tests for L{netsim.simulator.later}."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from netsim.simulator.conversation import Conversation
from tests.simulator.talking import ConversationTestCase, Messages, waited


class LaterTests(ConversationTestCase):
    """An answer that takes its time."""

    def begin(self, answer: Any) -> tuple[Conversation, Deferred[bytes]]:
        conversation = self.converse(Messages(answer))
        [later] = conversation.feed(b"one\n")
        return conversation, Deferred.fromCoroutine(waited(later))

    def test_each_step_is_watched(self) -> None:
        steps: list[Deferred[None]] = [Deferred(), Deferred()]

        async def answer() -> bytes:
            for step, seconds in zip(steps, (0.06, 0.04), strict=True):
                self.reactor.advance(seconds)
                await step
            self.reactor.advance(0.08)
            return b"done"

        _, answered = self.begin(lambda message: answer())
        wanted = "device[3]: an answer took 0.060 seconds on the reactor"
        self.assertTrue(self.told().startswith(wanted))
        self.reactor.advance(10)
        steps[0].callback(None)
        self.quiet()
        steps[1].callback(None)
        told = self.told()
        self.assertIn("took 0.080 seconds", told)
        self.assertIn("worker = True", told)
        self.assertEqual(b"done", self.successResultOf(answered))

    def test_errors_reach_the_coroutine(self) -> None:
        waiting: Deferred[None] = Deferred()

        async def answer() -> bytes:
            try:
                await waiting
            except KeyError:
                return b"caught"
            raise AssertionError

        _, answered = self.begin(lambda message: answer())
        waiting.errback(KeyError())
        self.assertEqual(b"caught", self.successResultOf(answered))

    def test_what_is_cancelled_after_the_end_is_not_logged(self) -> None:
        for answer in (lambda message: Deferred(), lambda message: waited(Deferred())):
            conversation, answered = self.begin(answer)
            conversation.ended = True
            answered.cancel()
            self.assertEqual(b"", self.successResultOf(answered))
            self.quiet()
