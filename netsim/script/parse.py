"""
From JSON to scripts: the text of one file in, values and every problem in it out.

Format: nds-replay, "proxy output", and the facts that it leaves open (WIRE,
section 1).  Unknown keys are ignored, as the existing player ignores them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from attrs import Factory, define, frozen

from netsim.errors import Problem
from netsim.script import content, model

MAX_DEPTH = 100
"""Compound scripts may be nested this deep."""
CLOSERS = ("client", "server", "proxy")


@frozen
class Parsed:
    """One file: its scripts by name, and what is wrong with it."""

    scripts: dict[str, model.Script]
    problems: list[Problem]


def parse(data: bytes, file: str) -> Parsed:
    """
    Read the text of a script file.

    @param file: the name of the file, for the problems.
    """
    reader = _Reader(file)
    return Parsed(reader.document(data), reader.problems)


class _Wrong(ValueError):
    """A reason, on its way to the problem that gets it."""


@define
class _Reader:
    """Collects problems while it turns JSON values into scripts."""

    file: str
    problems: list[Problem] = Factory(list)
    repeated: list[str] = Factory(list)

    def problem(self, path: str, reason: str) -> None:
        self.problems.append(Problem(self.file, path, reason))

    def document(self, data: bytes) -> dict[str, model.Script]:
        value = None
        try:
            value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=self._object)
        except RecursionError:
            self.problem("", "is nested too deeply")
        except ValueError as error:
            self.problem("", f"is not JSON: {error}")
        for key in self.repeated:
            self.problem("", f"the key {json.dumps(key)} stands twice in one object")
        if isinstance(value, dict):
            found = {name: self.script(value[name], name, 0) for name in value}
            return {name: script for name, script in found.items() if script is not None}
        if not self.problems:
            self.problem("", "must be an object of scripts by name")
        return {}

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            times = Counter(name for name, _ in pairs)
            self.repeated += [name for name in value if times[name] > 1]
        return value

    def script(self, value: Any, path: str, depth: int) -> model.Script | None:
        try:
            return self._typed(value, path, depth)
        except (_Wrong, content.FormError) as error:
            self.problem(path, str(error))
            return None

    def _typed(self, value: Any, path: str, depth: int) -> model.Script:
        if not isinstance(value, dict):
            raise _Wrong("must be a script object")
        kind = value.get("type")
        if kind in ("compound", "compound_multi"):
            return self.compound(value, path, depth)
        if isinstance(kind, str) and kind in _LEAVES:
            return _LEAVES[kind](value)
        known = ", ".join(["compound", "compound_multi", *_LEAVES])
        found = f"unknown type {json.dumps(kind)}" if isinstance(kind, str) else "no type"
        raise _Wrong(f"{found}; known types are {known}")

    def compound(self, value: dict[str, Any], path: str, depth: int) -> model.Script:
        scripts = _need(value, "scripts", list, "an array of scripts")
        if depth == MAX_DEPTH:
            raise _Wrong(f"compound scripts are nested more than {MAX_DEPTH} deep")
        found = [
            self.script(item, f"{path}.scripts[{index}]", depth + 1)
            for index, item in enumerate(scripts)
        ]
        # One that is wrong leaves its place, so that the others keep theirs.
        kept = tuple(model.Nop() if script is None else script for script in found)
        return model.Compound(kept, multi=value["type"] == "compound_multi")


def _need(value: dict[str, Any], key: str, kind: type, what: str) -> Any:
    if key not in value:
        raise _Wrong(f"{key} is missing")
    if not isinstance(value[key], kind):
        raise _Wrong(f"{key} must be {what}")
    return value[key]


def _number(value: dict[str, Any], key: str, minimum: float) -> float | None:
    number = value.get(key)
    if number is None:
        return None
    try:
        countable = isinstance(number, (int, float)) and not isinstance(number, bool)
        if countable and math.isfinite(number) and float(number) >= minimum:
            return float(number)
    except OverflowError:
        pass
    raise _Wrong(f"{key} must be a number of seconds, {minimum:g} or more")


def _facts(value: dict[str, Any]) -> model.Facts:
    closer = value.get("closed_by")
    if closer is not None and closer not in CLOSERS:
        raise _Wrong(f"closed_by must be one of {', '.join(CLOSERS)}")
    partial = value.get("partial", False)
    if not isinstance(partial, bool):
        raise _Wrong("partial must be true or false")
    return model.Facts(_number(value, "time", 0), _number(value, "gap", 0), partial, closer)


def _late(value: dict[str, Any], command: model.Content) -> int:
    late = value.get("late", 0)
    if not isinstance(late, int) or isinstance(late, bool) or late < 0:
        raise _Wrong("late must be a count of newlines")
    if isinstance(command, model.BlobRef):
        if late > content.COMMAND_LIMIT:
            raise _Wrong(f"late must be {content.COMMAND_LIMIT} or less")
        return late
    tail = command[len(command) - late :]
    if len(tail) < late or tail.strip(b"\r\n"):
        raise _Wrong(f"late says {late} newlines end the command, and it has not as many")
    return late


def _exchange(value: dict[str, Any]) -> model.Script:
    command = content.read_command(value)
    if value.get("transport", "tcp") not in ("tcp", "udp"):
        raise _Wrong("transport must be tcp or udp")
    if value.get("transport") == "udp":
        if isinstance(command, model.BlobRef):
            raise _Wrong("a datagram cannot be a command_blob")
        return model.DatagramExchange(command, content.read_datagrams(value), _facts(value))
    response = content.read_response(value)
    return model.Exchange(command, response, _late(value, command), _facts(value))


def _named(value: dict[str, Any]) -> model.Script:
    return model.Named(_need(value, "name", str, "the name of a script"))


def _external(value: dict[str, Any]) -> model.Script:
    spaces = [value[key] for key in ("namespace", "prefix") if value.get(key) is not None]
    if len(spaces) > 1:
        raise _Wrong("namespace and prefix mean the same; give one")
    if not all(isinstance(space, str) and space for space in spaces):
        raise _Wrong("namespace must be a text that is not empty")
    file = _need(value, "file", str, "a path")
    return model.External(file, spaces[0] if spaces else None)


def _action(value: dict[str, Any]) -> model.Script:
    action = _need(value, "action", str, "the name of an action")
    args = _need(value, "args", list, "an array")
    response = content.read_response(value) if content.has_response(value) else None
    return model.Action(action, args, response)


_LEAVES: dict[str, Callable[[dict[str, Any]], model.Script]] = {
    "script": _exchange,
    "named": _named,
    "external": _external,
    "command": _action,
    "nop": lambda value: model.Nop(),
    "comment": lambda value: model.Nop(),
}
