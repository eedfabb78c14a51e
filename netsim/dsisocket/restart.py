"""What C{restart_mongodb} is asked for, checked as a whole: which nodes, and what is cleaned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import field, frozen

from netsim.dsisocket.cleaning import check_script, clean_script
from netsim.dsisocket.inventory import named
from netsim.dsisocket.kinds import describe, expected, flag
from netsim.dsisocket.model import Host, Limits, Node
from netsim.dsisocket.objects import ITEMS, begin, complaint, inner
from netsim.dsisocket.schema import Section
from netsim.dsisocket.settings import RestartTimes, Settings
from netsim.dsisocket.starting import start_script
from netsim.dsisocket.stopping import stop_script
from netsim.errors import Problem

__all__ = ["Plan", "Step", "read_restart"]

_LISTED = 40
"""Nodes that a message lists."""
_SLACK = 60.0
"""Seconds that a script may take beside those it waits: hosts can be slow."""


@frozen
class Step:
    """
    One script for one node.

    @ivar name: what reports call it: host and node, as C{mongod.0/rs0-1}.
    """

    name: str
    node: Node
    host: Host
    script: str = field(repr=False)
    limits: Limits


@frozen
class Plan:
    """
    What is done, and in which order.

    @ivar stages: nodes with their hosts, in the order of starting.
    """

    stages: tuple[tuple[tuple[Node, Host], ...], ...]
    times: RestartTimes
    usual: Limits
    clean_logs: bool = False
    clean_db_dir: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What reports call the nodes, in the order of starting."""
        return tuple(_name(node, host) for stage in self.stages for node, host in stage)

    def check(self) -> Iterator[Sequence[Step]]:
        """What finds out whether all that is to be cleaned may be: all at once."""
        return self._on_cleaned(check_script)

    def stop(self) -> Iterator[Sequence[Step]]:
        """What ends the nodes: the stages one after the other, the last one first."""
        times = self.times
        limits = Limits(times.shutdown + times.term + times.kill + _SLACK)
        for stage in reversed(self.stages):
            yield [_step(at, stop_script(at[0], times), limits) for at in stage]

    def clean(self) -> Iterator[Sequence[Step]]:
        """What deletes data and logs: all at once."""
        return self._on_cleaned(clean_script)

    def start(self) -> Iterator[Sequence[Step]]:
        """What starts the nodes: the stages one after the other."""
        limits = Limits(self.times.start + _SLACK)
        for stage in self.stages:
            yield [_step(at, start_script(at[0], self.times, at[1]), limits) for at in stage]

    def _on_cleaned(self, script: Callable[[Node, bool, bool], str]) -> Iterator[Sequence[Step]]:
        """A script for each node that has something to be cleaned."""
        logs, data = self.clean_logs, self.clean_db_dir
        limits = Limits(self.usual.timeout)
        steps = [
            _step(at, script(at[0], logs, data), limits)
            for stage in self.stages
            for at in stage
            if (logs and at[0].logpath) or (data and at[0].dbpath)
        ]
        if steps:
            yield steps


def read_restart(target: str, argument: object, settings: Settings) -> Plan:
    """
    Read what is to be restarted.

    @param target: the command's key.
    @raise CommandError: with everything that is wrong.
    """
    problems: list[Problem] = []
    place, reading = begin(target, problems)
    section = inner(argument, place, reading)
    logs, data = (section.get(key, flag, False) for key in ("clean_logs", "clean_db_dir"))
    chosen = section.find("nodes", _names)
    if section.here:
        section.close()
    if data and section.peek("nodes") is not None:
        reading.problem(place.key("nodes"), "some nodes only cannot go with clean_db_dir: true")
    stages = _stages(settings, chosen, section)
    if problems:
        raise complaint(problems)
    return Plan(stages, settings.times, settings.limits, logs, data)


def _names(value: object) -> Sequence[str]:
    """Ids of nodes."""
    what = "a list of ids of nodes"
    if not isinstance(value, list) or not 0 < len(value) <= ITEMS:
        few = isinstance(value, list) and not value
        raise ValueError(f"expected {what}, not an empty one") if few else expected(what, value)
    for one in value:
        if not isinstance(one, str):
            raise ValueError(f"expected {what}; one of them is {describe(one)}")
    return value


def _stages(
    settings: Settings, chosen: Sequence[str] | None, section: Section
) -> tuple[tuple[tuple[Node, Host], ...], ...]:
    """Stages of the nodes that are chosen, all if none is; what is wrong is noted."""
    place, problem = section.place, section.reading.problem
    nodes = [node for stage in settings.topology for node in stage]
    if not nodes:
        problem(place, "there is nothing to restart: mongodb_setup.topology is not configured")
        return ()
    ids = {node.id for node in nodes}
    if unknown := [one for one in dict.fromkeys(chosen or ()) if one not in ids]:
        reason = f"no node is called {_listed(unknown)}: there are {_listed(sorted(ids))}"
        problem(place.key("nodes"), reason)
    for node in nodes:
        if named(settings.hosts, node.host) is None:
            problem(place, f"the node {node.id} is on {node.host}, and there is no such host")
    wanted = ids if chosen is None else set(chosen)
    found = (tuple(_placed(stage, settings.hosts, wanted)) for stage in settings.topology)
    return tuple(stage for stage in found if stage)


def _placed(
    nodes: Sequence[Node], hosts: Sequence[Host], wanted: set[str]
) -> Iterator[tuple[Node, Host]]:
    for node in nodes:
        host = named(hosts, node.host)
        if node.id in wanted and host is not None:
            yield node, host


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f", and {more} more" if more > 0 else "")


def _name(node: Node, host: Host) -> str:
    return f"{host.name}/{node.id}"


def _step(at: tuple[Node, Host], script: str, limits: Limits) -> Step:
    return Step(_name(*at), *at, script, limits)
