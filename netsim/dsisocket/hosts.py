"""Reads C{infrastructure_provisioning.out}: the hosts of the cluster, and their groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netsim.dsisocket import kinds
from netsim.dsisocket.model import Host
from netsim.dsisocket.schema import Place, Reading, Section

__all__ = ["GATHERED", "GROUPS", "LOCALHOST", "groups_of", "read_hosts"]

GROUPS = ("workload_client", "mongod", "mongos", "configsvr")
"""They are there, if without hosts, whatever the configuration says."""

GATHERED = {"all_servers": GROUPS[1:], "all_hosts": GROUPS}
"""Groups made of the hosts of others."""

LOCALHOST = Host("localhost", 0, "127.0.0.1", "127.0.0.1")
"""The machine that this runs on."""

_RESERVED = {*GATHERED, LOCALHOST.group, "atlas"}


def read_hosts(out: Section) -> tuple[Host, ...]:
    """
    Read the hosts of all groups, in their order; C{localhost} comes last.

    What is no list of mappings belongs to other tools, and is passed over.
    """
    hosts: list[Host] = []
    aliases: list[tuple[Place, str]] = []
    for group in out.keys():  # noqa: SIM118 - it is no dict
        if _is_group(out, group):
            for host, place in _group(out, group):
                hosts.append(host)
                if host.alias is not None:
                    aliases.append((place.key("alias"), host.alias))
    _check_aliases(hosts, aliases, out.reading)
    return (*hosts, LOCALHOST)


def groups_of(hosts: Sequence[Host]) -> dict[str, tuple[str, ...]]:
    """The names of the hosts of each group, gathered ones and those without hosts too."""
    names: dict[str, tuple[str, ...]] = dict.fromkeys(GROUPS, ())
    for host in hosts:
        names[host.group] = (*names.get(host.group, ()), host.name)
    for gathered, groups in GATHERED.items():
        names[gathered] = tuple(host.name for host in hosts if host.group in groups)
    names[LOCALHOST.group] = names.pop(LOCALHOST.group, ())
    return names


def _is_group(out: Section, group: str) -> bool:
    value = out.peek(group)
    if group in GROUPS:
        return value is not None
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def _group(out: Section, group: str) -> Iterator[tuple[Host, Place]]:
    place = out.place.key(group)
    if group in _RESERVED:
        out.reading.problem(place, "this name has a meaning of its own: call the group otherwise")
    else:
        out.reading.check(place, group, kinds.group)
    for index, (value, item) in enumerate(out.items(group, "GROUP")):
        yield _host(group, index, Section(value, item, out.reading)), item


def _host(group: str, index: int, section: Section) -> Host:
    public = section.need("public_ip", kinds.address) or ""
    host = Host(
        group,
        index,
        public_ip=public,
        private_ip=section.get("private_ip", kinds.address, public),
        alias=section.find("alias", kinds.name),
        user=section.find("ssh_user", kinds.line),
        port=section.get("ssh_port", kinds.whole(1, 65535), 22),
        key_file=section.path("ssh_key_file"),
        device=section.find("network_device", kinds.device),
    )
    section.hint()
    return host


def _check_aliases(
    hosts: Sequence[Host], aliases: Sequence[tuple[Place, str]], reading: Reading
) -> None:
    """An alias means one host, and neither a group nor a host by its number."""
    groups = {*GROUPS, *_RESERVED, *(host.group for host in hosts)}
    first: dict[str, Place] = {}
    for place, alias in aliases:
        group, _, index = alias.rpartition(".")
        if alias in groups:
            reading.problem(place, f"{alias} is the name of a group")
        elif group in groups and index.isdigit():
            reading.problem(place, f"{alias} means a host by its number in the group {group}")
        elif alias in first:
            reading.problem(place, f"{alias} is the alias of another host: {first[alias].path}")
        first.setdefault(alias, place)
