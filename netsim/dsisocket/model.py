"""The values that commands, hosts and replies are made of."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from attrs import field, frozen

__all__ = [
    "SUCCEEDED",
    "Ended",
    "Host",
    "HostReport",
    "Limits",
    "Node",
    "Reply",
    "Secret",
    "Status",
]

SUCCEEDED = "I think the command might have succeeded."
"""What a command that did what it should is answered, word for word."""


class Status(Enum):
    """How a command ended; the values are the codes of the reply."""

    OK = 0
    JSON_ERROR = 1
    EXECUTION_ERROR = 2
    BUSY = 3


@frozen
class Secret:
    """
    A text that no log and no C{repr} shows.

    @ivar variable: the environment variable that it comes from; empty where from none.
    """

    _text: str = field(repr=False)
    variable: str = ""

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def matches(self, text: object) -> bool:
        """Compare, in a time that does not tell how much of it is right."""
        if not isinstance(text, str):
            return False
        mine, other = (one.encode("utf-8", "surrogatepass") for one in (self._text, text))
        return hmac.compare_digest(mine, other)


@frozen
class Limits:
    """
    When a script is ended from outside.

    @ivar timeout: seconds that it may take; none for no limit.
    @ivar no_output: seconds that it may print nothing; none for no limit.
    """

    timeout: float | None = None
    no_output: float | None = None


@frozen
class Host:
    """
    A machine of the test cluster.

    @ivar index: its place in its group, from 0.
    @ivar alias: what the configuration calls it; none where it has no name of its own.
    @ivar public_ip: where SSH reaches it.
    @ivar private_ip: what the other hosts of the cluster know it by.
    @ivar port: of its SSH server.
    @ivar key_file: the private key; none leaves it to the agent and the usual files.
    @ivar device: its network device; none for the one that leads to a destination.
    """

    group: str
    index: int
    public_ip: str
    private_ip: str
    alias: str | None = None
    user: str | None = None
    port: int = 22
    key_file: Path | None = None
    device: str | None = None

    @property
    def name(self) -> str:
        """What logs, replies and reports call it, such as C{mongod.0}."""
        return self.alias or (self.group if self.is_local else f"{self.group}.{self.index}")

    @property
    def is_local(self) -> bool:
        """Whether this is the control host itself, which needs no SSH."""
        return self.group == "localhost"


@frozen
class Node:
    """
    A server of the cluster that C{restart_mongodb} stops and starts.

    @ivar host: the name of its host, as in C{on_<name>}.
    @ivar start: the command that starts it.
    @ivar stop: the command that asks it to shut down; none goes on with SIGTERM.
    @ivar dbpath: its directory of data; none where it has none.
    @ivar logpath: its log file, or its directory of logs.
    """

    id: str
    group: str
    host: str
    port: int
    start: str
    stop: str | None = None
    dbpath: str | None = None
    logpath: str | None = None


@frozen
class Ended:
    """
    How a script ended on a host.

    @ivar status: the exit status; none where a signal ended it, or the connection.
    @ivar seconds: how long it took.
    @ivar output: the last lines that it printed, stdout and stderr together.
    @ivar reason: why it did not end by itself, such as C{killed by SIGKILL} or C{printed
        nothing for 5 s}; empty where it did.
    """

    status: int | None
    seconds: float = 0.0
    output: tuple[str, ...] = ()
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself, with the status 0."""
        return self.status == 0 and not self.reason


@frozen
class HostReport:
    """
    What became of a command on one host.

    @ivar failure: one sentence, without the host's name; empty where all went well.
    @ivar planned: the scripts and transfers that were not done, as nothing is in a dry run.
    """

    host: str
    failure: str = ""
    exit_status: int | None = None
    seconds: float = 0.0
    output: tuple[str, ...] = ()
    planned: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For C{--details}."""
        details: dict[str, Any] = {
            "exit_status": self.exit_status,
            "seconds": round(self.seconds, 6),
            "output": list(self.output),
        }
        if self.failure:
            details["failure"] = self.failure
        if self.planned:
            details["planned"] = list(self.planned)
        return details


@frozen
class Reply:
    """
    The answer to one command.

    @ivar hosts: what became of it on each host, in the order of the configuration.
    """

    status: Status
    message: str
    seconds: float | None = None
    hosts: tuple[HostReport, ...] = ()

    def line(self, details: bool = False) -> bytes:
        """
        One JSON object and a newline, as dsisocket.txt shows it: exactly three keys.

        @param details: add C{seconds} and C{hosts}.
        """
        answer: dict[str, Any] = {
            "status_code": self.status.value,
            "status": self.status.name,
            "message": self.message,
        }
        if details:
            answer |= self._details()
        return json.dumps(answer).encode("ascii") + b"\n"

    def _details(self) -> Mapping[str, Any]:
        hosts = {report.host: report.as_json() for report in self.hosts}
        return {"hosts": hosts, "seconds": round(self.seconds or 0.0, 6)}
