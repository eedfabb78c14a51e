"""What the REST interface shows of a project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netsim.daemon.model import ProjectState
from netsim.status.values import HARDWARE, PLATFORM, unwrapped, visible

__all__ = ["actions", "hardware", "project", "status"]

_ACTIONS = "__action"
_DISPLAY_NAME = "display_name"


def project(state: ProjectState) -> dict[str, Any]:
    """How it is, in short."""
    display_name = unwrapped(state.status.get(_DISPLAY_NAME))
    return {
        "name": state.name,
        "display_name": display_name if isinstance(display_name, str) else None,
        "online": state.online,
        "clis": state.clis,
        "webs": state.webs,
        "pending": state.pending,
        "last_seen": state.last_seen,
        "synced": state.synced,
    }


def status(state: ProjectState) -> dict[str, Any]:
    """What it tells about itself."""
    return {"name": state.name, "synced": state.synced, "status": visible(state.status)}


def hardware(state: ProjectState) -> dict[str, Any]:
    """The machine it runs on."""
    told = {key: unwrapped(state.status.get(key)) for key in (PLATFORM, HARDWARE)}
    objects = {key: value if isinstance(value, dict) else None for key, value in told.items()}
    return {"synced": state.synced, **objects}


def actions(state: ProjectState) -> dict[str, Any]:
    """What can be called, in one shape, whatever shape the program tells it in."""
    told = unwrapped(state.status.get(_ACTIONS))
    found = told.items() if isinstance(told, dict) else ()
    return {"actions": {name: _action(entry) for name, entry in found if isinstance(entry, dict)}}


def _action(entry: Mapping[str, Any]) -> dict[str, Any]:
    arguments = entry.get("args")
    return {
        "args": {name: _text(kind) for name, kind in arguments.items()}
        if isinstance(arguments, dict)
        else {},
        "blocking": entry.get("blocking") is True,
        "description": _text(entry.get("description")),
    }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
