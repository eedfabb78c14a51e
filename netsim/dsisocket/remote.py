"""A host that is reached by SSH."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.dsisocket.copying import copy
from netsim.dsisocket.crew import Transfers
from netsim.dsisocket.execline import Announcement, Line, encoded, kill_line, script_line
from netsim.dsisocket.execution import Execution, Executions
from netsim.dsisocket.interfaces import IMachine
from netsim.dsisocket.link import Answer, Link, Session
from netsim.dsisocket.localfiles import LocalFiles
from netsim.dsisocket.model import Ended, Host, Limits
from netsim.dsisocket.ssh.channels import IRemoteProcess
from netsim.dsisocket.ssh.connection import Connection
from netsim.dsisocket.ssh.sftp import SftpFiles
from netsim.errors import SshError

__all__ = ["RemoteMachine"]


@implementer(IMachine)
class RemoteMachine:
    """
    A host at the other end of one connection, which is made when it is needed.

    Scripts and transfers share it; what is too much for a server at once waits.  When it
    was lost, the next command makes a new one.
    """

    log = Logger()

    def __init__(
        self, host: Host, reactor: Any, connect: Callable[[], Deferred[Connection]]
    ) -> None:
        self.host = host
        self._reactor = reactor
        self._link = Link(reactor, connect)
        self._scripts = Executions()
        self._files = LocalFiles(reactor, f"files for {host.name}")
        self._transfers = Transfers()

    def run(self, script: str, limits: Limits) -> Deferred[Ended]:
        """
        Run a script under bash.

        @raise SshError: the host cannot be reached, or will not.
        @raise InputError: the script is none.
        """
        return Deferred.fromCoroutine(self._run(script, limits))

    def upload(self, source: Path, target: str) -> Deferred[None]:
        """
        Copy a file or directory to the host, by SFTP.

        @raise HostError: a file of this machine is at fault.
        @raise PeerError: one of the host is.
        """
        return self._transfer(
            lambda there: copy(self._files, str(source), there, target, into=True)
        )

    def retrieve(self, source: str, target: Path) -> Deferred[None]:
        """
        Copy a file or directory from the host, by SFTP.

        @raise HostError: a file of this machine is at fault.
        @raise PeerError: one of the host is.
        """
        return self._transfer(lambda there: copy(there, source, self._files, str(target)))

    def stop(self) -> Deferred[None]:
        """End all scripts and transfers, then the connection."""
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._link.refuse()
        await gatherResults([self._scripts.stop(), self._transfers.stop()])
        self._files.stop()
        await self._link.close()

    async def _run(self, script: str, limits: Limits) -> Ended:
        encoded(script)
        session = await self._link.acquire()
        process = _Processes(session)
        execution = Execution(self.host.name, limits, self._reactor, process)
        self._scripts.add(execution)
        execution.over.addCallback(lambda _: session.release())
        process.start(script_line(script, session.is_bash), execution)
        return await execution.done

    def _transfer(self, work: Callable[[SftpFiles], Coroutine[Any, Any, None]]) -> Deferred[None]:
        return self._transfers.add(self._with_files(work))

    async def _with_files(self, work: Callable[[SftpFiles], Coroutine[Any, Any, None]]) -> None:
        session = await self._link.acquire()
        try:
            files = SftpFiles(await session.connection.open_sftp())
            try:
                await work(files)
            finally:
                files.close()
        finally:
            session.release()


@implementer(IRemoteProcess)
class _Processes:
    """What a script has started on the host: a session that sshd has made for it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._announcement = Announcement()
        self._channel: Any = None
        self._is_abandoned = False
        self._waiting: list[Deferred[None]] = []
        self._execution: Any = None

    def start(self, line: Line, execution: Execution) -> None:
        """Ask the host to run it; the execution is told what becomes of it."""
        self._execution = execution
        starting = self._session.connection.execute(line.command, self, line.stdin)
        starting.addCallbacks(self._started, self._failed)

    def output_received(self, data: bytes) -> None:
        """It has printed this."""
        if shown := self._announcement.feed(data):
            self._execution.output_received(shown)
        if self._waiting and self._announcement.pid is not None:
            self._wake()

    def exited(self, status: int | None, signal: str | None) -> None:
        """Bash has ended; what it has started may still hold the channel open."""
        self._execution.exited(status, signal)

    def ended(self, status: int | None, signal: str | None) -> None:
        """The channel is closed."""
        if held := self._announcement.finish():
            self._execution.output_received(held)
        self._execution.ended(status, signal)
        self._wake()

    def kill(self, patience: float) -> Deferred[None]:
        """End the group, by another command."""
        return Deferred.fromCoroutine(self._kill(patience))

    def abandon(self) -> None:
        """Close the channel."""
        self._is_abandoned = True
        if self._channel is not None:
            self._channel.discard()

    async def _kill(self, patience: float) -> None:
        if self._announcement.pid is None and not self._is_abandoned:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        if self._announcement.pid is None:
            return
        answer = Answer()
        line = kill_line(self._announcement.pid, patience)
        await self._session.connection.execute(line, answer)
        if await answer.status:
            raise SshError("the processes do not end")

    def _started(self, channel: Any) -> None:
        self._channel = channel
        if self._is_abandoned:
            channel.discard()

    def _failed(self, failure: Failure) -> None:
        self._execution.failed(failure)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(None)
