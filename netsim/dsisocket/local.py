"""The machine that netsim itself runs on: scripts and copies without SSH."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.dsisocket.copying import copy
from netsim.dsisocket.crew import Transfers
from netsim.dsisocket.execution import Execution, Executions
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.localfiles import LocalFiles
from netsim.dsisocket.localprocess import LocalProcesses
from netsim.dsisocket.model import Ended, Host, Limits
from netsim.errors import NetsimError

__all__ = ["LocalMachine"]


@implementer(IMachine)
class LocalMachine:
    """
    This machine: scripts have the working directory of this process, and its environment.

    Paths of files start from there too, or from the home directory after C{~/}.
    """

    def __init__(self, host: Host, reactor: Any, hidden: Collection[str] = ()) -> None:
        """@param hidden: variables of the environment that scripts do not get."""
        self.host = host
        self._reactor = reactor
        self._hidden = hidden
        self._scripts = Executions()
        self._files = LocalFiles(reactor, f"files of {host.name}")
        self._transfers = Transfers()

    def run(self, script: str, limits: Limits) -> Deferred[Ended]:
        """
        Run a script under bash, in a session of its own.

        @raise HostError: there is no bash.
        @raise InputError: the script is none.
        """
        processes = LocalProcesses(self._reactor, self._hidden)
        execution = Execution(self.host.name, limits, self._reactor, processes)
        processes.execution = execution
        self._scripts.add(execution)
        try:
            processes.start(script)
        except NetsimError:
            execution.failed(Failure())
        return execution.done

    def upload(self, source: Path, target: str) -> Deferred[None]:
        """
        Copy a file or directory on this machine.

        @raise HostError: with the path that was at fault.
        """
        return self._transfers.add(copy(self._files, str(source), self._files, target, into=True))

    def retrieve(self, source: str, target: Path) -> Deferred[None]:
        """
        Copy a file or directory on this machine.

        @raise HostError: with the path that was at fault.
        """
        return self._transfers.add(copy(self._files, source, self._files, str(target)))

    def stop(self) -> Deferred[None]:
        """End all scripts and copies."""
        ending = gatherResults([self._scripts.stop(), self._transfers.stop()])
        return ending.addCallback(lambda _: self._files.stop())
