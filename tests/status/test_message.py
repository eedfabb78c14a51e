"""L{netsim.status.message}."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import MessageError
from netsim.status.message import MAX_DEPTH, MAX_NAME, NO_ID, Message, decode, name_problem
from tests.properties import examples

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
# With second halves of pairs, which nothing makes whole: programs cut their texts anywhere.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\udc80\udfff"))
PAYLOADS = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)
KEYS = st.sampled_from(["event-type", "name", "payload", "event-id"])
SHOWABLE = st.characters(min_codepoint=32, exclude_categories=["Cs"])
NAMES = st.text(SHOWABLE, min_size=1, max_size=MAX_NAME)
IDS = st.integers(-(2**53), 2**53)


def written(**changes: Any) -> bytes:
    """A message, a little different; a value of ... leaves the key out."""
    fields = {"event-type": "log", "name": "n", "payload": None, "event-id": 5}
    fields |= {key.replace("_", "-"): value for key, value in changes.items()}
    return json.dumps({key: fields[key] for key in fields if fields[key] is not ...}).encode()


class DecodeTests(SynchronousTestCase):
    """Reading what comes."""

    def refused(self, data: bytes | str) -> MessageError:
        return self.assertRaises(MessageError, decode, data)

    def test_message(self) -> None:
        """Bytes or text, in whatever order."""
        message = Message("ack", "é", {"a": [1, None]}, 5)
        text = '{"payload": {"a": [1, null]}, "event-id": 5, "name": "é", "event-type": "ack"}'
        self.assertEqual([message, message], [decode(text), decode(text.encode())])

    def test_lenient(self) -> None:
        """A missing id is none; keys that are unknown are passed over."""
        self.assertEqual(NO_ID, decode(written(event_id=...)).event_id)
        self.assertEqual(Message("log", "n", None, 5), decode(written(other={"a": 1})))

    def test_payloads(self) -> None:
        """Anything may be one, even nothing."""
        for payload in (None, "", 0, False, [], {}, "x", 1.5, [{}]):
            self.assertEqual(payload, decode(written(payload=payload)).payload)

    def test_no_json(self) -> None:
        """The sender hears why it is none."""
        for data, reason in (
            (b"", "not JSON: Expecting value"),
            (b"{", "not JSON: Expecting property name"),
            (written()[:-1], "not JSON: Expecting ',' delimiter"),
            (written() + b"x", "not JSON: Extra data"),
            (written() + written(), "not JSON: Extra data"),
            (b'{"a": "\n"}', "not JSON: Invalid control character"),
            (b"{'a': 1}", "not JSON: Expecting property name"),
            (b"\xef\xbb\xbf" + written(), "not JSON: "),
            (b'{"a": "\xff"}', "not UTF-8: invalid start byte at byte 7"),
            (b'{"a": "\xed\xa0\x80"}', "not UTF-8: "),
            (written().decode().encode("utf-16"), "not UTF-8: "),
            (written().decode().encode("utf-16-le"), "not JSON: "),
        ):
            error = self.refused(data)
            self.assertIn(reason, str(error))
            self.assertEqual((1, NO_ID), (len(error.problems), error.event_id))
            self.assertLess(len(str(error)), 200)

    def test_no_object(self) -> None:
        """The sender hears what it is instead."""
        for text, kind in (
            ("[]", "an array"),
            ('"{}"', "a string"),
            ("5", "a number"),
            ("5.5", "a number"),
            ("true", "true or false"),
            ("null", "null"),
        ):
            self.assertEqual(f"expected a JSON object, not {kind}", str(self.refused(text)))

    def test_all_problems(self) -> None:
        """All that is wrong is told at once."""
        error = self.refused("{}")
        missing = [f"'{key}' is missing" for key in ("event-type", "name", "payload")]
        self.assertEqual((*missing,), error.problems)
        error = self.refused(written(event_type=[], name="", payload=..., event_id="7"))
        self.assertEqual(
            (
                "'event-type': expected a string, not an array",
                "'name' is empty",
                "'payload' is missing",
                "'event-id': expected a whole number, not a string",
            ),
            error.problems,
        )
        self.assertEqual("; ".join(error.problems), str(error))

    def test_id_of_error(self) -> None:
        """The id is known to the error, if it is one."""
        ids = [self.refused(written(name=5, event_id=each)).event_id for each in (7, 0, "7", 7.0)]
        self.assertEqual([7, 0, NO_ID, NO_ID], ids)
        self.assertEqual(NO_ID, self.refused(written(name=5, event_id=...)).event_id)

    def test_ids(self) -> None:
        """Whole numbers that every language has."""
        for event_id in (0, -1, 10**11, 2**53, -(2**53)):
            self.assertEqual(event_id, decode(written(event_id=event_id)).event_id)
        for event_id in (2**53 + 1, -(2**53) - 1, 10**400):
            self.assertIn("2^53", str(self.refused(written(event_id=event_id))))
        for other in (True, None, 5.0, "5", [5], {}):
            self.assertIn(
                "'event-id': expected a whole", str(self.refused(written(event_id=other)))
            )

    def test_names(self) -> None:
        """Names and event types are texts that can be shown."""
        for key in ("name", "event_type"):
            for text in ("x", " ", "é\U0001f600", "a/b%2F", "x" * MAX_NAME, "\x7f\u2028"):
                decode(written(**{key: text}))
            for text in ("", "x" * (MAX_NAME + 1), "a\nb", "\0", "\x1f", "\ud800", "\udfff"):
                error = self.refused(written(**{key: text}))
                self.assertIn(f"'{key.replace('_', '-')}' ", str(error))
                self.assertEqual(5, error.event_id)

    def test_no_numbers(self) -> None:
        """What JSON has no number for cannot be sent on, and is none."""
        for text in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 5000 + ".0"):
            for payload in (text, f"[{text}]", f'{{"a": {text}}}'):
                error = self.refused(written(payload="@").replace(b'"@"', payload.encode()))
                self.assertIn("not JSON: ", str(error))
                self.assertLess(len(str(error)), 200)

    def test_numbers(self) -> None:
        """All others are read as they are."""
        for text in ("-0", "1e-999", "1.7976931348623157e308", "0.1", "1" * 4000, "-5E+2"):
            message = decode(written(payload="@").replace(b'"@"', text.encode()))
            self.assertEqual(json.loads(text), message.payload)
        error = self.refused(written(payload="@").replace(b'"@"', b"1" * 5000))
        self.assertIn("not JSON: ", str(error))

    def test_twice(self) -> None:
        """Of a key that comes twice the last one counts, as in browsers."""
        text = written()[:-1] + b', "name": "m", "event-id": 6}'
        self.assertEqual(("m", 6), (decode(text).name, decode(text).event_id))

    def test_mixed_depth(self) -> None:
        """Objects and arrays are levels alike."""
        for times, is_fine in ((33, True), (34, False)):
            deep = b'[0,{"a":[' * times + b"]}]" * times
            data = written(payload="@").replace(b'"@"', deep)
            if is_fine:
                decode(data)
            else:
                self.assertIn("nested too deeply", str(self.refused(data)))

    def test_depth(self) -> None:
        """The message itself is a level."""
        for levels, is_fine in ((MAX_DEPTH - 1, True), (MAX_DEPTH, False), (100_000, False)):
            # With others beside them, or they would only be counted.
            deep = b"[[],[]," + b"[" * (levels - 1) + b"]" * levels
            data = written(payload="@").replace(b'"@"', deep)
            if is_fine:
                decode(data)
            else:
                error = self.refused(data)
                self.assertIn(f"nested too deeply, of {MAX_DEPTH} levels at most", str(error))

    def test_wide(self) -> None:
        """Many beside one another are no depth, nor are brackets in a text."""
        for payload in ([[]] * 5000, [{"a": [[]]}] * 5000, "[{" * 5000, {"a": "[" * 5000}):
            self.assertEqual(payload, decode(written(payload=payload)).payload)
        self.assertIn("a JSON object", str(self.refused(json.dumps("[" * 5000))))

    @given(st.binary())
    @examples(300)
    def test_anything(self, data: bytes) -> None:
        """Whatever comes, it is a message or an error with a reason."""
        error = self.refused(data)
        self.assertTrue(all(error.problems))

    @given(
        st.dictionaries(st.sampled_from(["event-type", "name", "payload", "event-id"]), PAYLOADS)
    )
    @examples(300)
    def test_any_object(self, fields: dict[str, Any]) -> None:
        """Whatever is in it, each key has a problem or is as it was."""
        try:
            message = decode(json.dumps(fields))
        except MessageError as error:
            self.assertEqual(len(set(error.problems)), len(error.problems))
            self.assertTrue(1 <= len(error.problems) <= 4)
        else:
            self.assertEqual(message, Message(*fields_of(fields)))


class EncodeTests(SynchronousTestCase):
    """Writing what is sent."""

    def test_wire(self) -> None:
        """All keys are there, without blanks."""
        text = '{"event-type":"log","name":"é","payload":{"a":[1,null]},"event-id":-1}'
        self.assertEqual(text.encode(), Message("log", "é", {"a": [1, None]}).encode())

    def test_half_pair(self) -> None:
        """Half of a surrogate pair is written, and read again."""
        message = Message("log", "n", {"a\udc80": "\ud800x"})
        self.assertIn(b'{"a\\udc80":"\\ud800x"}', message.encode())
        self.assertEqual(message, decode(message.encode()))

    def test_no_json(self) -> None:
        """What JSON cannot say is refused."""
        for payload in (float("nan"), [float("inf")], {"a": -float("inf")}):
            self.assertRaises(ValueError, Message("log", "n", payload).encode)
        for payload in (b"x", {1}, object()):
            self.assertRaises(TypeError, Message("log", "n", payload).encode)

    @given(NAMES, NAMES, PAYLOADS, IDS)
    @examples(300)
    def test_round_trip(self, event_type: str, name: str, payload: Any, event_id: int) -> None:
        """What is written is read as it was."""
        message = Message(event_type, name, payload, event_id)
        data = message.encode()
        self.assertEqual(message, decode(data))
        self.assertEqual(message, decode(data.decode()))
        # And written again as it was, byte for byte.
        self.assertEqual(data, decode(data).encode())

    @given(NAMES, NAMES, PAYLOADS, IDS, st.booleans(), st.none() | st.integers(0, 3))
    @examples(200)
    def test_other_writers(
        self,
        event_type: str,
        name: str,
        payload: Any,
        event_id: int,
        is_ascii: bool,
        indent: int | None,
    ) -> None:
        """However JSON is written, it is the same message."""
        fields = {"name": name, "event-id": event_id, "payload": payload, "event-type": event_type}
        text = json.dumps(fields, ensure_ascii=is_ascii, indent=indent)
        data = text.encode("utf-8", "backslashreplace")
        self.assertEqual(Message(event_type, name, payload, event_id), decode(data))


class NameTests(SynchronousTestCase):
    """What a project may be called."""

    @given(NAMES)
    @examples(100)
    def test_fine(self, name: str) -> None:
        """Nearly anything."""
        self.assertIsNone(name_problem(name))

    def test_problems(self) -> None:
        """But not this."""
        self.assertEqual("is empty", name_problem(""))
        self.assertEqual("has 257 characters, of 256 at most", name_problem("x" * 257))
        self.assertEqual("has characters that cannot be shown", name_problem("a\tb"))


def fields_of(fields: dict[str, Any]) -> tuple[str, str, Any, int]:
    """They, in the order in which a message has them."""
    event_id = fields.get("event-id", NO_ID)
    return fields["event-type"], fields["name"], fields["payload"], event_id
