"""L{netsim.daemon.envelope}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.envelope import with_id
from netsim.status.message import Message, decode
from tests.properties import examples

# Texts and names that look like what is looked for.
TRAPS = st.sampled_from(["event-id", '"event-id": 5', '{"event-id":5}', "\\", '"', "}", "[", ","])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text() | TRAPS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=10,
)
BLANKS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\r\n", "\t: "), ("\n,", " :\n")])


class WithIdTests(SynchronousTestCase):
    """All but the id is kept."""

    def test_places(self) -> None:
        """It may stand anywhere."""
        for text in (
            b'{"event-id":%d,"a":1}',
            b'{"a":{"event-id":7},"event-id":%d}',
            b' { "a" : [ { } , { "event-id" : 7 } ] , "event-id" : %d } ',
            b'{"a":"\\"event-id\\":7","event-id":%d,"b":"}"}',
            b'{\r\n\t"event-id"\r\n:\t%d\r\n}\r\n',
            b'{"event\\u002did":%d}',
            b'{"a\\\\":1,"\\"":2,"event-id":%d,"":{}}',
            b'{"event-id":%d,"a":1.50,"b":1E2,"c":-0,"d":123456789012345678901234567890}',
        ):
            self.assertEqual(text % 10**12, with_id(text % -1, 10**12), text)
            self.assertEqual(text % -1, with_id(text % 10**12, -1), text)

    def test_twice(self) -> None:
        """Where it stands twice, both are changed: readers differ in which one they take."""
        text = with_id(b'{"event-id": 1, "a": 0, "event-id": 22}', 5)
        self.assertEqual(b'{"event-id": 5, "a": 0, "event-id": 5}', text)

    def test_characters(self) -> None:
        """What is not ASCII is kept, written out or not."""
        text = '{"a": "é\U0001f600\\u00e9\\ud800\u2028", "event-id": %d, "é": 0}'
        self.assertEqual((text % 5).encode(), with_id((text % 4).encode(), 5))

    @given(
        st.permutations(["event-type", "name", "payload", "event-id", "x"]),
        *(VALUES, VALUES, BLANKS, st.booleans()),
        *(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53)),
    )
    @examples(300)
    def test_any(
        self,
        keys: list[str],
        payload: Any,
        extra: Any,
        blanks: tuple[str, str],
        is_ascii: bool,
        old: int,
        new: int,
    ) -> None:
        """Whatever is in it, and however it is written."""
        fields = {"event-type": "ack", "name": "n", "payload": payload, "x": extra}

        def write(event_id: int) -> bytes:
            ordered = {key: {**fields, "event-id": event_id}[key] for key in keys}
            return json.dumps(ordered, separators=blanks, ensure_ascii=is_ascii).encode()

        self.assertEqual(write(new), with_id(write(old), new))
        self.assertEqual(Message("ack", "n", payload, new), decode(with_id(write(old), new)))
