"""L{netsim.status.signature}: arguments from a page."""

from __future__ import annotations

from enum import Enum
from functools import partial, wraps
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import ActionError
from netsim.status.signature import Signature
from tests.properties import examples


def train(rate: float, steps: int = 10, name: str = "", note=None) -> None:  # type: ignore[no-untyped-def]
    """An action as people write them."""


def collect(first: int, /, *others: int, mode: Mode, **options: bool) -> None:
    """One with all kinds of arguments."""


class Mode(Enum):
    """Defined after the function that names it."""

    FAST = 1
    SLOW = 2


class Device:
    def move(self, by: int) -> None:
        """A method."""

    def __call__(self, by: int) -> None:
        """A call."""


class DescribeTests(SynchronousTestCase):
    def test_types_and_defaults(self) -> None:
        self.assertEqual(
            {"rate": "float", "steps": "int = 10", "name": "str = ''", "note": "any = None"},
            Signature(train).describe(),
        )

    def test_all_kinds(self) -> None:
        self.assertEqual(
            {
                "first": "int",
                "*others": "int",
                "mode": "Literal['FAST', 'SLOW']",
                "**options": "bool",
            },
            Signature(collect).describe(),
        )

    def test_a_default_of_an_enumeration_is_its_name(self) -> None:
        def switch(mode: Mode = Mode.SLOW) -> None:
            """Nothing."""

        self.assertEqual({"mode": "Literal['FAST', 'SLOW'] = 'SLOW'"}, Signature(switch).describe())

    def test_a_long_default_is_cut(self) -> None:
        def fill(text: str = "x" * 10_000) -> None:
            """Nothing."""

        self.assertEqual(200, len(Signature(fill).describe()["text"].removeprefix("str = ")))

    def test_whatever_can_be_called(self) -> None:
        @wraps(train)
        def wrapper(*args: Any, **kwargs: Any) -> None:
            train(*args, **kwargs)

        self.assertEqual(Signature(train).describe(), Signature(wrapper).describe())
        for function in (Device().move, Device(), partial(Device.move, Device())):
            self.assertEqual({"by": "int"}, Signature(function).describe())
        self.assertEqual({"**arguments": "any"}, Signature(min).describe())

    def test_a_name_that_is_nowhere(self) -> None:
        """It is shown as it is, and anything will do."""

        def lost(where: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
            """Nothing."""

        self.assertEqual({"where": "Nowhere"}, Signature(lost).describe())
        self.assertEqual(([5], {}), Signature(lost).bind({"where": "5"}))


class BindTests(SynchronousTestCase):
    def problems(self, function: Any, args: Any) -> str:
        return str(self.assertRaises(ActionError, Signature(function).bind, args))

    def test_texts_and_values(self) -> None:
        self.assertEqual(
            ([0.5, 3, "7", {"a": 1}], {}),
            Signature(train).bind({"rate": "0.5", "steps": 3, "name": "7", "note": "{'a': 1}"}),
        )

    def test_defaults(self) -> None:
        self.assertEqual(([1.0, 10, "", None], {}), Signature(train).bind({"rate": 1}))

    def test_none_are_no_arguments(self) -> None:
        self.assertEqual(([], {}), Signature(lambda: None).bind(None))
        self.assertEqual(([], {}), Signature(lambda: None).bind({}))

    def test_an_empty_field_is_the_default(self) -> None:
        """Forms send an empty text for what nobody has touched."""
        self.assertEqual(
            ([1.0, 10, "", ""], {}),
            Signature(train).bind({"rate": "1", "steps": "", "name": "", "note": ""}),
        )

    def test_stars(self) -> None:
        bind = Signature(collect).bind
        expected = ([1, 2, 3], {"mode": Mode.FAST, "x": True, "y": False})
        for args in (
            {"first": 1, "*others": [2, 3], "mode": "FAST", "**options": {"x": True, "y": False}},
            {"first": 1, "others": "[2, 3]", "mode": "FAST", "x": "true", "y": "false"},
            {"first": 1, "*others": "2, 3", "mode": "FAST", "options": '{"x": true}', "y": False},
        ):
            self.assertEqual(expected, bind(args))
        empty = {"first": "1", "*others": "", "mode": "SLOW", "**options": ""}
        self.assertEqual(([1], {"mode": Mode.SLOW}), bind(empty))

    def test_all_problems_at_once(self) -> None:
        self.assertEqual(
            "'rate' is missing: expected float; 'steps': expected int, not 'x';"
            " 'name': expected str, not 5; 'speed': there is no such argument",
            self.problems(train, {"steps": "x", "name": 5, "speed": 1}),
        )
        self.assertEqual(
            "'others': expected int, not 'x'; 'mode' is missing: expected"
            " Literal['FAST', 'SLOW']; 'z': expected bool, not 1",
            self.problems(collect, {"first": 1, "others": ["x"], "z": 1}),
        )

    def test_not_by_name(self) -> None:
        for args in ([1], "1", 5):
            self.assertIn("by name", self.problems(train, args))

    @examples(200)
    @given(
        st.dictionaries(
            st.sampled_from(["rate", "steps", "name", "note", "x"]),
            st.text() | st.integers() | st.none() | st.lists(st.integers()),
        )
    )
    def test_whatever_comes_it_fits_or_is_refused(self, args: dict[str, Any]) -> None:
        try:
            positional, named = Signature(train).bind(args)
        except ActionError:
            return
        rate, steps, name, _ = positional
        self.assertEqual(({}, float, int, str), (named, type(rate), type(steps), type(name)))
