"""Finds the command that a JSON value asks for, runs it, and says how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from netsim.dsisocket.interfaces import ICommand
from netsim.dsisocket.model import SUCCEEDED, HostReport, Reply, Status
from netsim.errors import CommandError, NetsimError

__all__ = ["CommandRunner"]


class CommandRunner:
    """Runs commands: its C{run} is what a L{CommandFactory} takes."""

    log = Logger()

    def __init__(self, commands: Iterable[ICommand], cluster: Any, clock: IReactorTime) -> None:
        """
        @param commands: of two with the same name the first is taken.
        @param cluster: given to the commands as it is.
        """
        self._cluster = cluster
        self._clock = clock
        self._commands: dict[str, ICommand] = {}
        for command in commands:
            self._add(command)

    def run(self, value: object) -> Deferred[Reply]:
        """
        Do what a command object says.

        @return: it never fails; what goes wrong is in the reply.
        """
        return Deferred.fromCoroutine(self._run(value))

    async def _run(self, value: object) -> Reply:
        began = self._clock.seconds()
        reply = await self._reply(value)
        return evolve(reply, seconds=self._clock.seconds() - began)

    async def _reply(self, value: object) -> Reply:
        try:
            hosts = await self._reports(value)
            failures = _failures(hosts)
        except CommandError as error:
            return Reply(Status.EXECUTION_ERROR, str(error), hosts=error.hosts)
        except NetsimError as error:
            return Reply(Status.EXECUTION_ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - commands of others raise what they like
            self.log.failure("a command has raised something that it should not")
            return Reply(Status.EXECUTION_ERROR, f"{type(error).__name__}: {error}")
        if failures:
            return Reply(Status.EXECUTION_ERROR, failures, hosts=hosts)
        return Reply(Status.OK, SUCCEEDED, hosts=hosts)

    async def _reports(self, value: object) -> tuple[HostReport, ...]:
        target, argument = _only_entry(value)
        command = self._find(target)
        return tuple(await command.run(target, argument, self._cluster) or ())

    def _find(self, target: str) -> ICommand:
        """The command of this name, or else of the longest beginning."""
        if target in self._commands and not target.endswith("*"):
            return self._commands[target]
        fitting = (name for name in self._commands if _is_beginning(name, target))
        longest = max(fitting, key=len, default=None)
        if longest is None:
            # The prototype showed a KeyError, quotes included, and clients compare it.
            raise CommandError(f"'Unknown dsisocket target {target}'")
        return self._commands[longest]

    def _add(self, command: ICommand) -> None:
        if command.name in self._commands:
            self.log.warn("there are two commands {name}: the first is used", name=command.name)
        self._commands.setdefault(command.name, command)


def _only_entry(value: object) -> tuple[str, Any]:
    if not isinstance(value, dict):
        raise CommandError("item in list isn't a dict")
    if not value:
        raise CommandError("item has no entry: expected one command, such as restart_mongodb")
    if len(value) > 1:
        raise CommandError("item has more than one entry")
    [entry] = value.items()
    return entry


def _is_beginning(name: str, target: str) -> bool:
    return name.endswith("*") and target.startswith(name[:-1])


def _failures(hosts: Sequence[HostReport]) -> str:
    return "\n".join(f"{report.host}: {report.failure}" for report in hosts if report.failure)
