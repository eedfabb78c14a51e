"""
What a query asks for: fields, in which form, and of which nodes.

SimpleJson has C{target} and C{type} (WIRE.md, section 5); its successors add C{payload}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from netsim.datanode.grafana.checked import Checked
from netsim.datanode.grafana.model import (
    RATE,
    SERIES,
    TABLE,
    VALUE,
    Filter,
    Target,
    split_name,
)

__all__ = ["MAX_TARGETS", "NODE", "PLACEHOLDERS", "read_target", "read_targets"]

MAX_TARGETS = 1000
"""Fields that are asked for at once."""
PLACEHOLDERS = (None, "", "select metric")
"""Targets of queries that nobody has filled in yet."""
FORMS = {None: SERIES, "": SERIES, SERIES: SERIES, "timeseries": SERIES, TABLE: TABLE}
SHOWN = {None: VALUE, "": VALUE, VALUE: VALUE, RATE: RATE}
NODE = "node"
"""The key that can be filtered by."""


def read_targets(given: Mapping[str, Any], checked: Checked) -> tuple[Target, ...]:
    """
    Read the targets of a query that are wanted.

    @param checked: gets what is wrong with them.
    """
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
    return checked.read(f"{place}.target", read_target, target, checked, place)


def read_target(given: Mapping[str, Any], checked: Checked, place: str) -> Target:
    """
    Read one target.

    @param checked: gets what is wrong with the rest of it.
    @raise ValueError: its name is none.
    """
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
