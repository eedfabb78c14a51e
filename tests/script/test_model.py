"""Tests for L{netsim.script.model}."""

from __future__ import annotations

from attrs.exceptions import FrozenInstanceError
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.model import Action, Compound, Exchange, Facts, Named, Nop, walk


class ValueTests(SynchronousTestCase):
    """Scripts are values."""

    def test_equal(self) -> None:
        """Scripts with the same contents are the same, however their lists were given."""
        self.assertEqual(Compound([Nop()]), Compound((Nop(),)))
        self.assertEqual(Action("sleep", [1]), Action("sleep", (1,)))
        self.assertNotEqual(Compound([Nop()]), Compound([Nop()], multi=True))

    def test_frozen(self) -> None:
        """Nobody changes a script."""
        with self.assertRaises(FrozenInstanceError):
            Exchange().command = b"x"  # type: ignore[misc]

    def test_nothingNoted(self) -> None:
        """A script that nobody recorded has no facts."""
        self.assertEqual(Facts(None, None, False, None), Exchange().facts)


class WalkTests(SynchronousTestCase):
    """All scripts in a script are found, each with its place."""

    def test_leaf(self) -> None:
        """A script without others in it is all there is."""
        self.assertEqual([("main", Named("x"))], list(walk(Named("x"), "main")))

    def test_nested(self) -> None:
        """Outer scripts come before inner ones, and siblings in their order."""
        inner = Compound([Nop()])
        outer = Compound([Named("x"), inner])
        self.assertEqual(
            [
                ("main", outer),
                ("main.scripts[0]", Named("x")),
                ("main.scripts[1]", inner),
                ("main.scripts[1].scripts[0]", Nop()),
            ],
            list(walk(outer, "main")),
        )
