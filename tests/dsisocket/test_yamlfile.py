"""Tests for L{netsim.dsisocket.yamlfile}."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.yamlfile import parse
from netsim.errors import ConfigError
from tests.properties import examples

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class ParseTests(SynchronousTestCase):
    """A text becomes a value, or problems with places."""

    def refused(self, content: bytes) -> list[str]:
        error = self.assertRaises(ConfigError, parse, content, "a.yml")
        return str(error).split("\n")

    def test_value(self) -> None:
        """A mark at the beginning that says UTF-8 is no part of the text."""
        self.assertEqual({"a": [1, "é"]}, parse("\ufeffa: [1, é]\n".encode(), "a.yml"))
        self.assertIsNone(parse(b"", "a.yml"))
        self.assertIsNone(parse(b"# nothing yet\n", "a.yml"))

    def test_not_utf8(self) -> None:
        """The line is told."""
        self.assertEqual(["a.yml: line 2: not UTF-8"], self.refused(b"a: 1\nb: \xff\n"))

    def test_syntax(self) -> None:
        """Line and column count from 1, as editors do."""
        (problem,) = self.refused(b"a: 1\nb: [1\nc: 2\n")
        self.assertRegex(problem, r"^a\.yml: line 3, column 2: not YAML: .*expected")

    def test_several_documents(self) -> None:
        """A file is one document."""
        (problem,) = self.refused(b"a: 1\n---\nb: 2\n")
        self.assertRegex(problem, r"^a\.yml: line 2, column 1: not YAML: expected a single")

    def test_tags(self) -> None:
        """No file makes objects of Python."""
        (problem,) = self.refused(b"a: !!python/object/apply:os.getcwd []\n")
        self.assertRegex(problem, r"^a\.yml: line 1, column 4: not YAML: could not determine")

    def test_impossible_value(self) -> None:
        """A date that there is not, and a number that is longer than Python reads."""
        self.assertEqual(
            ["a.yml: line 2, column 4: not YAML: month must be in 1..12"],
            self.refused(b"a: 1\nb: 2026-13-45\n"),
        )
        (problem,) = self.refused(b"a: " + b"1" * 5000)
        self.assertRegex(problem, r"^a\.yml: line 1, column 4: not YAML: .*digits")

    def test_control_characters(self) -> None:
        """What no text file has in it."""
        (problem,) = self.refused(b"a: \x01\n")
        self.assertRegex(problem, r"^a\.yml: not YAML: unacceptable character")

    def test_twice(self) -> None:
        """YAML would take the last: all keys that stand twice are told, also on one line."""
        self.assertEqual(
            [
                "a.yml: a: stands twice, in line 1 and in line 4",
                "a.yml: a: stands twice, in line 1 and in line 5",
                "a.yml: b[0].c: stands twice, in line 3 and in line 3",
            ],
            sorted(self.refused(b"a: 1\nb:\n  - {c: 1, c: 2}\na: 3\na: 4\n")),
        )

    def test_merged(self) -> None:
        """A key that was merged in may be given anew, and aliases repeat nothing."""
        text = b"x: &x {a: 1}\ny: {<<: *x, a: 2}\nz: [*x, *x]\n"
        expected = {"x": {"a": 1}, "y": {"a": 2}, "z": [{"a": 1}, {"a": 1}]}
        self.assertEqual(expected, parse(text, "a.yml"))

    def test_unhashable_key(self) -> None:
        """A list is no key."""
        (problem,) = self.refused(b"? [a]\n: b\n")
        self.assertRegex(problem, r"^a\.yml: line 1, column 3: not YAML: .*unhashable")

    def test_depth(self) -> None:
        """However deep, it is a problem and no crash."""
        self.assertEqual(["a.yml: nested too deeply"], self.refused(b"[" * 20000))
        self.assertEqual(["a.yml: nested too deeply"], self.refused(b"[" * 20000 + b"]" * 20000))

    @examples(100)
    @given(VALUES)
    def test_values(self, value: object) -> None:
        """What was written is read."""
        escaped = yaml.safe_dump(value)
        self.assertEqual(value, parse(escaped.encode("utf-8", "surrogatepass"), "a.yml"))
        # Not all that PyYAML writes without escapes does it read as it was: U+0085 is one.
        text = yaml.safe_dump(value, allow_unicode=True)
        expected = yaml.safe_load(text)
        self.assertEqual(expected, parse(text.encode("utf-8", "surrogatepass"), "a.yml"))

    @examples(200)
    @given(st.binary() | st.text(alphabet="ab:-{}[]&*!?|>'\"\n ,#%@`~0\t").map(str.encode))
    def test_anything(self, content: bytes) -> None:
        """Any bytes are a value, or have a problem that names the file."""
        try:
            parse(content, "a.yml")
        except ConfigError as error:
            self.assertTrue(error.problems)
            self.assertEqual({"a.yml"}, {problem.file for problem in error.problems})
