"""Tests for L{netsim.script.listing}."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.blobs import BlobStore
from netsim.script.listing import as_json, as_text
from netsim.script.model import (
    Action,
    BlobRef,
    DatagramExchange,
    Exchange,
    External,
    Facts,
    Named,
    Nop,
    Script,
)
from tests.script.test_conversation import conversation

SESSION = [
    Exchange(b"", b"+HELLO 1.0\r\n", facts=Facts(1000.0, 0.25)),
    Exchange(b"READ\n", b"1.5\n2.5\n", 1, Facts(1002.0, 0.5)),
    Exchange(b"\0\1\2\3", b"", facts=Facts(1003.0, partial=True, closed_by="server")),
]


class Base(SynchronousTestCase):
    """A store with one blob."""

    def setUp(self) -> None:
        self.store = BlobStore([Path(self.mktemp())])
        writer = self.store.writer()
        writer.write(b"line\n" * 20_000)
        self.blob = BlobRef(writer.finish())


class TextTests(Base):
    """What people read."""

    def lines(self, *scripts: Script, shown: int | None = 256) -> list[str]:
        return list(as_text(conversation(*scripts, store=self.store, other=Nop()), shown))[1:]

    def test_session(self) -> None:
        """Each side of each exchange, with its bytes below."""
        self.assertEqual(
            [
                "    1     +0.000 < 12 bytes",
                r"      +HELLO 1.0\r\n",
                "    2     +1.750 > 5 bytes, the last 1 after the answer began",
                r"      READ\n",
                "    2     +2.250 < 8 bytes",
                r"      1.5\n",
                r"      2.5\n",
                "    3     +2.750 > 4 bytes, broken off, closed by the server",
                "      00000000  00 01 02 03                                      ....",
            ],
            self.lines(*SESSION),
        )

    def test_summary(self) -> None:
        """The first line has the script's name and figures."""
        first = next(as_text(conversation(*SESSION)))
        self.assertTrue(first.startswith("recorded_script: 3 exchanges, 9 bytes up, 20 bytes down"))

    def test_untimed(self) -> None:
        """A script written by hand has no times."""
        self.assertEqual("    1            > 1 bytes", self.lines(Exchange(b"a"))[0])

    def test_cut(self) -> None:
        """What is long is cut, and how much is left out is told."""
        data = bytes(range(128, 168))
        cut = self.lines(Exchange(data), shown=20)
        self.assertEqual("      00000010  90 91 92 93", cut[2].split("    .")[0].rstrip())
        self.assertEqual("      ... 20 more bytes", cut[3])
        self.assertEqual(4, len(self.lines(Exchange(data), shown=None)))

    def test_wide(self) -> None:
        """A long line is broken after 80 bytes."""
        self.assertEqual(
            ["      " + "x" * 80, "      xx\\n"], self.lines(Exchange(b"x" * 82 + b"\n"))[1:]
        )

    def test_blob(self) -> None:
        """A blob is named and shown like other bytes."""
        head, first, *_, last = self.lines(Exchange(b"", self.blob))
        self.assertEqual(f"    1            < 100000 bytes, blob {self.blob.name}", head)
        self.assertEqual(r"      line\n", first)
        self.assertEqual("      ... 99744 more bytes", last)

    def test_missingBlob(self) -> None:
        """A blob that is not there is only named."""
        self.assertEqual(
            ["    1            < unknown size, blob gone_c1"],
            self.lines(Exchange(b"", BlobRef("gone_c1"))),
        )

    def test_steps(self) -> None:
        """What is not said has a line, too; names cannot play tricks on the terminal."""
        indent = " " * 18
        self.assertEqual(
            [
                f'{indent}action "nds1.x" ["A"] 2',
                "      given",
                f'{indent}named "other"',
                f"{indent}nop",
                f'{indent}external "\\u001b[2J.json"',
                f'{indent}external "b.json" as "b"',
            ],
            self.lines(
                Action("nds1.x", [["A"], 2], b"given"),
                Named("other"),
                External("\x1b[2J.json"),
                External("b.json", "b"),
            ),
        )

    def test_connections(self) -> None:
        """A new connection is a step."""
        lines = list(as_text(conversation(Nop(), Nop(), multi=True)))
        self.assertEqual(" " * 18 + "next connection", lines[2])

    @given(st.binary(max_size=400), st.integers(0, 400))
    def test_anyBytes(self, data: bytes, shown: int) -> None:
        """What is left out is counted, and nothing but printable ASCII is printed."""
        lines = list(as_text(conversation(DatagramExchange(data)), shown))
        if len(data) > shown:
            self.assertEqual(f"      ... {len(data) - shown} more bytes", lines[-1])
        self.assertTrue(all(line.isascii() and line.isprintable() for line in lines))


class JSONTests(Base):
    """What programs read."""

    def objects(self, *scripts: Script, multi: bool = False) -> list[dict[str, object]]:
        one = conversation(*scripts, store=self.store, multi=multi, other=Nop())
        return [json.loads(line) for line in as_json(one)]

    def test_session(self) -> None:
        """Every side of every exchange is one object; text and hex are whole."""
        place = "recorded_script.scripts[{}]"
        up, down = {"direction": "upstream"}, {"direction": "downstream"}
        one, two, three = ({"path": place.format(n), "exchange": n + 1} for n in range(3))
        end = {"partial": True, "closed_by": "server"}
        self.assertEqual(
            [
                {**one, **down, "time": 1000.25, "gap": 0.25, "size": 12, "text": "+HELLO 1.0\r\n"},
                {**two, **up, "time": 1002.0, "late": 1, "size": 5, "text": "READ\n"},
                {**two, **down, "time": 1002.5, "gap": 0.5, "size": 8, "text": "1.5\n2.5\n"},
                {**three, **up, "time": 1003.0, **end, "size": 4, "hex": "00010203"},
            ],
            self.objects(*SESSION),
        )

    def test_blobs(self) -> None:
        """A blob is named, with its size if it is there."""
        found = self.objects(Exchange(BlobRef("gone_c1"), self.blob))
        self.assertEqual("gone_c1", found[0]["blob"])
        self.assertNotIn("size", found[0])
        self.assertEqual((self.blob.name, 100_000), (found[1]["blob"], found[1]["size"]))

    def test_steps(self) -> None:
        """What is not said is told by its kind."""
        found = self.objects(
            Action("m.x", [1, None], b"given"),
            Named("other"),
            External("a.json"),
            External("b.json", "b"),
            multi=True,
        )
        for item in found:
            self.assertTrue(item.pop("path"))
        self.assertEqual(
            [
                {"action": "m.x", "args": [1, None], "size": 5, "text": "given"},
                {"connection": "next"},
                {"named": "other"},
                {"nop": True},
                {"connection": "next"},
                {"external": "a.json"},
                {"connection": "next"},
                {"external": "b.json", "namespace": "b"},
            ],
            found,
        )
