"""Tests for L{netsim.simulator.faults}."""

from __future__ import annotations

from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.commands import command
from netsim.simulator.faults import ANSWERS, STATUS, Faulty, FaultyStatus
from netsim.simulator.system import Answer, Peer
from tests.properties import examples

PEER: Any = object()


class Device(Faulty, FaultyStatus):
    """Answers now and later, and sends its status."""

    faults: ClassVar = {**STATUS, **ANSWERS, "wrong_checksum": "the last byte is wrong"}
    beats = 0
    obeyed = 0

    def system_start(self) -> None:
        self.waiting: Deferred[str] = Deferred()

    @command("OBEY")
    def obey(self) -> None:
        self.obeyed += 1

    @command("NOW")
    def now(self) -> str:
        self.obeyed += 1
        return "n\xf6w"

    @command("BYTES")
    def octets(self) -> bytes:
        return b"bytes"

    @command("ASYNC")
    async def later(self) -> str:
        await deferLater(self.clock, 1.0)
        return "later"

    @command("DEFERRED")
    def deferred(self) -> Deferred[str]:
        return self.waiting

    def spoil(self, kind: str, answer: bytes) -> Answer:
        return answer[:-1] + b"!" if kind == "wrong_checksum" else super().spoil(kind, answer)

    def status(self) -> Answer:
        self.beats += 1
        return None if self.beats == 3 else f"beat {self.beats}"


class FaultsTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.device = Device()
        self.device.clock = self.clock = Clock()
        self.device.system_start()

    def ask(self, message: bytes) -> Any:
        """What is answered by now: a list with the answer, empty where it is to come."""
        answer = self.device.handle(message, PEER)
        if not isinstance(answer, Deferred):
            return [answer]
        answers: list[Any] = []
        answer.addCallback(answers.append)
        return answers


class CustomCommandTests(FaultsTestCase):
    def test_a_kind(self) -> None:
        self.assertEqual("none", self.device.fault)
        self.assertEqual("garbage\n", self.device.system_fail("garbage"))
        self.assertEqual("garbage", self.device.fault)

    def test_none_ends_it(self) -> None:
        for arguments in ([], ["none"]):
            self.device.system_fail("garbage")
            self.assertEqual("none\n", self.device.system_fail(*arguments))
            self.assertEqual("none", self.device.fault)

    def test_an_unknown_kind(self) -> None:
        """The answer tells those that there are; nothing changes."""
        self.device.system_fail("garbage")
        answer = self.device.system_fail("fire")
        self.assertTrue(
            answer.startswith("unknown fault fire; there are: none, no_status, garbage")
        )
        self.assertEqual("garbage", self.device.fault)

    def test_wrong_seconds(self) -> None:
        for seconds in ("x", "-1", "nan", "inf", "1e9"):
            self.assertRaises(ValueError, self.device.system_fail, "late_answer", seconds)
        self.assertEqual("none", self.device.fault)


class AnswerTests(FaultsTestCase):
    def test_no_fault(self) -> None:
        self.assertEqual(["n\xf6w"], self.ask(b"NOW"))
        answers = self.ask(b"DEFERRED")
        self.device.waiting.callback("then")
        self.assertEqual(["then"], answers)

    def test_no_answer(self) -> None:
        """The command is executed all the same."""
        self.device.system_fail("no_answer")
        self.assertEqual([None], self.ask(b"NOW"))
        self.assertEqual(1, self.device.obeyed)

    def test_garbage(self) -> None:
        """No byte of it is right."""
        self.device.system_fail("garbage")
        for _ in range(50):
            [answer] = self.ask(b"NOW")
            self.assertEqual(3, len(answer))
            self.assertFalse([1 for one, two in zip(answer, b"n\xf6w", strict=True) if one == two])

    def test_late_answer(self) -> None:
        self.device.system_fail("late_answer", "2.5")
        answers = self.ask(b"NOW")
        self.clock.advance(2.4)
        self.assertEqual([], answers)
        self.clock.advance(0.1)
        self.assertEqual([b"n\xf6w"], answers)
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_a_fault_of_the_device(self) -> None:
        self.device.system_fail("wrong_checksum")
        self.assertEqual([b"byte!"], self.ask(b"BYTES"))

    def test_what_is_no_answer_cannot_be_spoilt(self) -> None:
        for kind in self.device.faults:
            self.device.system_fail(kind)
            self.assertEqual([None], self.ask(b"OBEY"))

    def test_a_fault_of_the_status_spoils_no_answer(self) -> None:
        self.device.system_fail("no_status")
        self.assertEqual([b"bytes"], self.ask(b"BYTES"))

    def test_an_answer_that_takes_time(self) -> None:
        """The fault of the moment when it is there counts."""
        answers = self.ask(b"ASYNC")
        self.device.system_fail("late_answer", "2")
        self.clock.advance(1.0)
        self.assertEqual([], answers)
        self.device.system_fail()
        self.clock.advance(2.0)
        self.assertEqual([b"later"], answers)

    def test_an_error_stays_one(self) -> None:
        for kind in ("none", *self.device.faults):
            self.device.system_fail(kind)
            self.assertRaises(ValueError, self.device.handle, b"unknown", PEER)
        answer: Any = self.device.handle(b"DEFERRED", PEER)
        self.device.waiting.errback(ValueError("late"))
        self.failureResultOf(answer, ValueError)

    @examples(100)
    @given(st.sampled_from(sorted(Device.faults)), st.binary())
    def test_any_answer_can_be_spoilt(self, kind: str, answer: bytes) -> None:
        class Echo(Device):
            def message(self, message: bytes, peer: Peer) -> bytes:
                return message

        self.device = Echo()
        self.device.clock = clock = Clock()
        self.device.system_fail(kind)
        answers = self.ask(answer)
        clock.advance(1.0)
        self.assertEqual(1, len(answers))


class StatusTests(FaultsTestCase):
    def test_no_fault(self) -> None:
        found = [self.device.beat() for _ in range(4)]
        self.assertEqual(["beat 1", "beat 2", None, "beat 4"], found)

    def test_no_status(self) -> None:
        self.device.system_fail("no_status")
        self.assertIsNone(self.device.beat())

    def test_garbage(self) -> None:
        self.device.system_fail("garbage")
        first: Any = self.device.beat()
        self.assertEqual(6, len(first))
        self.assertNotIn(b"b", first[:1])

    def test_stuck_value(self) -> None:
        """The status of now is sent until that ends; another time it is that of then."""
        self.device.system_fail("stuck_value")
        self.assertEqual(["beat 1"] * 3, [self.device.beat() for _ in range(3)])
        self.device.system_fail()
        self.assertEqual("beat 2", self.device.beat())
        self.device.system_fail("stuck_value")
        self.assertEqual([None, "beat 4", "beat 4"], [self.device.beat() for _ in range(3)])

    def test_a_fault_of_the_answers_spoils_no_status(self) -> None:
        for kind in ("no_answer", "late_answer", "wrong_checksum"):
            self.device.system_fail(kind)
            self.device.beats = 0
            self.assertEqual("beat 1", self.device.beat())

    def test_the_faults_of_a_device_that_only_sends(self) -> None:
        self.assertEqual(STATUS, FaultyStatus.faults)
        self.assertEqual(ANSWERS, Faulty.faults)
