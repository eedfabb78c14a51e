"""The hosts of the test, and what is done on several of them at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred, DeferredLock, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.inventory import select
from netsim.dsisocket.model import Host, HostReport
from netsim.dsisocket.settings import Settings
from netsim.errors import NetsimError

__all__ = ["Cluster", "Work"]

Work = Callable[[IMachine], Awaitable[HostReport | None]]
"""What is to be done on a host; no report is one that all went well."""


class Cluster:
    """
    The machines of all hosts, each made when it is first needed.

    @ivar settings: what the configuration says.
    @ivar turn: taken by commands of which one must wait for another, in whatever
        connections they came.
    """

    log = Logger()

    def __init__(
        self, settings: Settings, make_machine: Callable[[Host], IMachine], clock: IReactorTime
    ) -> None:
        self.settings = settings
        self.turn = DeferredLock()
        self._make_machine = make_machine
        self._clock = clock
        self._machines: dict[Host, IMachine] = {}

    def hosts(self, target: str) -> tuple[Host, ...]:
        """
        Find the hosts that a target means.

        @param target: such as C{mongod}, C{mongod.0}, an alias, C{all_hosts}, C{localhost}.
        @raise CommandError: there is none.
        """
        return select(self.settings, target)

    def machine(self, host: Host) -> IMachine:
        """The machine of a host, always the same one."""
        if host not in self._machines:
            self._machines[host] = self._make_machine(host)
        return self._machines[host]

    def on_each(self, hosts: Iterable[Host], work: Work) -> Deferred[tuple[HostReport, ...]]:
        """
        Do something on several hosts, side by side, and wait until all have done it.

        It never fails: what went wrong on a host is in its report.  Where a report tells
        no time, it gets the time that the work took.

        @param work: called once for each host.
        @return: the reports, in the order of the hosts.  Cancel it to cancel all the work.
        """
        doing = [Deferred.fromCoroutine(self._on_one(host, work)) for host in hosts]
        return gatherResults(doing).addCallback(tuple)

    def stop(self) -> Deferred[None]:
        """End all that runs on the hosts, and close the connections to them."""
        machines, self._machines = self._machines, {}
        stopping = [
            machine.stop().addErrback(self._not_stopped, host) for host, machine in machines.items()
        ]
        return gatherResults(stopping).addCallback(lambda _: None)

    async def _on_one(self, host: Host, work: Work) -> HostReport:
        began = self._clock.seconds()
        machine = self.machine(host)
        # A machine that does nothing, as in a dry run, notes what it would have done.
        notes: Sequence[str] = getattr(machine, "planned", ())
        known = len(notes)
        report = await self._report(machine, work)
        return evolve(
            report,
            seconds=report.seconds or self._clock.seconds() - began,
            planned=report.planned or tuple(notes[known:]),
        )

    async def _report(self, machine: IMachine, work: Work) -> HostReport:
        name = machine.host.name
        try:
            return await work(machine) or HostReport(name)
        except NetsimError as error:
            return HostReport(name, str(error))
        except CancelledError:
            return HostReport(name, "cancelled")
        except Exception as error:  # noqa: BLE001 - one host's trouble is not the others'
            self.log.failure("unexpected exception on {host}", host=name)
            return HostReport(name, f"{type(error).__name__}: {error}")

    def _not_stopped(self, reason: Any, host: Host) -> None:
        self.log.failure("stopping {host}", reason, host=host.name)
