"""The values that a program shows, as they go into its status."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any

from attrs import frozen

__all__ = ["MAX_KEYS", "MAX_STATUS", "RESERVED", "Board"]

MAX_KEYS = 10_000
MAX_STATUS = 1_000_000
"""Bytes of a whole status, which a daemon bears a MiB of."""

RESERVED = frozenset({"platform", "hardware", "display_name"})
"""Keys of the link's own; those that begin with two underscores are so, too."""

_MAX_KEY = 256


@frozen
class _Entry:
    """A value as it was when it was set."""

    text: str
    timestamp: float
    interval: float | None
    size: int


class Board:
    """
    Values by their keys, each with the time at which it was set.

    Any thread may use it.
    """

    def __init__(self, reserved: Collection[str] | None = RESERVED) -> None:
        """@param reserved: keys that cannot be set; None for a link's own board."""
        self._reserved = reserved
        self._entries: dict[str, _Entry] = {}

    def set(self, key: str, value: Any, now: float, interval: float | None = None) -> None:
        """
        Show a value: as it is now, whatever becomes of the object.

        Numbers that JSON has not, such as NaN, are shown as null.

        @param now: Unix time.
        @param interval: seconds after which it will be set again, if that is known.
        @raise ValueError: it is not what JSON can say, it is too large, there are too
            many keys, or the key is one of the link's own.
        """
        self._check(key)
        try:
            text = _as_json(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{key!r}: JSON cannot say this value: {error}") from None
        size = len(_encoded(text)) + len(_encoded(json.dumps(key, ensure_ascii=False))) + 80
        if size > MAX_STATUS:
            raise ValueError(f"{key!r} has {size} bytes, of {MAX_STATUS} for a whole status")
        self._entries[key] = _Entry(text, now, interval, size)

    def remove(self, key: str) -> None:
        """Show this no more, if it was shown."""
        self._entries.pop(key, None)

    def document(self) -> dict[str, Any]:
        """Give all values, each with its time."""
        document: dict[str, Any] = json.loads(f"{{{','.join(_members(self._copy()))}}}")
        return document

    def members(self, limit: int = MAX_STATUS) -> tuple[list[bytes], list[str]]:
        """
        Give all values as members of a JSON object, as far as they fit into so many bytes.

        @return: the members, and the keys of the largest values, which did not fit.
        """
        entries = self._copy()
        left_out = _too_large(entries, limit)
        for key in left_out:
            del entries[key]
        return [_encoded(member) for member in _members(entries)], left_out

    def _copy(self) -> dict[str, _Entry]:
        # In one go, whoever sets a value meanwhile.
        return dict(self._entries)

    def _check(self, key: str) -> None:
        if not isinstance(key, str):
            raise ValueError(f"a key is a text, not {key!r}")
        if not key or len(key) > _MAX_KEY:
            raise ValueError(f"a key has from 1 to {_MAX_KEY} characters, not {len(key)}")
        if self._reserved is not None and (key in self._reserved or key.startswith("__")):
            raise ValueError(f"{key!r} is a key of the link's own")
        if key not in self._entries and len(self._entries) >= MAX_KEYS:
            raise ValueError(f"{key!r}: there are {MAX_KEYS} keys already")


def _members(entries: dict[str, _Entry]) -> list[str]:
    members = []
    for key, entry in entries.items():
        interval = "null" if entry.interval is None else repr(float(entry.interval))
        members.append(
            f"{json.dumps(key, ensure_ascii=False)}:"
            f'{{"value":{entry.text},"timestamp":{entry.timestamp:.6f},"interval":{interval}}}'
        )
    return members


def _too_large(entries: dict[str, _Entry], limit: int) -> list[str]:
    total = sum(entry.size for entry in entries.values())
    left_out = []
    for key in sorted(entries, key=lambda key: -entries[key].size) if total > limit else ():
        left_out.append(key)
        total -= entries[key].size
        if total <= limit:
            break
    return left_out


def _as_json(value: Any) -> str:
    try:
        return _dumps(value)
    except ValueError:
        # Rarely: a number that JSON has not.
        return _dumps(_finite(value))


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {_finite_key(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _finite_key(key: Any) -> Any:
    return str(key) if isinstance(key, float) else key


def _encoded(text: str) -> bytes:
    # A half of a pair has no UTF-8; JSON itself can say it.
    return text.encode("utf-8", "backslashreplace")
