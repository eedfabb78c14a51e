"""Tests of L{netsim.datanode.grafana.encode}."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.encode import (
    Series,
    encode_pairs,
    encode_rows,
    encode_series,
    encode_table,
    encoded,
)
from tests.properties import examples

TIMES = st.integers(-(10**15), 8 * 10**15)


def series(values: Any, times: Any = None, dtype: Any = None, name: str = "n::f") -> Series:
    """A series, one value each second if nothing else is said."""
    column = np.empty(len(values), object)
    column[:] = values
    t = np.arange(len(values), dtype=float) if times is None else np.asarray(times, float)
    return Series(name, t, column if dtype is object else np.asarray(values, dtype))


class EncodeTests(SynchronousTestCase):
    """The bytes of series."""

    def test_pairs(self) -> None:
        """The value and then its time, which is a whole number of milliseconds."""
        self.assertEqual(
            encode_pairs(series([1.5, -2.0, 1e300], [0, 1577836800.1234, -1.5])),
            b"[[1.5,0],[-2.0,1577836800123],[1e+300,-1500]]",
        )

    def test_rows(self) -> None:
        """Or the time and then its value."""
        self.assertEqual(
            encode_rows(series([1.5, 0.0], [0, 1577836800.1234])),
            b"[[0,1.5],[1577836800123,0.0]]",
        )

    def test_missing(self) -> None:
        """What is no number is none."""
        values = [math.nan, math.inf, -math.inf, 0.0]
        self.assertEqual(
            encode_pairs(series(values)), b"[[null,0],[null,1000],[null,2000],[0.0,3000]]"
        )
        self.assertEqual(
            encode_rows(series(values)), b"[[0,null],[1000,null],[2000,null],[3000,0.0]]"
        )

    def test_kinds(self) -> None:
        """Integers stay exact, truths become figures, texts are texts."""
        self.assertEqual(
            encode_pairs(series([2**62 + 1], dtype=np.int64)), b"[[%d,0]]" % (2**62 + 1)
        )
        self.assertEqual(encode_pairs(series([7], dtype=np.uint8)), b"[[7,0]]")
        self.assertEqual(
            encode_pairs(series([2**63], dtype=np.uint64)), b"[[9.223372036854776e+18,0]]"
        )
        self.assertEqual(encode_pairs(series([True, False])), b"[[1,0],[0,1000]]")
        self.assertEqual(encode_pairs(series([0.5], dtype=np.float32)), b"[[0.5,0]]")
        texts = series(["a", None, "\u00e9", "\ud800"], dtype=object)
        self.assertEqual(
            json.loads(encode_pairs(texts)),
            [["a", 0], [None, 1000], ["\u00e9", 2000], ["\ud800", 3000]],
        )
        self.assertEqual(json.loads(encode_rows(texts))[0], [0, "a"])

    def test_nothing(self) -> None:
        """Nothing is a list, too."""
        for dtype in (float, int, bool, object):
            self.assertEqual(encode_pairs(series([], dtype=dtype)), b"[]")
            self.assertEqual(encode_rows(series([], dtype=dtype)), b"[]")

    def test_series(self) -> None:
        """As data sources want it."""
        self.assertEqual(
            encode_series(series([1.5], name='a::"\u00e9"')),
            '{"target":"a::\\"\u00e9\\"","datapoints":[[1.5,0]]}'.encode(),
        )

    def test_table(self) -> None:
        """Also as a table."""
        for values, dtype, kind in (([1.5], float, "number"), (["x"], object, "string")):
            self.assertEqual(
                json.loads(encode_table(series(values, dtype=dtype))),
                {
                    "type": "table",
                    "columns": [{"text": "Time", "type": "time"}, {"text": "n::f", "type": kind}],
                    "rows": [[0, values[0]]],
                },
            )

    @examples(100)
    @given(st.lists(st.tuples(st.floats(), TIMES), max_size=20))
    def test_numbers(self, points: list[tuple[float, int]]) -> None:
        """They come back as they were, whatever they are."""
        shown = series([value for value, _ in points], [time / 1000 for _, time in points], float)
        milliseconds = np.rint(shown.t * 1000).astype(int).tolist()
        expected = [
            [value if math.isfinite(value) else None, time]
            for (value, _), time in zip(points, milliseconds, strict=True)
        ]
        self.assertEqual(json.loads(encode_pairs(shown)), expected)
        self.assertEqual(json.loads(encode_rows(shown)), [pair[::-1] for pair in expected])
        for _, time in json.loads(encode_pairs(shown)):
            self.assertIs(type(time), int)

    @examples(50)
    @given(st.text() | st.lists(st.integers()) | st.dictionaries(st.text(), st.integers()))
    def test_anything(self, value: Any) -> None:
        """What is no series can be written, too."""
        self.assertEqual(json.loads(encoded(value)), value)
