"""L{netsim.simulator.called}: custom commands that came over no connection."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from netsim.errors import ActionError
from netsim.simulator.called import call
from netsim.simulator.conversation import Farewell
from netsim.simulator.crew import Crew
from netsim.simulator.model import SHUTDOWN
from tests.simulator.talking import HostTestCase, Messages, Parser, outcome_of


class Commanded(Parser):
    """One with custom commands."""

    def add(self, one: str, other: str) -> str:
        return str(int(one) + int(other))

    def wait(self) -> Any:
        self.waiting: Deferred[str] = Deferred()
        return self.waiting

    def give(self) -> Any:
        return self.result


class CommandedMessages(Commanded, Messages):
    """One whose bytes are messages."""

    def __init__(self) -> None:
        Messages.__init__(self, lambda message: message)


class CalledTests(HostTestCase):
    """Of a system that is called on the reactor."""

    def setUp(self) -> None:
        super().setUp()
        self.system = Commanded()
        self.served = self.instance(self.system)

    def call(self, text: str) -> Deferred[bytes]:
        return Deferred.fromCoroutine(call(self.served, text, "somebody"))

    def answer(self, text: str) -> bytes:
        return self.successResultOf(self.call(text))

    def problem(self, text: str) -> str:
        return str(self.failureResultOf(self.call(text), ActionError).value)

    def test_the_answer_is_that_of_a_connection(self) -> None:
        """However it is written."""
        for text in ("add:2,3", "$add:2,3%%%%%", " add:2,3\n", "$add:2,3"):
            self.assertEqual(b"5", self.answer(text))
        self.assertEqual("", self.system.heard)

    def test_of_messages(self) -> None:
        self.served = self.instance(CommandedMessages())
        self.assertEqual(b"5", self.answer("add:2,3"))

    def test_answers_that_are_none(self) -> None:
        """A connection would not be sent them either."""
        for result, answer in ((None, b""), (5, b""), (True, b""), ("\xff", b"\xff"), (b"x", b"x")):
            self.system.result = result
            self.assertEqual(answer, self.answer("give"))

    def test_what_takes_a_while(self) -> None:
        calling = self.call("wait")
        self.assertNoResult(calling)
        self.system.waiting.callback("done")
        self.assertEqual(b"done", self.successResultOf(calling))

    def test_what_takes_a_while_and_fails(self) -> None:
        calling = self.call("wait")
        self.system.waiting.errback(OSError("broken"))
        error = self.failureResultOf(calling, ActionError).value
        self.assertEqual("device[3]: OSError: broken", str(error))
        self.assertIn("after somebody sent b'$wait%%%%%'", self.failed(OSError))

    def test_a_command_that_there_is_not(self) -> None:
        """It is told, where a connection would find it in the log only."""
        for name in ("none", "_hidden", "heard", "__init__", ""):
            self.assertEqual(f"device[3]: command {name} not supported", self.problem(name))
            self.assertIn("not supported", self.told())

    def test_a_command_that_fails(self) -> None:
        self.assertEqual(
            "device[3]: ValueError: invalid literal for int() with base 10: 'x'",
            self.problem("add:1,x"),
        )
        self.failed(ValueError)
        self.assertIn("TypeError", self.problem("add:1"))
        self.failed(TypeError)

    def test_the_log_says_who_sent_it(self) -> None:
        self.problem("add:1,x")
        self.assertIn("after somebody sent b'$add:1,x%%%%%'", self.failed(ValueError))

    def test_switched_off(self) -> None:
        self.served = self.instance(self.system, custom_commands=False)
        self.assertEqual("device[3]: custom commands are switched off", self.problem("add:2,3"))

    def test_what_cannot_be_sent(self) -> None:
        self.assertEqual("'\u20ac' cannot be sent: no byte is that", self.problem("add:\u20ac"))
        self.assertEqual(
            "a custom command has 4096 bytes at most, not 4097", self.problem("x" * 4091)
        )
        self.assertIn("not supported", self.problem("x" * 4090))

    def test_one_that_stops_it(self) -> None:
        answer = self.answer("system_stop")
        self.assertEqual(SHUTDOWN.encode(), answer)
        self.assertIsInstance(answer, Farewell)
        self.assertTrue(self.served.stopped)


class ThreadTests(HostTestCase):
    """Of a system that may block."""

    def setUp(self) -> None:
        super().setUp()
        self.system = Commanded()
        self.served = self.instance(self.system, crew=Crew(self.reactor))

    def outcome(self, text: str) -> Any:
        outcomes = outcome_of(Deferred.fromCoroutine(call(self.served, text, "somebody")))
        self.assertEqual([], outcomes)
        self.reactor.until(lambda: outcomes)
        return outcomes[0]

    def test_it_is_called_in_a_thread(self) -> None:
        self.assertEqual(b"5", self.outcome("add:2,3"))

    def test_what_takes_a_while_is_refused(self) -> None:
        """As it would block nobody, it has to be awaited where nobody can."""
        error = self.outcome("wait")
        self.assertIsInstance(error, ActionError)
        self.assertIn("a system with a worker has to answer at once, not later", str(error))
        self.failed(TypeError)
