"""Tests for L{netsim.simulator.senders}, on Twisted's own TCP transports."""

from __future__ import annotations

from threading import Thread
from typing import Any

from netsim.simulator.beat import Beat
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.senders import SendHandler
from netsim.simulator.system import SendingSystem
from tests.simulator.talking import Handlers, HandlerTestCase, Subscribers

GOODBYE = SHUTDOWN.encode()
MUCH = b"0123456789abcdef" * (1 << 10)


class QueueTests(HandlerTestCase):
    """A system that puts its status into queues."""

    def setUp(self) -> None:
        super().setUp()
        self.system = Subscribers()
        self.serve(self.system, SendHandler)

    def put(self, status: Any) -> None:
        """Put, from a thread, and wait until it is done; then let the reactor turn."""
        for queue in list(self.system.queues):
            thread = Thread(target=queue.put, args=(status,), daemon=True)
            thread.start()
            thread.join(10)
            self.assertFalse(thread.is_alive())
        self.turn()

    def turn(self) -> None:
        while not self.reactor.idle():
            self.reactor._calls.get()()
        self.reactor.pump()

    def test_what_is_put_is_sent(self) -> None:
        clients = [self.connect(), self.connect()]
        self.assertEqual(2, len(self.system.queues))
        for status in (b"one,", "tw\xe9,", b""):
            self.put(status)
        self.assertEqual([b"one,tw\xe9,"] * 2, [client.received for client in clients])
        self.quiet()

    def test_a_status_that_is_taken_back_is_not_sent(self) -> None:
        client = self.connect()
        [queue] = self.system.queues
        queue.put(b"old,")
        self.assertEqual(b"old,", queue.get_nowait())
        queue.put(b"new,")
        queue.get_nowait()
        self.turn()
        self.put(b"last,")
        self.assertEqual(b"last,", client.received)

    def test_what_cannot_be_sent_is_logged(self) -> None:
        client = self.connect()
        self.put(5)
        self.assertIn("unexpected response: 5 to 127.0.0.1:50001", self.told())
        self.put(b"next")
        self.assertEqual(b"next", client.received)

    def test_who_leaves_is_unsubscribed(self) -> None:
        client, other = self.connect(), self.connect()
        client.leave()
        self.assertEqual(1, len(self.system.queues))
        self.put(b"one")
        self.assertEqual((b"", b"one"), (client.received, other.received))
        self.assertEqual(self.handlers.made[:1], self.handlers.left)

    def test_who_says_no_more_has_left(self) -> None:
        client = self.connect()
        client.half_close()
        self.assertEqual(([], True), (self.system.queues, client.closed))

    def test_a_put_that_blocks_is_let_go(self) -> None:
        client = self.connect(window=0)
        self.put(b"one")
        self.put(b"two")
        [queue] = self.system.queues
        self.assertTrue(queue.full())
        thread = Thread(target=queue.put, args=(b"three",), daemon=True)
        thread.start()
        thread.join(0.05)
        self.assertTrue(thread.is_alive())
        client.transport.abortConnection()
        self.reactor.pass_time(0)
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.turn()
        self.assertEqual(b"", client.received)

    def test_a_client_that_does_not_read_lets_the_queue_fill(self) -> None:
        client = self.connect(window=0)
        for status in (b"one,", b"two,"):
            self.put(status)
        self.assertEqual(len(b"one,"), client.buffered)
        client.read()
        self.turn()
        self.assertEqual(b"one,two,", client.received)
        self.put(b"three,")
        self.assertEqual(b"one,two,three,", client.received)

    def test_one_who_puts_without_end_keeps_nobody_from_the_reactor(self) -> None:
        self.connect()
        [queue] = self.system.queues
        turns = 0

        def put_again(item: Any) -> None:
            queue.put_nowait(b"x")

        self.patch(self.handlers.made[0]._outlet, "write", put_again)
        queue.put(b"x")
        for _ in range(5):
            self.reactor._calls.get()()
            turns += 1
        self.assertEqual(5, turns)

    def test_a_system_that_cannot_subscribe(self) -> None:
        for name in ("subscribe", "unsubscribe"):
            self.patch(self.system, name, lambda q: 1 / 0)
        client = self.connect()
        wanted = "unexpected exception division by zero in subscribe, for 127.0.0.1:50001"
        self.assertIn(wanted, self.failed(ZeroDivisionError))
        client.leave()
        self.assertIn("in unsubscribe", self.failed(ZeroDivisionError))

    def test_custom_commands_are_read(self) -> None:
        client = self.connect()
        client.say(b"x$system_stop%%%%%")
        self.assertEqual((GOODBYE, ""), (client.received, self.system.heard))
        self.assertEqual(1, self.handlers.farewells)


class Periodic(SendingSystem):
    """One whose status is asked for."""

    sampling_time = 1.0
    asked = 0

    def status(self) -> bytes:
        self.asked += 1
        return b"%d," % self.asked


class BeatTests(HandlerTestCase):
    """A system that is asked for its status."""

    def setUp(self) -> None:
        super().setUp()
        instance = self.instance(Periodic())
        self.handlers = Handlers(instance, SendHandler, beat=Beat(instance))

    def test_all_get_the_same(self) -> None:
        first = self.connect()
        self.reactor.pass_time(1)
        second = self.connect()
        for _ in range(2):
            self.reactor.pass_time(1)
        self.assertEqual(b"1,2,3,4,", first.received)
        self.assertEqual(b"3,4,", second.received)

    def test_nobody_is_left(self) -> None:
        self.connect().leave()
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_who_does_not_read_is_passed_over(self) -> None:
        deaf, other = self.connect(window=0), self.connect()
        for _ in range(5):
            self.reactor.pass_time(1)
        self.assertEqual(2, deaf.buffered)
        self.assertEqual(b"2,3,4,5,6,", other.received)
        self.assertIn("127.0.0.1:50001 does not read", self.told())
        deaf.read()
        self.reactor.pass_time(1)
        self.assertEqual(b"1,7,", deaf.received)
