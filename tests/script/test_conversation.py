"""Tests for L{netsim.script.conversation}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import BlobError
from netsim.script.blobs import BlobStore
from netsim.script.conversation import DOWNSTREAM, UPSTREAM, Conversation, Said
from netsim.script.document import Document, Origin
from netsim.script.events import NextConnection
from netsim.script.model import (
    Action,
    BlobRef,
    Compound,
    DatagramExchange,
    Exchange,
    External,
    Facts,
    Named,
    Nop,
    Script,
)

NO_BLOBS = BlobStore([Path("no such directory")])


def conversation(
    *scripts: Script, store: BlobStore = NO_BLOBS, multi: bool = False, **more: Script
) -> Conversation:
    """These scripts as a recording, with others by their names."""
    named = {"recorded_script": Compound(scripts, multi), **more}
    return Conversation(Document(named, dict.fromkeys(named, Origin("a.json"))), store)


def said(exchange: Exchange | DatagramExchange) -> list[tuple[str, bytes, int, bool]]:
    """Direction, bytes, late newlines and whether it is the last, of all that is said."""
    return [
        (item.direction, item.content, item.late, item.last)
        for _, item in conversation(exchange).items()
    ]


class OrderTests(SynchronousTestCase):
    """What comes when."""

    def test_paths(self) -> None:
        """Compound scripts are gone through, named ones followed, and paths are the player's."""
        inner = Compound([Nop(), Action("sleep", [1])])
        one = conversation(External("b.json"), Named("other"), inner, other=Compound([Nop()]))
        self.assertEqual(
            [
                ("recorded_script.scripts[0]", External("b.json")),
                ("recorded_script.scripts[1]", Named("other")),
                ("other.scripts[0]", Nop()),
                ("recorded_script.scripts[2].scripts[0]", Nop()),
                ("recorded_script.scripts[2].scripts[1]", Action("sleep", [1])),
            ],
            list(one.items()),
        )

    def test_numbers(self) -> None:
        """Exchanges are counted from 1, whatever stands between them."""
        items = conversation(Exchange(b"a", b"b"), Nop(), DatagramExchange(b"c")).items()
        numbers = [item.exchange for _, item in items if isinstance(item, Said)]
        self.assertEqual([1, 1, 2], numbers)

    def test_connections(self) -> None:
        """Between the parts of a chosen compound_multi the client connects anew."""
        one = conversation(Nop(), Compound([Nop(), Nop()], multi=True), Nop(), multi=True)
        self.assertEqual(
            [Nop(), NextConnection(), Nop(), Nop(), NextConnection(), Nop()],
            [item for _, item in one.items()],
        )


class SaidTests(SynchronousTestCase):
    """An exchange is what each side said."""

    def test_exchange(self) -> None:
        """A command, then the answer."""
        self.assertEqual(
            [(UPSTREAM, b"a\n", 1, False), (DOWNSTREAM, b"b", 0, True)],
            said(Exchange(b"a\n", b"b", late=1)),
        )

    def test_silence(self) -> None:
        """Who said nothing is left out, unless nobody said anything."""
        self.assertEqual([(UPSTREAM, b"a", 0, True)], said(Exchange(b"a")))
        self.assertEqual([(DOWNSTREAM, b"b", 0, True)], said(Exchange(response=b"b")))
        self.assertEqual([(UPSTREAM, b"", 0, True)], said(Exchange()))

    def test_datagrams(self) -> None:
        """Every datagram of the answer is said by itself, empty ones too."""
        self.assertEqual(
            [(UPSTREAM, b"a", 0, False), (DOWNSTREAM, b"", 0, False), (DOWNSTREAM, b"c", 0, True)],
            said(DatagramExchange(b"a", (b"", b"c"))),
        )

    def test_time(self) -> None:
        """The answer comes after the gap, to the microsecond; without a time there is none."""
        items = conversation(Exchange(b"a", b"b", facts=Facts(7.1, 0.2))).items()
        self.assertEqual([7.1, 7.3], [item.time for _, item in items])
        items = conversation(Exchange(b"a", b"b", facts=Facts(gap=0.5))).items()
        self.assertEqual([None, None], [item.time for _, item in items])

    def test_details(self) -> None:
        """Each fact is told once, where it belongs."""
        facts = Facts(7.0, 0.5, partial=True, closed_by="server")
        items = conversation(Exchange(b"a\n", b"b", 1, facts)).items()
        self.assertEqual(
            [{"late": 1}, {"gap": 0.5, "partial": True, "closed_by": "server"}],
            [item.details() for _, item in items],
        )


class ContentTests(SynchronousTestCase):
    """Bytes are in the document or in the store."""

    def setUp(self) -> None:
        self.store = BlobStore([Path(self.mktemp())])
        writer = self.store.writer()
        writer.write(b"blob")
        self.name = writer.finish()
        self.conversation = conversation(store=self.store)

    def test_chunks(self) -> None:
        """Both are read alike."""
        self.assertEqual([b"text"], list(self.conversation.chunks(b"text")))
        self.assertEqual([b"blob"], list(self.conversation.chunks(BlobRef(self.name))))
        missing = self.conversation.chunks(BlobRef("gone_c1"))
        self.assertRaises(BlobError, list, missing)

    def test_size(self) -> None:
        """A blob is read only once for its size, and has none if it is missing."""
        self.assertEqual(3, self.conversation.size(b"abc"))
        self.assertEqual(4, self.conversation.size(BlobRef(self.name)))
        (self.store.home / self.name).unlink()
        self.assertEqual(4, self.conversation.size(BlobRef(self.name)))
        self.assertIs(None, self.conversation.size(BlobRef("gone_c1")))
