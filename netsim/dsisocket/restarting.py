"""C{restart_mongodb}: stops, cleans and starts the servers of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from zope.interface import implementer

from netsim.dsisocket.cluster import Cluster
from netsim.dsisocket.interfaces import ICommand, IMachine
from netsim.dsisocket.model import HostReport
from netsim.errors import CommandError

if TYPE_CHECKING:
    from netsim.dsisocket.restart import Plan, Step

__all__ = ["RestartMongodb"]

_FAILED = "Error restarting mongodb"
"""Word for word what the prototype said."""
_GIVEN_UP = {
    "check": "{names} may not be cleaned: nothing is done",
    "stop": "{names} cannot be stopped: nothing is cleaned or started",
    "clean": "{names} cannot be cleaned: nothing is started",
    "start": "{names} cannot be started: nothing that comes after is",
}
_LINES = 20
"""Lines of output that a report keeps."""


@implementer(ICommand)
class RestartMongodb:
    """C{restart_mongodb}: C{clean_logs}, C{clean_db_dir}, C{nodes}."""

    name = "restart_mongodb"

    async def run(self, target: str, argument: Any, cluster: Cluster) -> tuple[HostReport, ...]:
        """
        Stop the nodes, clean what is asked for, start them, wait until they accept.

        A phase begins when the one before has succeeded on all nodes: if one cannot be
        stopped, nothing is cleaned or started.  If one may not be cleaned, nothing is done.

        @return: a report per node, which is named as C{mongod.0/rs0-1}.
        @raise CommandError: the argument is wrong, or a node has failed.
        """
        # Twisted reads this module whenever it looks for plugins.
        from netsim.dsisocket.restart import read_restart

        restart = _Restart(cluster, read_restart(target, argument, cluster.settings))
        async with cluster.turn:
            await restart.run()
        return restart.result()


class _Restart:
    """One restart, and what has become of each node so far."""

    log = Logger()

    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self._cluster = cluster
        self._plan = plan
        self._reports = {name: HostReport(name) for name in plan.names}

    async def run(self) -> None:
        """Do it, up to the phase that fails."""
        plan = self._plan
        for phase, stages in (
            ("check", plan.check()),
            ("stop", plan.stop()),
            ("clean", plan.clean()),
            ("start", plan.start()),
        ):
            for steps in stages:
                await self._stage(phase, steps)
                # All are stopped, also when one cannot be; what starts needs those before it.
                if phase == "start" and self._failed():
                    break
            if self._failed():
                self._give_up(phase)
                return

    def result(self) -> tuple[HostReport, ...]:
        """
        What became of each node.

        @raise CommandError: one has failed; it has the reports.
        """
        reports = tuple(self._reports.values())
        if self._failed():
            raise CommandError(_FAILED, reports)
        return reports

    async def _stage(self, phase: str, steps: Sequence[Step]) -> None:
        """Do one step on each of several nodes, side by side."""
        names = ", ".join(step.name for step in steps)
        self.log.info("{phase}: {names}", phase=phase, names=names)
        doing: list[Deferred[tuple[HostReport, ...]]] = [
            self._cluster.on_each([step.host], _Work(step)) for step in steps
        ]
        for step, (report,) in zip(steps, await gatherResults(doing), strict=True):
            self._add(phase, step, report)

    def _add(self, phase: str, step: Step, report: HostReport) -> None:
        known = self._reports[step.name]
        failure = f"{phase}: {report.failure}" if report.failure else ""
        self._reports[step.name] = evolve(
            known,
            failure=failure,
            exit_status=report.exit_status,
            seconds=known.seconds + report.seconds,
            output=(*known.output, *report.output)[-_LINES:],
            planned=(*known.planned, *report.planned),
        )
        if failure:
            self.log.error(
                "restart of {node} on {host}: {reason}",
                node=step.node.id,
                host=step.host.name,
                reason=failure,
            )

    def _failed(self) -> list[str]:
        return [name for name, report in self._reports.items() if report.failure]

    def _give_up(self, phase: str) -> None:
        """Tell what is not done."""
        self.log.error(_GIVEN_UP[phase], names=", ".join(self._failed()))


@frozen
class _Work:
    """The L{netsim.dsisocket.cluster.Work} of a step."""

    step: Step

    async def __call__(self, machine: IMachine) -> HostReport:
        """Run its script."""
        from netsim.dsisocket.hostcommands import failure_of

        ended = await machine.run(self.step.script, self.step.limits)
        return HostReport(
            self.step.name,
            failure=failure_of(ended),
            exit_status=ended.status,
            seconds=ended.seconds,
            output=ended.output,
        )
