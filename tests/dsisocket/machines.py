"""
Machines that do nothing, remember what they were asked, and answer as they are told.

    >>> machine = FakeMachine(host("mongod", 0))
    >>> machine.answer = lambda call: Ended(3) if call.startswith("exit") else None
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.model import Ended, Host, Limits
from netsim.dsisocket.settings import Listening, Settings, SshSettings

Answer = Ended | BaseException | Deferred[Any] | None
"""None for success; a L{Deferred} that the test fires holds the machine up."""


def host(group: str = "mongod", index: int = 0, **more: Any) -> Host:
    """A host with addresses of its own: C{192.0.2.N} and C{10.0.0.N}."""
    number = sum(map(ord, group)) % 200 + index
    if group == "localhost":
        return Host(group, index, "127.0.0.1", "127.0.0.1", **more)
    return Host(group, index, f"192.0.2.{number}", f"10.0.0.{number}", **more)


def settings(hosts: Iterable[Host] = (), **more: Any) -> Settings:
    """Settings with these hosts and localhost, in the groups that the configuration makes."""
    everyone = (*hosts, host("localhost"))
    groups: dict[str, tuple[str, ...]] = {"workload_client": (), "mongod": (), "mongos": ()}
    groups["configsvr"] = groups["all_servers"] = groups["all_hosts"] = ()
    for one in everyone:
        groups[one.group] = (*groups.get(one.group, ()), one.name)
        if not one.is_local:
            groups["all_hosts"] += (one.name,)
            if one.group != "workload_client":
                groups["all_servers"] += (one.name,)
    return Settings(Listening(), SshSettings("ec2-user"), everyone, groups, **more)


@frozen
class Call:
    """
    What a machine was asked.

    @ivar text: the script, or C{upload A -> B}, C{retrieve A -> B}.
    """

    text: str
    limits: Limits | None = None


@implementer(IMachine)
class FakeMachine:
    """
    A host that only remembers.

    @ivar calls: all that was asked, in order.
    @ivar answer: called with each L{Call.text}; says how it goes.
    @ivar stopped: whether it has been told to stop.
    """

    def __init__(self, host: Host, answer: Callable[[str], Answer] = lambda _: None) -> None:
        self.host = host
        self.answer = answer
        self.calls: list[Call] = []
        self.stopped = False

    @property
    def asked(self) -> list[str]:
        """The texts of the calls."""
        return [call.text for call in self.calls]

    def run(self, script: str, limits: Limits) -> Deferred[Ended]:
        """Remember the script; it succeeds, unless told otherwise."""
        return self._asked(Call(script, limits), Ended(0))

    def upload(self, source: Path, target: str) -> Deferred[None]:
        """Remember it."""
        return self._asked(Call(f"upload {source} -> {target}"), None)

    def retrieve(self, source: str, target: Path) -> Deferred[None]:
        """Remember it."""
        return self._asked(Call(f"retrieve {source} -> {target}"), None)

    def stop(self) -> Deferred[None]:
        """Remember it."""
        self.stopped = True
        return succeed(None)

    def _asked(self, call: Call, usual: Any) -> Deferred[Any]:
        self.calls.append(call)
        answer = self.answer(call.text)
        if isinstance(answer, Deferred):
            return answer
        if isinstance(answer, BaseException):
            return fail(answer)
        return succeed(usual if answer is None else answer)
