"""Tests of L{netsim.daemon.parameters}."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.daemon.kinds import Name, Number, Text
from netsim.daemon.parameters import Parameter, read
from netsim.web.answers import Refusal
from tests.properties import examples

NAME = Parameter("name", Name(), "", in_path=True)
LIMIT = Parameter("limit", Number(1, 10, is_whole=True), "", 5)
SEARCH = Parameter("search", Text(5), "")
ALL = (NAME, LIMIT, SEARCH)


class ReadTests(SynchronousTestCase):
    """What a URL gives."""

    def check_problems(
        self, segments: dict[str, str], query: dict[bytes, list[bytes]], problems: list[str]
    ) -> None:
        """All of these are told."""
        refusal = self.assertRaises(Refusal, read, ALL, segments, query)
        self.assertEqual((refusal.status, list(refusal.problems)), (400, problems))

    def test_all(self) -> None:
        """Parts of the path are decoded; the query is decoded already."""
        values = read(ALL, {"name": "a%2Fb%20%C3%A9"}, {b"limit": [b"7"], b"search": [b"\xc3\xa9"]})
        self.assertEqual(values, {"name": "a/b é", "limit": 7, "search": "é"})

    def test_defaults(self) -> None:
        """What is not given has its default value, or none."""
        self.assertEqual(read(ALL, {"name": "x"}, {}), {"name": "x", "limit": 5, "search": None})

    def test_unknown(self) -> None:
        """What nobody knows is passed over."""
        self.assertEqual(read((), {}, {b"other": [b"1", b"2"]}), {})

    def test_allProblemsAtOnce(self) -> None:
        """Each wrong parameter is told, by its name."""
        self.check_problems(
            {"name": "%0A"},
            {b"limit": [b"0"], b"search": [b"abcdef"]},
            [
                "name: has characters that cannot be shown",
                "limit: expected a whole number from 1 to 10, not '0'",
                "search: has 6 characters, of 5 at most",
            ],
        )

    def test_twice(self) -> None:
        """A parameter that is given twice says nothing clear."""
        query = {b"limit": [b"1", b"1"]}
        self.check_problems({"name": "x"}, query, ["limit: expected once, not 2 times"])

    def test_notUtf8(self) -> None:
        """Other bytes are no text."""
        problems = ["name: expected UTF-8", "search: expected UTF-8"]
        self.check_problems({"name": "%FF"}, {b"search": [b"\xff"]}, problems)

    @examples(100)
    @given(st.text(min_size=1))
    def test_anyName(self, name: str) -> None:
        """A name is read as it is, or refused as a name; nothing else happens."""
        try:
            values = read((NAME,), {"name": quote(name, safe="", errors="replace")}, {})
        except Refusal as refusal:
            self.assertTrue(refusal.problems[0].startswith("name: "))
        else:
            self.assertEqual(values["name"], name)
