"""
What a status says, without what it is wrapped in.

Programs tell each value either as it is, or wrapped with when it was taken and how often
that is done: C{{"value": 3, "timestamp": 1700000000.0, "interval": 10}}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["HARDWARE", "PLATFORM", "bare", "unwrapped", "visible"]

PLATFORM = "platform"
HARDWARE = "hardware"
"""The keys under which a program tells about the machine it runs on."""

_HIDDEN = (PLATFORM, HARDWARE)
_WRAPPING = frozenset({"value", "timestamp", "interval"})


def unwrapped(value: Any) -> Any:
    """
    One value of a status, as it is.

    An object that has a C{value} among other things, or nothing but that, is not wrapped:
    it is what the program wanted to tell.
    """
    if (
        isinstance(value, dict)
        and "value" in value
        and len(value) > 1
        and value.keys() <= _WRAPPING
    ):
        return value["value"]
    return value


def bare(status: Mapping[str, Any]) -> dict[str, Any]:
    """Everything in a status, each value as it is."""
    return {key: unwrapped(value) for key, value in status.items()}


def visible(status: Mapping[str, Any]) -> dict[str, Any]:
    """
    What a program tells about itself, each value as it is.

    That is without the machine it runs on, and without the keys that begin with two
    underscores, which are meant for programs.
    """
    return {key: unwrapped(value) for key, value in status.items() if _is_visible(key)}


def _is_visible(key: str) -> bool:
    return key not in _HIDDEN and not key.startswith("__")
