"""
What data sources of Grafana ask: their bodies, read and checked.

Whatever is wrong with a body is told at once, as a L{Refusal} of status 400.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from netsim.datanode.grafana.checked import Checked, read_object
from netsim.datanode.grafana.model import Annotation, Query
from netsim.datanode.grafana.targets import PLACEHOLDERS, read_target, read_targets
from netsim.datanode.times import iso_time, number, span
from netsim.web.answers import Refusal

__all__ = ["read_annotation", "read_payload_name", "read_query", "read_tag_key"]

LATEST = 253_402_300_800.0
"""Unix seconds: the end of the year 9999."""


def read_query(body: bytes) -> Query:
    """
    Read what C{/query} is asked.

    @raise Refusal: all that is wrong with it.
    """
    given, checked = read_object(body), Checked()
    start, end = _range(given, checked)
    query = Query(
        start,
        end,
        read_targets(given, checked),
        _stride(given, checked),
        checked.read("maxDataPoints", _points, given.get("maxDataPoints")),
    )
    checked.complain()
    return query


def read_annotation(body: bytes) -> Annotation:
    """
    Read what C{/annotations} is asked: changes of the field that is its C{query}.

    @raise Refusal: all that is wrong with it.
    """
    given, checked = read_object(body), Checked()
    start, end = _range(given, checked)
    asked = given.get("annotation")
    text = asked.get("query") if isinstance(asked, dict) else None
    target = None
    if text not in PLACEHOLDERS:
        target = checked.read("annotation.query", read_target, {"target": text}, checked, "")
    checked.complain()
    return Annotation(asked, start, end, target)


def read_tag_key(body: bytes) -> str:
    """
    Read whose values C{/tag-values} is asked for.

    @raise Refusal: it does not say.
    """
    key = read_object(body).get("key")
    if not isinstance(key, str):
        raise Refusal(400, "key: expected text")
    return key


def read_payload_name(body: bytes) -> str:
    """
    Read of which option C{/metric-payload-options} is asked for the choices.

    @raise Refusal: it does not say.
    """
    name = read_object(body).get("name")
    if not isinstance(name, str):
        raise Refusal(400, "name: expected text")
    return name


def _range(given: Mapping[str, Any], checked: Checked) -> tuple[float, float]:
    range_ = given.get("range")
    if not isinstance(range_, dict):
        checked.problems.append("range: expected an object with from and to")
        return 0.0, 0.0
    start = checked.read("range.from", _time, range_.get("from"))
    end = checked.read("range.to", _time, range_.get("to"))
    if start is None or end is None:
        return 0.0, 0.0
    if start > end:
        checked.problems.append("range: from lies after to")
    return start, end


def _time(value: Any) -> float:
    if value is None:
        raise ValueError("expected ISO 8601 or Unix milliseconds")
    if abs(seconds := iso_time(value)) > LATEST:
        raise ValueError(f"expected a time up to the year 9999, not {value!r:.60}")
    return seconds


def _stride(given: Mapping[str, Any], checked: Checked) -> float | None:
    text, milliseconds = given.get("interval"), given.get("intervalMs")
    if text not in (None, ""):
        return checked.read("interval", span, text)
    if milliseconds is not None:
        return checked.read("intervalMs", _milliseconds, milliseconds)
    return None


def _milliseconds(value: Any) -> float:
    if (result := number(value, "value")) < 0:
        raise ValueError("expected milliseconds, 0 or more")
    return result / 1000


def _points(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a whole number, not {value!r:.60}")
    if value < 1:
        raise ValueError("expected 1 or more")
    return int(value)
