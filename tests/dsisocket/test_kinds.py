"""Tests for L{netsim.dsisocket.kinds}."""

from __future__ import annotations

import datetime
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket import kinds
from tests.properties import examples

ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**4400, max_value=10**4401),
    st.floats(),
    st.text(st.characters()),
    st.dates(),
    st.datetimes(),
    st.binary(),
    st.lists(st.none(), max_size=1),
    st.dictionaries(st.integers(), st.none(), max_size=1),
    st.sets(st.integers(), max_size=1),
)
KINDS: list[kinds.Kind[Any]] = [
    *(kinds.flag, kinds.whole(1, 5), kinds.seconds, kinds.milliseconds, kinds.text),
    *(kinds.line, kinds.name, kinds.group, kinds.address, kinds.device),
    *(kinds.mapping, kinds.sequence),
]


class KindTests(SynchronousTestCase):
    """Each kind takes what it is for, and says of all else what was expected."""

    def refused(self, kind: kinds.Kind[Any], *values: object) -> None:
        for value in values:
            error = self.assertRaises(ValueError, kind, value)
            self.assertRegex(str(error), "^expected .*, not .+$")

    def test_flag(self) -> None:
        """Words and numbers are no flags."""
        self.assertEqual([True, False], [kinds.flag(True), kinds.flag(False)])
        self.refused(kinds.flag, "true", 1, 0, None)

    def test_whole(self) -> None:
        """Both ends belong to the range; C{true} is no number, though Python's is 1."""
        self.assertEqual([1, 5], [kinds.whole(1, 5)(1), kinds.whole(1, 5)(5)])
        self.refused(kinds.whole(1, 5), 0, 6, True, 2.0, "2")

    def test_times(self) -> None:
        """Milliseconds become seconds; no time takes no time, or for ever."""
        self.assertEqual([5.0, 0.25], [kinds.seconds(5), kinds.seconds(0.25)])
        self.assertEqual([0.25], [kinds.milliseconds(250)])
        for kind in (kinds.seconds, kinds.milliseconds):
            self.refused(kind, 0, -1, math.inf, math.nan, True, "5", 10**400)

    def test_text(self) -> None:
        """It may have several lines; what YAML made something else of needs quotes."""
        self.assertEqual("a\nb", kinds.text("a\nb"))
        self.refused(kinds.text, "", " \n", "a\0", "\ud800", None, ["a"])
        error = self.assertRaises(ValueError, kinds.text, 5)
        self.assertEqual("expected a text in quotes, not the number 5", str(error))

    def test_line(self) -> None:
        """A text without line ends and other controls."""
        self.assertEqual("a b", kinds.line("a b"))
        self.refused(kinds.line, "a\nb", "a\x1bb", "")

    def test_name(self) -> None:
        """A name can be a directory's, and no other one's."""
        self.assertEqual("größe.1", kinds.name("größe.1"))
        self.refused(kinds.name, "..", ".", ".a", "-a", "a/b", "a\\b", "a b", "a\n", "")

    def test_group(self) -> None:
        """A group's name has no dot, which comes before a host's number."""
        self.assertEqual("shard_1-b", kinds.group("shard_1-b"))
        self.refused(kinds.group, "a.b", "a b", "-a", "")

    def test_address(self) -> None:
        """Names and addresses of either version; not what a shell or ssh takes for more."""
        for good in ("127.0.0.1", "::1", "fe80::1%eth0", "a-b.example"):
            self.assertEqual(good, kinds.address(good))
        self.refused(kinds.address, "-oProxyCommand=x", "a b", "a;b", "a/b", "*", "", 1)

    def test_device(self) -> None:
        """The kernel's names have at most 15 characters."""
        self.assertEqual("eth0.100@if2", kinds.device("eth0.100@if2"))
        self.refused(kinds.device, "-eth0", "eth0;x", "e" * 16, "")

    def test_collections(self) -> None:
        """Mappings and lists are given back as they are."""
        self.assertEqual(({1: 2}, [1]), (kinds.mapping({1: 2}), kinds.sequence([1])))
        self.refused(kinds.mapping, [], "a", None)
        self.refused(kinds.sequence, {}, "a", None)

    @examples(200)
    @given(st.sampled_from(KINDS), ANY)
    def test_anything(self, kind: kinds.Kind[Any], value: object) -> None:
        """Whatever YAML may read is taken or refused in few words."""
        try:
            kind(value)
        except ValueError as error:
            self.assertLess(len(str(error)), 600)


class DescribeTests(SynchronousTestCase):
    """A value is shown in few words."""

    def test_values(self) -> None:
        for value, words in [
            (None, "nothing"),
            (True, "true"),
            (12, "the number 12"),
            (1 << 70, "a number of more than 64 bits"),
            ("a\n", r'the text "a\n"'),
            ("a" * 100, f'the text "{"a" * 60}..."'),
            (datetime.date(2026, 11, 21), "the date 2026-11-21 (in quotes it is a text)"),
            ([1], "a list"),
            ({}, "a mapping"),
            (b"a", "a value of the type bytes"),
        ]:
            self.assertEqual(words, kinds.describe(value))
