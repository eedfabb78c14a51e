"""Tests of L{netsim.datanode.grafana.fields}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.fields import FRESH, OLD, Fields, read_fields
from netsim.datanode.grafana.model import Entry
from tests.properties import examples

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PART = st.dictionaries(st.text(max_size=3), ANYTHING)


class FieldsTests(SynchronousTestCase):
    """When nodes are asked again."""

    def setUp(self) -> None:
        self.fields = Fields(limit=10)
        self.fields.learn("n", {"a": Entry("t")}, 100.0)

    def test_new(self) -> None:
        """One of which nothing is known has to be asked."""
        self.assertTrue(self.fields.must_ask("m", [], 100.0))
        self.assertFalse(self.fields.is_fresh("m", 100.0))
        self.assertEqual(self.fields.of("m"), {})

    def test_known(self) -> None:
        """What is known is known."""
        self.assertEqual(self.fields.of("n"), {"a": Entry("t")})
        for now in (100.0, 100.0 + OLD):
            self.assertFalse(self.fields.must_ask("n", ["a"], now))

    def test_unknown(self) -> None:
        """A field that is not known may be new; but not each time that it is asked for."""
        self.assertFalse(self.fields.must_ask("n", ["a", "b"], 100.0 + FRESH - 1))
        self.assertTrue(self.fields.must_ask("n", ["a", "b"], 100.0 + FRESH))

    def test_old(self) -> None:
        """After a while a node is asked, but nobody waits for that."""
        self.assertFalse(self.fields.should_ask("n", 100.0 + OLD - 1))
        self.assertTrue(self.fields.should_ask("n", 100.0 + OLD))

    def test_fresh(self) -> None:
        """For a moment, it has just told."""
        self.assertTrue(self.fields.is_fresh("n", 100.0 + FRESH - 1))
        self.assertFalse(self.fields.is_fresh("n", 100.0 + FRESH))

    def test_distrust(self) -> None:
        """A node that has come again may have others; what it had can be shown still."""
        self.fields.distrust("n")
        self.fields.distrust("m")
        self.assertTrue(self.fields.must_ask("n", ["a"], 100.0))
        self.assertTrue(self.fields.should_ask("n", 100.0))
        self.assertFalse(self.fields.is_fresh("n", 100.0))
        self.assertEqual(self.fields.of("n"), {"a": Entry("t")})
        self.fields.learn("n", {"b": Entry("t")}, 101.0)
        self.assertFalse(self.fields.must_ask("n", ["b"], 101.0))

    def test_forget(self) -> None:
        """A node that is gone has none."""
        self.fields.forget("n")
        self.fields.forget("m")
        self.assertEqual(self.fields.of("n"), {})

    def test_limit(self) -> None:
        """So many are remembered, of all nodes together."""
        many = {str(i): Entry("t") for i in range(20)}
        self.fields.learn("m", many, 100.0)
        self.assertEqual((len(self.fields.of("m")), self.fields.dropped), (9, 11))
        self.fields.learn("m", many, 101.0)
        self.assertEqual((len(self.fields.of("m")), self.fields.dropped), (9, 11))
        self.fields.forget("n")
        self.fields.learn("m", {"a": Entry("t")}, 102.0)
        self.assertEqual((len(self.fields.of("m")), self.fields.dropped), (1, 0))


class ReadTests(SynchronousTestCase):
    """Answers to C{get_fields}."""

    def test_document(self) -> None:
        """What the document has."""
        answer = [
            {
                "a": {"description": "A", "timeline": "t", "type": "bool", "units": "K"},
                "b": {"description": None, "timeline": "u", "type": "number", "units": None},
            },
            {"t": {"interval": 2, "field": ["a"]}, "u": {"interval": None, "field": ["b"]}},
        ]
        expected = {"a": Entry("t", "A", "bool", "K", 2.0), "b": Entry("u")}
        self.assertEqual(read_fields(answer), expected)
        self.assertEqual(read_fields(tuple(answer)), expected)

    def test_less(self) -> None:
        """What is not told, or is odd, is taken to be the usual."""
        about = {"timeline": 3, "type": "float", "units": 1, "description": []}
        for entry, timelines in (({}, {}), (about, {}), (about, {"t": 1})):
            self.assertEqual(read_fields([{"a": entry}, timelines]), {"a": Entry()})
        for interval in (True, "1", float("nan"), 10**400):
            answer = [{"a": {"timeline": "t"}}, {"t": {"interval": interval}}]
            self.assertEqual(read_fields(answer), {"a": Entry("t")})
        self.assertEqual(read_fields([{"a": 1}, {}]), {})

    def test_wrong(self) -> None:
        """What has not even the form."""
        for answer in (None, False, {}, [], [{}], [{}, {}, {}], [[], {}], [{}, None]):
            self.assertRaisesRegex(ValueError, "^expected", read_fields, answer)

    @examples(100)
    @given(
        st.dictionaries(st.text(max_size=3), ANYTHING),
        st.dictionaries(st.text(max_size=3), ANYTHING),
    )
    def test_any(self, fields: Any, timelines: Any) -> None:
        """Whatever is in it."""
        self.assertLessEqual(set(read_fields([fields, timelines])), set(fields))
