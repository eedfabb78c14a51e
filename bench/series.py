"""What is measured of data nodes: a table, as L{bench.measures} is one."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

from bench import memory
from bench.load import LoadError
from bench.measures import Figure, Measure, Subject
from bench.series_data import FILES, LARGE, SIZES, SMALL, START, STEP

NODE = "apex_archive"
MOST = 1000
TIMEOUT = 120.0
"""Seconds for an answer."""

RAW_SIZE = FILES * SIZES[LARGE] * 16 >> 20
"""MiB of the large files as times and values of eight bytes each."""


def _ask(subject: Subject, size: str, most: int) -> float:
    """
    Ask for all fields of a size.

    @return: seconds until the last byte of the answer was there.
    @raise LoadError: it has not what it should have.
    """
    body = json.dumps(_query(size, most)).encode()
    url = f"http://127.0.0.1:{subject.port}/query"
    asked = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    start = perf_counter()
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:
            told = answer.read()
    except OSError as error:
        raise LoadError(str(error)) from error
    seconds = perf_counter() - start
    _check(json.loads(told), size, most)
    return seconds


def _query(size: str, most: int) -> Any:
    edges = (START - 1, START + SIZES[size] * STEP + 1)
    start, end = (datetime.fromtimestamp(edge, UTC).isoformat() for edge in edges)
    return {
        "range": {"from": start, "to": end},
        "maxDataPoints": most,
        "targets": [{"target": f"{NODE}::{size}_{number}"} for number in range(FILES)],
    }


def _check(answer: Any, size: str, most: int) -> None:
    counts = [len(series["datapoints"]) for series in answer]
    wanted = min(SIZES[size], most)
    if len(counts) != FILES or not all(wanted / 2 <= count <= wanted for count in counts):
        raise LoadError(f"{counts} points where {wanted} were asked for")


def _series(subject: Subject, size: str, most: int) -> Mapping[str, float]:
    """
    Ask once, and again.

    @return: C{cold}, seconds of the first query; C{warm}, their median of those that follow;
        C{memory} of all processes in MiB at its peak.
    """
    memory.forget_peak(subject.server.pid)
    cold = _ask(subject, size, most)
    again = [_ask(subject, size, most) for _ in range(subject.scale.queries)]
    return {"cold": cold, "warm": median(again), "memory": memory.peak(subject.server.pid)}


_FIGURES = {
    "cold": Figure("the first query", "s", more_is_better=False),
    "warm": Figure("those that follow, median", "s", more_is_better=False),
    "memory": Figure("memory of all its processes", "MiB", more_is_better=False),
}

THINNED = Measure(
    "10 fields of 1,000,000 readings",
    f"at most {MOST:,} points of each",
    _FIGURES,
    lambda subject: _series(subject, LARGE, MOST),
)
RAW = Measure(
    "10 fields of 20,000 readings",
    "all of them",
    _FIGURES,
    lambda subject: _series(subject, SMALL, SIZES[SMALL]),
)
