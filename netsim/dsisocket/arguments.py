"""Reads what stands under C{on_<group>}: the steps for each of its hosts (WIRE.md, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netsim.dsisocket.delays import read_delays
from netsim.dsisocket.kinds import flag, line, milliseconds, seconds
from netsim.dsisocket.objects import INVALID, KEYS, begin, each, inner, script, word
from netsim.dsisocket.schema import Section
from netsim.dsisocket.steps import (
    Checkout,
    Checkouts,
    HostCommand,
    MongoShell,
    Retrieval,
    Script,
    Step,
    Transfer,
    Upload,
)
from netsim.errors import Problem

__all__ = ["read_host_command"]

Addresses = Sequence[str]


def read_host_command(
    target: str, argument: object, addresses: Addresses, problems: list[Problem]
) -> HostCommand:
    """
    Read what is to be done on each host of a group.

    @param target: the key that it stands under, such as C{on_mongod}.
    @param addresses: those of all hosts of the cluster: the only ones that delays may name.
    @param problems: gets what is wrong; the steps that are right are returned.
    """
    place, reading = begin(target, problems)
    if not isinstance(argument, dict) or len(argument) > KEYS:
        reading.problem(place, INVALID)
        return HostCommand(())
    steps: list[Step] = []
    section = Section(argument, place, reading)
    for key in section.keys():  # noqa: SIM118 - it is no dict
        if (read := _READERS.get(key)) is not None:
            steps += read(section, key, addresses)
        elif key not in _MODIFIERS:
            reading.problem(place.key(key), INVALID)
    if not steps and not problems:
        reading.problem(place, f"expected one or more of {', '.join(_READERS)}")
    timeout = section.find("timeout_s", seconds)
    return HostCommand(tuple(steps), timeout, section.find("no_output_ms", milliseconds))


def _exec(section: Section, key: str, _: Addresses) -> list[Step]:
    text = section.reading.check(section.place.key(key), section.peek(key), script)
    return [] if text is None else [Script(text)]


def _upload(section: Section, key: str, _: Addresses) -> list[Step]:
    return [Upload(each(section, key, _transfer), key == "upload_repo_files")]


def _retrieve(section: Section, key: str, _: Addresses) -> list[Step]:
    return [Retrieval(each(section, key, _transfer))]


def _checkout(section: Section, key: str, _: Addresses) -> list[Step]:
    return [Checkouts(each(section, key, _repo))]


def _mongo_shell(section: Section, key: str, _: Addresses) -> list[Step]:
    found = inner(section.peek(key), section.place.key(key), section.reading)
    if not found.here:
        return []
    text, connection = found.need("script", script), found.find("connection_string", word)
    found.close()
    return [] if text is None else [MongoShell(text, connection)]


def _network_delays(section: Section, key: str, addresses: Addresses) -> list[Step]:
    found = inner(section.peek(key), section.place.key(key), section.reading)
    return [read_delays(found, addresses)]


def _transfer(section: Section) -> Transfer | None:
    source, target = section.need("source", line), section.need("target", line)
    section.close()
    if source is None or target is None:
        return None
    return Transfer(source, target, section.place.path)


def _repo(section: Section) -> Checkout | None:
    source, target = section.need("source", word), section.need("target", word)
    branch, verbose = section.find("branch", word), section.get("verbose", flag, False)
    section.close()
    return None if source is None or target is None else Checkout(source, target, branch, verbose)


_READERS: dict[str, Callable[[Section, str, Addresses], list[Step]]] = {
    "exec": _exec,
    "upload_files": _upload,
    "upload_repo_files": _upload,
    "retrieve_files": _retrieve,
    "checkout_repos": _checkout,
    "exec_mongo_shell": _mongo_shell,
    "network_delays": _network_delays,
}
_MODIFIERS = {"timeout_s", "no_output_ms"}
