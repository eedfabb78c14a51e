"""L{netsim.status.annotations}: what is expected, in words and for values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional

from twisted.trial.unittest import SynchronousTestCase

from netsim.status.annotations import convert, describe, takes_text


class Colour(Enum):
    RED = 1
    GREEN = "g"


Size = NewType("Size", int)

DESCRIPTIONS = [
    (int, "int"),
    (None, "None"),
    (Any, "any"),
    (object, "any"),
    (Path, "Path"),
    ("Later", "Later"),
    (list, "list"),
    (list[int], "list[int]"),
    (dict[str, list[Any]], "dict[str, list[any]]"),
    (tuple[int, ...], "tuple[int, ...]"),
    (Sequence[str], "Sequence[str]"),
    (Optional[int], "int | None"),  # noqa: UP045 - one of two ways to write it
    (int | str, "int | str"),
    (Literal["a", 1, None], "Literal['a', 1, None]"),
    (Colour, "Literal['RED', 'GREEN']"),
    (Annotated[int, "metres"], "int"),
    (Size, "int"),
]

GOOD = [
    (int, 5, 5),
    (int, "5", 5),
    (int, 5.0, 5),
    (float, 5, 5.0),
    (float, "2.5", 2.5),
    (complex, "1+2j", 1 + 2j),
    (bool, True, True),
    (bool, "false", False),
    (bool, "True", True),
    (str, "5", "5"),
    (str, "null", "null"),
    (None, "null", None),
    (Any, "5", 5),
    (Any, "five", "five"),
    (Path, "/a", "/a"),
    ("Later", "[1]", [1]),
    (list, "(1, 2)", [1, 2]),
    (list[int], ["1", 2], [1, 2]),
    (list[str], '["1"]', ["1"]),
    (Sequence[int], [1], [1]),
    (tuple, [1, "2"], (1, "2")),
    (tuple[int, ...], [1, "2"], (1, 2)),
    (tuple[int, str], '[1, "2"]', (1, "2")),
    (set[int], [1, 1], {1}),
    (frozenset, [1], frozenset({1})),
    (dict, "{'a': 1}", {"a": 1}),
    (dict[int, float], {"1": 2}, {1: 2.0}),
    (Mapping[str, int], {"1": "2"}, {"1": 2}),
    (int | None, "null", None),
    (int | str, "5", 5),
    (str | int, "5", 5),
    (str | None, "five", "five"),
    (str | None, "None", None),
    (Literal["a", 1], "a", "a"),
    (Literal["a", 1], "1", 1),
    (Literal["1", 1], "1", "1"),
    (Colour, "RED", Colour.RED),
    (Colour, "g", Colour.GREEN),
    (Colour, "1", Colour.RED),
    (Annotated[int, "metres"], "5", 5),
    (Size, "5", 5),
]
"""Annotation, what comes, what the function gets."""

BAD = [
    (int, "five", "expected int, not 'five'"),
    (int, True, "expected int, not True"),
    (int, 5.5, "expected int, not 5.5"),
    (int, "", "expected int, not ''"),
    (float, "true", "expected float, not True"),
    (float, 10**400, "expected float, not 1"),
    (bool, 1, "expected bool, not 1"),
    (str, 5, "expected str, not 5"),
    (None, 0, "expected None, not 0"),
    (list, "5", "expected list, not 5"),
    (list, {"a": 1}, "expected list, not {'a': 1}"),
    (list[int], ["x"], "expected int, not 'x'"),
    (tuple[int, str], [1], "expected tuple[int, str], not [1]"),
    (tuple[int, str], "[1, 2]", "expected str, not 2"),
    (int | None, "", "expected int | None, not ''"),
    (set, [[1]], "expected set, not [[1]]"),
    (dict, [1], "expected dict, not [1]"),
    (dict[str, int], {"a": "b"}, "expected int, not 'b'"),
    (int | None, "x", "expected int | None, not 'x'"),
    (Literal["a", 1], True, "expected Literal['a', 1], not True"),
    (Literal["a", 1], [1], "expected Literal['a', 1], not [1]"),
    (Colour, "BLUE", "expected Literal['RED', 'GREEN'], not 'BLUE'"),
    (Colour, True, "expected Literal['RED', 'GREEN'], not True"),
    (int, "x" * 100, f"expected int, not '{'x' * 59}…"),
]


class AnnotationTests(SynchronousTestCase):
    def test_in_words(self) -> None:
        for annotation, text in DESCRIPTIONS:
            self.assertEqual(text, describe(annotation))

    def test_what_is_good(self) -> None:
        for annotation, value, expected in GOOD:
            result = convert(value, annotation)
            self.assertEqual(
                (expected, type(expected)), (result, type(result)), (annotation, value)
            )

    def test_what_is_not(self) -> None:
        for annotation, value, text in BAD:
            error = self.assertRaises(ValueError, convert, value, annotation)
            self.assertTrue(str(error).startswith(text), (annotation, value, str(error)))

    def test_whether_an_empty_text_says_something(self) -> None:
        for annotation in (str, Any, "Later", str | None, Literal["", "a"], Annotated[str, 1]):
            self.assertTrue(takes_text(annotation), annotation)
        for annotation in (int, int | None, list[str], Literal["a"], Colour):
            self.assertFalse(takes_text(annotation), annotation)
