"""Tests for L{netsim.script.journal}."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import JournalError
from netsim.script.journal import (
    DOWNSTREAM,
    HEADER,
    SPOOL_DOWNSTREAM,
    SPOOL_UPSTREAM,
    UPSTREAM,
    Closed,
    Entry,
    Said,
    Session,
    Spooled,
    first_line,
    pack,
    pack_closed,
    payloads,
    read_entries,
    read_session,
)
from tests.properties import examples
from tests.script.recording import STARTED, MemoryKeeper, Segment, down, exchanges, journal, up
from tests.script.strategies import sessions


def spooled(name: str) -> Spooled:
    """A spool file of three bytes."""
    return Spooled(name, 3, 99.0)


def entries(*records: bytes) -> list[Entry]:
    """What some records hold."""
    return list(read_entries(io.BytesIO(b"".join(records)), spooled))


class SessionTests(SynchronousTestCase):
    """The first line tells what the journal is of."""

    def test_roundTrip(self) -> None:
        """What is written is read, and the records follow."""
        for session in (Session(5.25), Session(0.0, datagrams=True)):
            file = io.BytesIO(first_line(session) + b"rest")
            self.assertEqual(session, read_session(file))
            self.assertEqual(b"rest", file.read())

    def test_noJournal(self) -> None:
        """Other files, other versions and lines that were cut off are refused."""
        line = first_line(Session(5.0))
        for data in (
            b"",
            b"\xff\xfe",
            b"[]",
            b"5",
            b"{}",
            b"[" * 2000,
            b'{"netsim-journal": 1}',
            b'{"netsim-journal": 1, "started": null, "datagrams": false}',
            b'{"netsim-journal": 1, "started": 1%s, "datagrams": false}' % (b"0" * 900),
            line.replace(b": 1", b": 2"),
            line[:-2],
        ):
            error = self.assertRaises(JournalError, read_session, io.BytesIO(data))
            self.assertEqual("this is not a journal of netsim", str(error))


class EntryTests(SynchronousTestCase):
    """Records are what was said, one after the other."""

    def test_layout(self) -> None:
        """Kind, time and length are little-endian, 13 bytes in all."""
        self.assertEqual(13, HEADER.size)
        expected = bytes.fromhex("02 000000000000f03f 03000000") + b"abc"
        self.assertEqual(expected, pack(DOWNSTREAM, 1.0, b"abc"))

    def test_said(self) -> None:
        """Each record is told with its direction and time."""
        self.assertEqual(
            [Said(UPSTREAM, 1.0, b"a"), Said(UPSTREAM, 2.0, b"b"), Said(DOWNSTREAM, 3.0, b"c")],
            entries(pack(UPSTREAM, 1, b"a"), pack(UPSTREAM, 2, b"b"), pack(DOWNSTREAM, 3, b"c")),
        )

    def test_closed(self) -> None:
        """The end is told after all that was said."""
        self.assertEqual(
            [Said(UPSTREAM, 1.0, b"a"), Closed(2.0, "server", True)],
            entries(pack(UPSTREAM, 1, b"a"), pack_closed(2, "server", True)),
        )

    def test_spool(self) -> None:
        """A spool file stands for the whole run, which began with its first record."""
        for kind, direction, other in [
            (SPOOL_UPSTREAM, UPSTREAM, DOWNSTREAM),
            (SPOOL_DOWNSTREAM, DOWNSTREAM, UPSTREAM),
        ]:
            self.assertEqual(
                [
                    Said(other, 1.0, b"x"),
                    Said(direction, 2.0, spooled("s")),
                    Said(other, 5.0, b"y"),
                ],
                entries(
                    pack(other, 1, b"x"),
                    pack(direction, 2, b"a"),
                    pack(direction, 3, b"b"),
                    pack(kind, 4, b"s"),
                    pack(other, 5, b"y"),
                ),
            )

    def test_spoolOfOtherDirection(self) -> None:
        """A spool file does not stand for what the other side said before."""
        self.assertEqual(
            [Said(UPSTREAM, 1.0, b"a"), Said(DOWNSTREAM, 2.0, spooled("s"))],
            entries(pack(UPSTREAM, 1, b"a"), pack(SPOOL_DOWNSTREAM, 2, b"s")),
        )

    def test_unknownKind(self) -> None:
        """Nothing is read after a record of a kind that there is not, as on a page of zeros."""
        for kind in (0, 6, 255):
            self.assertEqual(
                [Said(UPSTREAM, 1.0, b"a")],
                entries(pack(UPSTREAM, 1, b"a"), pack(kind, 2, b""), pack(UPSTREAM, 3, b"b")),
            )

    def test_payloads(self) -> None:
        """The bytes of whole records, put together."""
        records = pack(UPSTREAM, 1, b"ab") + pack(UPSTREAM, 2, b"") + pack(UPSTREAM, 3, b"c")
        self.assertEqual(b"abc", payloads(records))
        self.assertEqual(b"ab", payloads(records[:-1]))


class JoinTests(SynchronousTestCase):
    """Small segments can be put together while they are read."""

    @examples(200)
    @given(sessions)
    def test_same(self, session: list[Segment]) -> None:
        """The exchanges are the same, with all their times."""
        data = journal(session, MemoryKeeper())
        apart, joined = (exchanges(data, MemoryKeeper(), join) for join in (False, True))
        self.assertEqual(apart, joined)

    def test_few(self) -> None:
        """However small the segments are, they never become many."""
        for word in (b"a", b"\n"):
            records = [
                pack(kind, 1.0, word) for kind in (UPSTREAM, DOWNSTREAM) for _ in range(20_000)
            ]
            found = list(read_entries(io.BytesIO(b"".join(records)), spooled, join=True))
            self.assertLess(len(found), 20)
            self.assertEqual(40_000, sum(len(said.data) for said in found))


class TruncationTests(SynchronousTestCase):
    """A journal that was cut off says what was said until then."""

    def said(self, data: bytes, keeper: MemoryKeeper) -> list[tuple[int, int]]:
        """Every byte that a journal knows of, with its direction, in order."""
        file = io.BytesIO(data)
        read_session(file)
        return [
            (entry.direction, byte)
            for entry in read_entries(file, keeper.spooled)
            if isinstance(entry, Said)
            for byte in self.bytes_of(entry, keeper)
        ]

    def bytes_of(self, entry: Said, keeper: MemoryKeeper) -> bytes:
        data = entry.data
        return keeper.spools[data.name] if isinstance(data, Spooled) else data

    def assertPrefix(self, whole: bytes, size: int, keeper: MemoryKeeper) -> None:
        everything = self.said(whole, keeper)
        found = self.said(whole[:size], keeper)
        self.assertEqual(everything[: len(found)], found)
        for exchange in exchanges(whole[:size], keeper):
            keeper.bytes_of(exchange.command)

    def test_everywhere(self) -> None:
        """Cut at any byte, a journal of all kinds of records gives a prefix."""
        keeper = MemoryKeeper()
        session = [
            down(b"hello\n"),
            up(b"get"),
            up(b"\n"),
            down(b"a" * 50),
            up(b"\n"),
            up(b"b" * 9),
        ]
        end = pack_closed(STARTED + 9, "client", False)
        whole = journal(session, keeper, spooled=[2], end=end)
        start = whole.index(b"\n") + 1
        for size in range(start, len(whole)):
            self.assertPrefix(whole, size, keeper)
            self.assertTrue(exchanges(whole[:size], keeper)[-1].facts.partial)
        self.assertFalse(exchanges(whole, keeper)[-1].facts.partial)
        for size in range(start - 1):
            self.assertRaises(JournalError, read_session, io.BytesIO(whole[:size]))

    @examples(150)
    @given(sessions, st.sets(st.integers(0, 5)), st.integers(0, 1 << 16))
    def test_anySession(self, session: list[Segment], spools: set[int], place: int) -> None:
        """Whatever was said, what is left is a prefix of it."""
        keeper = MemoryKeeper()
        whole = journal(session, keeper, spooled=spools)
        start = whole.index(b"\n") + 1
        self.assertPrefix(whole, start + place % (len(whole) - start + 1), keeper)
