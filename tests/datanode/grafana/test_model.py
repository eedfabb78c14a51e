"""Tests of L{netsim.datanode.grafana.model}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.model import Filter, Query, Target, full_name, split_name


class NameTests(SynchronousTestCase):
    """Names of fields as users see them."""

    def test_split(self) -> None:
        """Node and field; what comes after the first separator is the field's."""
        self.assertEqual(split_name("n::f"), ("n", "f"))
        self.assertEqual(split_name("a.b::c::d e"), ("a.b", "c::d e"))
        self.assertEqual(full_name(*split_name("n::f")), "n::f")

    def test_wrong(self) -> None:
        """Both have to be there."""
        for text in ("", "n", "n::", "::f", "n:f"):
            self.assertRaisesRegex(ValueError, "expected NODE::FIELD", split_name, text)


class QueryTests(SynchronousTestCase):
    """What nodes are asked to keep to."""

    def test_stride(self) -> None:
        """The interval, or more if there would be too many points."""
        for stride, points, expected in (
            (None, None, None),
            (0.0, None, None),
            (2.0, None, 2.0),
            (2.0, 101, 2.0),
            (2.0, 11, 10.0),
            (None, 11, 10.0),
            (None, 3, 50.0),
            (None, 2, 50.0),
            (None, 1, 50.0),
        ):
            query = Query(100.0, 200.0, (), stride, points)
            self.assertEqual(query.min_stride, expected, (stride, points))

    def test_nothing(self) -> None:
        """An interval without length asks for nothing."""
        self.assertIsNone(Query(100.0, 100.0, (), None, 10).min_stride)


class FilterTests(SynchronousTestCase):
    """Conditions."""

    def test_passes(self) -> None:
        """A node is the one, or any but it."""
        target = Target("n::f", "n", "f")
        self.assertTrue(Filter("n").passes(target))
        self.assertFalse(Filter("m").passes(target))
        self.assertFalse(Filter("n", equal=False).passes(target))
        self.assertTrue(Filter("m", equal=False).passes(target))
