"""Tests for L{netsim.script.action}."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError
from netsim.script.action import (
    Takes,
    integer,
    number,
    show,
    split_action,
    validate_builtin,
    whole,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


class SplitActionTests(SynchronousTestCase):
    """An action's name is that of its module, a dot, and its own."""

    def test_split(self) -> None:
        """The module comes first."""
        self.assertEqual(split_action("nds1.write-data"), ("nds1", "write-data"))

    def test_dottedModule(self) -> None:
        """Dots before the last one belong to the module."""
        self.assertEqual(split_action("lab.nds1.go"), ("lab.nds1", "go"))

    def test_partMissing(self) -> None:
        """A name without one of the parts is no action, and the message shows it."""
        for name in ("", "go", ".go", "nds1.", "."):
            with self.assertRaises(ActionError) as caught:
                split_action(name)
            self.assertIn(f"unknown action {name!r}", str(caught.exception))


class NumberTests(SynchronousTestCase):
    """Numbers come as JSON numbers or as their text."""

    def test_kindsAreKept(self) -> None:
        """What looks like an integer is an int, all else a float."""
        cases = {"1": 1, "1.0": 1.0, "-2": -2, "+3": 3, ".5": 0.5, "1e-05": 1e-05, "2E3": 2000.0}
        for text, wanted in cases.items():
            self.assertEqual(repr(number(text)), repr(wanted))
        self.assertEqual(repr(number(1.0)), "1.0")
        self.assertEqual(repr(number(1)), "1")

    def test_notNumbers(self) -> None:
        """Booleans, words, blanks, and what is not finite are refused."""
        huge = "9" * 5000
        wrong: list[Any] = [
            None,
            True,
            "",
            "x",
            " 1",
            "1_0",
            "٣",
            "nan",
            "inf",
            "1e999",
            huge,
            [1],
            {},
            b"1",
        ]
        for value in [*wrong, math.nan, math.inf, -math.inf]:
            self.assertRaises(ValueError, number, value)

    def test_integer(self) -> None:
        """A number without a fraction is an int however it is written."""
        for value in (3, 3.0, "3", "3.0", "3e0"):
            self.assertEqual(repr(integer(value)), "3")
        for value in (3.5, "3.5", "three"):
            self.assertRaises(ValueError, integer, value)

    def test_whole(self) -> None:
        """Both ends of the range belong to it."""
        read = whole(1, 7)
        self.assertEqual([read(1), read("7")], [1, 7])
        for value in (0, 8, "0", 1e300):
            self.assertRaises(ValueError, read, value)


class TakesTests(SynchronousTestCase):
    """The arguments of an action are a table."""

    def test_read(self) -> None:
        """Each argument goes through its own reader."""
        takes = Takes("a count, a number", (whole(0, 9), number))
        self.assertEqual(takes.read("go", ["3", "1.5"]), [3, 1.5])

    def test_repeated(self) -> None:
        """One reader can take one argument or more, but not none."""
        takes = Takes("one number or more", (number,), repeated=True)
        self.assertEqual(takes.read("go", ["1", 2, 3.0]), [1, 2, 3.0])
        self.assertRaises(ActionError, takes.read, "go", [])

    def test_count(self) -> None:
        """The message says what the action takes, and what it got."""
        with self.assertRaises(ActionError) as caught:
            Takes("no arguments").read("stop", [b"x"])
        self.assertEqual(str(caught.exception), "stop takes no arguments; got [b'x']")

    def test_reason(self) -> None:
        """Where the count is right, the message ends with what is wrong."""
        with self.assertRaises(ActionError) as caught:
            Takes("a, b", (number, whole(0, 9))).read("go", [1, 10])
        self.assertEqual(str(caught.exception), "go takes a, b; got [1, 10]: 10 is not from 0 to 9")

    def test_messageIsShort(self) -> None:
        """Long arguments are abridged."""
        self.assertLess(len(show(["x" * 10**6, b"y" * 10**6, [["z"] * 10**6]])), 1000)


class ValidateBuiltinTests(SynchronousTestCase):
    """C{sleep} and C{import} are checked without a module."""

    def test_sleep(self) -> None:
        """Seconds are a number, or the text of one."""
        for seconds in (0, 0.25, 3, "0.25", "3"):
            validate_builtin("sleep", [seconds])

    def test_sleepWrongly(self) -> None:
        """Seconds are finite, not negative, and one argument."""
        wrong = (-1, "-0.1", math.nan, math.inf, 10**400, "soon", True, None, [1], b"")
        for args in [[], [1, 2], *([value] for value in wrong)]:
            self.assertRaises(ActionError, validate_builtin, "sleep", args)

    def test_sentence(self) -> None:
        """The message can be shown as it is."""
        with self.assertRaises(ActionError) as caught:
            validate_builtin("sleep", ())
        self.assertEqual(
            str(caught.exception), "sleep takes one argument, the seconds to wait; got []"
        )

    def test_import(self) -> None:
        """A module's name is made of identifiers and dots."""
        for name in ("nds1", "lab.nds1", "_x"):
            validate_builtin("import", [name])

    def test_importWrongly(self) -> None:
        """Paths and empty parts are no names, and one is imported at a time."""
        wrong = ("", ".", "a..b", ".a", "a.", "a/b", "../a", "a-b", "1a", 1, None, ["a"])
        for args in [[], ["a", "b"], *([value] for value in wrong)]:
            self.assertRaises(ActionError, validate_builtin, "import", args)

    def test_unknown(self) -> None:
        """Other actions need a module."""
        with self.assertRaises(ActionError) as caught:
            validate_builtin("dance", [])
        self.assertIn("unknown action 'dance'", str(caught.exception))

    @given(st.sampled_from(["sleep", "import", "dance"]), st.lists(JSON, max_size=2))
    def test_onlyActionErrors(self, action: str, args: list[Any]) -> None:
        """No JSON value makes validation fail in another way."""
        try:
            validate_builtin(action, args)
        except ActionError:
            return
        self.assertEqual(len(args), 1)
