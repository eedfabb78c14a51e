"""The bytes of answers: values and times of whole series, from numpy to JSON at once."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["Series", "encode_pairs", "encode_rows", "encode_series", "encode_table", "encoded"]


@frozen(eq=False)
class Series:
    """
    One field as it is shown.

    @ivar name: by which it was asked for.
    @ivar t: Unix seconds, of no more than 9e12.
    @ivar values: as many as there are times: numbers, C{bool}, or C{object} for strings.
    """

    name: str
    t: NDArray[Any]
    values: NDArray[Any]


def encoded(value: Any) -> bytes:
    """Write what JSON can say; halves of surrogate pairs, too."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def encode_series(series: Series) -> bytes:
    """Write a series as data sources want it."""
    return b'{"target":%s,"datapoints":%s}' % (encoded(series.name), encode_pairs(series))


def encode_table(series: Series) -> bytes:
    """Write a series as a table of two columns."""
    kind = "string" if series.values.dtype.kind == "O" else "number"
    columns = [{"text": "Time", "type": "time"}, {"text": series.name, "type": kind}]
    return b'{"type":"table","columns":%s,"rows":%s}' % (encoded(columns), encode_rows(series))


def encode_pairs(series: Series) -> bytes:
    """
    Write C{[[value, Unix milliseconds], ...]}.

    What is not a number is C{null}, and a truth 1 or 0, as charts show them.
    """
    if series.values.dtype.kind == "O":
        return encoded(list(zip(series.values.tolist(), _times(series).tolist(), strict=True)))
    written = _matrix(series, 0)
    return written if _is_whole(series) else _without_decimals(written)


def encode_rows(series: Series) -> bytes:
    """Write C{[[Unix milliseconds, value], ...]}, values as L{encode_pairs} does."""
    if series.values.dtype.kind == "O":
        return encoded(list(zip(_times(series).tolist(), series.values.tolist(), strict=True)))
    # Nothing but a time can stand before the comma.
    return _matrix(series, 1).replace(b".0,", b",")


def _is_whole(series: Series) -> bool:
    return np.can_cast(series.values.dtype, np.int64)


def _without_decimals(pairs: bytes) -> bytes:
    """Take the C{.0} from each time, which stands before a bracket; C{replace} is slower."""
    characters = np.frombuffer(pairs, np.uint8)
    ends = np.flatnonzero(characters == ord("]"))[:-1]
    kept = np.ones(characters.size, bool)
    kept[ends - 1] = kept[ends - 2] = False
    return characters[kept].tobytes()


def _times(series: Series) -> NDArray[np.int64]:
    return np.rint(series.t * 1000.0).astype(np.int64)


def _matrix(series: Series, place: int) -> bytes:
    """Write values into the column of this number, times into the other one."""
    values = series.values
    kind = np.int64 if _is_whole(series) else np.float64
    matrix = np.empty((values.size, 2), kind)
    matrix[:, place], matrix[:, 1 - place] = values, _times(series)
    return orjson.dumps(matrix, option=orjson.OPT_SERIALIZE_NUMPY)
