"""L{netsim.dsisocket.scanner}: whether a text is complete, or can still become so."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.scanner import MAX_DEPTH, Scanner, State
from tests.framing import cut
from tests.properties import examples

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
containers = st.lists(values) | st.dictionaries(st.text(), values)
layouts = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def follow(*segments: bytes) -> tuple[State, int]:
    """What a scanner thinks at the end, and how many bytes it took until then."""
    scanner, taken = Scanner(), 0
    for segment in segments:
        # Bytes around a part belong to others.
        taken += scanner.follow(b"?]" + segment + b"]}", 2, 2 + len(segment)) - 2
    return scanner.state, taken


class ScannerTests(SynchronousTestCase):
    """What L{Scanner.follow} takes."""

    def test_complete(self) -> None:
        """It stops behind the value."""
        for text in (b'{"a": [1, {"b": "}"}]}', b'["\\"", [[], {}]]', b'"x\\u00E9"'):
            self.assertEqual((State.COMPLETE, len(text)), follow(text + b"{}"))

    def test_word(self) -> None:
        """A number or a name is over where something else begins."""
        for text in (b"true", b"-0.5e+10", b"NaN", b"-Infinity"):
            self.assertEqual((State.GOING, len(text)), follow(text))
            for more in (b" ", b"\n", b"{", b'"', b"\xff"):
                self.assertEqual((State.COMPLETE, len(text)), follow(text + more))
                self.assertEqual((State.COMPLETE, len(text)), follow(text[:2], text[2:], more))

    def test_broken(self) -> None:
        """It stops where nothing can complete it any more."""
        for text in (
            *(b"{,", b"{]", b'{"a",', b'{"a":}', b'{"a":1]', b'{"a":1,}', b"{1", b'{"a":1"'),
            *(b"[,", b"[}", b"[1}", b"[1,]", b"[1:", b"[1 2", b'["a"1', b"[1,,", b"]", b"\x0b"),
            *(
                b'"\n',
                b'"\\x',
                b'"\\u12x',
                b'"\\u123x',
                b'{"a"1',
                b"[\xff",
                b"[tru,",
                b"[-]",
                b"[01 ",
                b"[1.]",
                b"[1e,",
            ),
        ):
            with self.subTest(text):
                for more in (b" 1]}", b","):
                    self.assertEqual((State.BROKEN, len(text) - 1), follow(text + more))
                self.assertEqual((State.BROKEN, len(text) - 1), follow(text[:-1], text[-1:]))
                self.assertEqual(State.GOING, follow(text[:-1])[0])

    def test_depth(self) -> None:
        """There is a limit, which it tells."""
        scanner, text = Scanner(), b'{"a":' * MAX_DEPTH + b"[]"
        self.assertEqual(5 * MAX_DEPTH, scanner.follow(text, 0, len(text)))
        self.assertIs(State.BROKEN, scanner.state)
        self.assertEqual(f"nested deeper than {MAX_DEPTH} levels", scanner.fault)

    @examples(100)
    @given(containers, layouts, st.lists(st.integers(0, 1 << 16), max_size=5))
    def test_values(self, value: object, layout: dict[str, object], places: list[int]) -> None:
        """All that Python writes is complete at its last byte, and not before."""
        text = json.dumps(value, **layout).encode()
        self.assertEqual((State.COMPLETE, len(text)), follow(*cut(text, places)))
        self.assertEqual(State.GOING, follow(text[:-1])[0])
