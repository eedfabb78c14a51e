"""What the daemon itself says to those who are connected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netsim.status.message import ACK, ERROR, HANDSHAKE, Message

__all__ = [
    "BUSY",
    "OFFLINE",
    "TIMEOUT",
    "busy",
    "error",
    "joined",
    "late",
    "offline",
    "unknown",
]

OFFLINE = 404
BUSY = 429
TIMEOUT = 504
"""What became of an action that no program has answered, as HTTP says it."""


def joined(name: str, event_id: int) -> bytes:
    """To a handshake: it belongs to the project now."""
    return _result(HANDSHAKE, name, event_id, 200, "join success")


def unknown(name: str, event_id: int) -> bytes:
    """To a frontend's handshake: there is no such project."""
    return _result(HANDSHAKE, name, event_id, 404, "name not found")


def offline(name: str, event_id: int) -> bytes:
    """To an action: no program is connected, or not any more."""
    return _result(ACK, name, event_id, OFFLINE, "client offline")


def busy(name: str, event_id: int) -> bytes:
    """To an action: there is no room for it."""
    return _result(ACK, name, event_id, BUSY, "too many actions are waiting")


def late(name: str, event_id: int, timeout: float) -> bytes:
    """To an action: the program has not answered."""
    return _result(ACK, name, event_id, TIMEOUT, f"no answer within {timeout:g} s")


def error(name: str, event_id: int, problems: Sequence[str]) -> bytes:
    """To anything: what was wrong with it."""
    payload = {"reason": "; ".join(problems), "problems": list(problems)}
    return Message(ERROR, name, payload, event_id).encode()


def _result(event_type: str, name: str, event_id: int, result: int, reason: str) -> bytes:
    payload: dict[str, Any] = {"result": result, "reason": reason}
    return Message(event_type, name, payload, event_id).encode()
