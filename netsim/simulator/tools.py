"""What C{netsim simulator} does but starting: list, status, stop, describe."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta

from twisted.python import usage

from netsim import options
from netsim.rundir import run_directory
from netsim.simulator.catalogue import load, simulators
from netsim.simulator.chosen import PathOptions, SystemOptions, short
from netsim.simulator.describe import aligned, describe
from netsim.simulator.messages import Status as Running
from netsim.simulator.messages import in_short
from netsim.simulator.running import STOP_WITHIN, Process, stop, survey

__all__ = ["Describe", "List", "Status", "Stop"]


class List(PathOptions):
    """What C{netsim simulator list} can be told."""

    synopsis = "[options]"
    longdesc = "Lists the simulators that ship, and those in directories."
    example = "--path devices"
    optFlags = [["json", "j", "One JSON object a line, for programs."]]

    def run(self) -> Iterator[str]:
        """List them."""
        found = [(source.name, source.about) for source in simulators(self["path"])]
        if self["json"]:
            return (json.dumps({"name": name, "about": about}) for name, about in found)
        return aligned(found)


class Describe(PathOptions):
    """What C{netsim simulator describe} can be told."""

    synopsis = "[options] NAME"
    longdesc = (
        "Tells what a simulator is: its addresses, types, commands, custom commands and"
        " faults. It is imported, and not started."
    )
    example = "active_surface"

    def parseArgs(self, *names: str) -> None:
        """The simulator."""
        if len(names) != 1:
            raise usage.UsageError(f"expected {self.synopsis}")
        self["name"] = names[0]

    def run(self) -> Iterator[str]:
        """Describe it."""
        return describe(load(self["name"], self["path"]))


class _RunningOptions(SystemOptions):
    """
    The options of a tool for simulators that run.

    @ivar failed: one that was asked for does not run, or does not do what it should.
    """

    failed = False
    optParameters = [
        ["port-offset", None, None, "Only a copy that was started with this.", options.port],
    ]

    def run(self) -> Iterator[str]:
        """Find them, and do it."""
        processes = survey(run_directory())
        found = [
            (process, chosen)
            for process in processes
            if (chosen := list(filter(self._is_meant, process.simulators or ())))
        ]
        yield from self.of(found)
        hung = [process for process in processes if process.simulators is None]
        yield from self._missing(found, hung)
        for process in hung:
            self.failed = True
            yield self.hung(process)

    def of(self, found: Iterable[tuple[Process, list[Running]]]) -> Iterator[str]:
        """Do it with those that are meant."""
        raise NotImplementedError

    def missing(self, name: str) -> str:
        """What is said of one that is not there."""
        return f"Simulator '{name}' is not running."

    def hung(self, process: Process) -> str:
        """What is said of one that does not answer."""
        return f"Process {process.pid} does not answer."

    def none(self) -> Iterator[str]:
        """What is said where there is nothing at all."""
        yield "No simulator is running."

    def _is_meant(self, running: Running) -> bool:
        if self["port-offset"] not in (None, running.port_offset):
            return False
        if self["type"] not in (None, running.name):
            return False
        names = set(map(short, self["system"]))
        return not names or running.system in names or running.name in names

    def _missing(
        self, found: Iterable[tuple[Process, list[Running]]], hung: Iterable[Process]
    ) -> Iterator[str]:
        there = {name for _, some in found for one in some for name in (one.name, one.system)}
        if not self["system"] and not there and not list(hung):
            yield from self.none()
        for name in self["system"]:
            if short(name) not in there:
                self.failed = True
                yield self.missing(self["type"] or short(name))


class Status(_RunningOptions):
    """What C{netsim simulator status} can be told."""

    synopsis = "[options]"
    longdesc = "Tells which simulators run; exits with 1 if one of --system does not."
    example = "-s active_surface"
    optFlags = [["json", "j", "One JSON object a line, for programs."]]

    def of(self, found: Iterable[tuple[Process, list[Running]]]) -> Iterator[str]:
        """Tell how they are."""
        for process, several in found:
            for running in several:
                if self["json"]:
                    yield json.dumps({"pid": process.pid, **running.as_dict()})
                else:
                    yield _line(process, running)

    def missing(self, name: str) -> str:
        """With JSON, an object that has no process."""
        return json.dumps({"name": name, "pid": None}) if self["json"] else super().missing(name)

    def hung(self, process: Process) -> str:
        """With JSON, an object without a name."""
        text = super().hung(process)
        return json.dumps({"pid": process.pid, "error": text}) if self["json"] else text

    def none(self) -> Iterator[str]:
        """With JSON, nothing."""
        return iter(()) if self["json"] else super().none()


class Stop(_RunningOptions):
    """What C{netsim simulator stop} can be told."""

    synopsis = "[options]"
    longdesc = "Stops simulators, and waits until they are gone."
    example = "-s active_surface"

    def of(self, found: Iterable[tuple[Process, list[Running]]]) -> Iterator[str]:
        """Stop them."""
        for process, several in found:
            names = [running.name for running in several]
            yield from (f"Sent stop to '{name}' simulator." for name in names)
            for name in sorted(stop(process, names)):
                self.failed = True
                yield (
                    f"Simulator '{name}' has not stopped in {STOP_WITHIN:g} seconds"
                    f" (process {process.pid})."
                )


def _line(process: Process, running: Running) -> str:
    def count(number: int, what: str) -> str:
        return f"{number} {what}{'' if number == 1 else 's'}"

    uptime = running.uptime
    since = "starting" if uptime is None else f"up {timedelta(seconds=int(uptime))}"
    parts = [
        f"{count(running.instances, 'instance')} on {in_short(running.addresses)}",
        count(running.connections, "connection"),
        *([f"{count(running.skipped, 'beat')} skipped"] if running.skipped else []),
        *([f"{count(running.missed, 'message')} missed by clients"] if running.missed else []),
        since,
    ]
    return f"{running.name}: {', '.join(parts)} (process {process.pid})"
