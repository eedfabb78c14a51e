"""Tests for L{netsim.simulator.threaded}."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.testing import StringTransportWithDisconnection

from netsim.simulator import threaded
from netsim.simulator.beat import Beat
from netsim.simulator.crew import Crew, OnReactor
from netsim.simulator.framing import Delimiter
from netsim.simulator.handlers import BaseHandler
from netsim.simulator.instance import Instance
from netsim.simulator.lines import ReactorLine
from netsim.simulator.system import MessageSystem, Peer, SendingSystem
from netsim.simulator.threaded import ThreadedListenHandler, ThreadedSendHandler
from tests.properties import examples
from tests.replay.wire import PATIENCE, Reactor
from tests.simulator.threads import ThreadsTestCase

WAIT, EXIT = b"\1", b"\2"


class Together:
    """A crew that has no threads, so that nothing has to be waited for."""

    def hand(self, name: str) -> OnReactor:
        return OnReactor()


class Device:
    """
    A device as it was always written: it answers a line with what the line says.

    L{WAIT} waits, L{EXIT} raises; all calls are kept with the threads that they came from.
    """

    def __init__(self) -> None:
        self.begun = ""
        self.calls: list[tuple[str, threading.Thread]] = []
        self.waiting = threading.Event()
        self.go = threading.Event()

    def called(self, name: str) -> None:
        self.calls.append((name, threading.current_thread()))

    def threads(self, *names: str) -> set[threading.Thread]:
        """Those that certain calls came from."""
        return {thread for name, thread in self.calls if name in names or not names}

    def system_greet(self) -> str | None:
        self.called("greet")
        return "hello\n"

    def parse(self, byte: str) -> Any:
        self.called("parse")
        if byte == WAIT.decode():
            self.waiting.set()
            self.go.wait(PATIENCE)
        if byte == EXIT.decode():
            raise SystemExit(3)
        self.begun += byte
        if byte != "\n":
            return True
        line, self.begun = self.begun, ""
        return line

    def where(self, *words: str) -> str:
        self.called("where")
        return f"here {' '.join(words)}\n"

    def system_stop(self) -> str:
        return "$server_shutdown%%%%%"


class Board(Device):
    """A device that sends: what it is told by C{say} it puts, from a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.queues: list[Any] = []

    def subscribe(self, q: Any) -> None:
        self.called("subscribe")
        self.queues.append(q)

    def unsubscribe(self, q: Any) -> None:
        self.called("unsubscribe")
        self.queues.remove(q)


class Talk(MessageSystem):
    """One of whole messages, with its peer: what it is given does what a message says."""

    worker = True
    framing = Delimiter()

    def __init__(self, **acts: Callable[[Peer], Any]) -> None:
        self.acts = acts
        self.states: list[threading.Thread] = []
        self.peers: list[Peer] = []

    def new_state(self) -> list[str]:
        self.states.append(threading.current_thread())
        return []

    def message(self, message: bytes, peer: Peer) -> Any:
        self.peers.append(peer)
        return self.acts[message.decode()](peer)


class ThreadedTestCase(ThreadsTestCase):
    """Connections to an instance, in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor = Reactor()
        self.farewells = 0
        self.gone: list[BaseHandler] = []

    def host(self, system: Any, crew: Any = None) -> Any:
        self.instance = Instance(system, self.id(), self.reactor, crew or Crew(self.reactor))
        if isinstance(system, Device):
            self.addCleanup(system.go.set)
        return system

    def connect(self, kind: type[Any] = ThreadedListenHandler, *more: Any) -> Any:
        """Connect; gives the server's transport."""
        handler = kind(self.instance, self.gone.append, self.farewell, *more)
        transport: Any = StringTransportWithDisconnection()
        transport.protocol = handler
        handler.makeConnection(transport)
        self.addCleanup(self.leave, transport)
        return transport

    def farewell(self) -> None:
        self.farewells += 1

    def leave(self, transport: Any) -> None:
        if transport.connected:
            transport.loseConnection()

    def hear(self, transport: Any, expected: bytes) -> None:
        """Wait until the client has heard this, and nothing else."""
        self.reactor.until(lambda: len(transport.value()) >= len(expected))
        self.assertEqual(expected, transport.value())
        transport.clear()

    def settle(self, transport: Any) -> None:
        """Wait until the reactor listens again."""
        self.reactor.until(lambda: transport.producerState == "producing")

    def home(self) -> threading.Thread:
        return threading.current_thread()


class AnswerTests(ThreadedTestCase):
    """What is said is answered, one after the other."""

    def setUp(self) -> None:
        super().setUp()
        self.device = self.host(Device(), Together())
        self.client = self.connect()

    def say(self, data: bytes) -> bytes:
        """Say this; what is answered."""
        self.client.protocol.dataReceived(data)
        self.reactor.until(self.reactor.idle)
        heard: bytes = self.client.value()
        self.client.clear()
        return heard

    def test_line(self) -> None:
        """Whoever is not on Twisted's TCP is answered by the reactor."""
        self.assertIsInstance(self.client.protocol._line, ReactorLine)

    def test_answers(self) -> None:
        """The greeting comes first, and then the answers, however they were asked for."""
        self.assertEqual(b"hello\none\ntwo\n", self.say(b"one\ntwo\nth"))
        self.assertEqual(b"three\n", self.say(b"ree\n"))

    def test_custom(self) -> None:
        """Custom commands are obeyed where they stand."""
        self.say(b"")
        said = self.say(b"a\n$where:there,and,back%%%%%b\n")
        self.assertEqual(b"a\nhere there and back\n$where:there,and,back%%%%%b\n", said)
        self.assertEqual(b"", self.say(b"$nothing%%%%%"))
        self.assertIn(f"{self.id()}: command nothing not supported", self.warnings())

    def test_farewell(self) -> None:
        """A device that stops says so, and then its address is told, once."""
        self.say(b"")
        self.assertEqual(b"$server_shutdown%%%%%", self.say(b"$system_stop%%%%%"))
        self.assertEqual(1, self.farewells)
        self.assertTrue(self.instance.stopped)

    def test_halfClosed(self) -> None:
        """A client that says no more has its answers when the connection ends."""
        self.assertEqual(b"hello\nlast\n", self.say(b"last\n"))
        self.client.protocol.readConnectionLost()
        self.assertFalse(self.client.connected)
        self.assertEqual([self.client.protocol], self.gone)

    def test_exit(self) -> None:
        """Not even one that wants to end the process ends anything."""
        self.assertEqual(b"hello\n", self.say(b"1\n" + EXIT + b"2\n")[:6])
        self.assertEqual(1, len(self.flushLoggedErrors(SystemExit)))
        self.assertEqual("producing", self.client.producerState)
        self.assertEqual(b"3\n", self.say(b"3\n"))

    def test_badGreeting(self) -> None:
        """A greeting that fails does not keep the client from being heard."""

        def greet() -> str:
            raise SystemExit("no")

        self.device.system_greet = greet
        self.client = self.connect()
        self.assertEqual(b"1\n", self.say(b"1\n"))
        self.assertEqual(1, len(self.flushLoggedErrors(SystemExit)))

    @examples(100)
    @given(st.lists(st.binary() | st.sampled_from([b"$where%%%%%", b"$", b"%%%%%", b"a\n"])))
    def test_whatever(self, segments: list[bytes]) -> None:
        """No bytes raise, end the connection or stop it from being read."""
        self.host(Device(), Together()).go.set()
        self.client = self.connect()
        for segment in segments:
            self.say(segment.replace(EXIT, b""))
        self.assertEqual((True, "producing"), (self.client.connected, self.client.producerState))


class AwaitedTests(ThreadedTestCase):
    """A system with threads cannot answer later."""

    def test_refused(self) -> None:
        """That is logged, and the next message is answered."""

        async def later() -> str:
            return "later"

        self.host(Talk(later=lambda peer: later(), now=lambda peer: "now"), Together())
        client = self.connect()
        client.protocol.dataReceived(b"later\nnow\n")
        self.hear(client, b"now")
        [failure] = self.flushLoggedErrors(TypeError)
        self.assertIn("has to answer at once, not later", str(failure.value))


class ThreadTests(ThreadedTestCase):
    """Every connection has a thread, and the reactor none of the work."""

    def test_calls(self) -> None:
        """All that a connection asks for comes from one thread, which ends with it."""
        device = self.host(Device())
        client = self.connect()
        for data, answer in (
            (b"", b"hello\n"),
            (b"one\n", b"one\n"),
            (b"$where%%%%%", b"here \n"),
            (b"$stop", b""),
            (b"\n", b"$where%%%%%$stop\n"),
        ):
            if data:
                self.settle(client)
                client.protocol.dataReceived(data)
            self.hear(client, answer)
        [thread] = device.threads()
        self.assertIsNot(self.home(), thread)
        client.loseConnection()
        self.end(thread)

    def test_each(self) -> None:
        """Each connection has its own, and one that waits keeps no other one waiting."""
        device = self.host(Device())
        slow, quick = self.connect(), self.connect()
        for client in (slow, quick):
            self.hear(client, b"hello\n")
            self.settle(client)
        slow.protocol.dataReceived(WAIT)
        device.waiting.wait(PATIENCE)
        self.assertEqual("paused", slow.producerState)
        device.begun = ""
        for _ in range(3):
            quick.protocol.dataReceived(b"quick\n")
            self.hear(quick, b"quick\n")
        self.assertEqual(("paused", b""), (slow.producerState, slow.value()))
        device.go.set()
        self.settle(slow)
        slow.protocol.dataReceived(b"!\n")
        self.hear(slow, WAIT + b"!\n")
        self.assertEqual(2, len(device.threads("parse")))
        self.assertEqual(device.threads("greet"), device.threads("parse"))

    def test_vanishes(self) -> None:
        """A client that leaves while the system sleeps is forgotten, and so is its thread then."""
        device = self.host(Device())
        client = self.connect()
        self.hear(client, b"hello\n")
        client.protocol.dataReceived(WAIT + b"\nmore\n")
        device.waiting.wait(PATIENCE)
        client.loseConnection()
        [thread] = device.threads()
        self.assertTrue(thread.is_alive())
        self.assertEqual([client.protocol], self.gone)
        device.go.set()
        self.end(thread)
        self.reactor.until(self.reactor.idle)
        self.assertEqual([], self.named(self.id()))

    def test_hungUp(self) -> None:
        """Whoever waits in the thread is let go when the connection is closed, not when it ends."""
        self.host(Device())
        client = self.connect()
        self.settle(client)
        hung: list[threading.Thread] = []
        client.protocol._line.hang_up = lambda: hung.append(threading.current_thread())
        client.loseConnection, lose = lambda: None, client.loseConnection
        client.protocol.close()
        self.assertEqual([self.home()], hung)
        lose()

    def test_full(self) -> None:
        """One that comes and leaves while no thread is free was never there."""
        device = self.host(Device(), Crew(self.reactor, 1))
        busy = self.connect()
        self.hear(busy, b"hello\n")
        busy.protocol.dataReceived(WAIT)
        device.waiting.wait(PATIENCE)
        for _ in range(3):
            self.connect().loseConnection()
        last = self.connect()
        device.go.set()
        busy.loseConnection()
        self.hear(last, b"hello\n")
        self.assertEqual(2, len([name for name, _ in device.calls if name == "greet"]))

    def test_state(self) -> None:
        """The state of a connection is made in its thread, before anything is said."""
        states: list[Any] = []
        talk = self.host(Talk(more=lambda peer: str(states.append(peer.state) or peer.state)))
        client = self.connect()
        self.settle(client)
        client.protocol.dataReceived(b"more\n")
        self.hear(client, b"[]")
        [thread] = talk.states
        self.assertIsNot(self.home(), thread)
        self.assertEqual([[]], states)

    def test_reading(self) -> None:
        """While its thread works nothing is read, not even when there is room to write again."""
        device = self.host(Device())
        client = self.connect()
        self.hear(client, b"hello\n")
        self.settle(client)
        client.protocol.dataReceived(WAIT)
        device.waiting.wait(PATIENCE)
        outlet = client.protocol._outlet
        outlet.pauseProducing()
        outlet.resumeProducing()
        self.assertEqual("paused", client.producerState)
        outlet.pauseProducing()
        device.go.set()
        self.reactor.until(lambda: not client.protocol._tasks)
        self.assertEqual("paused", client.producerState)
        outlet.resumeProducing()
        self.assertEqual("producing", client.producerState)


class UnaskedTests(ThreadedTestCase):
    """A system may say something by itself, in whatever thread."""

    def talk(self, **acts: Callable[[Peer], Any]) -> Any:
        """A client of a system that does these; one message has been said and answered."""
        self.system = self.host(Talk(hello=lambda peer: "hello", **acts))
        client = self.connect()
        self.settle(client)
        client.protocol.dataReceived(b"hello\n")
        self.hear(client, b"hello")
        self.settle(client)
        [self.peer] = self.system.peers
        return client

    def test_within(self) -> None:
        """What is said while a message is answered comes before the answer."""
        client = self.talk(two=lambda peer: peer.send("one ") or "two")
        client.protocol.dataReceived(b"two\n")
        self.hear(client, b"one two")

    def test_others(self) -> None:
        """What other threads say is sent in the order in which they say it."""
        client = self.talk()
        self.begin(lambda: [self.peer.send(f"{n} ") for n in range(20)]).result(PATIENCE)
        self.assertEqual(b"", client.value())
        self.hear(client, b"".join(b"%d " % number for number in range(20)))

    def test_notWithin(self) -> None:
        """What other threads say does not come into the middle of answers."""
        go = threading.Event()
        self.addCleanup(go.set)
        client = self.talk(long=lambda peer: str(peer.send("1") or go.wait(PATIENCE)))
        client.protocol.dataReceived(b"long\n")
        self.hear(client, b"1")
        self.begin(self.peer.send, "other").result(PATIENCE)
        self.reactor.until(self.reactor.idle)
        self.assertEqual(b"", client.value())
        go.set()
        self.hear(client, b"Trueother")

    def test_bound(self) -> None:
        """While its thread is busy only so much waits; the rest is dropped."""
        go = threading.Event()
        self.addCleanup(go.set)
        client = self.talk(wait=lambda peer: str(peer.send("1") or go.wait(PATIENCE)))
        client.protocol.dataReceived(b"wait\n")
        self.hear(client, b"1")
        for _ in range(3 * threaded.MAX_UNASKED):
            self.peer.send("x")
        self.reactor.until(self.reactor.idle)
        go.set()
        self.hear(client, b"True" + b"x" * threaded.MAX_UNASKED)
        self.settle(client)
        self.reactor.until(self.reactor.idle)
        self.peer.send("y")
        self.hear(client, b"y")

    def test_deaf(self) -> None:
        """To a client that does not read nothing is said by itself."""
        client = self.talk()
        client.protocol._outlet.pauseProducing()
        self.peer.send("x")
        self.reactor.until(self.reactor.idle)
        client.protocol._outlet.resumeProducing()
        self.peer.send("y")
        self.hear(client, b"y")

    def test_gone(self) -> None:
        """Nor to one that has left."""
        client = self.talk()
        client.loseConnection()
        self.reactor.until(lambda: not self.named(self.id()))
        self.peer.send("x")
        self.peer.close()
        self.reactor.until(self.reactor.idle)
        self.assertEqual((b"", []), (client.value(), self.named(self.id())))

    def test_closeWithin(self) -> None:
        """A connection that is ended while a message is answered ends after the answer."""
        client = self.talk(bye=lambda peer: peer.close() or "bye")
        client.protocol.dataReceived(b"bye\nhello\n")
        self.reactor.until(lambda: not client.connected or client.value())
        self.assertEqual((b"bye", True), (client.value(), bool(client.connected)))
        self.reactor.until(lambda: not client.connected)
        self.assertEqual(b"bye", client.value())

    def test_closeOther(self) -> None:
        """Any thread may end a connection; that is done on the reactor."""
        client = self.talk()
        self.begin(self.peer.close).result(PATIENCE)
        self.assertTrue(client.connected)
        self.reactor.until(lambda: not client.connected)


class SendTests(ThreadedTestCase):
    """A system that sends puts into a queue, in threads of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.board = self.host(Board())

    def subscribe(self) -> Any:
        client = self.connect(ThreadedSendHandler)
        self.reactor.until(lambda: len(self.board.queues) == 1)
        return client

    def until_left(self) -> None:
        """Wait until the thread of the connection has ended, and told so."""
        [thread] = self.board.threads("subscribe")
        self.end(thread)
        self.reactor.until(self.reactor.idle)

    def test_calls(self) -> None:
        """C{subscribe}, custom commands and C{unsubscribe} come from one thread."""
        client = self.subscribe()
        client.protocol.dataReceived(b"parse nothing $where:else%%%%% of this")
        self.hear(client, b"here else\n")
        client.loseConnection()
        self.until_left()
        [thread] = self.board.threads()
        self.assertIsNot(self.home(), thread)
        self.assertEqual(
            ["subscribe", "where", "unsubscribe"], [name for name, _ in self.board.calls]
        )

    def test_put(self) -> None:
        """What is put in another thread is sent, in order."""
        client = self.subscribe()
        [q] = self.board.queues
        putting = self.begin(lambda: [q.put(b"%d " % number) for number in range(50)])
        self.hear(client, b"".join(b"%d " % number for number in range(50)))
        putting.result(PATIENCE)

    def test_blocked(self) -> None:
        """To a client that does not read a put waits, until the client leaves."""
        client = self.subscribe()
        [q] = self.board.queues
        client.protocol._outlet.pauseProducing()
        q.put(b"one")
        putting = self.begin(q.put, b"two")
        self.reactor.until(self.reactor.idle)
        self.check_waits(putting)
        client.loseConnection()
        putting.result(PATIENCE)
        self.until_left()
        self.assertEqual((b"", []), (client.value(), self.board.queues))

    def test_subscribeBlocks(self) -> None:
        """One that puts too much while it subscribes holds nobody else up."""

        def subscribe(q: Any) -> None:
            for number in range(5):
                q.put(b"%d " % number)

        self.board.subscribe = subscribe  # type: ignore[method-assign]
        client = self.connect(ThreadedSendHandler)
        self.hear(client, b"0 1 2 3 4 ")

    def test_failures(self) -> None:
        """What C{subscribe} and C{unsubscribe} raise is logged, and all ends as it should."""
        self.board.subscribe = lambda q: 1 / 0  # type: ignore[assignment, method-assign]
        client = self.connect(ThreadedSendHandler)
        self.reactor.until(self.instance_failed)
        client.loseConnection()
        self.reactor.until(self.instance_failed)
        [] = self.board.queues

    def instance_failed(self) -> bool:
        return bool(self.flushLoggedErrors())

    def test_busy(self) -> None:
        """While a custom command takes its time nothing is read, and the status goes on."""
        self.board.wait = lambda: str(self.board.go.wait(PATIENCE))  # type: ignore[attr-defined]
        client = self.subscribe()
        client.protocol.dataReceived(b"$wait%%%%%")
        [q] = self.board.queues
        for number in range(3):
            q.put(b"%d" % number)
            self.hear(client, b"%d" % number)
            client.protocol._outlet.pauseProducing()
            client.protocol._outlet.resumeProducing()
            self.assertEqual("paused", client.producerState)
        client.protocol.close()
        self.assertFalse(client.connected)

    def test_beat(self) -> None:
        """A system of ours that may block is asked for its status in a thread."""
        threads: list[threading.Thread] = []

        class Sampled(SendingSystem):
            worker = True
            sampling_time = 0.25

            def status(self) -> str:
                threads.append(threading.current_thread())
                return f"{len(threads)} "

        self.host(Sampled())
        beat = Beat(self.instance)
        client = self.connect(ThreadedSendHandler, beat)
        self.hear(client, b"1 ")
        self.reactor.advance(0.25)
        self.hear(client, b"2 ")
        client.loseConnection()
        [thread] = set(threads)
        self.assertIsNot(self.home(), thread)
        self.end(thread)
