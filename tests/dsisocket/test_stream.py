"""L{netsim.dsisocket.stream}: the same values and complaints, however the bytes are cut."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import scanner
from netsim.dsisocket.scanner import MAX_DEPTH
from netsim.dsisocket.stream import CommandStream, Item, Malformed, TooLong, Value
from tests.framing import checkFraming, cut, single
from tests.properties import examples

DOCUMENT = (
    b'{"on_workload_client": {1: "echo \\"HELLO THIS IS HENRIK CAN YOU HEAR ME?????!!!\\"'
    b'\\necho \\"(Yes, we can)\\"\\n"}}\r\n'
)
IN_DOCUMENT = "Expecting property name enclosed in double quotes: line 1 column 25 (char 24)"

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
objects = st.dictionaries(st.text(), values)
# What JSON is made of, so that much of what comes is nearly JSON.
PIECES = [
    *b'{ } [ ] , : " "a" "a": \\ \\u \\u00e9 \\" \\x a { {} [] {"a":1}'.split(),
    *b"1 -1 0 01 1. 1.5 1e 1e+5 - . true tru false null NaN -Infinity Infinit x".split(),
    *b"\xff \xc3 \xc3\xa9 \xef\xbb\xbf \0 \x03 \xff\xf4".split(b" "),
    *(b" ", b"\n", b"\r\n", b"\t", b"\x0b"),
]
nearly = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=20).map(b"".join)
places = st.lists(st.integers(0, 1 << 16), max_size=6)


def told(segments: Iterable[bytes], limit: int = 1 << 20) -> list[str]:
    """All that is made of a stream; as text, where NaN is NaN."""
    stream = CommandStream(limit)
    items = [item for segment in segments for item in stream.feed(segment)]
    return list(map(repr, items + stream.end()))


def verdict(text: str) -> str:
    """What Python itself makes of a line."""
    try:
        return repr(Value(json.loads(text)))
    except ValueError as error:
        return repr(Malformed(str(error)))


class StreamTests(SynchronousTestCase):
    """What a L{CommandStream} tells."""

    def check(self, stream: bytes, *expected: Item, tail: bytes = b'{"on_mongod": {"ex') -> None:
        """It is the same in all the ways to cut it."""
        checkFraming(self, lambda: CommandStream().feed, stream, list(expected), tail)

    def check_end(self, stream: bytes, *expected: Item) -> None:
        """The same, where the stream ends."""
        for segments in ([stream], single(stream)):
            self.assertEqual(list(map(repr, expected)), told(segments))

    def test_document(self) -> None:
        """The error of the document's transcript is told in its words; reading goes on."""
        self.check(DOCUMENT + b'{"a": 1}', Malformed(IN_DOCUMENT), Value({"a": 1}))

    def test_several(self) -> None:
        """Values need nothing between them; an object is over with its brace."""
        self.check(b'{"a": 1}{"b": []} \r\n\t{}', Value({"a": 1}), Value({"b": []}), Value({}))

    def test_pretty(self) -> None:
        """An object may be written over many lines."""
        value = {"on_mongod": {"exec": "a\nb", "n": [1, -2.5e3, {"x": [True, None, "\\é"]}]}}
        for indent in (None, 0, 4):
            for ascii_only in (True, False):
                text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
                self.check(text.encode(), Value(value))

    def test_others(self) -> None:
        """Whatever else is JSON is a value, too."""
        self.check(
            b'[1, {}]"}{" 12 true\nnull -1.5 ',
            *map(Value, ([1, {}], "}{", 12, True, None, -1.5)),
        )

    def test_size(self) -> None:
        """It is known how long each of them was."""
        found = CommandStream().feed(b' {"\xc3\xa9": 1 }12 ')
        self.assertEqual([10, 2], [item.size for item in found if isinstance(item, Value)])

    def test_lenient(self) -> None:
        """What Python takes for JSON is JSON: names of floats, the last of two, half a pair."""
        self.check(
            b'{"a": -Infinity}{"a": 1, "a": 2}{"a": "\\ud800"}',
            *map(Value, ({"a": float("-inf")}, {"a": 2}, {"a": "\ud800"})),
        )

    def test_broken(self) -> None:
        """The rest of the line is dropped, whatever is in it."""
        for text, message in (
            (b'{"a": 1,,} {"b": 1}', "Expecting property name enclosed in double quotes: {9}"),
            (b'{"a" 1}', "Expecting ':' delimiter: {6}"),
            (b'{"a": }', "Expecting value: {7}"),
            (b'{"a": tru}', "Expecting value: {7}"),
            (b'{"a": -}', "Expecting value: {7}"),
            (b'{"a": 01}', "Expecting ',' delimiter: {8}"),
            (b'{"a": 1.}', "Expecting ',' delimiter: {8}"),
            (b'{"a": 1 "b"', "Expecting ',' delimiter: {9}"),
            (b'{"a": [1}', "Expecting ',' delimiter: {9}"),
            (b'{"a": [1 2]', "Expecting ',' delimiter: {10}"),
            (b'{"a": "\\x"}', "Invalid \\escape: {8}"),
            (b'{"a": "\\u12"}', "Invalid \\uXXXX escape: {9}"),
            (b'{"a": "b', "Invalid control character at: {9}"),
            (b"{'a': 1}", "Expecting property name enclosed in double quotes: {2}"),
            ("{é".encode(), "Expecting property name enclosed in double quotes: {2}"),
            (b"}", "Expecting value: {1}"),
            (b"restart_mongodb now", "Expecting value: {1}"),
            (b"1.5.2", "Extra data: {4}"),
            (b"1x", "Extra data: {2}"),
            (b"'{\"a\": 1}'", "Expecting value: {1}"),
            (b"\xef\xbb\xbf{}", "Expecting value: {1}"),
            (b"\0", "Expecting value: {1}"),
        ):
            head, _, column = message.rstrip("}").rpartition("{")
            place = f"line 1 column {column} (char {int(column) - 1})"
            with self.subTest(text):
                self.check(text + b'\n{"z": 1}', Malformed(head + place), Value({"z": 1}))

    def test_notText(self) -> None:
        """What is no UTF-8 is told in Python's words, too."""
        for text, place, reason in (
            (b'{"a": "\xff"}', "0xff in position 7", "invalid start byte"),
            (b'{"a": "\xc3"}', "0xc3 in position 7", "invalid continuation byte"),
            (b'{"a": "\xed\xa0\x80"}', "0xed in position 7", "invalid continuation byte"),
            (b"\xff\xf4\xff\xfd\x06", "0xff in position 0", "invalid start byte"),
        ):
            error = Malformed(f"'utf-8' codec can't decode byte {place}: {reason}")
            with self.subTest(text):
                self.check(text + b'{"dropped": 1}\n{}', error, Value({}))

    def test_places(self) -> None:
        """Places count from the first character of the value, in lines and characters."""
        self.check(
            ' \r\n {"é": 1}  {\n  "é": 1,\n  2: 3}\n1\n'.encode(),
            Value({"é": 1}),
            Malformed(
                "Expecting property name enclosed in double quotes: line 3 column 3 (char 14)"
            ),
            Value(1),
        )

    def test_brokenPretty(self) -> None:
        """A broken object is given up where it breaks; its next lines stand for themselves."""
        self.check(
            b'{\n  "a": 1,,\n  {"b": 2}\n}\n{"c": 3}\n',
            Malformed(
                "Expecting property name enclosed in double quotes: line 2 column 10 (char 11)"
            ),
            Value({"b": 2}),
            Malformed("Expecting value: line 1 column 1 (char 0)"),
            Value({"c": 3}),
        )

    def test_soon(self) -> None:
        """What nothing could complete is told at once, without its newline."""
        self.assertEqual([Malformed(IN_DOCUMENT)], CommandStream().feed(DOCUMENT[:26]))

    def test_droppedLater(self) -> None:
        """The rest of a bad line is dropped, and not kept, however long it is."""
        stream = CommandStream(limit=100)
        self.assertEqual(1, len(stream.feed(b"{1")))
        for _ in range(1000):
            self.assertEqual([], stream.feed(b'{"a": 1}' * 10))
        self.assertEqual([Value(1), Value({})], stream.feed(b'{"a": 1}\n1 {}'))

    def test_end(self) -> None:
        """At its end, a number has ended, and everything else that has not is broken."""
        self.check_end(b"{} 12", Value({}), Value(12))
        self.check_end(b" \n")
        self.check_end(b'{1 {"a', Malformed(
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
        ))  # fmt: skip
        for text, message in (
            (b'{"a": 1', "Expecting ',' delimiter: line 1 column 8 (char 7)"),
            (b'{"a": "b', "Unterminated string starting at: line 1 column 7 (char 6)"),
            (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            (b"nul", "Expecting value: line 1 column 1 (char 0)"),
            (
                b'"\xc3',
                "'utf-8' codec can't decode byte 0xc3 in position 1: unexpected end of data",
            ),
        ):
            self.check_end(text, Malformed(message))

    def test_nothingAfterEnd(self) -> None:
        """Nothing is read after it."""
        stream = CommandStream()
        self.assertEqual([], stream.end())
        self.assertEqual(([], []), (stream.feed(b"{}"), stream.end()))

    def test_long(self) -> None:
        """A value may have as many bytes as the limit; after a longer one nothing is read."""
        for text in (b'{"a": "%s"}' % (b"x" * 91), b"1" * 100, b'{"a": [' + b"\n" * 91 + b"]}"):
            self.assertEqual(100, len(text))
            for more in (b"", b"\n{}", b"{}"):
                for segments in ([text + more], single(text + more)):
                    expected = [Value(json.loads(text)), *([Value({})] if more else [])]
                    self.assertEqual(list(map(repr, expected)), told(segments, 100))
                    self.assertEqual([repr(TooLong(99))], told(segments, 99))
        self.assertEqual("command is longer than 1048576 bytes", TooLong().message)

    def test_brokenAtLimit(self) -> None:
        """What breaks at the first byte too many is broken, not too long."""
        [item] = told([b'{"a": [,'], 7)
        self.assertIn("Expecting value", item)

    def test_deep(self) -> None:
        """Deeper than deep is an error, at the bracket that is too many."""
        deep = b'{"a":' + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1) + b"}"
        self.check(deep, Value(json.loads(deep)))
        error = Malformed(f"nested deeper than {MAX_DEPTH} levels")
        self.check(b"[" + deep + b"]\n1 ", error, Value(1))
        self.check(b"[" * 100_000 + b"\n1 ", error, Value(1))

    def test_deeperThanPython(self) -> None:
        """Where Python itself gives up, because it is deep in something else, that is told."""
        self.patch(scanner, "MAX_DEPTH", 1 << 20)
        [item] = told([b"[" * 100_000 + b"]" * 100_000])
        self.assertIn("recursion", item)

    def test_digits(self) -> None:
        """So is a number of more digits than Python reads."""
        [item] = told([b'{"a": %s}' % (b"1" * 5000)])
        self.assertIn("Exceeds the limit", item)

    def test_fast(self) -> None:
        """A MiB over 300,000 lines, byte by byte, takes about as long as its bytes."""
        text = b'{"a": [' + b"1,\n" * 300_000 + b"2]," + b"\n" * 100_000 + b'"b": 1}'
        stream = CommandStream()
        began = time.process_time()
        items = [item for byte in single(text) for item in stream.feed(byte)]
        self.assertEqual([Value(json.loads(text))], items)
        # A second or two; looking again at what was there took hours.
        self.assertLess(time.process_time() - began, 60)


class StreamProperties(SynchronousTestCase):
    """What holds for every stream."""

    @examples(150)
    @given(nearly, places)
    @example(b'{"a": tru\xc3}\n{"a": 1}', [])
    @example(b"1\xef\xbb\xbf", [])
    @example(b'{"\\u12', [])
    def test_cut(self, data: bytes, where: list[int]) -> None:
        """However bytes are cut, the same is told of them, without an exception."""
        whole = told([data])
        self.assertEqual(whole, told(single(data)))
        self.assertEqual(whole, told(cut(data, where)))

    @examples(100)
    @given(nearly, places, st.integers(1, 30))
    def test_cutLong(self, data: bytes, where: list[int], limit: int) -> None:
        """Nor do limits change that."""
        whole = told([data], limit)
        self.assertEqual(whole, told(single(data), limit))
        self.assertEqual(whole, told(cut(data, where), limit))

    @examples(100)
    @given(nearly, places)
    def test_when(self, data: bytes, where: list[int]) -> None:
        """It is told as soon as the byte is there that tells it."""
        for segments in (cut(data, where), [data]):
            stream, bytewise = CommandStream(), CommandStream()
            for segment in segments:
                expected = [item for byte in single(segment) for item in bytewise.feed(byte)]
                self.assertEqual(repr(expected), repr(stream.feed(segment)))

    @examples(100)
    @given(
        st.lists(values.map(json.dumps) | values.map(lambda value: json.dumps(value, indent=2))),
        st.sampled_from(["\n", " ", "\r\n \t"]),
        places,
    )
    def test_values(self, texts: list[str], between: str, where: list[int]) -> None:
        """Any sequence of JSON values gives these values."""
        expected = list(map(verdict, texts))
        self.assertEqual(expected, told(cut(between.join(texts).encode(), where)))

    @examples(150)
    @given(st.lists(objects.map(json.dumps), max_size=5), st.data())
    def test_lines(self, lines: list[str], data: Any) -> None:
        """An object a line, some of them damaged: what Python says of the line is said."""
        lines = [_damaged(line, data) for line in lines]
        stream = "".join(f"{line}\n" for line in lines).encode()
        self.assertEqual(list(map(verdict, lines)), told(cut(stream, data.draw(places))))

    @examples(100)
    @given(nearly)
    def test_oneObject(self, data: bytes) -> None:
        """Of anything that begins as an object Python says the same, if it breaks in a line."""
        text = b"{" + data.replace(b"\n", b" ")
        items = told([text])
        try:
            Value(json.loads(text.decode()))
        except UnicodeDecodeError:
            pass
        except ValueError as error:
            if not str(error).startswith("Extra data"):
                self.assertEqual(repr(Malformed(str(error))), items[0])
        else:
            self.assertEqual(1, len(items))


def _damaged(line: str, data: Any) -> str:
    """The line with a character put in or taken out, or as it was."""
    place = data.draw(st.integers(1, len(line) - 1))
    damaged = data.draw(
        st.just(line)
        | st.just(line[:place] + line[place + 1 :])
        | st.characters(codec="utf-8").map(
            lambda character: line[:place] + character + line[place:]
        )
    )
    # One object a line is what this is about: not what comes after one, nor two halves.
    try:
        end = json.JSONDecoder().raw_decode(damaged)[1]
    except ValueError:
        is_one = "\n" not in damaged and _is_broken_inside(damaged)
    else:
        is_one = not damaged[end:].strip(" \t\r\n")
    return damaged if is_one else line


def _is_broken_inside(line: str) -> bool:
    """Whether it breaks before its end: an object that goes on in the next line may not."""
    stream = CommandStream()
    return bool(stream.feed(line.encode()))
