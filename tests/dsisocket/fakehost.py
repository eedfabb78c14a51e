"""
A connection to a host in memory, which runs what it is asked when the test says so.

>>> host = FakeHost()
>>> link = Link(clock, host.connect)
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, succeed

from netsim.dsisocket.execline import PROBE
from netsim.errors import SshError


class FakeCommand:
    """
    What runs on the host.

    @ivar accepting: what waits for its begin.
    @ivar discarded: the channel was closed on this side.
    """

    def __init__(self, line: bytes, process: Any, stdin: bytes) -> None:
        self.line = line
        self.process = process
        self.stdin = stdin
        self.accepting: Deferred[Any] = Deferred()
        self.discarded = False

    def accept(self) -> FakeCommand:
        """Begin."""
        self.accepting.callback(self)
        return self

    def refuse(self) -> None:
        """Do not."""
        self.accepting.errback(SshError("h refuses to do it: exec"))

    def prints(self, data: bytes) -> FakeCommand:
        """Print something."""
        self.process.output_received(data)
        return self

    def end(self, status: int | None = 0, signal: str | None = None) -> None:
        """End, and close."""
        self.process.exited(status, signal)
        self.process.ended(status, signal)

    def discard(self) -> None:
        """Asked by those on this side."""
        self.discarded = True


class FakeConnection:
    """
    What L{netsim.dsisocket.ssh.connection.Connection} is.

    @ivar commands: all that it was asked to run.
    @ivar sftp: what waits for a session to transfer files.
    """

    target = "me@h:22"

    def __init__(self, shell: bytes | None) -> None:
        self.shell = shell
        self.is_lost = self.is_aborted = False
        self.commands: list[FakeCommand] = []
        self.sftp: list[Deferred[Any]] = []

    def execute(self, command: bytes, process: Any, stdin: bytes = b"") -> Deferred[Any]:
        made = FakeCommand(command, process, stdin)
        if command == PROBE and self.shell is not None:
            made.accept().prints(b"\x01%s\n" % self.shell).end()
        else:
            self.commands.append(made)
        return made.accepting

    def open_sftp(self) -> Deferred[Any]:
        self.sftp.append(Deferred())
        return self.sftp[-1]

    def lose(self) -> None:
        """It is gone; those who wait for a command to begin are told as others are."""
        self.is_lost = True
        for command in self.commands:
            if not command.accepting.called:
                command.accepting.errback(SshError("the connection was lost"))
            else:
                command.process.ended(None, None)

    def close(self) -> Deferred[None]:
        self.is_lost = True
        return succeed(None)

    def abort(self) -> None:
        self.is_lost = self.is_aborted = True


class FakeHost:
    """
    Where connections lead.

    @ivar connecting: who waits for one.
    @ivar shell: what a login shell says that it is; none for one that says nothing.
    """

    shell: bytes | None = b"/bin/bash"

    def __init__(self) -> None:
        self.connecting: list[Deferred[FakeConnection]] = []
        self.given_up = 0

    def connect(self) -> Deferred[Any]:
        self.connecting.append(Deferred(self._give_up))
        return self.connecting[-1]

    def accept(self) -> FakeConnection:
        """Let the one who waits in."""
        connection = FakeConnection(self.shell)
        self.connecting.pop().callback(connection)
        return connection

    def _give_up(self, _: object) -> None:
        self.given_up += 1
