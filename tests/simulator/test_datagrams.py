"""Tests for L{netsim.simulator.datagrams}."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import MessageLengthError
from twisted.internet.testing import FakeDatagramTransport

from netsim.simulator.crew import Crew
from netsim.simulator.datagrams import MAX_PENDING, DatagramListenHandler, DatagramSendHandler
from netsim.simulator.instance import Instance
from netsim.simulator.system import ListeningSystem, MessageSystem, Peer, SendingSystem
from tests.properties import examples
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase

ONE, OTHER = ("127.0.0.1", 5001), ("::1", 5002)
SHUTDOWN = b"$server_shutdown%%%%%"


class Meter(ListeningSystem):
    """Answers each line with its length, as one byte; C{!} as it stands."""

    def __init__(self) -> None:
        self.size = 0
        self.threads: list[threading.Thread] = []

    def parse(self, byte: str) -> bool | str:
        self.threads.append(threading.current_thread())
        if byte == "!":
            return byte
        self.size += 1
        if byte != "\n":
            return True
        size, self.size = self.size, 0
        return chr(size & 255)

    def add(self, one: str, two: str) -> str:
        return str(int(one) + int(two))


class Board(SendingSystem):
    """Has a status."""

    def __init__(self, *statuses: Any) -> None:
        self.statuses = list(statuses)

    def status(self) -> Any:
        return self.statuses.pop(0)

    def hello(self) -> str:
        return "hello"


class Sender:
    """Sends as it was always done."""

    def __init__(self) -> None:
        self.queues: list[Any] = []
        self.calls: list[tuple[str, threading.Thread]] = []

    def subscribe(self, q: Any) -> None:
        self.calls.append(("subscribe", threading.current_thread()))
        self.queues.append(q)

    def unsubscribe(self, q: Any) -> None:
        self.calls.append(("unsubscribe", threading.current_thread()))
        self.queues.remove(q)


class Talk(MessageSystem):
    """Answers whole datagrams by functions."""

    def __init__(self, **acts: Callable[[Peer], Any]) -> None:
        self.acts = acts
        self.states: list[threading.Thread] = []

    def new_state(self) -> list[str]:
        self.states.append(threading.current_thread())
        return []

    def message(self, message: bytes, peer: Peer) -> Any:
        return self.acts[message.decode()](peer)


class DatagramTestCase(ThreadsTestCase):
    """A UDP address of a system."""

    kind: Any = DatagramListenHandler

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.farewells = 0

    def host(self, system: Any, crew: Crew | None = None, custom_commands: bool = True) -> Any:
        instance = Instance(system, self.id(), self.reactor, crew, custom_commands)
        self.handler = self.kind(instance, self.farewell)
        self.transport = FakeDatagramTransport()
        self.handler.makeConnection(self.transport)
        self.addCleanup(self.stop)
        return system

    def stop(self) -> None:
        """The port is closed, as Twisted does it."""
        if self.handler.numPorts:
            self.handler.doStop()

    def farewell(self) -> None:
        self.farewells += 1

    def say(self, *data: bytes, peer: tuple[str, int] = ONE) -> list[bytes]:
        """Send these; what is answered at once."""
        for datagram in data:
            self.handler.datagramReceived(datagram, peer)
        return self.heard(peer)

    def heard(self, peer: tuple[str, int] = ONE) -> list[bytes]:
        """What was sent there since this was last asked."""
        written, self.transport.written = self.transport.written, []
        self.assertEqual([peer] * len(written), [to for _, to in written])
        return [data for data, _ in written]

    def until_heard(self, count: int) -> list[bytes]:
        """Wait for so many answers."""
        self.reactor.until(lambda: len(self.transport.written) >= count)
        return self.heard()

    def settle(self) -> None:
        """Do what threads have asked for so far."""
        self.reactor.until(self.reactor.idle)


class ListenTests(DatagramTestCase):
    """Each datagram is parsed, and answered by datagrams."""

    def test_answers(self) -> None:
        """Its bytes and one newline are parsed; every answer is a datagram to its sender."""
        self.host(Meter())
        self.assertEqual([b"\4"], self.say(b"abc"))
        self.assertEqual([b"!", b"\2", b"!", b"\1"], self.say(b"!a\n!"))
        self.assertEqual([b"\1"], self.say(b"", peer=OTHER))
        self.assertEqual([b"\0"], self.say(bytes(255)))

    def test_custom(self) -> None:
        """Custom commands are read where they stand, within one datagram."""
        self.host(Meter())
        self.assertEqual([b"3", b"\x0f"], self.say(b"$add:1,2%%%%%x"))
        self.assertEqual([b"\x06", b"\x0a"], self.say(b"$add:", b"1,2%%%%%x"))
        self.host(Meter(), custom_commands=False)
        self.assertEqual([b"\x0e"], self.say(b"$add:1,2%%%%%"))

    def test_farewell(self) -> None:
        """A system that stops says so, and then its address is told."""
        self.host(Meter())
        self.assertEqual(SHUTDOWN, self.say(b"$system_stop%%%%%")[0])
        self.assertEqual(1, self.farewells)

    def test_messages(self) -> None:
        """A message system gets the datagram as it is, and its sender; the state is its own."""
        self.host(Talk(who=lambda peer: f"{peer} {peer.host} {peer.port} {peer.state}"))
        self.assertEqual([b"udp:127.0.0.1:5001 127.0.0.1 5001 []"], self.say(b"who"))
        self.assertEqual([b"udp:[::1]:5002 ::1 5002 []"], self.say(b"who", peer=OTHER))

    def test_unasked(self) -> None:
        """A system may send more than its answer, and nothing is there to be closed."""
        self.host(Talk(more=lambda peer: peer.send("\xff") or peer.send(b"2") or peer.close()))
        self.assertEqual([b"\xff", b"2"], self.say(b"more"))

    def test_later(self) -> None:
        """An answer may come later; others are answered meanwhile."""
        coming: Deferred[str] = Deferred()
        self.host(Talk(later=lambda peer: coming, now=lambda peer: "now"))
        self.assertEqual([b"now"], self.say(b"later", b"now"))
        coming.callback("later")
        self.assertEqual([b"later"], self.heard())

    def test_failures(self) -> None:
        """What goes wrong is logged, at once or later, and takes no place."""
        coming: Deferred[str] = Deferred()
        self.host(Talk(later=lambda peer: coming, now=lambda peer: 1 / 0))
        self.say(b"later", b"now")
        coming.errback(RuntimeError("late"))
        texts = [str(failure.value) for failure in self.flushLoggedErrors()]
        self.assertEqual((["division by zero", "late"], 0), (texts, self.handler._pending))

    def test_badState(self) -> None:
        """So is a state that cannot be made; the datagram is answered without."""
        system = self.host(Talk(now=lambda peer: "now"))
        system.new_state = lambda: 1 / 0
        self.assertEqual([b"now"], self.say(b"now"))
        self.assertEqual((1, 0), (len(self.flushLoggedErrors()), self.handler._pending))

    def test_slow(self) -> None:
        """One that holds the reactor up is logged."""
        self.host(Talk(slow=lambda peer: self.reactor.advance(0.051) or "done"))
        self.assertEqual([b"done"], self.say(b"slow"))
        [warning] = self.warnings()
        self.assertIn("an answer took 0.051 seconds on the reactor", warning)

    def test_bound(self) -> None:
        """Only so many wait; what comes then is dropped, and the log tells it once."""
        coming: list[Deferred[str]] = []
        self.host(Talk(later=lambda peer: coming.append(Deferred()) or coming[-1]))
        self.say(*[b"later"] * (MAX_PENDING + 5))
        for _ in range(3):
            coming.pop().callback("x")
            self.say(*[b"later"] * 3)
        self.assertEqual(MAX_PENDING, len(coming))
        warning = f"{self.id()}: {MAX_PENDING} datagrams wait for an answer: new ones are dropped"
        self.assertEqual([warning], self.warnings())
        while coming:
            coming.pop().callback("x")
        self.say(*[b"later"] * (MAX_PENDING + 5))
        self.assertEqual([warning] * 2, self.warnings())

    def test_cannotSend(self) -> None:
        """An answer that does not fit, or cannot be sent, is logged, and the next one sent."""
        self.host(Talk(long=lambda peer: b"x" * 70000, short=lambda peer: b"x"))
        write, problems = (
            self.transport.write,
            [
                MessageLengthError("message too long"),
                OSError(errno.ENETUNREACH, "Network is unreachable"),
            ],
        )

        def failing(data: bytes, addr: Any) -> None:
            if len(data) > 65507:
                raise problems.pop(0)
            write(data, addr)

        self.transport.write = failing  # type: ignore[method-assign]
        self.assertEqual([b"x", b"x"], self.say(b"long", b"short", b"long", b"short"))
        expected = f"{self.id()}: cannot send 70000 bytes to udp:127.0.0.1:5001: "
        first, second = self.warnings()
        self.assertTrue(first.startswith(expected + "Message is too long"), first)
        self.assertEqual(expected + "Network is unreachable", second)

    def test_closed(self) -> None:
        """What would be answered after the port was closed is not waited for, without a word."""
        cancelled: list[Any] = []
        coming: Deferred[str] = Deferred(cancelled.append)
        self.host(Talk(later=lambda peer: coming))
        self.say(b"later")
        self.stop()
        self.assertEqual(([coming], 0), (cancelled, self.handler._pending))
        self.assertEqual([], self.heard())

    @examples(200)
    @given(st.lists(st.binary() | st.sampled_from([b"$add:1,2%%%%%", b"$add%%%%%", b"$%%%%%"])))
    def test_whatever(self, datagrams: list[bytes]) -> None:
        """Whatever is sent, nothing is raised and nothing waits."""
        self.host(Meter())
        for datagram in datagrams:
            self.assertNotEqual([], self.say(datagram))
        self.flushLoggedErrors(TypeError, ValueError)
        self.assertEqual(0, self.handler._pending)


class ThreadedListenTests(DatagramTestCase):
    """A system that may block is called in one thread for all."""

    def setUp(self) -> None:
        super().setUp()
        self.go = threading.Event()
        self.addCleanup(self.go.set)

    def test_thread(self) -> None:
        """All calls come from the same one, in order, and it ends with the port."""
        meter = self.host(Meter(), Crew(self.reactor))
        self.say(*[b"x" * size for size in range(20)])
        self.assertEqual([bytes([size + 1]) for size in range(20)], self.until_heard(20))
        [thread] = set(meter.threads)
        self.assertIsNot(threading.current_thread(), thread)
        self.stop()
        self.end(thread)

    def test_custom(self) -> None:
        """So do custom commands, and a farewell is told on the reactor."""
        self.host(Meter(), Crew(self.reactor))
        self.say(b"$add:1,2%%%%%x", b"$system_stop%%%%%")
        heard = self.until_heard(4)
        self.assertEqual([b"3", b"\x0f", SHUTDOWN], heard[:3])
        self.assertEqual(1, self.farewells)

    def test_state(self) -> None:
        """So is what it keeps for each; and what it sends unasked goes through the reactor."""

        def act(peer: Peer) -> str:
            self.begin(peer.send, "1").result(PATIENCE)
            peer.send(b"2")
            return str(peer.state)

        talk = self.host(Talk(more=act), Crew(self.reactor))
        self.say(b"more")
        self.go.wait(0.02)
        self.assertEqual([], self.transport.written)
        self.assertEqual([b"1", b"2", b"[]"], self.until_heard(3))
        self.assertIsNot(threading.current_thread(), talk.states[0])

    def test_later(self) -> None:
        """An answer that comes later is refused, and logged."""

        async def later() -> str:
            return "later"

        self.host(Talk(later=lambda peer: later(), now=lambda peer: "now"), Crew(self.reactor))
        self.say(b"later", b"now")
        self.assertEqual([b"now"], self.until_heard(1))
        self.assertEqual(1, len(self.flushLoggedErrors(TypeError)))

    def test_sleeps(self) -> None:
        """While it sleeps so many wait and the rest is dropped; closing the port waits for none."""
        self.host(Talk(wait=lambda peer: str(self.go.wait(PATIENCE))), Crew(self.reactor))
        self.say(*[b"wait"] * (MAX_PENDING + 1))
        self.assertEqual(1, len(self.warnings()))
        self.stop()
        self.go.set()
        for thread in self.named(self.id()):
            self.end(thread)
        self.settle()
        self.assertEqual([], self.heard())


class SendTests(DatagramTestCase):
    """Each datagram gets one status."""

    kind = DatagramSendHandler

    def test_status(self) -> None:
        """That of now, whatever is in the datagram, an empty one too."""
        self.host(Board("one", b"two", "\xff", None, "", b"three"))
        for data, status in (
            (b"", [b"one"]),
            (b"\0\xff" * 500, [b"two"]),
            (b"status\n", [b"\xff"]),
            (b"?", []),
            (b"?", []),
            (b"?", [b"three"]),
        ):
            self.assertEqual(status, self.say(data))

    def test_custom(self) -> None:
        """Custom commands are answered before it."""
        self.host(Board("status"))
        self.assertEqual([b"hello", b"status"], self.say(b"$hello%%%%%"))

    def test_farewell(self) -> None:
        """The command that stops it is answered, too."""
        self.host(Board("last"))
        self.assertEqual([SHUTDOWN, b"last"], self.say(b"$system_stop%%%%%"))
        self.assertEqual(1, self.farewells)

    def test_nonsense(self) -> None:
        """What is no status, or raises, is logged, and takes no place."""
        self.host(Board(42, "\u20ac"))
        self.assertEqual([], self.say(b"", b"", b""))
        self.assertEqual(1, len(self.flushLoggedErrors(IndexError)))
        self.assertEqual((2, 0), (len(self.warnings()), self.handler._pending))

    @examples(100)
    @given(st.lists(st.binary()))
    def test_whatever(self, datagrams: list[bytes]) -> None:
        """Any content subscribes."""
        # Hypothesis finds custom commands in the source, and tries them.
        self.host(Board(*[b"x"] * len(datagrams)), custom_commands=False)
        self.assertEqual([b"x"] * len(datagrams), self.say(*datagrams))


class ThreadedSendTests(DatagramTestCase):
    """A system that puts into queues is subscribed to for one message."""

    kind = DatagramSendHandler

    def setUp(self) -> None:
        super().setUp()
        self.sender = self.host(Sender(), Crew(self.reactor))

    def test_one(self) -> None:
        """It subscribes, sends one message, and unsubscribes, all in one thread."""
        self.say(b"")
        self.reactor.until(lambda: self.sender.queues)
        [q] = self.sender.queues
        q.put(b"status")
        self.assertEqual([b"status"], self.until_heard(1))
        q.put(b"more")
        self.reactor.until(lambda: not self.sender.queues)
        self.assertEqual(["subscribe", "unsubscribe"], [name for name, _ in self.sender.calls])
        self.assertEqual(1, len({thread for _, thread in self.sender.calls}))
        self.assertIsNot(threading.current_thread(), self.sender.calls[0][1])
        self.assertEqual((0, set()), (self.handler._pending, self.handler._subscribers))

    def test_text(self) -> None:
        """Text is Latin-1, and nonsense is logged."""
        for status, expected in (("\xff", [b"\xff"]), (42, [])):
            self.say(b"?")
            self.reactor.until(lambda: self.sender.queues)
            self.sender.queues[0].put(status)
            self.reactor.until(lambda: not self.sender.queues)
            self.assertEqual(expected, self.heard())
        self.assertIn("unexpected response: 42", self.warnings()[0])

    def test_several(self) -> None:
        """Each of several has its own queue, and its own answer."""
        for peer in (ONE, OTHER):
            self.handler.datagramReceived(b"", peer)
        self.reactor.until(lambda: len(self.sender.queues) == 2)
        for q, status in zip(list(self.sender.queues), (b"one", b"other"), strict=True):
            q.put(status)
        self.reactor.until(lambda: not self.sender.queues)
        self.assertEqual([(b"one", ONE), (b"other", OTHER)], self.transport.written)

    def test_blocked(self) -> None:
        """Whoever goes on to put does not wait when the message was sent."""
        self.say(b"")
        self.reactor.until(lambda: self.sender.queues)
        [q] = self.sender.queues
        q.put(b"one")
        putting = self.begin(lambda: [q.put(b"two"), q.put(b"three")])
        self.check_waits(putting)
        self.assertEqual([b"one"], self.until_heard(1))
        putting.result(PATIENCE)

    def test_stop(self) -> None:
        """When the port is closed all who wait are unsubscribed, and no put waits."""
        self.say(b"", b"")
        self.reactor.until(lambda: len(self.sender.queues) == 2)
        queues = list(self.sender.queues)
        self.assertEqual(2, self.handler._pending)
        queues[0].put(b"one")
        putting = self.begin(queues[0].put, b"two")
        self.check_waits(putting)
        self.stop()
        putting.result(PATIENCE)
        [thread] = {thread for _, thread in self.sender.calls}
        self.end(thread)
        self.settle()
        self.assertEqual(([], []), (self.sender.queues, self.heard()))
        self.assertEqual([], self.named(self.id()))

    def test_stopMeanwhile(self) -> None:
        """What has not been subscribed when the port is closed never is."""
        self.say(b"")
        self.stop()
        for thread in self.named(self.id()):
            self.end(thread)
        self.settle()
        self.assertEqual(([], []), (self.sender.calls, self.named(self.id())))

    def test_failures(self) -> None:
        """A system that cannot be subscribed to is logged, and takes no place."""

        def subscribe(q: Any) -> None:
            q.put(b"one")
            self.settled.wait(PATIENCE)
            raise RuntimeError("no")

        self.settled = threading.Event()
        self.sender.subscribe = subscribe
        self.sender.unsubscribe = lambda q: 1 / 0
        self.say(b"")
        self.assertEqual([b"one"], self.until_heard(1))
        self.settled.set()
        self.stop()
        for thread in self.named(self.id()):
            self.end(thread)
        self.settle()
        kinds = [failure.type for failure in self.flushLoggedErrors()]
        self.assertEqual(([RuntimeError, ZeroDivisionError], 0), (kinds, self.handler._pending))

    def test_refused(self) -> None:
        """One that cannot be subscribed to at all is logged, and the next one is served."""
        self.sender.subscribe = lambda q: 1 / 0
        self.say(b"")
        self.reactor.until(lambda: not self.handler._pending)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))
        del self.sender.subscribe
        self.test_one()


class BothTests(DatagramTestCase):
    """A system may listen and send."""

    def test_thread(self) -> None:
        """One thread calls it for the datagrams of both addresses."""
        instance = Instance(Meter(), self.id(), self.reactor, Crew(self.reactor))
        listening, sending = DatagramListenHandler(instance), DatagramSendHandler(instance)
        where = [handler._hand.submit(threading.current_thread) for handler in (listening, sending)]
        self.reactor.until(lambda: all(deferred.called for deferred in where))
        one, other = map(self.successResultOf, where)
        self.assertIs(one, other)
        listening.stopProtocol()
        sending.stopProtocol()
        self.reactor.until(lambda: not one.is_alive())
