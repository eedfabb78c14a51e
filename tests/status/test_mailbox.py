"""L{netsim.status.mailbox}: lines from threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from netsim.status import mailbox
from netsim.status.mailbox import BATCH, Mailbox


class Waker(Clock):
    """
    A clock that is told by threads to do something, and does it when the test says so.

    @ivar woken: what it was told.
    """

    def __init__(self) -> None:
        super().__init__()
        self.woken: list[Any] = []

    def callFromThread(self, call: Any) -> None:
        self.woken.append(call)

    def wake(self) -> None:
        while self.woken:
            self.woken.pop(0)()


class MailboxTests(SynchronousTestCase):
    """@ivar heard: the messages that were delivered."""

    def setUp(self) -> None:
        self.reactor = Waker()
        self.lines: list[tuple[str, str, str, float]] = []
        self.mailbox = self.make(10_000)

    def make(self, limit: int) -> Mailbox:
        return Mailbox(self.reactor, lambda *line: self.lines.append(line), limit)

    def put(self, *messages: object) -> None:
        for message in messages:
            self.mailbox.put(("info", str(message), "me", 5.0))

    @property
    def heard(self) -> list[str]:
        return [message for _, message, _, _ in self.lines]

    def test_one_turn_for_many(self) -> None:
        """They arrive in order, as they were put."""
        self.put("a", "b", "c")
        self.assertEqual(([], 1), (self.heard, len(self.reactor.woken)))
        self.reactor.wake()
        self.assertEqual(["a", "b", "c"], self.heard)
        self.assertEqual(("info", "a", "me", 5.0), self.lines[0])
        self.put("d")
        self.reactor.wake()
        self.assertEqual(["a", "b", "c", "d"], self.heard)

    def test_very_many(self) -> None:
        """Others have their turns meanwhile."""
        self.put(*range(BATCH + 5))
        self.reactor.wake()
        self.assertEqual(BATCH, len(self.lines))
        self.put("late")
        self.assertEqual([], self.reactor.woken)
        self.reactor.advance(0)
        self.assertEqual([*map(str, range(BATCH + 5)), "late"], self.heard)
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_lines_that_come_meanwhile(self) -> None:
        """The reactor is to turn once for them, not twice."""
        self.mailbox = Mailbox(self.reactor, self.echo, 10_000)
        self.put(*range(BATCH + 5))
        turn = self.reactor.woken.pop()
        turn()
        self.assertEqual((1, 0), (len(self.reactor.woken), len(self.reactor.getDelayedCalls())))
        self.reactor.wake()
        self.assertEqual([*map(str, range(BATCH + 5)), "echo"], self.heard)

    def echo(self, *line: Any) -> None:
        """Say something about the first line."""
        self.lines.append(line)
        if line[1] == "0":
            self.put("echo")

    def test_too_many(self) -> None:
        """The oldest are dropped, which is told once."""
        self.mailbox = self.make(3)
        self.put(*range(5))
        self.assertEqual(2, self.mailbox.dropped)
        self.reactor.wake()
        mark = "2 messages were dropped: the program's reactor did not turn"
        self.assertEqual([mark, "2", "3", "4"], self.heard)
        self.assertEqual(("warning", mark, "netsim.status", 5.0), self.lines[0])
        self.put(5)
        self.reactor.wake()
        self.assertEqual("5", self.heard[-1])
        self.assertEqual((2, 5), (self.mailbox.dropped, len(self.lines)))

    def test_too_large(self) -> None:
        """Characters are counted, too; a line of its own that is too large is taken."""
        self.patch(mailbox, "MOST_CHARACTERS", 10)
        self.put("a" * 6, "b" * 4)
        self.assertEqual(0, self.mailbox.dropped)
        self.put("c")
        self.assertEqual(1, self.mailbox.dropped)
        self.put("d" * 50)
        self.assertEqual(3, self.mailbox.dropped)
        self.reactor.wake()
        self.assertEqual("d" * 50, self.heard[-1])
        self.put("e" * 6, "f" * 4)
        self.assertEqual(3, self.mailbox.dropped)

    def test_drain(self) -> None:
        """All at once, also very many; the turn that was to come finds nothing."""
        self.put(*range(BATCH + 5))
        self.mailbox.drain()
        self.assertEqual(BATCH + 5, len(self.lines))
        self.reactor.wake()
        self.assertEqual(BATCH + 5, len(self.lines))

    def test_threads(self) -> None:
        """Nothing is lost or doubled, and each thread's lines stay in order."""
        done = threading.Event()

        def speak(whom: int) -> None:
            for number in range(1000):
                self.put(f"{whom} {number}")

        def listen() -> None:
            while not (done.is_set() and not self.reactor.woken and not self.reactor.calls):
                self.reactor.wake()
                self.reactor.advance(0)

        with ThreadPoolExecutor(5) as pool:
            listening = pool.submit(listen)
            for speaking in [pool.submit(speak, whom) for whom in range(4)]:
                speaking.result()
            done.set()
            listening.result()
        for whom in range(4):
            of_him = [line for line in self.heard if line.startswith(f"{whom} ")]
            self.assertEqual([f"{whom} {number}" for number in range(1000)], of_him)
