"""Tests of L{netsim.daemon.bodies}."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.bodies import MAX_DEPTH, read_arguments, read_status
from netsim.web.answers import Refusal
from tests.properties import examples


class BodyTestCase(SynchronousTestCase):
    """Reads bodies."""

    def reason(self, reader: Callable[[bytes], Any], body: bytes) -> str:
        """Why this cannot be used."""
        refusal = self.assertRaises(Refusal, reader, body)
        self.assertEqual((refusal.status, len(refusal.problems)), (400, 1))
        return refusal.problems[0]


class StatusTests(BodyTestCase):
    """Statuses."""

    def test_object(self) -> None:
        """A JSON object, in UTF-8, after a byte order mark, too."""
        self.assertEqual(read_status('{"é": [1]}'.encode()), {"é": [1]})
        self.assertEqual(read_status(b"\xef\xbb\xbf {}\n"), {})

    def test_textOfObject(self) -> None:
        """A JSON string that holds one, as clients in the field send it."""
        self.assertEqual(read_status(json.dumps('{"a": "é"}').encode()), {"a": "é"})

    def test_noNumbers(self) -> None:
        """Python's JSON has numbers that are none, anywhere; they are nothing here."""
        body = json.dumps({"a": float("nan"), "b": [float("-inf")], "c": "NaN"})
        expected = {"a": None, "b": [None], "c": "NaN"}
        self.assertEqual(read_status(body.encode()), expected)
        self.assertEqual(read_status(json.dumps(body).encode()), expected)
        self.assertEqual(read_status(b'{"a": 1e999, "b": 1.5}'), {"a": None, "b": 1.5})

    def test_somethingElse(self) -> None:
        """Nothing but an object will do."""
        wanted = "body: expected a JSON object, or a JSON string that holds one"
        for body in (b"[]", b"1", b"null", b'"1"', json.dumps(json.dumps("{}")).encode()):
            self.assertEqual(self.reason(read_status, body), wanted)

    def test_notJson(self) -> None:
        """The place is told where it goes wrong."""
        self.assertIn("not JSON: Expecting value: line 1", self.reason(read_status, b""))
        self.assertIn("not JSON: ", self.reason(read_status, b'"{"'))
        self.assertIn("not JSON: ", self.reason(read_status, b'{"a": %s}' % (b"9" * 5000)))

    def test_notUtf8(self) -> None:
        """Other encodings are not guessed."""
        self.assertEqual(self.reason(read_status, b'{"a": "\xff"}'), "body: expected UTF-8")
        self.assertEqual(
            self.reason(read_status, '{"é": 1}'.encode("utf-16")), "body: expected UTF-8"
        )

    def test_depth(self) -> None:
        """As deep as is allowed, but not deeper; wide is not deep."""
        depth = MAX_DEPTH - 1
        self.assertTrue(read_status(b'{"a":%s%s}' % (b"[" * depth, b"]" * depth)))
        for extra in (1, 100, 100_000):
            body = b'{"a":%s%s}' % (b"[" * (depth + extra), b"]" * (depth + extra))
            self.assertIn("nested deeper than 100 levels", self.reason(read_status, body))
            text = json.dumps(body.decode()).encode()
            self.assertIn("nested deeper than 100 levels", self.reason(read_status, text))
        self.assertTrue(read_status(b'{"a":[%s]}' % b",".join([b"[{}]"] * 1000)))

    @examples(200)
    @given(st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
    def test_anything(self, body: bytes) -> None:
        """Whatever comes, it is a status or refused."""
        try:
            self.assertIsInstance(read_status(body), dict)
        except Refusal as refusal:
            self.assertEqual(refusal.status, 400)


class ArgumentsTests(BodyTestCase):
    """What actions are called with."""

    def test_none(self) -> None:
        """Nothing need be given."""
        self.assertEqual([read_arguments(body) for body in (b"", b"{}", b'{"x": 1}')], [{}] * 3)

    def test_some(self) -> None:
        """Any JSON values."""
        self.assertEqual(read_arguments(b'{"args": {"a": [1], "b": "2"}}'), {"a": [1], "b": "2"})

    def test_wrong(self) -> None:
        """Other shapes are not guessed."""
        for body in (b"[]", b'"{}"', b"null"):
            self.assertIn("expected a JSON object", self.reason(read_arguments, body))
        for body in (b'{"args": []}', b'{"args": null}', b'{"args": "x"}'):
            self.assertIn("args: expected an object", self.reason(read_arguments, body))
