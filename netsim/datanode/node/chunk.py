"""Samples of fields that share a timeline, as they are kept in memory: few bytes, never changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from sys import getsizeof
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from netsim.datanode.model import BOOL, NUMBER, STRING

__all__ = ["LONGEST", "Chunk", "Columns", "Value", "given", "make_chunk", "plain", "stronger"]

LONGEST = 200
"""Characters of a text."""

Value = float | bool | str | None
"""A sample; L{None}: there is none."""

Columns = dict[str, NDArray[Any]]

_RANK = {None: 0, STRING: 1, BOOL: 2, NUMBER: 3}


def plain(value: object) -> Value:
    """
    Make a sample of what has come.

    What is neither a number nor a truth value nor a text is none, nor is a text longer than
    L{LONGEST} or a number beyond C{float64}.
    """
    if isinstance(value, bool) or type(value) is float:
        return value
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return value if isinstance(value, str) and len(value) <= LONGEST else None


def stronger(one: str | None, other: str | None) -> str | None:
    """What a field is that is one thing at one time and another at another."""
    return max(one, other, key=lambda kind: _RANK[kind])


@frozen(eq=False)
class Chunk:
    """
    Some rows.

    @ivar t: Unix seconds, in the order in which they came.
    @ivar columns: C{float64} for numbers and truth values, C{object} for texts.
    @ivar kinds: of each column, what its field is: C{number}, C{string} or C{bool}.
    @ivar first: the earliest time.
    @ivar last: the latest time.
    @ivar nbytes: of all of it.
    """

    t: NDArray[np.float64]
    columns: Columns
    kinds: Mapping[str, str]
    first: float
    last: float
    nbytes: int

    def column(self, name: str, is_text: bool) -> NDArray[Any]:
        """One of them, or as many missing values as there are rows."""
        found = self.columns.get(name)
        if found is None or (found.dtype == object) != is_text:
            return np.full(len(self.t), *((None, object) if is_text else (math.nan, np.float64)))
        return found


def make_chunk(times: Sequence[float], values: Mapping[str, Sequence[Value]]) -> Chunk:
    """
    Pack rows, at least one.

    @param values: by field, at most as many as there are times; the rest is missing.
    """
    columns: Columns = {}
    kinds = {}
    for name, column in values.items():
        if kind := _kind(column):
            filled = [*column, *[None] * (len(times) - len(column))]
            columns[name], kinds[name] = _array(filled, kind), kind
    nbytes = 8 * len(times) + sum(map(_size, columns.values()))
    return Chunk(np.array(times, np.float64), columns, kinds, min(times), max(times), nbytes)


def given(column: NDArray[Any], kind: str) -> NDArray[Any] | None:
    """Make a column as others get it; L{None}: nothing is in it."""
    is_text = kind == STRING
    missing = np.array([each is None for each in column]) if is_text else np.isnan(column)
    if missing.all():
        return None
    # Only numbers can show that a truth value is missing.
    return column.astype(bool) if kind == BOOL and not missing.any() else column


def _kind(values: Sequence[Value]) -> str | None:
    types = set(map(type, values))
    kinds = ((float, NUMBER), (bool, BOOL), (str, STRING))
    return next((kind for type_, kind in kinds if type_ in types), None)


def _array(values: Sequence[Value], kind: str) -> NDArray[Any]:
    if kind == STRING:
        # A text that stays the same for long is kept once.
        known: dict[Value, Value] = {}
        texts = [known.setdefault(v, v) if isinstance(v, str) else None for v in values]
        return np.array(texts, object)
    # numpy makes None not a number, and would read texts.
    return np.array([None if isinstance(value, str) else value for value in values], np.float64)


def _size(column: NDArray[Any]) -> int:
    texts = {id(text): getsizeof(text) for text in column} if column.dtype == object else {}
    return int(column.nbytes) + sum(texts.values())
