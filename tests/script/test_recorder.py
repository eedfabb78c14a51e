"""Tests for L{netsim.script.recorder}."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.datagrams import DatagramPlayer
from netsim.script.events import Finished
from netsim.script.journal import (
    DOWNSTREAM,
    UPSTREAM,
    Said,
    Session,
    Spooled,
    first_line,
    pack,
    pack_closed,
)
from netsim.script.model import BlobRef, DatagramExchange, Exchange, Facts
from netsim.script.player import StreamPlayer
from netsim.script.recorder import MEMORY_LIMIT, record, size_of
from tests.framing import cut
from tests.properties import examples
from tests.script.playing import Stage, score
from tests.script.recording import (
    STARTED,
    MemoryKeeper,
    Segment,
    down,
    exchanges,
    journal,
    recorded,
    said,
    up,
    written,
)
from tests.script.strategies import places, segments, sessions


class ExchangeTests(SynchronousTestCase):
    """A command is what the client says until the server answers."""

    def assertRecorded(self, expected: list[tuple[bytes, bytes, int]], *session: Segment) -> None:
        """Commands, responses and how many newlines were late."""
        found = [(each.command, each.response, each.late) for each in recorded(session)]
        self.assertEqual(expected, found)

    def test_exchange(self) -> None:
        """An answer lasts until the client speaks again."""
        self.assertRecorded(
            [(b"a", b"12", 0), (b"b", b"3", 0)],
            up(b"a"), down(b"1"), down(b"2"), up(b"b"), down(b"3"),
        )  # fmt: skip

    def test_segments(self) -> None:
        """A command that arrives in several segments is one command."""
        self.assertRecorded([(b"abc", b"1", 0)], up(b"a"), up(b"b"), up(b"c"), down(b"1"))

    def test_greeting(self) -> None:
        """What the server says first answers the empty command."""
        self.assertRecorded([(b"", b"hello", 0), (b"a", b"", 0)], down(b"hello"), up(b"a"))

    def test_silence(self) -> None:
        """A session in which nothing was said has no exchange."""
        self.assertRecorded([])

    def test_newlineBeforeAnswer(self) -> None:
        """A newline of its own ends the command before it."""
        self.assertRecorded([(b"a\n", b"1", 0)], up(b"a"), up(b"\n"), down(b"1"))

    def test_newlineDuringAnswer(self) -> None:
        """A newline that comes when the answer has begun is late."""
        self.assertRecorded(
            [(b"a\n", b"12", 1), (b"b", b"", 0)],
            up(b"a"),
            down(b"1"),
            up(b"\n"),
            down(b"2"),
            up(b"b"),
        )

    def test_newlineAfterAnswer(self) -> None:
        """A newline that comes after the answer is late, too, and begins no exchange."""
        self.assertRecorded([(b"a\n", b"1", 1)], up(b"a"), down(b"1"), up(b"\n"))

    def test_severalNewlines(self) -> None:
        """All newlines that come late are counted, carriage returns among them."""
        self.assertRecorded(
            [(b"a\n\r\n\r\n\n", b"12", 5)],
            up(b"a"), up(b"\n"), down(b"1"), up(b"\r\n"), up(b"\r"), down(b"2"), up(b"\n\n"),
        )  # fmt: skip

    def test_newlineWithCommand(self) -> None:
        """A newline that begins the next command in one segment belongs to that."""
        self.assertRecorded([(b"a", b"1", 0), (b"\nb", b"", 0)], up(b"a"), down(b"1"), up(b"\nb"))

    def test_newlineAfterGreeting(self) -> None:
        """The empty command has no newlines: a newline after the greeting is a command."""
        self.assertRecorded(
            [(b"", b"hello", 0), (b"\n\n", b"1", 1)],
            down(b"hello"),
            up(b"\n"),
            down(b"1"),
            up(b"\n"),
        )


class FactTests(SynchronousTestCase):
    """When things were said, and how the session ended, is noted."""

    def test_times(self) -> None:
        """The time is of the command's first byte, the gap from its last to the answer."""
        [one, two] = recorded([up(b"a"), up(b"b"), down(b"1"), down(b"2"), up(b"c")])
        self.assertEqual(Facts(STARTED + 1, 1.0), one.facts)
        self.assertEqual(Facts(STARTED + 5, None, closed_by="client"), two.facts)

    def test_greeting(self) -> None:
        """A greeting is waited for from the beginning of the session."""
        [one, _] = recorded([down(b"hello"), up(b"a")])
        self.assertEqual(Facts(STARTED, 1.0), one.facts)

    def test_lateNewline(self) -> None:
        """A late newline does not change the gap."""
        [one] = recorded([up(b"a"), down(b"1"), up(b"\n")])
        self.assertEqual(1.0, one.facts.gap)

    def test_clockSetBack(self) -> None:
        """A clock that was set back in between makes no gap."""
        records = pack(UPSTREAM, 2, b"a") + pack(DOWNSTREAM, 1, b"1")
        [one] = exchanges(first_line(Session(0)) + records, MemoryKeeper())
        self.assertEqual(0.0, one.facts.gap)

    def test_end(self) -> None:
        """Who closed is noted on the last exchange, and whether that broke something."""
        [one, two] = recorded([up(b"a"), down(b"1"), up(b"b")], "server", broken=True)
        self.assertEqual((False, None), (one.facts.partial, one.facts.closed_by))
        self.assertEqual((True, "server"), (two.facts.partial, two.facts.closed_by))

    def test_killed(self) -> None:
        """A journal without an end is of a proxy that died."""
        keeper = MemoryKeeper()
        [one] = exchanges(journal([up(b"a")], keeper), keeper)
        self.assertEqual((True, "proxy"), (one.facts.partial, one.facts.closed_by))

    def test_nothingSaid(self) -> None:
        """A session that broke before anything was said is marked on an empty exchange."""
        expected = Exchange(facts=Facts(STARTED, None, partial=True, closed_by="server"))
        self.assertEqual([expected], recorded([], "server", broken=True))


class Forgetful:
    """A keeper, and the blob that it writes, of which only the size is known."""

    size = 0

    def begin(self) -> Forgetful:
        return self

    def write(self, data: bytes | Spooled) -> None:
        self.size += size_of(data)

    def finish(self) -> str:
        return "forgotten"

    def adopt(self, spooled: Spooled) -> str:
        raise AssertionError(f"{spooled} was never said")


class BlobTests(SynchronousTestCase):
    """What does not stay in the document goes to the keeper."""

    def setUp(self) -> None:
        self.keeper = MemoryKeeper()

    def record(self, *session: Segment, spooled: tuple[int, ...] = ()) -> Exchange:
        """The one exchange of a session."""
        [exchange] = exchanges(journal(session, self.keeper, spooled=spooled), self.keeper)
        self.assertIsInstance(exchange, Exchange)
        return exchange

    def test_edges(self) -> None:
        """Text of 4096 bytes and binary of 81 stay; one more makes a blob."""
        for byte, limit in [(b"a", 4096), (b"\0", 81), (b"\x80", 81)]:
            self.assertEqual(byte * limit, self.record(down(byte * limit)).response)
            self.assertEqual({}, self.keeper.blobs)
            longer = byte * (limit + 1)
            ref = self.record(down(longer)).response
            self.assertIsInstance(ref, BlobRef)
            self.assertEqual(longer, self.keeper.bytes_of(ref))
            self.keeper.blobs.clear()

    def test_command(self) -> None:
        """A long text command stays, so that the existing player can read it."""
        self.assertEqual(b"a" * 5000, self.record(up(b"a" * 5000)).command)
        self.assertIsInstance(self.record(up(bytes(82))).command, BlobRef)

    def test_lateNewlines(self) -> None:
        """Late newlines join a command that is a blob."""
        exchange = self.record(up(bytes(90)), down(b"1"), up(b"\r\n"))
        self.assertEqual(bytes(90) + b"\r\n", self.keeper.bytes_of(exchange.command))
        self.assertEqual(2, exchange.late)

    def test_large(self) -> None:
        """A side that grows beyond the limit goes to the keeper piece by piece."""
        piece = MEMORY_LIMIT // 4
        exchange = self.record(up(b"get"), *[down(bytes(piece))] * 8)
        self.assertEqual(bytes(8 * piece), self.keeper.bytes_of(exchange.response))
        self.assertEqual([piece] * 8, self.keeper.written)

    def test_memory(self) -> None:
        """However large a side grows, little more than the limit is in memory at once."""
        pieces = 32
        entries = (Said(DOWNSTREAM, 0, bytes(MEMORY_LIMIT // 4)) for _ in range(pieces))
        forgetful = Forgetful()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        list(record(entries, Session(0), forgetful))
        self.assertEqual(pieces * MEMORY_LIMIT // 4, forgetful.size)
        self.assertLess(tracemalloc.get_traced_memory()[1], 2 * MEMORY_LIMIT)

    def test_limit(self) -> None:
        """What is just not beyond the limit is put down at the end, if it must."""
        exchange = self.record(up(b"a" * MEMORY_LIMIT))
        self.assertEqual(b"a" * MEMORY_LIMIT, exchange.command)
        self.assertEqual([], self.keeper.written)

    def test_spooled(self) -> None:
        """A side that is one spool file is kept as it is, without being written again."""
        exchange = self.record(up(b"get"), down(b"12"), down(b"34"), spooled=(1,))
        self.assertEqual(b"1234", self.keeper.bytes_of(exchange.response))
        self.assertIsInstance(exchange.response, BlobRef)
        self.assertEqual([], self.keeper.written)

    def test_spooledInPart(self) -> None:
        """Where the answer went on after a late newline, its parts are put together."""
        exchange = self.record(
            up(b"get"), down(b"12"), up(b"\n"), down(b"34"), down(b"5"), spooled=(3,)
        )
        self.assertEqual(b"12345", self.keeper.bytes_of(exchange.response))
        self.assertEqual([2, 3], self.keeper.written)

    def test_spooledCommand(self) -> None:
        """The gap after a command in a spool file begins when that was written last."""
        exchange = self.record(up(b"put"), up(b"data"), down(b"ok"), spooled=(0,))
        self.assertEqual(b"putdata", self.keeper.bytes_of(exchange.command))
        self.assertEqual(Facts(STARTED + 1, 3.0, True, "proxy"), exchange.facts)

    def test_size(self) -> None:
        """The size of what was said is known wherever it is."""
        self.keeper.spools["s"] = b"1234"
        self.assertEqual(4, size_of(self.keeper.spooled("s")))
        self.assertEqual(2, size_of(b"12"))


class DatagramTests(SynchronousTestCase):
    """Each datagram of the client begins an exchange."""

    def record(self, *session: Segment) -> list[Exchange | DatagramExchange]:
        end = pack_closed(STARTED + 9, "client", False)
        keeper = MemoryKeeper()
        return exchanges(journal(session, keeper, datagrams=True, end=end), keeper)

    def test_exchange(self) -> None:
        """Datagrams stay apart, newlines and empty ones too."""
        found = self.record(up(b"a"), down(b"1"), down(b""), up(b"\n"), up(b""), down(bytes(100)))
        self.assertEqual(
            [
                DatagramExchange(b"a", (b"1", b""), Facts(STARTED + 1, 1.0)),
                DatagramExchange(b"\n", (), Facts(STARTED + 4)),
                DatagramExchange(b"", (bytes(100),), Facts(STARTED + 5, 1.0, closed_by="client")),
            ],
            found,
        )

    @examples(100)
    @given(st.lists(st.tuples(st.just(UPSTREAM), segments), min_size=1, max_size=1), sessions)
    def test_replay(self, first: list[Segment], rest: list[Segment]) -> None:
        """What is recorded is played: the same datagrams in the same order."""
        session = first + rest
        stage = Stage(DatagramPlayer(score(written(self.record(*session)))))
        stage.say(data for side, data in session if side == UPSTREAM)
        answers = [data for side, data in session if side == DOWNSTREAM]
        self.assertEqual([*answers, Finished()], stage.events)


class ReplayTests(SynchronousTestCase):
    """What is recorded is played, byte by byte, in both directions."""

    @examples(250)
    @given(sessions, st.sets(st.integers(0, 5)), places)
    def test_anySession(self, session: list[Segment], spools: set[int], where: list[int]) -> None:
        """However the session was cut into segments, and however the client's are cut now."""
        keeper = MemoryKeeper()
        end = pack_closed(STARTED, "client", False)
        found = exchanges(journal(session, keeper, spooled=spools, end=end), keeper)
        commands = b"".join(keeper.bytes_of(exchange.command) for exchange in found)
        self.assertEqual(said(session, UPSTREAM), commands)
        stage = Stage(StreamPlayer(score(written(found), keeper.blobs)), keeper.blobs)
        stage.say(cut(commands, where))
        self.assertEqual(said(session, DOWNSTREAM), stage.sent)
        self.assertEqual([], stage.differences)
        self.assertTrue(stage.player.finished)

    @examples(150)
    @given(sessions)
    def test_waitingClient(self, session: list[Segment]) -> None:
        """A client that waits for all it got when recorded is never kept waiting."""
        keeper = MemoryKeeper()
        found = exchanges(journal(session, keeper), keeper)
        stage = Stage(StreamPlayer(score(written(found), keeper.blobs)), keeper.blobs)
        awaited = b""
        for direction, data in session:
            if direction == DOWNSTREAM:
                awaited += data
            else:
                stage.say([data])
            self.assertTrue(stage.sent.startswith(awaited))
