"""Reads C{mongodb_setup}: the servers that C{restart_mongodb} restarts, and its times."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from netsim.dsisocket import kinds
from netsim.dsisocket.cleanable import Owned, overlap, refusal
from netsim.dsisocket.inventory import label, named
from netsim.dsisocket.model import Host, Node
from netsim.dsisocket.schema import Place, Reading, Section
from netsim.dsisocket.settings import RestartTimes

__all__ = ["read_times", "read_topology"]

MAX_NODES = 1000

_PLACEHOLDER = re.compile(r"(?<!\$)\{(id|port|dbpath|logpath)\}")
_Found = tuple[Node, Section]


def read_topology(setup: Section, hosts: Sequence[Host] | None) -> tuple[tuple[Node, ...], ...]:
    """
    Read the nodes, stage by stage: each item of the list is one.

    @param hosts: those that there are; none where they could not be read.
    """
    stop = setup.find("stop", kinds.text)
    seen: set[int] = set()
    items = setup.items("topology")
    flat = [list(_flat(item, place, setup.reading, seen)) for item, place in items]
    count = sum(map(len, flat))
    if count > MAX_NODES:
        reason = f"there are {count} nodes: at most {MAX_NODES} can be restarted"
        setup.reading.problem(setup.place.key("topology"), reason)
        return ()
    groups: Counter[str] = Counter()
    stages = [[_node(section, groups, hosts, stop) for section in stage] for stage in flat]
    _check([found for stage in stages for found in stage], hosts or (), setup.reading)
    return tuple(tuple(node for node, _ in stage) for stage in stages if stage)


def read_times(section: Section) -> RestartTimes:
    """Read how long each step of a restart may take."""
    usual = RestartTimes()
    times = RestartTimes(
        shutdown=section.get("shutdown_s", kinds.seconds, usual.shutdown),
        term=section.get("term_s", kinds.seconds, usual.term),
        kill=section.get("kill_s", kinds.seconds, usual.kill),
        start=section.get("start_s", kinds.seconds, usual.start),
    )
    section.close()
    return times


def _flat(value: object, place: Place, reading: Reading, seen: set[int]) -> Iterator[Section]:
    """
    The nodes of an item: itself, or those of the list that it is.

    @param seen: lists; aliases of YAML can make one hold itself, or many of few.
    """
    if not isinstance(value, list):
        yield Section("" if value is None else value, place, reading)
    elif id(value) in seen:
        reading.problem(place, "this list is in the topology already")
    else:
        seen.add(id(value))
        for index, item in enumerate(value):
            yield from _flat(item, place.item(index), reading, seen)


def _node(
    section: Section, groups: Counter[str], hosts: Sequence[Host] | None, stop: str | None
) -> _Found:
    group = section.find("group", kinds.name)
    host = _host(section, group, groups, hosts)
    node = Node(
        id=section.need("id", kinds.name) or "",
        group=group or (host.group if host else ""),
        host=host.name if host else "",
        port=section.need("port", kinds.whole(1, 65535)) or 0,
        start=section.need("start", kinds.text) or "",
        stop=section.find("stop", kinds.text) or stop,
        dbpath=section.find("dbpath", kinds.line),
        logpath=section.find("logpath", kinds.line),
    )
    section.close()
    start, stop = (_expanded(node, command, section) for command in (node.start, node.stop))
    return evolve(node, start=start or "", stop=stop), section


def _host(
    section: Section, group: str | None, groups: Counter[str], hosts: Sequence[Host] | None
) -> Host | None:
    """The host that a node names, or that which has its place in the group."""
    name, place = section.find("host", kinds.name), section.place
    if group is not None:
        groups[group] += 1
    if name is not None:
        place = place.key("host")
    elif group is not None and section.peek("host") is None:
        name = f"{group}.{groups[group] - 1}"
    else:
        if section.peek("group") is None and section.peek("host") is None:
            section.reading.problem(place, "expected a group or a host")
        return None
    if hosts is None:
        return None
    if (host := named(hosts, name)) is None:
        reason = f"there is no host {name}: there are {label(hosts)}"
        section.reading.problem(place, reason)
    return host


def _expanded(node: Node, command: str | None, section: Section) -> str | None:
    """A command with the node's values for C{{port}} and the like, quoted for bash."""
    if command is None:
        return None
    values: Mapping[str, object] = {
        "id": node.id,
        "port": node.port,
        "dbpath": node.dbpath,
        "logpath": node.logpath,
    }
    for key in dict.fromkeys(_PLACEHOLDER.findall(command)):
        if section.peek(key) is None:
            reason = f"missing: a command of this node has {{{key}}} in it"
            section.reading.problem(section.place.key(key), reason)
    return _PLACEHOLDER.sub(lambda found: shlex.quote(str(values[found[1]])), command)


def _check(nodes: Sequence[_Found], hosts: Sequence[Host], reading: Reading) -> None:
    """No two nodes may have the same id, the same port on a machine, or the same files."""
    ids: dict[object, str] = {}
    ports: dict[object, str] = {}
    owned: list[Owned] = []
    for node, section in nodes:
        machine = _machine(node, hosts)
        place = section.place
        if node.id:
            _once(ids, node.id, place.key("id"), f"another node is called {node.id}", reading)
        if node.port and node.host:
            reason = f"another node has port {node.port} of {node.host}"
            _once(ports, (machine, node.port), place.key("port"), reason, reading)
        for key, path in (("dbpath", node.dbpath), ("logpath", node.logpath)):
            if path is not None:
                new = Owned(machine, place.path, path, f"the {key} of {node.id or place.path}")
                _check_path(new, owned, place.key(key), reading)


def _once(
    first: dict[object, str], value: object, place: Place, reason: str, reading: Reading
) -> None:
    if value in first:
        reading.problem(place, f"{reason}: {first[value]}")
    first.setdefault(value, place.path)


def _check_path(new: Owned, owned: list[Owned], place: Place, reading: Reading) -> None:
    reason = refusal(new.path, str(reading.home)) or overlap(new, owned)
    if reason is not None:
        reading.problem(place, f"{new.path} cannot be cleaned by a restart: {reason}")
    owned.append(new)


def _machine(node: Node, hosts: Sequence[Host]) -> object:
    """What two hosts have in common if they are the same machine, configured twice."""
    host = named(hosts, node.host) if node.host else None
    if host is None or host.is_local or not host.public_ip:
        return node.host
    return host.public_ip, host.port
