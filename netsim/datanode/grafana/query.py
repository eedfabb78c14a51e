"""
What data sources of Grafana ask: their bodies, read and checked.

SimpleJson (WIRE.md, section 5), and what its successors add: C{payload} of a target.
Whatever is wrong with a body is told at once, as a L{Refusal} of status 400.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson

from netsim.datanode.grafana.model import (
    RATE,
    SERIES,
    TABLE,
    VALUE,
    Annotation,
    Filter,
    Query,
    Target,
    split_name,
)
from netsim.datanode.times import iso_time, number, span
from netsim.errors import QueryError
from netsim.web.answers import Refusal

__all__ = ["MAX_TARGETS", "read_annotation", "read_object", "read_payload_name", "read_query",
           "read_tag_key"]  # fmt: skip

MAX_TARGETS = 1000
"""Fields that are asked for at once."""
MAX_PROBLEMS = 20
"""Of these so many are told."""
PLACEHOLDERS = (None, "", "select metric")
"""Targets of queries that nobody has filled in yet."""
FORMS = {None: SERIES, "": SERIES, SERIES: SERIES, "timeseries": SERIES, TABLE: TABLE}
SHOWN = {None: VALUE, "": VALUE, VALUE: VALUE, RATE: RATE}
LABEL = re.compile("^(time|interval|value): ")
"""How errors of L{netsim.datanode.times} begin; the place says it better."""
LATEST = 253_402_300_800.0
"""Unix seconds: the end of the year 9999."""
NODE = "node"
"""The key that can be filtered by."""

T = TypeVar("T")


class Checked:
    """
    Collects what is wrong.

    @ivar problems: a sentence each, with its place.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, place: str, read: Callable[..., T], *args: Any) -> T | None:
        """Read a value; L{None} if it is wrong."""
        try:
            return read(*args)
        except (QueryError, ValueError) as error:
            self.problems.append(f"{place}: {LABEL.sub('', str(error), count=1)}")
            return None

    def complain(self) -> None:
        """@raise Refusal: something was wrong."""
        if self.problems:
            more = len(self.problems) - MAX_PROBLEMS
            told = self.problems[:MAX_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
            raise Refusal(400, "the query cannot be answered", told)


def read_object(body: bytes) -> Mapping[str, Any]:
    """
    Read a body that is an object, or empty.

    @raise Refusal: it is something else.
    """
    if not body.strip():
        return {}
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "the body is not an object of JSON")
    return value


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
        _wanted(given, checked),
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
        target = checked.read("annotation.query", _target, {"target": text}, checked, "")
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


def _wanted(given: Mapping[str, Any], checked: Checked) -> tuple[Target, ...]:
    targets = given.get("targets")
    if not isinstance(targets, list):
        checked.problems.append("targets: expected a list")
        return ()
    if len(targets) > MAX_TARGETS:
        checked.problems.append(f"targets: expected at most {MAX_TARGETS}, not {len(targets)}")
        return ()
    filters = _filters(given.get("adhocFilters"), checked)
    read = (_one(target, checked, f"targets[{i}]") for i, target in enumerate(targets))
    wanted = (target for target in read if target is not None)
    return tuple(each for each in wanted if all(one.passes(each) for one in filters))


def _one(target: Any, checked: Checked, place: str) -> Target | None:
    if not isinstance(target, dict):
        checked.problems.append(f"{place}: expected an object")
        return None
    if target.get("hide") is True or target.get("target") in PLACEHOLDERS:
        return None
    return checked.read(f"{place}.target", _target, target, checked, place)


def _target(given: Mapping[str, Any], checked: Checked, place: str) -> Target:
    name = given["target"]
    if not isinstance(name, str):
        raise ValueError(f"expected text, not {name!r:.60}")
    node, field = split_name(name)
    form = checked.read(f"{place}.type", _chosen, given.get("type"), FORMS)
    # The first versions of the JSON data source call it data.
    payload = given.get("payload") or given.get("data")
    show = checked.read(f"{place}.payload", _show, payload)
    return Target(name, node, field, form or SERIES, show or VALUE)


def _show(payload: Any) -> str:
    """What the payload of a target says; it may be a text of JSON."""
    if isinstance(payload, str):
        try:
            payload = orjson.loads(payload) if payload.strip() else None
        except orjson.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error}") from None
    if payload is None:
        return VALUE
    if not isinstance(payload, dict):
        raise ValueError("expected an object")
    return _chosen(payload.get("show"), SHOWN)


def _chosen(value: Any, choices: Mapping[str | None, str]) -> str:
    if (value is None or isinstance(value, str)) and value in choices:
        return choices[value]
    names = " or ".join(dict.fromkeys(choices.values()))
    raise ValueError(f"expected {names}, not {value!r:.60}")


def _filters(given: Any, checked: Checked) -> list[Filter]:
    if given is None:
        return []
    if not isinstance(given, list) or len(given) > MAX_TARGETS:
        checked.problems.append("adhocFilters: expected a list")
        return []
    read = (checked.read(f"adhocFilters[{i}]", _filter, one) for i, one in enumerate(given))
    return [one for one in read if one is not None]


def _filter(given: Any) -> Filter:
    value = given.get("value") if isinstance(given, dict) else None
    if not isinstance(value, str) or given.get("key") != NODE:
        raise ValueError(f"expected the key {NODE} and a value")
    if (operator := given.get("operator")) not in ("=", "!="):
        raise ValueError(f"expected the operator = or !=, not {operator!r:.60}")
    return Filter(value, operator == "=")
