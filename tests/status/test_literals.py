"""L{netsim.status.literals}: texts and values."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.literals import LONGEST, plain, read
from tests.properties import examples

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


class ReadTests(SynchronousTestCase):
    def test_json_comes_first(self) -> None:
        """What is JSON and Python alike is JSON: its escapes are others."""
        for text, value in (
            ("5", 5),
            (" 5 ", 5),
            ("true", True),
            ("null", None),
            ('"\\/"', "/"),
            ('{"a": [1, 2.5]}', {"a": [1, 2.5]}),
        ):
            self.assertEqual(value, read(text), text)

    def test_then_python(self) -> None:
        for text, value in (
            ("True", True),
            ("None", None),
            ("0x10", 16),
            ("(1, 'a')", (1, "a")),
            ("{'a': 1,}", {"a": 1}),
            ("b'x'", b"x"),
        ):
            self.assertEqual(value, read(text), text)

    def test_else_it_is_the_text(self) -> None:
        for text in ("", "word", "two words", "1 +", "print(1)", "NaN", "-Infinity", "{[]: 1}"):
            self.assertEqual(text, read(text))

    def test_no_text_is_too_bad(self) -> None:
        """What breaks a parser is only a text."""
        for text in ("[" * 100_000, "(" * 5000, "9" * 10_000, "a\0b", "'\ud800"):
            self.assertEqual(text, read(text))

    def test_a_very_long_text_is_not_read(self) -> None:
        self.assertEqual(5, read("5".rjust(LONGEST)))
        self.assertEqual("5".rjust(LONGEST + 1), read("5".rjust(LONGEST + 1)))

    @examples(200)
    @given(VALUES)
    def test_what_was_written_is_read(self, value: Any) -> None:
        self.assertEqual(value, read(json.dumps(value)))
        self.assertEqual(value, read(repr(value)))

    @examples(200)
    @given(st.text())
    def test_any_text_can_be_read(self, text: str) -> None:
        read(text)


class PlainTests(SynchronousTestCase):
    def test_it_is_a_copy(self) -> None:
        """What the program changes later is not changed here."""
        inner = [1]
        value = plain({"a": inner, "b": (2, 3), 4: "c"})
        inner.append(2)
        self.assertEqual({"a": [1], "b": [2, 3], "4": "c"}, value)

    def test_numbers_that_json_has_not(self) -> None:
        self.assertEqual([None] * 3, plain([math.nan, math.inf, -math.inf]))

    def test_what_cannot_be_said(self) -> None:
        circle: list[Any] = []
        circle.append(circle)
        deep: list[Any] = []
        for _ in range(100_000):
            deep = [deep]
        for value, reason in (
            ({1, 2}, "JSON cannot say it: Object of type set is not JSON serializable"),
            ({(1,): 2}, "JSON cannot say it: keys must be str"),
            (circle, "JSON cannot say it: Circular reference"),
            (deep, "JSON cannot say it: nested too deeply"),
        ):
            error = self.assertRaises(ValueError, plain, value)
            self.assertIn(reason, str(error))
