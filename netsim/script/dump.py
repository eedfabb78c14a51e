"""
From scripts to JSON, in the forms that the existing player reads.

A document is written exchange by exchange, one line each, so that a session of
any length takes no memory and a recording can be read, searched and compared
with the usual tools.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import IO, Any

from netsim.script import content, model

RECORDED = "recorded_script"
"""The script that a recorder writes and a player plays unless told otherwise."""


def dump(scripts: Mapping[str, model.Script]) -> str:
    """The whole document as JSON text."""
    return json.dumps({name: as_json(script) for name, script in scripts.items()}, indent=1)


def as_json(script: model.Script) -> dict[str, Any]:
    """One script as a JSON object."""
    return _WRITERS[type(script)](script)


class DocumentWriter:
    """Writes a recording while its exchanges come in."""

    def __init__(self, file: IO[str]) -> None:
        self._write = file.write
        self._between = "\n"
        self._write(f'{{"{RECORDED}": {{"type": "compound", "scripts": [')

    def add(self, exchange: model.Exchange | model.DatagramExchange) -> None:
        """Append one exchange."""
        self._write(self._between + json.dumps(as_json(exchange)))
        self._between = ",\n"

    def close(self) -> None:
        """Finish the document; the file stays open."""
        self._write("\n]}}\n")


def _facts(facts: model.Facts) -> dict[str, Any]:
    keys = {
        "time": facts.time,
        "gap": facts.gap,
        "partial": facts.partial or None,
        "closed_by": facts.closed_by,
    }
    return {key: value for key, value in keys.items() if value is not None}


def _exchange(script: model.Exchange) -> dict[str, Any]:
    late = {"late": script.late} if script.late else {}
    said = content.command_keys(script.command) | content.response_keys(script.response)
    return {"type": "script"} | said | late | _facts(script.facts)


def _datagrams(script: model.DatagramExchange) -> dict[str, Any]:
    said = content.command_keys(script.command) | content.datagram_keys(script.responses)
    return {"type": "script", "transport": "udp"} | said | _facts(script.facts)


def _compound(script: model.Compound) -> dict[str, Any]:
    kind = "compound_multi" if script.multi else "compound"
    return {"type": kind, "scripts": [as_json(child) for child in script.scripts]}


def _external(script: model.External) -> dict[str, Any]:
    space = {"namespace": script.namespace} if script.namespace else {}
    return {"type": "external", "file": script.file} | space


def _action(script: model.Action) -> dict[str, Any]:
    more = content.response_keys(script.response) if script.response is not None else {}
    return {"type": "command", "action": script.action, "args": list(script.args)} | more


_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    model.Exchange: _exchange,
    model.DatagramExchange: _datagrams,
    model.Compound: _compound,
    model.Named: lambda script: {"type": "named", "name": script.name},
    model.External: _external,
    model.Action: _action,
    model.Nop: lambda script: {"type": "nop"},
}
