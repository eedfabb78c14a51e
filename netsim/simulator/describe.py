"""What C{netsim simulator describe} tells about a simulator, without starting it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from netsim.simulator.commands import commands_of
from netsim.simulator.entries import parse_servers
from netsim.simulator.faults import Faulty, FaultyStatus
from netsim.simulator.messages import as_text, in_short
from netsim.simulator.model import Entry, short
from netsim.simulator.sources import first_sentence
from netsim.simulator.system import BaseSystem, ListeningSystem, MessageSystem, SendingSystem

__all__ = ["describe"]

_INTERFACE = {
    name
    for base in (BaseSystem, ListeningSystem, MessageSystem, SendingSystem, Faulty, FaultyStatus)
    for name in vars(base)
} - {"system_stop"}
"""What the host calls.  A client could call it, too, but that is not what it is for."""

_MARKUP = re.compile(r"\b[A-Z]\{([^{}]*)\}")

Pairs = Iterable[tuple[str, str]]


def describe(module: ModuleType) -> Iterator[str]:
    """
    Describe a simulator, as lines.

    @raise SimulatorError: something is wrong with its servers.
    """
    entries = parse_servers(module)
    system: Any = vars(module)["System"]
    types = dict(_types(module, system))
    yield short(module.__name__)
    yield from _indented(_plain(module.__doc__ or system.__doc__).splitlines())
    yield ""
    yield f"Source: {module.__file__}"
    yield f"Instances: {len(entries)}"
    yield from _addresses(entries)
    if not types:
        yield from _system(system)
    for name, kind in types.items():
        yield ""
        used = [
            f"servers[{index}]"
            for index, entry in enumerate(entries)
            if entry.arguments.get("system_type") == name
        ]
        about = first_sentence(_plain(kind.__doc__))
        where = f" ({', '.join(used)})" if used else ""
        yield f"Type {name}{where}: {about}".rstrip(": ")
        yield from _indented(_system(kind))


def _addresses(entries: Iterable[Entry]) -> Iterator[str]:
    entries = list(entries)
    for what, places in (
        ("Commands", [(entry.datagram, entry.listen) for entry in entries]),
        ("Status", [(entry.datagram, entry.send) for entry in entries]),
    ):
        found = [as_text(datagram, place) for datagram, place in places if place is not None]
        if found:
            yield f"{what} on: {in_short(found)}"


def _types(module: ModuleType, system: Any) -> Iterator[tuple[str, Any]]:
    """The types of one that has several, by their names."""
    systems = getattr(system, "systems", None) or getattr(module, "systems", None)
    if isinstance(systems, Mapping):
        for name, kind in systems.items():
            # Where it came from another framework, it may be a module.
            yield str(name), getattr(kind, "System", kind)


def _system(system: Any) -> Iterator[str]:
    on_reactor = issubclass(system, BaseSystem) and not system.worker
    yield f"Runs on: {'the reactor' if on_reactor else 'worker threads'}"
    if getattr(system, "framing", None) is not None:
        yield f"Framing: {system.framing}"
    if issubclass(system, SendingSystem) or hasattr(system, "subscribe"):
        yield f"Status every: {getattr(system, 'sampling_time', 0.01)} s"
    commands = commands_of(system)
    yield from _table("Commands", [(command.text, _plain(command.about)) for command in commands])
    reserved = _INTERFACE | {command.method for command in commands}
    yield from _table("Custom commands, as $NAME:ARGUMENT,...%%%%%", _custom(system, reserved))
    faults = getattr(system, "faults", None)
    if isinstance(faults, Mapping):
        kinds = [(str(kind), str(text)) for kind, text in faults.items()]
        yield from _table("Faults, as $system_fail:KIND%%%%%", kinds)


def _custom(system: Any, reserved: Iterable[str]) -> Pairs:
    for name, _ in inspect.getmembers(system, callable):
        if name.startswith("_") or name in reserved:
            continue
        attribute = inspect.getattr_static(system, name)
        function = getattr(attribute, "__func__", attribute)
        if isinstance(function, FunctionType):
            about = first_sentence(_plain(inspect.getdoc(function)))
            yield f"{name}{_signature(function, attribute)}", about


def _signature(function: FunctionType, attribute: object) -> str:
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()
    ]
    own = parameters if isinstance(attribute, staticmethod) else parameters[1:]
    return str(signature.replace(parameters=own, return_annotation=signature.empty))


def _plain(text: str | None) -> str:
    """A docstring, without its markup."""
    return _MARKUP.sub(r"\1", inspect.cleandoc(text or ""))


def _table(title: str, rows: Pairs) -> Iterator[str]:
    rows = list(rows)
    if rows:
        yield f"{title}:"
        yield from _indented(aligned(rows))


def aligned(rows: Pairs) -> Iterator[str]:
    """Two columns."""
    rows = list(rows)
    width = max((len(first) for first, _ in rows), default=0)
    yield from (f"{first:{width}}  {second}".rstrip() for first, second in rows)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"    {line}".rstrip() for line in lines)
