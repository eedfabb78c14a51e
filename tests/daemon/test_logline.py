"""Tests for L{netsim.daemon.logline}."""

from __future__ import annotations

import json
import logging
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.logline import LEVELS, MAX_TEXT, level_name, level_of, severity_of, text_of
from tests.properties import examples

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
keys = st.sampled_from(["log", "level", "prefix", "message", "msg", "whom", "severity"])
lines = json_values | st.dictionaries(keys, json_values | st.dictionaries(keys, json_values))


class LevelTests(SynchronousTestCase):
    """How serious a line is."""

    def check(self, level: str, *words: Any) -> None:
        for word in words:
            for payload in ({"log": {"level": word}}, {"prefix": word, "msg": "x"}):
                self.assertEqual(level, level_of(payload), str(payload))
                self.assertEqual(LEVELS[level], severity_of(payload), str(payload))

    def test_levels(self) -> None:
        """Both forms tell it by the five words."""
        for level in LEVELS:
            self.check(level, level, level.upper(), level.title())

    def test_fieldWords(self) -> None:
        """Programs have words of their own."""
        self.check("debug", "trace")
        self.check("info", "ok", "mention", "success", "log")
        self.check("warning", "warn", "WARN")
        self.check("error", "err", "exception")
        self.check("critical", "fatal", "FATAL")

    def test_ornament(self) -> None:
        """The word may be decorated."""
        self.check("error", "[ERROR]", " error: ", "<Error>", "** error **", "[error]\t")
        self.check("warning", "[warning]")

    def test_numbers(self) -> None:
        """A number is one of C{logging}; one between two of them counts as the lower."""
        for level, number in LEVELS.items():
            self.assertEqual(number, logging.getLevelName(level.upper()))
            self.check(level, number, number + 9, number + 0.5, str(number), f"[{number}]")
        self.check("debug", 1, 9, 0.5)
        self.check("critical", 60, 1e300, 10**400)

    def test_name(self) -> None:
        """A number that is none of them has the name of those that do not tell."""
        self.assertEqual(list(LEVELS), [level_name(number) for number in LEVELS.values()])
        self.assertEqual("info", level_name(7))

    def test_unknown(self) -> None:
        """What is not known is C{info}."""
        strange = (None, True, False, 0, -10, [], {}, ["error"], "", "errors", "²", "error" * 1000)
        self.check("info", *strange)

    def test_noLevel(self) -> None:
        """A line that does not tell is C{info}, whatever it is."""
        for payload in (
            None,
            5,
            "error",
            [],
            {},
            {"log": "error"},
            {"log": None},
            {"msg": "error"},
        ):
            self.assertEqual("info", level_of(payload), repr(payload))

    def test_otherKeys(self) -> None:
        """It may be under another key; one that is called level comes first."""
        for key in ("levelname", "levelno", "severity"):
            self.assertEqual("error", level_of({key: 40, "message": "x"}))
        self.assertEqual("debug", level_of({"log": {"severity": "error", "level": "debug"}}))

    def test_wrapped(self) -> None:
        """What is beside the wrapping does not count."""
        self.assertEqual("warning", level_of({"level": "error", "log": {"level": "warning"}}))

    @given(lines)
    @examples(200)
    def test_anything(self, payload: Any) -> None:
        """Every payload has a level."""
        self.assertIn(level_of(payload), LEVELS)


class TextTests(SynchronousTestCase):
    """What is searched."""

    def test_wrapped(self) -> None:
        """The message, and whose it is."""
        line = {"level": "info", "message": "two words", "time": 1.5, "whom": "a.b"}
        self.assertEqual("two words a.b", text_of({"log": line}))

    def test_field(self) -> None:
        """The same in the other form."""
        line = {"prefix": "ok", "datetime": "2024", "whom": "train", "msg": "gr\u00fcn"}
        self.assertEqual("gr\u00fcn train", text_of(line))

    def test_noMessage(self) -> None:
        """Without a message it is everything."""
        self.assertEqual("plain", text_of("plain"))
        self.assertEqual("plain", text_of({"log": "plain"}))
        self.assertEqual('{"whom": "a", "\u00e9": 1}', text_of({"whom": "a", "\u00e9": 1}))
        self.assertEqual('{"message": 5}', text_of({"log": {"message": 5}}))
        self.assertEqual("null", text_of(None))

    def test_bounded(self) -> None:
        """Of a long line the beginning is searched."""
        long = "x" * (2 * MAX_TEXT)
        for payload in (long, {"msg": long, "whom": long}, {"log": {"message": long}}, [long]):
            self.assertEqual(MAX_TEXT, len(text_of(payload)))

    @given(lines)
    @examples(200)
    def test_anything(self, payload: Any) -> None:
        """Every payload has a text; messages are in it."""
        text = text_of(payload)
        self.assertLessEqual(len(text), MAX_TEXT)
        line = payload.get("log", payload) if isinstance(payload, dict) else payload
        if isinstance(line, dict) and isinstance(line.get("msg"), str):
            self.assertIn(line["msg"], text)
        elif not isinstance(line, str | dict):
            self.assertEqual(line, json.loads(text))
