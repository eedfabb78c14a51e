"""From what nodes answered to what a panel shows: series, changes, marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.datanode.downsample import reduce
from netsim.datanode.grafana.encode import Series, encode_series, encode_table, encoded
from netsim.datanode.grafana.model import RATE, TABLE, Annotation, Received, Target
from netsim.datanode.model import Block

__all__ = ["MAX_MARKS", "answer", "marks", "reduced"]

MAX_MARKS = 1000
"""Annotations of an answer; the latest ones are kept."""

NOTHING = Block("", np.empty(0), {})


def reduced(received: Received, points: int | None) -> Mapping[str, Block]:
    """Give the block of each field, with at most so many points, whatever the node has done."""
    blocks = [reduce(block, None, points) for block in received.blocks]
    return {name: block for block in blocks for name in block.columns}


def answer(targets: Sequence[Target], nodes: Mapping[str, Mapping[str, Block]]) -> bytes:
    """
    Write the answer to C{/query}.

    @param nodes: by node and field, what came; for what did not come there are no points.
    """
    return b"[%s]" % b",".join(_encoded(target, nodes.get(target.node, {})) for target in targets)


def _encoded(target: Target, fields: Mapping[str, Block]) -> bytes:
    series = _series(target, fields.get(target.field, NOTHING))
    return encode_table(series) if target.form == TABLE else encode_series(series)


def _series(target: Target, block: Block) -> Series:
    values = block.columns.get(target.field, NOTHING.t)
    if target.show == RATE and values.dtype.kind != "O":
        return Series(target.name, block.t[1:], _rate(block.t, values))
    return Series(target.name, block.t, values)


def _rate(t: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """The change per second."""
    # Where no time has passed there is none: it is infinite, and that is no reason to warn.
    with np.errstate(all="ignore"):
        rate: NDArray[Any] = np.diff(values.astype(np.float64)) / np.diff(t)
        return rate


def marks(annotation: Annotation, name: str, block: Block) -> bytes:
    """
    Write the answer to C{/annotations}: a mark where a field has got another value.

    @param name: of the field, in the block.
    """
    t, values = block.t, block.columns.get(name, NOTHING.t)
    kept = [int(i) for i in _changes(values)[-MAX_MARKS:]]
    target = annotation.target
    return encoded(
        [
            {
                "annotation": annotation.given,
                "time": round(float(t[i]) * 1000),
                "title": target.name if target is not None else name,
                "text": _text(values[i]),
                "tags": [],
            }
            for i in kept
        ]
    )


def _changes(values: NDArray[Any]) -> NDArray[Any]:
    """Where a value is another one than that before; the first one is."""
    if not values.size:
        return np.empty(0, np.intp)
    other = np.asarray(values[1:] != values[:-1], bool)
    if values.dtype.kind == "f":
        other &= ~(np.isnan(values[1:]) & np.isnan(values[:-1]))
    return np.flatnonzero(np.concatenate([[True], other]))


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
