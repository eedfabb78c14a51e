"""Tests of L{netsim.daemon.kinds}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.kinds import Choice, Kind, Name, Number, Text
from tests.properties import examples

LIMIT = Number(1, 10, is_whole=True)
SINCE = Number(0, 1e11)
TIMEOUT = Number(0, 60, is_open=True)


class KindTestCase(SynchronousTestCase):
    """Reads values."""

    def check(self, kind: Kind, expected: dict[str, Any]) -> None:
        """These are allowed."""
        self.assertEqual({text: kind.read(text) for text in expected}, expected)

    def check_refused(self, kind: Kind, *texts: str) -> None:
        """These are not."""
        for text in texts:
            self.assertRaises(ValueError, kind.read, text)

    def reason(self, kind: Kind, text: str) -> str:
        """Why this is not."""
        return str(self.assertRaises(ValueError, kind.read, text))


class NumberTests(KindTestCase):
    """Numbers."""

    def test_whole(self) -> None:
        """Digits, and within the bounds."""
        self.check(LIMIT, {"1": 1, "10": 10, "007": 7})
        self.assertIsInstance(LIMIT.read("5"), int)
        self.check_refused(LIMIT, "0", "11", "-1", "1.0", "1e1", "1_0", " 1", "1\n", "+1", "")
        self.check_refused(LIMIT, "\u0661", "0x1", "true", "null", "9" * 5000)

    def test_decimal(self) -> None:
        """As JSON writes them; floats all, and finite."""
        self.check(SINCE, {"0": 0.0, "1.5": 1.5, "1e3": 1000.0, "2.5E+2": 250.0, "1e-9": 1e-9})
        self.assertIsInstance(SINCE.read("5"), float)
        self.check_refused(SINCE, "nan", "NaN", "inf", "Infinity", "1e999", "-1", "1e11x", "1_0")
        self.check_refused(SINCE, ".5", "1.", "", " 1", "100000000001", "\u0663", "9" * 5000)

    def test_open(self) -> None:
        """Of an open range the minimum is no part."""
        self.check(TIMEOUT, {"0.001": 0.001, "60": 60.0})
        self.check_refused(TIMEOUT, "0", "0.0", "-0", "60.1")

    def test_reasons(self) -> None:
        """The sentence tells what was expected, and what came, cut where it is long."""
        self.assertEqual(self.reason(LIMIT, "x"), "expected a whole number from 1 to 10, not 'x'")
        self.assertEqual(
            self.reason(TIMEOUT, "9" * 50),
            f"expected a number above 0 and at most 60, not '{'9' * 40}…'",
        )
        self.assertIn("from 0 to 100000000000", self.reason(SINCE, ""))
        self.assertTrue(self.reason(LIMIT, "9" * 5000).startswith("expected a whole number"))

    def test_schemas(self) -> None:
        """The schema has the same bounds."""
        self.assertEqual(LIMIT.schema, {"type": "integer", "minimum": 1, "maximum": 10})
        self.assertEqual(TIMEOUT.schema, {"type": "number", "exclusiveMinimum": 0, "maximum": 60})

    @examples(200)
    @given(st.floats(0, 1e11) | st.integers(0, 10**11))
    def test_whatJsonWrites(self, number: float) -> None:
        """Every number that JSON writes is read as what it is."""
        self.assertEqual(SINCE.read(json.dumps(number)), number)

    @examples(200)
    @given(st.text(max_size=8) | st.from_regex(r"-?[0-9_.eE+-]{1,8}", fullmatch=True))
    def test_nothingElse(self, text: str) -> None:
        """What is read is within the bounds, and no more than Python would read."""
        try:
            value = SINCE.read(text)
        except ValueError:
            return
        self.assertTrue(0 <= value <= 1e11)
        self.assertEqual(value, float(text))


class OtherKindsTests(KindTestCase):
    """Texts, choices and names."""

    def test_text(self) -> None:
        """Anything that is not too long."""
        self.check(Text(3), {"": "", "a b": "a b", "\x00é": "\x00é"})
        self.assertEqual(self.reason(Text(3), "abcd"), "has 4 characters, of 3 at most")
        self.assertEqual(Text(3).schema, {"type": "string", "maxLength": 3})

    def test_choice(self) -> None:
        """One of the words, as it is."""
        words = Choice(("debug", "info"))
        self.check(words, {"debug": "debug", "info": "info"})
        self.check_refused(words, "", "Info", "info ")
        self.assertEqual(self.reason(words, "warn"), "expected one of debug, info, not 'warn'")
        self.assertEqual(words.schema, {"type": "string", "enum": ["debug", "info"]})

    def test_name(self) -> None:
        """What a project can be called."""
        self.check(Name(), {"a/b é": "a/b é", "..": "..", "x" * 256: "x" * 256})
        self.check_refused(Name(), "", "a\nb", "\x00", "x" * 257)
        self.assertEqual(self.reason(Name(), ""), "is empty")
        self.assertEqual(Name().schema["maxLength"], 256)
