"""Channels in which a host does something for us: it runs a command, or transfers files."""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.error import ConchError
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.connection import OPEN_CONNECT_FAILED, OPEN_RESOURCE_SHORTAGE
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import Interface

from netsim.dsisocket.ssh.channel import Channel
from netsim.errors import SshError

__all__ = ["ExecChannel", "IPatientProcess", "IRemoteProcess", "SessionChannel", "SubsystemChannel"]

_NO_ROOM = (OPEN_CONNECT_FAILED, OPEN_RESOURCE_SHORTAGE)
"""What a server says that has enough sessions; OpenSSH's says the first."""


class IRemoteProcess(Interface):
    """What hears of a command on a host."""

    def output_received(data: bytes) -> None:
        """It has printed this, to stdout or stderr."""

    def ended(status: int | None, signal: str | None) -> None:
        """
        It has ended; nothing more comes.

        @param status: the exit status; C{None} where a signal ended it.
        @param signal: without SIG.  Both are C{None} where the connection was lost.
        """


class IPatientProcess(IRemoteProcess):
    """What hears of a command, and of what that leaves behind."""

    def exited(status: int | None, signal: str | None) -> None:
        """
        It has ended, but others may still print: what it has left running.

        The parameters are those of C{ended}, which comes later.  It does not come
        before that where the connection is lost.
        """


class SessionChannel(Channel):
    """
    Asks a host for something.

    @ivar opened: fires with this channel when the host does it; C{None} when it has fired.
    @ivar refusals: how often there was no room for it, though nothing else ran.
    """

    name = b"session"
    request = b""
    refusals = 0

    def __init__(self, where: object, argument: bytes) -> None:
        """
        @param where: the host, for errors.
        @param argument: what is asked for.
        """
        super().__init__()
        self.opened: Deferred[Any] | None = Deferred(lambda _: self._given_up())
        self._where = where
        self._argument = argument
        self._is_open = self._is_running = False

    def channelOpen(self, specificData: bytes) -> None:
        """There is a channel: say what for."""
        self._is_open = True
        if self.opened is None:
            self.loseConnection()
            return
        self.prepare()
        asked = self.conn.sendRequest(self, self.request, NS(self._argument), wantReply=True)
        asked.addCallbacks(self._accepted, self._refused)
        self.started()

    def prepare(self) -> None:
        """What is to be asked before."""

    def started(self) -> None:
        """What can be sent without waiting for the answer."""

    def openFailed(self, reason: Any) -> None:
        """The host has no channel for us, or not yet."""
        code = reason.args[1] if isinstance(reason, ConchError) else None
        if not (code in _NO_ROOM and self.conn.open_later(self)):
            self.fail(f"{self._where} opens no session: {_text(reason)}")

    def closed(self) -> None:
        """It is over."""
        if self.conn.is_lost:
            self.fail(f"the connection to {self._where} was lost")
        self.fail(f"{self._where} closed the session")

    def fail(self, text: str) -> None:
        """Say why it could not be done, if nobody has."""
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.errback(SshError(text))

    def _given_up(self) -> None:
        self.opened = None
        if self._is_open:
            self.discard()

    def _accepted(self, _: object) -> None:
        opened, self.opened = self.opened, None
        if opened is not None:
            self._is_running = True
            opened.callback(self)

    def _refused(self, _: Failure) -> None:
        if self.remoteClosed:
            # It was not refused: it cannot be answered any longer.
            return
        self.fail(f"{self._where} refuses to do it: {self.request.decode()}")
        self.loseConnection()


class ExecChannel(SessionChannel):
    """Runs a command."""

    request = b"exec"
    log = Logger()

    def __init__(
        self, where: object, command: bytes, process: Any, stdin: bytes, forward_agent: bool
    ) -> None:
        """
        @param process: an L{IRemoteProcess}.
        @param stdin: what it reads, and then its end.
        @param forward_agent: it may use the agent of this machine.
        """
        super().__init__(where, command)
        self._process = process
        self._stdin = stdin
        self._forward_agent = forward_agent
        self._how: tuple[int | None, str | None] = (None, None)

    def signal(self, name: str) -> None:
        """Send a signal, such as C{TERM}; the host may ignore that (RFC 4254, 6.9)."""
        if not self.localClosed:
            self.conn.sendRequest(self, b"signal", NS(name.encode()))

    def prepare(self) -> None:
        """Offer the agent."""
        if self._forward_agent:
            self.conn.sendRequest(self, b"auth-agent-req@openssh.com", b"")

    def started(self) -> None:
        """Send all of stdin."""
        if self._stdin:
            self.write(self._stdin)
            self._stdin = b""
        self.end_writing()

    def dataReceived(self, data: bytes) -> None:
        """It wrote to stdout."""
        self._tell(self._process.output_received, data)

    def extReceived(self, dataType: int, data: bytes) -> None:
        """It wrote to stderr."""
        self._tell(self._process.output_received, data)

    def request_exit_status(self, data: bytes) -> bool:
        """It ended by itself."""
        self._exited(struct.unpack(">L", data[:4])[0], None)
        return True

    def request_exit_signal(self, data: bytes) -> bool:
        """A signal ended it."""
        self._exited(None, getNS(data)[0].decode("ascii", "replace"))
        return True

    def closed(self) -> None:
        """Nothing more comes."""
        super().closed()
        self._tell(self._process.ended, *self._how)

    def _exited(self, status: int | None, signal: str | None) -> None:
        self._how = (status, signal)
        if hasattr(self._process, "exited"):
            self._tell(self._process.exited, status, signal)

    def _tell(self, method: Any, *arguments: Any) -> None:
        if not self._is_running:
            return
        # What goes wrong there is no fault of the connection, which others use too.
        try:
            method(*arguments)
        except Exception:  # noqa: BLE001
            self.log.failure("A mistake in the code")
            self.discard()


class SubsystemChannel(SessionChannel):
    """
    Joins a protocol with a subsystem.

    @ivar protocol: told when the host has agreed.
    """

    request = b"subsystem"

    def __init__(self, where: object, subsystem: bytes, protocol: Any) -> None:
        super().__init__(where, subsystem)
        self.protocol = protocol
        self._connected = False

    def dataReceived(self, data: bytes) -> None:
        """Pass it on."""
        if self._connected:
            self.protocol.dataReceived(data)

    def closed(self) -> None:
        """Pass it on."""
        super().closed()
        if self._connected:
            self._connected = False
            self.protocol.connectionLost(Failure(SshError(f"{self._where} closed the session")))

    def _accepted(self, result: object) -> None:
        if self.opened is not None:
            self._connected = True
            self.protocol.makeConnection(self)
        super()._accepted(result)


def _text(reason: Any) -> str:
    """Why a channel was not opened; Conch gives text and code in that order."""
    if isinstance(reason, ConchError) and reason.args and isinstance(reason.args[0], bytes):
        return reason.args[0].decode(errors="replace")
    return "the connection was lost"
