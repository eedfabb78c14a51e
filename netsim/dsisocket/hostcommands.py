"""What stands under C{on_<group>}: checked as a whole, then done step by step on each host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from netsim.dsisocket import netem, shell
from netsim.dsisocket.arguments import read_host_command
from netsim.dsisocket.files import file_problems, local_source, report_path
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.model import Ended, Host, HostReport
from netsim.dsisocket.objects import complaint
from netsim.dsisocket.settings import Settings
from netsim.dsisocket.steps import (
    Checkouts,
    Delays,
    HostCommand,
    MongoShell,
    Retrieval,
    Script,
    Step,
    Upload,
)
from netsim.errors import NetsimError, Problem

__all__ = ["HostWork", "addresses", "failure_of", "prepare"]

_LINES = 10
_CHARACTERS = 2000
"""So much of a script's output is in the reply."""


def failure_of(ended: Ended) -> str:
    """Say in a sentence how a script failed, with its last lines; empty if it did not."""
    if ended.succeeded:
        return ""
    why = ended.reason or f"exit status {ended.status}"
    last = "\n".join(ended.output[-_LINES:])[-_CHARACTERS:]
    return f"{why}: {last}" if last else why


def addresses(hosts: Iterable[Host]) -> list[str]:
    """The addresses that hosts can be named by, each once."""
    both = (address for host in hosts for address in (host.private_ip, host.public_ip))
    return list(dict.fromkeys(both))


def prepare(settings: Settings, target: str, argument: object, hosts: Sequence[Host]) -> HostWork:
    """
    Check all that can be checked before anything is done.

    @param target: the key that the argument stands under, such as C{on_mongod}.
    @param hosts: those that it will be done on.
    @raise CommandError: with everything that is wrong.
    """
    problems: list[Problem] = []
    everyone = [host for host in settings.hosts if not host.is_local]
    command = read_host_command(target, argument, addresses(everyone), problems)
    problems += file_problems(settings, command, hosts)
    if any(isinstance(step, Delays) for step in command.steps):
        problems += (Problem("", target, reason) for reason in netem.unusable(everyone))
    if problems:
        raise complaint(problems)
    return HostWork(settings, command)


@frozen
class HostWork:
    """The steps of a command: the L{netsim.dsisocket.cluster.Work} on each host."""

    settings: Settings
    command: HostCommand

    async def __call__(self, machine: IMachine) -> HostReport:
        """Do them one after the other; the first that fails is the last."""
        report = HostReport(machine.host.name)
        for step in self.command.steps:
            try:
                report = await self._do(step, machine, report)
            except NetsimError as error:
                report = evolve(report, failure=str(error))
            if report.failure:
                break
        return report

    async def _do(self, step: Step, machine: IMachine, report: HostReport) -> HostReport:
        match step:
            case Upload(files, from_repo):
                for file in files:
                    source = local_source(self.settings, file.source, from_repo)
                    await machine.upload(source, file.target)
            case Retrieval(files):
                for file in files:
                    path = report_path(self.settings, machine.host, file.source, file.target)
                    await machine.retrieve(file.source, path)
            case _:
                for script in self._scripts(step, machine.host):
                    report = await self._run(script, machine, report)
                    if report.failure:
                        break
        return report

    async def _run(self, script: str, machine: IMachine, report: HostReport) -> HostReport:
        ended = await machine.run(script, self.command.limits(self.settings.limits))
        return evolve(
            report,
            failure=failure_of(ended),
            exit_status=ended.status,
            output=ended.output or report.output,
        )

    def _scripts(self, step: Script | Checkouts | MongoShell | Delays, host: Host) -> list[str]:
        match step:
            case Script(text):
                return [text]
            case Checkouts(repos):
                return [shell.checkout(repo) for repo in repos]
            case MongoShell():
                return [shell.mongo_shell(self.settings.mongo_shell, step)]
            case Delays():
                others = [each for each in self.settings.hosts if not each.is_local]
                return [netem.script(host.device, netem.delays_from(step, host, others))]
