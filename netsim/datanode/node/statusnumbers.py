"""
Makes samples of the statuses that programs tell a status daemon.

A field is called by the project, then the keys that lead to the value, with dots between
them; elements of a list are numbered from 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from netsim.datanode.node.chunk import Value, plain
from netsim.errors import PeerError
from netsim.status.values import PLATFORM, bare

__all__ = ["DEPTH", "ELEMENTS", "Project", "Rows", "flatten", "read_history", "read_projects"]

DEPTH = 8
"""Keys that may lead to a value."""
ELEMENTS = 64
"""A list that is longer is data of a kind that no series are made of."""
LONGEST_NAME = 500
SAMPLES = 2000
"""Values of one status."""

_HIDDEN = (PLATFORM, "display_name")


@frozen
class Project:
    """
    What the list of projects tells of one.

    @ivar synced: Unix time of its last status, if there was one since the daemon started.
    """

    name: str
    synced: float | None


@frozen
class Rows:
    """
    Statuses of one project.

    @ivar times: Unix seconds, at which the daemon got them.
    @ivar columns: by field, as many samples as there are times.
    """

    times: list[float]
    columns: dict[str, list[Value]]


def flatten(project: str, status: Mapping[str, Any]) -> dict[str, Value]:
    """
    Find the samples in a status.

    What programs tell about what they can do is left out, and so is what never changes: the
    platform, and what they are called.
    """
    shown = {
        key: value
        for key, value in bare(status).items()
        if key not in _HIDDEN and not key.startswith("__")
    }
    samples: dict[str, Value] = {}
    _gather(samples, project, shown.items(), DEPTH)
    return samples


def read_projects(body: bytes) -> list[Project]:
    """
    Read the list of projects, C{GET /api/v1/projects} of docs/daemon.rst.

    @raise PeerError: it is none.
    """
    projects = []
    for entry in _entries(body, "projects"):
        name, synced = entry.get("name"), entry.get("synced")
        if isinstance(name, str):
            projects.append(Project(name, _time(synced)))
    return projects


def read_history(body: bytes, project: str, after: float) -> Rows:
    """
    Read statuses, C{GET /api/v1/projects/NAME/status/history} of docs/daemon.rst.

    @param after: Unix seconds; those of then and before are known already.
    @raise PeerError: they are none.
    """
    rows = Rows([], {})
    for entry in _entries(body, "entries"):
        time, status = _time(entry.get("time")), entry.get("status")
        if time is None or time <= after or not isinstance(status, dict):
            continue
        for name, value in flatten(project, status).items():
            column = rows.columns.setdefault(name, [])
            column += [None] * (len(rows.times) - len(column))
            column.append(value)
        rows.times.append(time)
    for column in rows.columns.values():
        column += [None] * (len(rows.times) - len(column))
    return rows


def _gather(
    samples: dict[str, Value], name: str, values: Iterable[tuple[object, Any]], depth: int
) -> None:
    for key, value in values:
        path = f"{name}.{key}"
        if isinstance(value, dict):
            inner: Iterable[tuple[object, Any]] = value.items()
        elif isinstance(value, list):
            inner = enumerate(value) if len(value) <= ELEMENTS else ()
        else:
            sample = plain(value)
            if sample is not None and len(path) <= LONGEST_NAME and len(samples) < SAMPLES:
                samples[path] = sample
            continue
        if depth > 1:
            _gather(samples, path, inner, depth - 1)


def _entries(body: bytes, key: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    entries = document.get(key) if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise PeerError(f"its answer has no {key}: it is no status daemon")
    return [entry for entry in entries if isinstance(entry, dict)]


def _time(value: object) -> float | None:
    time = plain(value)
    return time if isinstance(time, float) and math.isfinite(time) else None
