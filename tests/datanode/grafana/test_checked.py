"""Tests of L{netsim.datanode.grafana.checked}."""

from __future__ import annotations

from netsim.datanode.grafana.checked import MAX_PROBLEMS, Checked, read_object
from netsim.datanode.times import span
from netsim.web.answers import Refusal
from tests.datanode.grafana.bodies import ReadTestCase


class ObjectTests(ReadTestCase):
    """Bodies as such."""

    def test_empty(self) -> None:
        """None is an empty one."""
        for body in (b"", b"  \n", b"{}"):
            self.assertEqual(read_object(body), {})

    def test_wrong(self) -> None:
        """What is no object is told."""
        for body in (b"[]", b"1", b'"x"', b"null"):
            self.assertIn("not an object", str(self.refused(read_object, body)))
        for body in (b"{", b"\xff", b'{"a":NaN}', b"[" * 5000):
            self.assertIn("not JSON", str(self.refused(read_object, body)))


class CheckedTests(ReadTestCase):
    """What is wrong."""

    def test_read(self) -> None:
        """What is right is given; what is wrong is told, with its place."""
        checked = Checked()
        checked.complain()
        self.assertEqual(checked.read("a", span, "2s"), 2.0)
        self.assertIsNone(checked.read("b", span, "x"))
        self.assertIsNone(checked.read("c.d", int, "y"))
        [b, c] = self.assertRaises(Refusal, checked.complain).problems
        self.assertRegex(b, "^b: expected a number")
        self.assertRegex(c, "^c.d: invalid literal")

    def test_manyProblems(self) -> None:
        """The answer does not grow with what is wrong."""
        problems = self.problems(*["x"] * 500)
        self.assertEqual(len(problems), MAX_PROBLEMS + 1)
        self.assertEqual(problems[-1], f"and {500 - MAX_PROBLEMS} more")
