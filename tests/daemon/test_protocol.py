"""Tests of L{netsim.daemon.protocol}."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.testing import StringTransport
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.daemon.frames import BURST, BURST_BYTES, Batch, Packet, text_frame
from netsim.daemon.interfaces import IReceiver
from netsim.daemon.model import Limits
from netsim.daemon.outbox import PATIENCE
from netsim.daemon.protocol import CLOSE_WITHIN, PIECE
from netsim.daemon.websocket import PING_AFTER
from tests.daemon.sockets import CLOSE, PING, PONG, TEXT, Net, Socket, masked, request

KIB = b"x" * 1020
"""With its head a KiB."""


def lines(first: int, last: int, size: int = 0) -> list[bytes]:
    """Log lines with these numbers."""
    return [
        json.dumps({"name": "p", "number": number, "x": "x" * size}).encode()
        for number in range(first, last + 1)
    ]


def numbers(texts: list[bytes]) -> list[Any]:
    """The numbers of lines, and C{[N]} where N were dropped."""
    found: list[Any] = []
    for text in texts:
        value = json.loads(text)
        found.append(value["number"] if "number" in value else [value["payload"]["log"]["dropped"]])
    return found


class ProtocolTestCase(SynchronousTestCase):
    """Frontends whose WebSockets are open."""

    def setUp(self) -> None:
        self.make(Limits())

    def make(self, limits: Limits) -> None:
        self.net = Net(limits=limits)
        self.board = self.net.board
        self.web = self.net.open()
        (self.peer,) = self.board.peers

    @property
    def buffered(self) -> int:
        """Bytes that wait in the transport."""
        return self.web.buffered

    def send(self, *texts: bytes, droppable: bool = False) -> None:
        """Send messages to everybody, and let them go."""
        self.board.send(*texts, droppable=droppable)
        self.net.reactor.pass_time(0)


class SwitchboardTests(ProtocolTestCase):
    """What the switchboard sees of a connection."""

    def test_interface(self) -> None:
        """It is a receiver."""
        self.assertTrue(verifyObject(IReceiver, self.peer))

    def test_life(self) -> None:
        """It is told of the beginning, of messages, and once of the end."""
        self.web.tell(b"{}")
        self.web.leave()
        self.assertEqual(["connected", b"{}", "disconnected"], self.board.told)
        self.assertEqual([], self.net.calls)

    def test_prompt(self) -> None:
        """Small messages do not wait until those before them are acknowledged."""
        self.assertTrue(self.web.socket.prompt)

    def test_name(self) -> None:
        """It is called after the other side's address."""
        self.assertEqual("tcp4:127.0.0.1:50001", str(self.peer))

    def test_lost(self) -> None:
        """What is sent to a connection that has been lost goes nowhere."""
        self.web.leave()
        self.peer.push(Packet(b"{}"))
        self.peer.close(1000, "bye")
        self.net.reactor.pass_time(CLOSE_WITHIN)
        self.assertEqual((True, []), (self.web.closed, self.net.calls))

    def test_welcome(self) -> None:
        """It may say something, and close, as soon as it is told of it."""

        def welcome(peer: Any) -> None:
            peer.push(Packet(b"hello"))
            peer.close(1013, "too many")

        self.board.welcome = welcome
        web = self.net.open()
        self.assertEqual([(TEXT, b"hello"), (CLOSE, b"\x03\xf5too many")], web.heard)


class PushTests(ProtocolTestCase):
    """What is sent arrives, in few pieces."""

    def test_fromElsewhere(self) -> None:
        """What does not follow from a segment goes in the next turn, all of it at once."""
        self.board.send(b"one", b"two")
        self.assertEqual([], self.web.texts)
        self.assertEqual(0, self.net.calls[0])
        self.assertEqual(1, len(self.net.factory.turn._due))
        sent = self.record(self.web)
        self.net.reactor.pass_time(0)
        self.assertEqual([b"one", b"two"], self.web.texts)
        self.assertEqual(1, len(sent))

    def batch(self, *texts: bytes, droppable: bool = True) -> None:
        """Send messages to everybody, joined."""
        batch = Batch([Packet(text, droppable) for text in texts])
        for peer in self.board.peers:
            peer.push_all(batch)

    def test_together(self) -> None:
        """What was joined for many goes at once, in one piece, and nothing of it is kept."""
        sent = self.record(self.web)
        self.batch(b"one", b"two")
        self.assertEqual(([b"one", b"two"], 1), (self.web.texts, len(sent)))
        self.assertNotIn(0, self.net.calls)

    def test_togetherBehindOthers(self) -> None:
        """It does not overtake what waits."""
        self.board.send(b"one")
        self.batch(b"two", b"three")
        self.board.send(b"four")
        self.assertEqual([], self.web.texts)
        self.net.reactor.pass_time(0)
        self.assertEqual([b"one", b"two", b"three", b"four"], self.web.texts)

    def test_togetherToOneThatDoesNotRead(self) -> None:
        """It waits as messages do, of which some can be dropped."""
        self.web.stop_reading()
        self.send(b"first")
        most = self.net.factory.limits.backlog_messages
        name = b'{"name":"x"}'
        for _ in range(most // 10 + 1):
            self.batch(*[name] * 10)
        self.web.read()
        marked = [text for text in self.web.texts if b"dropped" in text]
        self.assertEqual((b"first", 1), (self.web.texts[0], len(marked)))
        self.assertLessEqual(self.web.texts.count(name), most)

    def test_togetherAfterTheEnd(self) -> None:
        """A connection that is closed, or gone, gets nothing of it."""
        other = self.net.open()
        self.peer.close(1001, "")
        self.batch(b"one", b"two")
        self.assertEqual(([], [b"one", b"two"]), (self.web.texts, other.texts))

    def test_fromSegments(self) -> None:
        """What follows from a segment goes when all of it was heard, in one piece for each."""
        other = self.net.open()
        cli = self.net.open()
        self.board.answer = lambda peer, text: self.board.send(text)
        sent = [self.record(web) for web in (self.web, other)]
        cli.say(masked(b"one") + masked(b"two") + masked(b"three")[:5])
        for web in (self.web, other, cli):
            self.assertEqual([b"one", b"two"], web.texts)
        self.assertEqual([1, 1], [len(pieces) for pieces in sent])
        self.assertNotIn(0, self.net.calls)

    def test_burst(self) -> None:
        """A long burst is not held back until its end."""
        seen: list[int] = []

        def answer(peer: Any, text: bytes) -> None:
            self.board.send(text)
            seen.append(len(self.web.texts))

        self.board.answer = answer
        cli = self.net.open()
        cli.say(masked(b"{}") * (BURST + 1))
        self.assertEqual([*[0] * (BURST - 1), BURST, BURST], seen)
        self.assertEqual(BURST + 1, len(self.web.texts))
        seen.clear()
        self.board.answer = lambda peer, text: answer(peer, b"x" * (BURST_BYTES // 2))
        cli.say(masked(b"{}") * 3)
        self.assertEqual([BURST + 1, BURST + 3, BURST + 3], seen)

    def test_nobodyWaits(self) -> None:
        """What does not read does not keep the others waiting, and misses nothing by it."""
        self.web.stop_reading()
        other = self.net.open()
        texts = [b"%d" % number + KIB for number in range(200)]
        self.send(*texts)
        self.assertEqual((0, 200), (len(self.web.texts), len(other.texts)))
        self.web.read()
        self.assertEqual(texts, self.web.texts)

    def test_pieces(self) -> None:
        """The transport gets one piece at a time: the rest could still be dropped."""
        self.web.stop_reading()
        self.send(*[KIB] * 300)
        self.assertLessEqual(self.buffered, PIECE + len(KIB))
        while len(self.web.texts) < 300:
            self.web.read(1024)
            self.assertLessEqual(self.buffered, PIECE + len(KIB))

    def record(self, web: Socket) -> list[bytes]:
        """Write down what is handed to the system, piece by piece."""
        pieces: list[bytes] = []
        send = web.socket.send

        def recorded(data: bytes) -> int:
            pieces.append(bytes(data))
            return send(data)

        web.socket.send = recorded  # type: ignore[method-assign]
        return pieces


class OrderTests(ProtocolTestCase):
    """Frames stay whole, and in order."""

    def test_pong(self) -> None:
        """What autobahn says waits for the end of the frame that is being sent."""
        self.web.stop_reading()
        self.send(b"one", b"two")
        self.web.read(3)
        self.web.say(masked(b"ping", PING))
        self.send(b"three")
        for _ in range(30):
            self.web.read(1)
        self.assertEqual(
            [(TEXT, b"one"), (TEXT, b"two"), (PONG, b"ping"), (TEXT, b"three")], self.web.heard
        )

    def test_relayedFirst(self) -> None:
        """A pong says that what came before the ping has been passed on."""
        heard: list[bytes] = []
        program = self.net.open()
        self.net.board.answer = lambda peer, text: self.send(text)

        def note(*arguments: Any) -> None:
            heard.extend(self.web.texts)
            pong(*arguments)

        pong = self.net.board.peers[-1].sendPong
        self.patch(self.net.board.peers[-1], "sendPong", note)
        program.say(masked(b"one") + masked(b"ping", PING))
        self.assertEqual([b"one"], heard)
        self.assertEqual([PONG], [head for head, text in program.heard if text == b"ping"])

    def test_ping(self) -> None:
        """So do pings."""
        self.web.stop_reading()
        self.send(b"one")
        self.web.read(2)
        self.net.reactor.pass_time(PING_AFTER)
        self.web.read()
        self.assertEqual([TEXT, PING], [head for head, _ in self.web.heard])

    def test_failure(self) -> None:
        """So does the close frame for somebody who has done something wrong."""
        self.web.stop_reading()
        self.send(b"one", b"two")
        self.web.read(4)
        self.send(b"three")
        self.web.say(masked(b"\xff"))
        self.web.read()
        self.assertEqual([TEXT, TEXT, CLOSE], [head for head, _ in self.web.heard])
        self.assertEqual(1007, self.web.code)


class DropTests(ProtocolTestCase):
    """What a frontend that does not read misses."""

    def test_lines(self) -> None:
        """The oldest lines, and it is told how many; the others miss none."""
        self.make(Limits(backlog_messages=3))
        other = self.net.open()
        self.web.stop_reading()
        for line in lines(0, 9):
            self.send(line, droppable=True)
        self.web.read()
        # The first one had gone to the transport.
        self.assertEqual([0, [6], 7, 8, 9], numbers(self.web.texts))
        self.assertEqual(list(range(10)), numbers(other.texts))

    def test_acks(self) -> None:
        """No acks, however many lines there are."""
        self.make(Limits(backlog_messages=3))
        self.web.stop_reading()
        for number, line in enumerate(lines(0, 99)):
            self.send(line, droppable=number % 10 != 0)
        self.web.read()
        found = numbers(self.web.texts)
        self.assertEqual(list(range(0, 100, 10)), [n for n in found if n in range(0, 100, 10)])
        self.assertEqual(100, sum(n[0] if isinstance(n, list) else 1 for n in found))

    def test_tooSlow(self) -> None:
        """Where acks alone are far too much the connection is closed, with a line in the log."""
        logged: list[Any] = []
        globalLogPublisher.addObserver(logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, logged.append)
        self.make(Limits(backlog_messages=3))
        self.web.stop_reading()
        self.send(b"first")
        self.send(*[b"ack"] * 3 * PATIENCE)
        self.assertEqual([], logged)
        self.send(b"last", b"more")
        self.assertEqual(1, len(logged))
        self.web.read()
        self.assertEqual([(TEXT, b"first"), (CLOSE, b"\x03\xf0reads too slowly")], self.web.heard)
        self.net.reactor.pass_time(CLOSE_WITHIN)
        self.assertTrue(self.web.closed)

    def test_memory(self) -> None:
        """However much it is sent, not much of it is kept."""
        self.make(Limits(backlog_bytes=1 << 20))
        self.web.stop_reading()
        for line in lines(1, 3000, 1000):
            self.send(line, droppable=True)
        outbox = self.peer._outbox
        self.assertLessEqual(outbox.size, 1 << 20)
        self.assertLessEqual(self.buffered, PIECE)


class CloseTests(ProtocolTestCase):
    """The end of a connection."""

    def test_after(self) -> None:
        """The close frame comes after what was pushed, and nothing after it."""
        self.board.send(b"one", b"two")
        self.peer.close(1001, "the daemon stops")
        self.send(b"three")
        self.assertEqual(
            [(TEXT, b"one"), (TEXT, b"two"), (CLOSE, b"\x03\xe9the daemon stops")], self.web.heard
        )
        self.assertEqual(["connected"], self.board.told)

    def test_answered(self) -> None:
        """It is gone when the other side has closed, too."""
        self.peer.close(1001, "")
        self.web.socket.reset = False
        self.web.say(masked(b"\x03\xe9", CLOSE))
        self.assertTrue(self.web.closed)
        self.assertFalse(self.web.socket.reset)
        self.assertEqual(["connected", "disconnected"], self.board.told)
        self.assertEqual([], self.net.calls)

    def test_notAnswered(self) -> None:
        """Or a second later."""
        self.peer.close(1001, "")
        self.net.reactor.pass_time(CLOSE_WITHIN - 0.1)
        self.assertFalse(self.web.closed)
        self.net.reactor.pass_time(0.1)
        self.assertTrue(self.web.closed)
        self.assertEqual("disconnected", self.board.told[-1])
        self.assertEqual([], self.net.calls)

    def test_left(self) -> None:
        """Who leaves instead of answering leaves nothing behind."""
        self.peer.close(1001, "")
        self.web.leave()
        self.assertEqual(["connected", "disconnected"], self.board.told)
        self.assertEqual([], self.net.calls)

    def test_slow(self) -> None:
        """What it was sent before is read first, if that takes no longer."""
        self.web.stop_reading()
        self.send(*[KIB] * 100)
        self.peer.close(1001, "bye")
        self.assertEqual([], self.web.heard)
        self.web.read()
        self.assertEqual(100, len(self.web.texts))
        self.assertEqual(1001, self.web.code)

    def test_notRead(self) -> None:
        """Who does not read at all is gone as soon."""
        self.web.stop_reading()
        self.send(*[KIB] * 100)
        self.peer.close(1001, "bye")
        self.net.reactor.pass_time(CLOSE_WITHIN)
        self.assertTrue(self.web.closed)
        self.assertEqual([], self.net.calls)

    def test_twice(self) -> None:
        """It is closed once."""
        self.peer.close(1001, "one")
        self.peer.close(1008, "two")
        self.assertEqual([(CLOSE, b"\x03\xe9one")], self.web.heard)

    def test_reason(self) -> None:
        """A reason that is too long for a close frame is cut, in no character."""
        self.peer.close(1008, "\u20ac" * 100)
        (_, payload) = self.web.heard[-1]
        self.assertEqual("\u20ac" * 41, payload[2:].decode())

    def test_deaf(self) -> None:
        """While it waits to be closed, nothing more is heard or sent."""
        self.web.stop_reading()
        self.send(*[KIB] * 100)
        self.peer.close(1001, "")
        self.web.say(masked(b"late") + masked(b"la", 0x01) + masked(b"te", 0x80))
        self.send(b"more")
        self.web.read()
        self.assertEqual([*[TEXT] * 100, CLOSE], [head for head, _ in self.web.heard])
        self.assertEqual([KIB] * 100, self.web.texts)
        self.assertEqual(["connected"], self.board.told)

    def test_within(self) -> None:
        """What comes after the reason for closing is not heard."""
        self.board.answer = lambda peer, text: peer.close(1008, "enough")
        self.web.say(masked(b"one"), masked(b"two"))
        self.assertEqual(["connected", b"one"], self.board.told)
        self.assertEqual(1008, self.web.code)

    def test_peer(self) -> None:
        """Who says goodbye gets its answer, and no more."""
        self.board.send(b"{}")
        self.web.say(masked(b"\x0f\xa0", CLOSE))
        self.assertEqual([(CLOSE, b"\x03\xe8")], self.web.heard)
        self.assertTrue(self.web.closed)
        self.net.reactor.pass_time(0)
        self.assertEqual([], self.net.calls)

    def test_peerReadsNothing(self) -> None:
        """Who says goodbye and reads nothing is gone all the same."""
        self.web.stop_reading()
        self.send(b"{}")
        self.web.say(masked(b"\x03\xe8", CLOSE))
        self.assertFalse(self.web.closed)
        self.net.reactor.pass_time(CLOSE_WITHIN)
        self.assertTrue(self.web.closed)
        self.assertEqual([], self.net.calls)


class OtherTransportTests(SynchronousTestCase):
    """Transports that are not Twisted's own TCP."""

    def setUp(self) -> None:
        self.net = Net()
        self.transport: Any = StringTransport()
        self.peer = self.net.factory.buildProtocol(None)
        self.peer.makeConnection(self.transport)
        self.peer.dataReceived(request())
        self.transport.clear()

    def test_producer(self) -> None:
        """While the transport is full, messages wait; then they go on."""
        self.transport.producer.pauseProducing()
        self.net.board.send(b"one", b"two")
        self.net.reactor.pass_time(0)
        self.assertEqual(b"", self.transport.value())
        self.transport.producer.resumeProducing()
        self.assertEqual(text_frame(b"one") + text_frame(b"two"), self.transport.value())

    def test_handedOver(self) -> None:
        """A transport that somebody else has produced for is taken over."""
        transport: Any = StringTransport()
        transport.registerProducer(object(), True)
        peer = self.net.factory.buildProtocol(None)
        peer.makeConnection(transport)
        self.assertIs(peer._outlet, transport.producer)

    def test_lost(self) -> None:
        """What is due when the connection is lost is forgotten."""
        self.net.board.send(b"one")
        self.peer.connectionLost()
        self.net.reactor.pass_time(0)
        self.assertEqual(b"", self.transport.value())
        self.assertEqual([], self.net.calls)
