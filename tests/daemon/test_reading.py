"""Tests of L{netsim.daemon.reading}."""

from __future__ import annotations

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.model import Limits
from netsim.daemon.websocket import PING_AFTER
from tests.daemon.sockets import CLOSE, PING, PONG, TEXT, Net, Socket, masked
from tests.framing import cut, segmentations
from tests.properties import examples

BINARY, START, MORE, LAST = 0x82, 0x01, 0x00, 0x80
EURO = "\u20ac".encode()
LIMIT = 70_000


class ReadingTestCase(SynchronousTestCase):
    """A client whose WebSocket is open."""

    def setUp(self) -> None:
        self.net = Net(limits=Limits(message_size=LIMIT))
        self.client = self.net.open()

    @property
    def told(self) -> list[bytes]:
        """The messages that the switchboard got."""
        return [text for text in self.net.board.told if isinstance(text, bytes)]

    def assertFailed(self, client: Socket, code: int) -> None:
        """It was sent this code, and is gone soon, whatever it does."""
        self.assertEqual(code, client.code)
        self.net.reactor.pass_time(1)
        self.assertTrue(client.closed)
        self.assertEqual([], self.net.calls)
        self.assertEqual("disconnected", self.net.board.told[-1])


class MessageTests(ReadingTestCase):
    """Messages get to the switchboard."""

    def test_segments(self) -> None:
        """However they are cut, and whatever is between them."""
        stream = b"".join(
            (
                masked(b"one"),
                masked(b""),
                masked(EURO * 50),
                masked(b"ping", PING),
                masked(b"x" * 1025),
                masked(b"bytes", BINARY),
                masked(EURO[:1], START),
                masked(b"", MORE),
                masked(b"", PING),
                masked(EURO[1:], LAST),
                masked(b"", START),
                masked(b"", LAST),
                masked(b"last"),
            )
        )
        expected = [
            *(b"one", b"", EURO * 50, b"x" * 1025, b"bytes", EURO, b"", b"last"),
        ]
        for name, segments in segmentations(stream, masked(b"tail")[:-1]):
            self.setUp()
            self.client.say_each(segments)
            self.assertEqual(expected, self.told, name)
            self.assertEqual([(PONG, b"ping"), (PONG, b"")], self.client.heard, name)

    @examples(50)
    @given(
        st.lists(st.tuples(st.sampled_from([TEXT, BINARY, PING]), st.text(max_size=125))),
        st.lists(st.integers(0, 10_000), max_size=20),
    )
    def test_any(self, messages: list[tuple[int, str]], places: list[int]) -> None:
        """All messages come, in order, and all pings are answered, in order."""
        self.setUp()
        said = [
            (head, text.encode()[:125]) for head, text in messages if text.encode()[:125].isascii()
        ]
        stream = b"".join(masked(text, head) for head, text in said)
        self.client.say_each(cut(stream, places))
        self.assertEqual([text for head, text in said if head != PING], self.told)
        self.assertEqual([(PONG, text) for head, text in said if head == PING], self.client.heard)

    def test_quickly(self) -> None:
        """Autobahn has nothing to do with messages that come whole."""
        protocol = self.client.transport.protocol
        with mock.patch.object(protocol, "onFrameBegin", side_effect=AssertionError):
            self.client.say(masked(b"a") + masked(b"b" * 5000) + masked(b"c"))
        self.assertEqual([b"a", b"b" * 5000, b"c"], self.told)

    def test_quicklyInPieces(self) -> None:
        """Nor with those that come in pieces, if they are not long."""
        protocol = self.client.transport.protocol
        with mock.patch.object(protocol, "onFrameBegin", side_effect=AssertionError):
            data = masked(b"a" * 5000) + masked(b"b" * 300)
            self.client.say(data[:4], data[4:3000], data[3000:5200], data[5200:])
        self.assertEqual([b"a" * 5000, b"b" * 300], self.told)

    def test_withoutC(self) -> None:
        """It does not take what autobahn may have been built with."""
        maker = "autobahn.websocket.xormasker.create_xor_masker"
        with (
            mock.patch("netsim.daemon.reading._HAS_C", False),
            mock.patch(maker, side_effect=AssertionError),
        ):
            self.client.tell(b"x" * 5000)
        self.assertEqual([b"x" * 5000], self.told)

    def test_order(self) -> None:
        """What is said before a ping is heard before it."""
        self.net.board.answer = lambda peer, text: self.net.board.send(text)
        self.client.say(masked(b"1") + masked(b"", PING) + masked(b"2") + masked(b"3"))
        self.assertEqual([b"1", b"2", b"3"], self.told)
        self.assertEqual([b"1", b"2", b"3"], self.client.texts)

    def test_nothing(self) -> None:
        """Parts without anything in them are not kept, however many there are."""
        self.client.say(masked(b"a", START), *[masked(b"", MORE)] * 50)
        protocol = self.client.transport.protocol
        self.assertEqual([b"a"], protocol.message_data)
        self.client.say(masked(b"b", LAST))
        self.assertEqual([b"ab"], self.told)


class WrongTests(ReadingTestCase):
    """What is no message."""

    def test_largest(self) -> None:
        """A message may be as large as the limit, however it comes."""
        for segments in (
            [masked(b"x" * LIMIT)],
            [masked(b"x" * 60_000, START) + masked(b"x" * 10_000, LAST)],
            [masked(b"x" * LIMIT, BINARY)],
        ):
            self.client.say(*segments)
            self.assertEqual(b"x" * LIMIT, self.told[-1])

    def test_tooLarge(self) -> None:
        """Beyond the limit it is closed with 1009 as soon as that is known; nothing is kept."""
        for first, rest in (
            (masked(b"x" * (LIMIT + 1))[:14], b"x" * 60_000),
            (masked(b"x" * (LIMIT + 1), BINARY)[:14], b"x" * 60_000),
            (masked(b"x" * 60_000, START), masked(b"x" * 10_001, LAST)),
            (masked(b"x" * 10, START) + masked(b"x" * LIMIT, MORE)[:14], b"x" * 60_000),
        ):
            self.setUp()
            self.client.say(first, rest)
            self.assertEqual([], self.told)
            protocol = self.client.transport.protocol
            self.assertEqual(b"", protocol.data)
            self.assertFalse(protocol.frame_data)
            self.assertFailed(self.client, 1009)

    def test_small(self) -> None:
        """The limit is also that of messages which are read quickly."""
        self.net = Net(limits=Limits(message_size=10))
        self.client = self.net.open()
        self.client.tell(b"x" * 10, b"x" * 11)
        self.assertEqual([b"x" * 10], self.told)
        self.assertFailed(self.client, 1009)

    def test_notUtf8(self) -> None:
        """What is not UTF-8 is closed with 1007, called text or not."""
        for frames in (
            masked(b"\xff"),
            masked(b"\xff", BINARY),
            masked(b"a" + EURO[:2]),
            masked(b"\xed\xa0\x80", BINARY),
            masked(EURO[:2], START) + masked(b"", LAST),
        ):
            self.setUp()
            self.client.say(masked(b"good") + frames + masked(b"too late"))
            self.assertEqual([b"good"], self.told)
            self.assertFailed(self.client, 1007)

    def test_protocol(self) -> None:
        """What is no WebSocket is closed with 1002."""
        for frame in (
            b"\x81\x02{}",
            masked(b"", 0x83),
            masked(b"", MORE),
            masked(b"{}", 0xC1),
            masked(b"x" * 126, PING),
            masked(b"", START) + masked(b"{}"),
        ):
            self.setUp()
            self.client.say(frame)
            self.assertFailed(self.client, 1002)

    def test_after(self) -> None:
        """After a close frame nothing is heard."""
        self.client.say(masked(b"\x03\xe8", CLOSE) + masked(b"{}"))
        self.assertEqual([], self.told)
        self.assertTrue(self.client.closed)


class LifeTests(ReadingTestCase):
    """Dead connections are noticed, and none else."""

    def ping(self) -> bytes:
        """Wait until there is a ping."""
        self.net.reactor.pass_time(PING_AFTER)
        head, payload = self.client.heard[-1]
        self.assertEqual(PING, head)
        return payload

    def test_dead(self) -> None:
        """Who does not answer is gone after a while."""
        self.ping()
        self.net.reactor.pass_time(PING_AFTER - 0.1)
        self.assertFalse(self.client.closed)
        self.net.reactor.pass_time(0.1)
        self.assertTrue(self.client.closed)
        self.assertEqual("disconnected", self.net.board.told[-1])
        self.assertEqual([], self.net.calls)

    def test_alive(self) -> None:
        """Who answers is asked again and again."""
        for count in range(1, 4):
            self.client.say(masked(self.ping(), PONG))
            self.assertEqual(count, len(self.client.heard))
            self.assertEqual(1, len(self.net.calls))
        self.assertFalse(self.client.closed)

    def test_talks(self) -> None:
        """Who says something is alive, even if it does not answer."""
        for _ in range(3):
            self.ping()
            self.net.reactor.pass_time(PING_AFTER - 1)
            self.client.tell(b"{}")
        self.net.reactor.pass_time(PING_AFTER - 1)
        self.assertFalse(self.client.closed)

    def test_reads(self) -> None:
        """So is who still takes what it was sent before."""
        self.client.stop_reading()
        self.net.board.send(b"x" * 1000)
        for _ in range(2):
            self.net.reactor.pass_time(PING_AFTER - 1)
            self.net.reactor.pass_time(1)
            self.net.reactor.pass_time(PING_AFTER - 1)
            self.client.read(1000 + 4 + 2 + 12)
        self.net.reactor.pass_time(PING_AFTER - 1)
        self.assertFalse(self.client.closed)
