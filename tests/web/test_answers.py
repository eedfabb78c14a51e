"""Tests of L{netsim.web.answers}."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.web.answers import Refusal, Reply, spliced
from tests.properties import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


class ReplyTests(SynchronousTestCase):
    """Answers."""

    @examples(100)
    @given(VALUES)
    def test_anyValue(self, value: object) -> None:
        """Whatever JSON can say is said, in UTF-8."""
        self.assertEqual(json.loads(Reply.of(value).body.decode("utf-8")), value)

    def test_halfOfAPair(self) -> None:
        """Halves of surrogate pairs, too, which have no UTF-8."""
        body = Reply.of({"\ud800": "\udfff"}).body.decode("utf-8")
        self.assertEqual(json.loads(body), {"\ud800": "\udfff"})

    def test_short(self) -> None:
        """No blanks, and no escapes where UTF-8 will do."""
        self.assertEqual(Reply.of({"a": ["é", 1]}).body, '{"a":["é",1]}'.encode())

    def test_noNumber(self) -> None:
        """What JSON cannot say is a mistake, and not sent."""
        self.assertRaises(ValueError, Reply.of, float("nan"))

    def test_status(self) -> None:
        """It is 200, if nothing else is said."""
        self.assertEqual((Reply.of(1).status, Reply.of(1, 201).status), (200, 201))


class RefusalTests(SynchronousTestCase):
    """Why something is not done."""

    def test_reason(self) -> None:
        """The answer tells it."""
        reply = Refusal(404, "not there").reply
        self.assertEqual((reply.status, json.loads(reply.body)), (404, {"error": "not there"}))

    def test_problems(self) -> None:
        """All problems are told, and the headers that belong to the status."""
        reply = Refusal(400, "wrong", ["a: 1", "b: 2"], {"X": "y"}).reply
        self.assertEqual(json.loads(reply.body), {"error": "wrong", "problems": ["a: 1", "b: 2"]})
        self.assertEqual(reply.headers, {"X": "y"})


class SplicedTests(SynchronousTestCase):
    """Lists of what is JSON already."""

    def test_none(self) -> None:
        """The list may be empty."""
        self.assertEqual(spliced("logs", []).body, b'{"logs":[]}')

    def test_textsAndBytes(self) -> None:
        """The items are taken as they are."""
        reply = spliced("logs", ['{"a": "\u00e9"}', b'{"b":2}', '"\ud800"'])
        self.assertEqual(
            json.loads(reply.body.decode("utf-8")), {"logs": [{"a": "é"}, {"b": 2}, "\ud800"]}
        )
