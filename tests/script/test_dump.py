"""Tests for L{netsim.script.dump}."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.dump import DocumentWriter, as_json, dump
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
from netsim.script.parse import Parsed, parse
from tests.properties import examples
from tests.script.recording import written
from tests.script.strategies import datagram_exchanges, documents, exchanges

SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


class ObjectTests(SynchronousTestCase):
    """Scripts become objects with no more keys than they need."""

    def assertWritten(self, expected: dict[str, Any], script: Script) -> None:
        self.assertEqual(expected, as_json(script))

    def test_exchange(self) -> None:
        """What was not noted is not written."""
        self.assertWritten(
            {"type": "script", "command": "a", "response": "b"}, Exchange(b"a", b"b")
        )

    def test_noted(self) -> None:
        """Late newlines and facts are keys of their own."""
        self.assertWritten(
            {
                "type": "script",
                "command": "a\n",
                "response_blob": SHA,
                "late": 1,
                "time": 5.0,
                "gap": 0.0,
                "partial": True,
                "closed_by": "server",
            },
            Exchange(b"a\n", BlobRef(SHA), 1, Facts(5.0, 0.0, True, "server")),
        )

    def test_datagrams(self) -> None:
        """Datagrams have the transport C{udp}."""
        self.assertWritten(
            {"type": "script", "transport": "udp", "command": "a", "responses": ["b"], "time": 1.0},
            DatagramExchange(b"a", (b"b",), Facts(time=1.0)),
        )

    def test_compound(self) -> None:
        """The two kinds of compound differ in their type."""
        nop = {"type": "nop"}
        self.assertWritten({"type": "compound", "scripts": [nop]}, Compound([Nop()]))
        self.assertWritten({"type": "compound_multi", "scripts": []}, Compound([], multi=True))

    def test_references(self) -> None:
        """A namespace is written if there is one."""
        self.assertWritten({"type": "named", "name": "x"}, Named("x"))
        self.assertWritten({"type": "external", "file": "a.json"}, External("a.json"))
        self.assertWritten(
            {"type": "external", "file": "a.json", "namespace": "n"}, External("a.json", "n")
        )

    def test_action(self) -> None:
        """A response is written if there is one, the empty one too."""
        action = {"type": "command", "action": "sleep", "args": [1]}
        self.assertWritten(action, Action("sleep", [1]))
        self.assertWritten(action | {"response": ""}, Action("sleep", [1], b""))


class RoundTripTests(SynchronousTestCase):
    """What is written is read."""

    @examples(200)
    @given(documents)
    def test_documents(self, scripts: dict[str, Script]) -> None:
        """Every tree of scripts comes back as it was."""
        self.assertEqual(Parsed(scripts, []), parse(dump(scripts).encode(), "a.json"))


class DocumentWriterTests(SynchronousTestCase):
    """A recording is written while its exchanges come in."""

    def test_text(self) -> None:
        """Each exchange has a line of its own, in a script of the usual name."""
        file = io.StringIO()
        writer = DocumentWriter(file)
        writer.add(Exchange(b"a", b"b"))
        writer.add(Exchange(b"\n", b"\0"))
        writer.close()
        self.assertEqual(
            '{"recorded_script": {"type": "compound", "scripts": [\n'
            '{"type": "script", "command": "a", "response": "b"},\n'
            '{"type": "script", "command": "\\n", "response_hex": "00"}\n'
            "]}}\n",
            file.getvalue(),
        )

    def test_empty(self) -> None:
        """A recording without exchanges is one, too."""
        self.assertEqual({"recorded_script": Compound()}, written([]))

    def test_ascii(self) -> None:
        """The document is ASCII, whatever was said."""
        file = io.StringIO()
        DocumentWriter(file).add(Exchange(b"\x7f\r\n", "é".encode()))
        self.assertTrue(file.getvalue().isascii())

    @examples(50)
    @given(st.lists(exchanges() | datagram_exchanges, max_size=5))
    def test_anything(self, said: list[Exchange | DatagramExchange]) -> None:
        """It is read as the compound of its exchanges, and is what C{dump} writes of that."""
        scripts = written(said)
        self.assertEqual({"recorded_script": Compound(said)}, scripts)
        self.assertEqual(scripts, parse(dump(scripts).encode(), "a.json").scripts)

    def test_sameAsDump(self) -> None:
        """Both ways of writing give the same JSON."""
        file = io.StringIO()
        writer = DocumentWriter(file)
        writer.add(Exchange(b"a", b"b"))
        writer.close()
        whole = dump({"recorded_script": Compound([Exchange(b"a", b"b")])})
        self.assertEqual(json.loads(whole), json.loads(file.getvalue()))
