"""Tests for L{netsim.script.compare}."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import BlobError
from netsim.script.blobs import BlobStore
from netsim.script.compare import Divergence, Parting, compare, part
from netsim.script.difference import CONTEXT, SHOWN
from netsim.script.model import (
    Action,
    BlobRef,
    Compound,
    DatagramExchange,
    Exchange,
    Facts,
    Named,
    Nop,
    Script,
)
from tests.script.test_conversation import conversation

PIECES = st.lists(st.binary(min_size=1, max_size=5), max_size=8)
SAID = st.binary(max_size=2)
SESSIONS = st.lists(st.tuples(SAID, SAID), max_size=4)


def difference(one: list[Script], other: list[Script]) -> Divergence | None:
    return compare(conversation(*one), conversation(*other))


class PartTests(SynchronousTestCase):
    """Two streams, in pieces of any size."""

    @given(PIECES, PIECES)
    def test_any(self, one: list[bytes], other: list[bytes]) -> None:
        """The pieces do not matter: the result is that of the whole streams."""
        left, right = b"".join(one), b"".join(other)
        equal = next(
            (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
            min(len(left), len(right)),
        )
        expected = Parting(
            equal,
            left[max(0, equal - CONTEXT) : equal],
            (left[equal : equal + SHOWN], right[equal : equal + SHOWN]),
        )
        self.assertEqual(None if left == right else expected, part(iter(one), iter(other)))

    def test_lazy(self) -> None:
        """Nothing is read beyond what will be shown, and no more than that is kept."""
        left, right = (iter([first, bytes(SHOWN), b"unread"]) for first in (b"a", b"b"))
        rests = b"a" + bytes(SHOWN - 1), b"b" + bytes(SHOWN - 1)
        self.assertEqual(Parting(0, b"", rests), part(left, right))
        self.assertEqual([b"unread"], list(left))
        self.assertEqual([b"unread"], list(right))


class CompareTests(SynchronousTestCase):
    """Two recordings, exchange by exchange."""

    @given(SESSIONS, SESSIONS)
    def test_any(self, one: list[tuple[bytes, bytes]], other: list[tuple[bytes, bytes]]) -> None:
        """The first exchange and part of it that differs, and only that, is found."""
        expected = next(
            (
                (number, what)
                for number, (a, b) in enumerate(zip(one, other, strict=False), 1)
                for what, index in (("command", 0), ("response", 1))
                if a[index] != b[index]
            ),
            (min(len(one), len(other)) + 1, "") if len(one) != len(other) else None,
        )
        found = difference([Exchange(*said) for said in one], [Exchange(*said) for said in other])
        self.assertEqual(expected, found and (found.exchange, found.what))

    def test_notDifferent(self) -> None:
        """Times, other facts, and what is not played make no difference."""
        facts = Facts(7.0, 0.5, partial=True, closed_by="server")
        one = [Exchange(b"a\n", b"b", 1, facts), Action("sleep", [1])]
        other = [Compound([Nop(), Exchange(b"a\n", b"b")]), Action("sleep", [1])]
        self.assertIs(None, difference(one, other))

    def test_named(self) -> None:
        """What a named script says counts like what is written in its place."""
        one = conversation(Named("hello"), hello=Exchange(b"a", b"b"))
        self.assertIs(None, compare(one, conversation(Exchange(b"a", b"b"))))

    def test_ended(self) -> None:
        """One goes on where the other has ended."""
        found = difference([Exchange(b"a")], [Exchange(b"a"), Exchange(b"b")])
        places = "", "recorded_script.scripts[1]"
        self.assertEqual(Divergence(2, places, "", ("the end", "an exchange")), found)

    def test_actions(self) -> None:
        """Actions, their arguments and the bytes given to them count."""
        sleep, given = Action("sleep", [1]), Action("sleep", [1], b"abc")
        for other, words in [
            (Action("sleep", [2]), 'action ["sleep", 2]'),
            (given, 'action ["sleep", 1] with bytes given to it'),
            (Exchange(b"a"), "an exchange"),
            (DatagramExchange(b"a"), "an exchange of datagrams"),
        ]:
            found = difference([sleep], [other])
            self.assertEqual(('action ["sleep", 1]', words), found and found.found)
        found = difference([given], [Action("sleep", [1], b"abd")])
        self.assertEqual(Parting(2, b"ab", (b"c", b"d")), found and found.found)

    def test_connections(self) -> None:
        """Another connection makes a difference."""
        one = conversation(Exchange(b"a"), Exchange(b"b"), multi=True)
        found = compare(one, conversation(Exchange(b"a"), Exchange(b"b")))
        self.assertEqual(("a new connection", "an exchange"), found and found.found)

    def test_datagrams(self) -> None:
        """An empty datagram is something else than none."""
        one, other = DatagramExchange(b"a", (b"b", b"")), DatagramExchange(b"a", (b"b",))
        for pair, words in [
            ((one, other), ("one more", "none")),
            ((other, one), ("none", "one more")),
        ]:
            found = difference([pair[0]], [pair[1]])
            self.assertEqual(("response 2", words), found and (found.what, found.found))
        found = difference([one], [DatagramExchange(b"a", (b"c", b""))])
        self.assertEqual("response 1", found and found.what)


class BlobTests(SynchronousTestCase):
    """Blobs, each recording's in its own store."""

    def setUp(self) -> None:
        self.stores = [BlobStore([Path(self.mktemp())]) for _ in range(2)]

    def write(self, store: BlobStore, data: bytes) -> BlobRef:
        writer = store.writer()
        writer.write(data)
        return BlobRef(writer.finish())

    def compare(self, one: bytes | BlobRef, other: bytes | BlobRef) -> Parting | None:
        sides = zip((one, other), self.stores, strict=True)
        found = compare(*(conversation(Exchange(b"", said), store=store) for said, store in sides))
        assert found is None or isinstance(found.found, Parting)
        return found and found.found

    def test_sameName(self) -> None:
        """The name says that the contents are the same: they are not even read."""
        self.assertIs(None, self.compare(BlobRef("0" * 40), BlobRef("0" * 40)))

    def test_oldNames(self) -> None:
        """A name of old files says nothing: contents are compared."""
        for store, data in zip(self.stores, (b"left", b"lost"), strict=True):
            store.home.mkdir()
            (store.home / "x_c1").write_bytes(data)
        self.assertEqual(
            Parting(1, b"l", (b"eft", b"ost")), self.compare(BlobRef("x_c1"), BlobRef("x_c1"))
        )

    def test_contents(self) -> None:
        """Contents are compared to their end, in pieces."""
        data = bytes(range(256)) * 1000
        one, other = (
            self.write(s, data + e) for s, e in zip(self.stores, (b"a", b"b"), strict=True)
        )
        self.assertEqual(Parting(256_000, data[-CONTEXT:], (b"a", b"b")), self.compare(one, other))

    def test_form(self) -> None:
        """It does not matter which of them is in the document."""
        blob = self.write(self.stores[1], b"data")
        self.assertIs(None, self.compare(b"data", blob))
        self.assertEqual(Parting(3, b"dat", (b"e", b"a")), self.compare(b"date", blob))

    def test_missing(self) -> None:
        """What must be read and is not there is an error."""
        self.assertRaises(BlobError, self.compare, b"data", BlobRef("0" * 40))


class DescribeTests(SynchronousTestCase):
    """What people are shown."""

    def describe(self, one: Script, other: Script) -> list[str]:
        found = difference([Nop(), one], [other])
        assert found is not None
        return found.describe("a.json", "b.json").splitlines()

    def test_text(self) -> None:
        """Text is shown with the equal bytes before it, the difference marked."""
        equal = b"0123456789\t" * 3
        self.assertEqual(
            [
                "exchange 1 (recorded_script.scripts[1] and recorded_script.scripts[0]),"
                " response, byte 33",
                "  a.json",
                r"    ...9\t0123456789\t0123456789\tleft",
                " " * 34 + "^",
                "  b.json",
                r"    ...9\t0123456789\t0123456789\t",
                " " * 34 + "^",
            ],
            self.describe(Exchange(b"", equal + b"left"), Exchange(b"", equal)),
        )

    def test_binary(self) -> None:
        """Binary is shown as a hexdump, with the offsets of the stream."""
        lines = self.describe(Exchange(bytes(40) + b"\1"), Exchange(bytes(40) + b"\2"))
        self.assertEqual("  a.json (the difference is 24 bytes in)", lines[1])
        self.assertTrue(lines[2].startswith("    00000010  00 00"))
        self.assertTrue(lines[3].startswith("    00000020  00 00 00 00 00 00 00 00 01  "))

    def test_words(self) -> None:
        """Where there are no bytes to show, words are."""
        self.assertEqual(
            [
                "exchange 1 (recorded_script.scripts[1] and recorded_script.scripts[0])",
                "  a.json: an exchange",
                '  b.json: action ["sleep", 1]',
            ],
            self.describe(Exchange(b"a"), Action("sleep", [1])),
        )
