"""Tests for L{netsim.simulator.handlers}, on Twisted's own TCP transports."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.task import deferLater
from twisted.internet.testing import StringTransport
from zope.interface.verify import verifyObject

from netsim.simulator.framing import Delimiter, FixedSize, Framing, LengthField
from netsim.simulator.handlers import MOST_UNHEARD, BaseHandler
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.senders import SendHandler
from tests.properties import examples
from tests.simulator.talking import HandlerTestCase, Messages, Parser, Subscribers

GOODBYE = SHUTDOWN.encode()
MUCH = b"0123456789abcdef" * (1 << 10)


class Slow(Messages):
    """
    A system whose answers take the time that the test gives them.

    @ivar begun: one for each message that is not answered yet.
    """

    def __init__(self) -> None:
        super().__init__(self._begin)
        self.begun: list[Deferred[Any]] = []
        self.cancelled = 0

    def _begin(self, message: bytes) -> Any:
        if message == b"now":
            return b"now,"
        waiting: Deferred[Any] = Deferred(self._cancel)
        self.begun.append(waiting)
        return waiting if message.startswith(b"d") else self._wait(waiting)

    async def _wait(self, waiting: Deferred[Any]) -> Any:
        return await waiting

    def _cancel(self, deferred: Deferred[Any]) -> None:
        self.cancelled += 1

    def finish(self, answer: Any = b"done,") -> None:
        """Answer what was begun first."""
        self.begun.pop(0).callback(answer)


class OrderTests(HandlerTestCase):
    """The answers of a connection come in the order of its messages."""

    def setUp(self) -> None:
        super().setUp()
        self.system = Slow()
        self.serve(self.system)
        self.client = self.connect()

    def test_interface(self) -> None:
        self.assertTrue(verifyObject(IHalfCloseableProtocol, self.handlers.made[0]))
        self.assertIsNone(self.handlers.made[0].writeConnectionLost())

    def test_plain(self) -> None:
        self.client.say(b"now\nnow\n", b"no", b"w\n")
        self.assertEqual(b"now,now,now,", self.client.received)

    def test_later(self) -> None:
        for message in (b"deferred\n", b"async\n"):
            self.client.say(message)
            self.system.finish(message)
        self.assertEqual(b"deferred\nasync\n", self.client.received)

    def test_already_answered(self) -> None:
        self.system._answer = succeed
        self.client.say(b"one\ntwo\n")
        self.client.say(b"three\n")
        self.assertEqual(b"onetwothree", self.client.received)

    def test_many_that_are_already_answered(self) -> None:
        self.system._answer = succeed
        self.client.say(b"x\n" * 20000)
        self.assertEqual(b"x" * 20000, self.client.received)

    def test_the_next_waits_for_the_last(self) -> None:
        """Also a custom command, and also where they come in one segment."""
        self.client.say(b"d1\nasync 2\nnow\n")
        self.client.say(b"now\n", b"$nothing%%%%%")
        self.assertEqual(([b"d1"], b""), (self.system.heard, self.client.received))
        self.quiet()
        self.system.finish()
        self.assertEqual([b"d1", b"async 2"], self.system.heard)
        self.assertEqual(b"done,", self.client.received)
        self.system.finish()
        self.assertEqual(b"done,done,now,now,", self.client.received)
        self.assertIn("nothing not supported", self.told())
        self.client.say(b"now\n")
        self.assertEqual(b"done,done,now,now,now,", self.client.received)

    def test_others_go_on_meanwhile(self) -> None:
        other = self.connect()
        self.client.say(b"d1\n")
        other.say(b"now\n")
        self.assertEqual((b"", b"now,"), (self.client.received, other.received))

    def test_what_goes_wrong_is_passed_over(self) -> None:
        self.client.say(b"d1\nd2\nd3\n")
        self.system.begun[0].errback(ValueError("bad"))
        self.assertEqual("device[3]: 127.0.0.1:50001 sent b'd1': bad", self.told())
        self.system.begun[1].errback(OSError("worse"))
        self.assertIn("after 127.0.0.1:50001 sent b'd2'", self.failed(OSError))
        self.system.begun[2].callback(b"done")
        self.assertEqual(b"done", self.client.received)

    def test_much_that_comes_meanwhile_is_not_read(self) -> None:
        for count in (1, 2):
            self.client.say(b"d1\n")
            self.client.say(*[b"now\n" * 256] * 200)
            held = 200 * 1024 - self.client.unheard
            self.assertTrue(MOST_UNHEARD < held <= MOST_UNHEARD + 1024, held)
            self.system.finish()
            self.reactor.pump()
            self.assertEqual((b"done," + b"now," * 51200) * count, self.client.received)
            self.assertEqual(0, self.client.unheard)

    def test_a_lost_connection_cancels_what_goes_on(self) -> None:
        for message in (b"d1\nd2\nnow\n", b"async 1\nasync 2\nnow\n"):
            self.system.heard.clear()
            client = self.connect()
            client.say(message)
            client.say(b"now\n")
            client.transport.abortConnection()
            self.reactor.pass_time(0)
            self.assertEqual(1, self.system.cancelled)
            self.assertEqual(1, len(self.system.heard))
            self.assertEqual([self.handlers.made[-1]], self.handlers.left[-1:])
            self.system.cancelled = 0
        self.quiet()

    def test_what_cannot_be_cancelled_is_not_sent_or_logged(self) -> None:
        async def stubborn() -> bytes:
            try:
                await first
            except CancelledError:
                await second
            raise OSError("too late")

        first, second = Deferred[None](), Deferred[None]()
        self.system._answer = lambda message: stubborn()
        self.client.say(b"one\ntwo\n")
        self.client.transport.abortConnection()
        self.reactor.pass_time(0)
        second.callback(None)
        self.quiet()
        self.assertEqual([b"one"], self.system.heard)

    def test_a_half_closed_connection_gets_its_answers(self) -> None:
        self.client.say(b"d1\nd2\n")
        self.client.half_close()
        self.assertFalse(self.client.closed)
        self.system.finish()
        self.reactor.pump()
        self.assertFalse(self.client.closed)
        self.system.finish()
        self.reactor.pump()
        self.assertEqual((b"done,done,", True), (self.client.received, self.client.closed))

    def test_a_half_closed_one_without_any_is_closed(self) -> None:
        self.client.say(b"now\n")
        self.client.half_close()
        self.assertEqual((b"now,", True), (self.client.received, self.client.closed))

    def test_a_custom_command_by_hand_waits_too(self) -> None:
        """As subclasses of the document may do it."""
        self.client.say(b"d1\n")
        self.handlers.made[0]._execute_custom_command("system_stop")
        self.assertEqual(0, self.handlers.farewells)
        self.system.finish()
        self.assertEqual((b"done," + GOODBYE, 1), (self.client.received, self.handlers.farewells))

    def test_a_custom_command_by_hand(self) -> None:
        self.handlers.made[0]._execute_custom_command("system_stop:1")
        self.assertIn("argument", self.failed(TypeError))
        self.handlers.made[0]._execute_custom_command("system_stop")
        self.assertEqual((GOODBYE, 1), (self.client.received, self.handlers.farewells))


class FlowTests(HandlerTestCase):
    """A client that does not read is not read from, and nothing is kept for it."""

    def check_flow(self, system: Any, message: bytes, count: int, most: int) -> None:
        self.serve(system)
        client = self.connect(window=0)
        segment = message * 16
        client.say(*[segment] * (count // 16))
        self.assertGreater(client.unheard, len(segment) * (count // 16 - 3))
        self.assertLessEqual(client.buffered, most)
        client.read(most // 2)
        self.assertLessEqual(client.buffered, most)
        client.read()
        self.assertEqual((MUCH * count, 0), (client.received, client.unheard))
        client.say(message)
        self.assertEqual(MUCH * (count + 1), client.received)

    def test_messages(self) -> None:
        self.check_flow(Messages(lambda message: MUCH), b"x\n", 160, 2 * len(MUCH))

    def test_bytes(self) -> None:
        self.check_flow(Parser(lambda byte: MUCH.decode()), b"x", 160, 2 * len(MUCH))

    def test_answers_that_come_later(self) -> None:
        self.check_flow(Messages(lambda message: succeed(MUCH)), b"x\n", 160, 2 * len(MUCH))

    def test_a_client_that_never_reads_may_leave(self) -> None:
        self.serve(Messages(lambda message: MUCH))
        client = self.connect(window=0)
        client.say(b"x\n" * 10)
        client.transport.abortConnection()
        self.reactor.pass_time(0)
        self.assertEqual(self.handlers.made, self.handlers.left)
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.quiet()

    def test_what_was_not_begun_for_it_never_is(self) -> None:
        class System(Messages):
            def message(self, message: bytes, peer: Any) -> Any:
                peer.send(MUCH)
                return self.begin()

            async def begin(self) -> bytes:
                self.heard.append(b"begun")
                return b""

        system = System()
        self.serve(system)
        client = self.connect(window=1)
        client.say(b"one\n")
        client.transport.abortConnection()
        self.reactor.pass_time(0)
        self.assertEqual(([], []), (system.heard, self.flushWarnings()))

    def test_one_that_reads_late_and_has_said_all(self) -> None:
        self.serve(Messages(lambda message: MUCH))
        client = self.connect(window=0)
        client.say(b"x\n" * 10)
        client.half_close()
        client.read()
        self.assertEqual((MUCH * 10, True), (client.received, client.closed))

    def test_others_are_served_meanwhile(self) -> None:
        self.serve(Messages(lambda message: MUCH))
        self.connect(window=0).say(b"x\n" * 10)
        other = self.connect()
        other.say(b"x\n")
        self.assertEqual(MUCH, other.received)


class SlowTests(HandlerTestCase):
    """A call that holds the reactor up is logged, with what helps."""

    def say(self, answer: Any, data: bytes) -> None:
        self.serve(Messages(answer))
        self.connect().say(data)

    def take(self, seconds: float) -> bytes:
        self.reactor.advance(seconds)
        return b""

    def test_slow(self) -> None:
        self.say(lambda message: self.take(0.06), b"x\n")
        told = self.told()
        self.assertTrue(told.startswith("device[3]: an answer took 0.060 seconds"), told)
        self.assertIn("`worker = True`", told)

    def test_quick(self) -> None:
        self.say(lambda message: self.take(0.04), b"x\n")
        self.quiet()

    def test_waiting_is_not_slow(self) -> None:
        self.say(lambda message: deferLater(self.reactor, 5, lambda: b""), b"x\ny\n")
        self.reactor.advance(20)
        self.quiet()

    def test_slow_after_one_that_was_waited_for(self) -> None:
        waiting: Deferred[bytes] = Deferred()
        self.say(lambda message: waiting if message == b"x" else self.take(0.07), b"x\ny\n")
        self.quiet()
        waiting.callback(b"")
        self.assertIn("took 0.070 seconds", self.told())

    def test_once(self) -> None:
        """A coroutine that blocks at once is told of once."""

        async def block() -> bytes:
            return self.take(0.08)

        self.say(lambda message: block(), b"x\n")
        self.assertIn("took 0.080 seconds", self.told())

    def test_greeting(self) -> None:
        system = Parser()
        self.patch(system, "system_greet", lambda: self.take(0.06))
        self.serve(system)
        self.connect()
        self.assertIn("took 0.060 seconds", self.told())


class PeerTests(HandlerTestCase):
    """Whom a message is from."""

    def test_state(self) -> None:
        class System(Messages):
            def new_state(self) -> list[bytes]:
                return []

            def message(self, message: bytes, peer: Any) -> Any:
                peer.state.append(message)
                return b"".join(peer.state)

        self.serve(System())
        one, other = self.connect(), self.connect()
        one.say(b"a\n", b"b\n")
        other.say(b"c\n")
        self.assertEqual((b"aab", b"c"), (one.received, other.received))

    def test_a_state_that_cannot_be_made(self) -> None:
        class System(Messages):
            def new_state(self) -> None:
                raise OSError("bad")

        self.serve(System(lambda message: message))
        client = self.connect()
        self.assertIn("bad in new_state, for 127.0.0.1:50001", self.failed(OSError))
        client.say(b"x\n")
        self.assertEqual(b"x", client.received)

    def test_address(self) -> None:
        system = Messages()
        self.serve(system)
        self.connect().say(b"x\n")
        [peer] = system.peers
        self.assertEqual(("127.0.0.1", 50001, None), (peer.host, peer.port, peer.state))
        self.assertEqual("127.0.0.1:50001", str(peer))

    def test_it_is_sent_what_is_no_answer(self) -> None:
        system = Messages()
        self.serve(system)
        client = self.connect()
        client.say(b"x\n")
        [peer] = system.peers
        peer.send(b"bytes,")
        peer.send("t\xe9xt")
        self.assertEqual(b"bytes,t\xe9xt", client.received)

    def test_one_that_does_not_read_is_sent_nothing(self) -> None:
        system = Messages()
        self.serve(system)
        client = self.connect(window=5)
        client.say(b"x\n")
        [peer] = system.peers
        for _ in range(100):
            peer.send(b"0123456789")
        self.assertEqual(5, client.buffered)
        client.read()
        peer.send(b"more")
        self.assertEqual(b"0123456789more", client.received)

    def test_one_that_is_gone_is_sent_nothing(self) -> None:
        system = Messages()
        self.serve(system)
        client = self.connect()
        client.say(b"x\n")
        client.leave()
        [peer] = system.peers
        peer.send(b"more")
        peer.close()
        self.reactor.pass_time(0)
        self.assertEqual((b"", True), (client.received, client.closed))

    def test_it_is_closed_after_what_was_sent(self) -> None:
        class System(Messages):
            def message(self, message: bytes, peer: Any) -> Any:
                self.heard.append(message)
                peer.send(b"sent,")
                for _ in range(2):
                    peer.close()
                peer.send(b"dropped")
                return b"answer"

        for window in (float("inf"), 3):
            system = System()
            self.serve(system)
            client = self.connect(window)
            client.say(b"one\ntwo\n", b"three\n")
            client.read()
            self.assertEqual((b"sent,answer", True), (client.received, client.closed))
            self.assertEqual([b"one"], system.heard)

    def test_it_is_closed_by_a_coroutine(self) -> None:
        class System(Messages):
            async def message(self, message: bytes, peer: Any) -> Any:
                self.heard.append(message)
                await waiting
                peer.close()
                return b"answer"

        waiting: Deferred[None] = Deferred()
        system = System()
        self.serve(system)
        client = self.connect()
        client.say(b"one\ntwo\n", b"three\n")
        waiting.callback(None)
        self.reactor.pump()
        self.assertEqual((b"answer", True), (client.received, client.closed))
        self.assertEqual([b"one"], system.heard)
        self.quiet()


class FarewellTests(HandlerTestCase):
    """A custom command may stop an address."""

    def test_it_is_answered_and_nothing_after_it_is_heard(self) -> None:
        for segments in ((b"$system_stop%%%%%one\n",), (b"$system_stop%%%%%", b"one\n")):
            for system in (Messages(lambda message: b"!"), Parser(lambda byte: byte == "$")):
                self.serve(system)
                client = self.connect()
                self.handlers._farewell = client.transport.protocol.close  # type: ignore[method-assign]
                self.handlers.made[0]._farewell = client.transport.protocol.close
                client.say(*segments)
                self.assertEqual((GOODBYE, True), (client.received, client.closed))
                self.assertNotIn("one", str(system.heard))

    def test_also_one_that_comes_later(self) -> None:
        class System(Messages):
            async def system_stop(self) -> str:  # type: ignore[override]
                await deferLater(reactor, 1, lambda: None)
                return SHUTDOWN

        reactor, system = self.reactor, System(lambda message: b"!")
        self.serve(system)
        client = self.connect()
        client.say(b"$system_stop%%%%%one\n", b"two\n")
        self.assertEqual(b"", client.received)
        self.reactor.pass_time(1)
        self.assertEqual((GOODBYE, 1, []), (client.received, self.handlers.farewells, system.heard))

    def test_where_they_are_not_obeyed(self) -> None:
        self.serve(Messages(), custom_commands=False)
        self.connect().say(b"$system_stop%%%%%\n")
        self.assertEqual(0, self.handlers.farewells)


class GreetingTests(HandlerTestCase):
    """Who connects to where a system listens is greeted."""

    def test_greeting(self) -> None:
        system = Parser(lambda byte: byte)
        self.patch(system, "system_greet", lambda: "hello,")
        self.serve(system)
        client = self.connect()
        self.assertEqual(b"hello,", client.received)
        client.say(b"x")
        self.assertEqual(b"hello,x", client.received)

    def test_one_that_takes_time(self) -> None:
        system = Parser(lambda byte: byte)
        self.patch(system, "system_greet", lambda: deferLater(self.reactor, 1, lambda: "hello,"))
        self.serve(system)
        client = self.connect()
        client.say(b"x")
        self.assertEqual(b"", client.received)
        self.reactor.pass_time(1)
        self.assertEqual(b"hello,x", client.received)

    def test_not_where_it_sends(self) -> None:
        class System(Parser):
            def subscribe(self, q: Any) -> None: ...

            def unsubscribe(self, q: Any) -> None: ...

        system = System()
        self.patch(system, "system_greet", lambda: "hello,")
        self.serve(system, SendHandler)
        self.assertEqual(b"", self.connect().received)


class AnyFramed(Messages):
    """
    A system that answers, fails, and takes its time, as its messages are.

    @ivar clock: set by the test.
    """

    def __init__(self, framing: Framing) -> None:
        super().__init__(self._any)
        self.framing = framing  # type: ignore[misc]

    def _any(self, message: bytes) -> Any:
        match message[-1] % 7:
            case 0:
                raise ValueError(message)
            case 1:
                return deferLater(self.clock, 0.5, lambda: message)
            case 2:
                return self._slow(message)
            case 3:
                return 5
        return message

    async def _slow(self, message: bytes) -> bytes:
        await deferLater(self.clock, 0.1, lambda: None)
        raise ValueError(message)


def any_byte(byte: str) -> Any:
    """What a system may answer to a byte."""
    match ord(byte) % 5:
        case 0:
            raise ValueError(byte)
        case 1:
            return byte
        case 2:
            return None
    return True


PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"\n", b"$", b"%%%%%", b"$system_greet%%%%%", b"$nothing:1,2%%%%%", b"$", b"#\x05abc"]
    ),
)
FRAMINGS: list[Framing] = [
    Delimiter(),
    Delimiter(b"\r\n", limit=16),
    FixedSize(4),
    FixedSize(6, start=b"#"),
    LengthField(2, at=1, limit=64),
    LengthField(3, at=1, size=2, order="little", start=b"#", limit=64),
]


class AnythingTests(HandlerTestCase):
    """No bytes whatever make a handler raise, leak or block."""

    def check(self, system: Any, segments: list[bytes], custom: bool) -> None:
        self.serve(system, custom_commands=custom)
        client = self.connect()
        client.say_each(filter(None, segments))
        for _ in range(sum(map(len, segments)) + 1):
            self.reactor.pass_time(0.5)
        self.assertEqual(0, client.unheard)
        self.assertFalse(client.closed)
        self.assertFalse(self.handlers.made[0]._busy)
        client.half_close()
        self.assertTrue(client.closed)
        self.assertEqual(self.handlers.made, self.handlers.left)
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.assertEqual([], self.flushLoggedErrors())

    @examples(100)
    @given(st.lists(PIECES, max_size=8), st.booleans())
    def test_bytes(self, segments: list[bytes], custom: bool) -> None:
        self.check(Parser(any_byte), segments, custom)

    @examples(200)
    @given(st.lists(PIECES, max_size=8), st.booleans(), st.sampled_from(FRAMINGS))
    def test_messages(self, segments: list[bytes], custom: bool, framing: Framing) -> None:
        system = AnyFramed(framing)
        system.clock = self.reactor
        self.check(system, segments, custom)

    @examples(50)
    @given(st.lists(PIECES, max_size=8), st.booleans())
    def test_where_it_sends(self, segments: list[bytes], custom: bool) -> None:
        system = Subscribers()
        self.serve(system, SendHandler, custom_commands=custom)
        client = self.connect()
        client.say_each(filter(None, segments))
        client.leave()
        self.assertEqual([], system.queues)
        self.assertEqual([], self.flushLoggedErrors())


class OtherTransportTests(HandlerTestCase):
    """Transports that are not Twisted's TCP, such as those of TLS and of tests."""

    def connect_to(self, transport: StringTransport, answer: Any) -> BaseHandler:
        handler = self.serve(Messages(answer)).buildProtocol(None)
        handler.makeConnection(transport)
        return handler

    def test_one_that_says_when_it_is_full(self) -> None:
        transport = StringTransport()
        handler = self.connect_to(transport, lambda message: message)
        producer: Any = transport.producer
        producer.pauseProducing()
        handler.dataReceived(b"one\ntwo\n")
        self.assertEqual((b"one", "paused"), (transport.value(), transport.producerState))
        producer.resumeProducing()
        self.assertEqual((b"onetwo", "producing"), (transport.value(), transport.producerState))

    def test_one_that_delivers_what_it_has_while_it_is_told_to_pause(self) -> None:
        transport = StringTransport()
        waiting: Deferred[bytes] = Deferred()
        answers = {b"one": waiting}
        handler = self.connect_to(transport, lambda message: answers.get(message, message))
        handler.dataReceived(b"one\n")
        handler.dataReceived(b"two\n" + b"x" * MOST_UNHEARD)
        self.assertEqual("paused", transport.producerState)
        handler.dataReceived(b"\nthree\n")
        waiting.callback(b"one")
        wanted = b"onetwo" + b"x" * MOST_UNHEARD + b"three"
        self.assertEqual(wanted, transport.value())

    def test_one_that_tells_its_end_once(self) -> None:
        transport = StringTransport()
        waiting: Deferred[bytes] = Deferred()
        handler = self.connect_to(transport, lambda message: waiting)
        handler.dataReceived(b"one\n")
        handler.readConnectionLost()
        self.assertFalse(transport.disconnecting)
        waiting.callback(b"one")
        self.assertEqual((b"one", True), (transport.value(), transport.disconnecting))

    def test_closing_twice(self) -> None:
        transport = StringTransport()
        handler = self.connect_to(transport, lambda message: message)
        for _ in range(2):
            handler.close()
        handler.dataReceived(b"one\n")
        self.assertEqual((b"", True), (transport.value(), transport.disconnecting))
