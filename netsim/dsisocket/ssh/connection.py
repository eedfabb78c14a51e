"""A connection to a host that has let us in: commands, files, and ports there that lead to here."""

from __future__ import annotations

import struct
from collections import deque
from typing import Any

from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS, getNS
from twisted.conch.ssh.connection import (
    MSG_CHANNEL_OPEN_CONFIRMATION,
    MSG_CHANNEL_OPEN_FAILURE,
    OPEN_ADMINISTRATIVELY_PROHIBITED,
    SSHConnection,
)
from twisted.conch.ssh.filetransfer import FileTransferClient
from twisted.conch.ssh.transport import DISCONNECT_BY_APPLICATION
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from netsim.dsisocket.ssh.channel import Channel
from netsim.dsisocket.ssh.channels import ExecChannel, SessionChannel, SubsystemChannel
from netsim.dsisocket.ssh.incoming import Incoming
from netsim.dsisocket.ssh.keepalive import Keepalive
from netsim.dsisocket.ssh.ports import Ports
from netsim.dsisocket.ssh.quiet import QuietLog
from netsim.dsisocket.ssh.target import Target

__all__ = ["Connection"]

CLOSE_WITHIN = 1.0
"""Seconds that a server may take to close."""
ASK_AGAIN = 0.05
"""Seconds until a server is asked again that had no room though nothing ran."""
REFUSALS = 5
"""So many times."""


class Connection(SSHConnection):
    """
    The service C{ssh-connection}; L{netsim.dsisocket.ssh.connect} makes it.

    @ivar target: who is at the other end.
    @ivar is_lost: it has ended; nothing can be asked.
    """

    log = Logger()
    _log: Any = QuietLog(__name__)
    transport: Any
    is_lost = False

    def __init__(self, target: Target, reactor: Any) -> None:
        super().__init__()
        self.target = target
        self._reactor = reactor
        self._waiting: list[Deferred[None]] = []
        self._incoming = Incoming(target, reactor)
        self._ports = Ports(self, self._incoming)
        self._later: deque[SessionChannel] = deque()
        self._timer: IDelayedCall | None = None
        self._keepalive = Keepalive(
            reactor, target.keepalive, target.missed, self._ask_alive, self._gone
        )

    # What it can do.

    def when_lost(self) -> Deferred[None]:
        """Fires with C{None} when it has ended; at once if it has."""
        if self.is_lost:
            return succeed(None)
        waiting: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    def execute(self, command: bytes, process: Any, stdin: bytes = b"") -> Deferred[ExecChannel]:
        """
        Run a command; fires when the server has accepted it.

        Cancelling closes the channel, which may or may not end the command.

        @param process: an L{IRemoteProcess <netsim.dsisocket.ssh.channels.IRemoteProcess>}.
        @param stdin: what it reads, and then its end.
        @raise SshError: it could not be started; the process is told nothing.
        """
        agent = self.target.forward_agent and self.target.agent is not None
        return self._open(ExecChannel(self.target, command, process, stdin, agent))

    def open_sftp(self) -> Deferred[FileTransferClient]:
        """
        Begin to transfer files; the client's C{transport.loseConnection} ends it.

        @raise SshError: the server does not offer it.
        """
        client = FileTransferClient()
        client._log = self._log
        opening = self._open(SubsystemChannel(self.target, b"sftp", client))
        return opening.addCallback(lambda channel: channel.protocol)

    def listen(self, host: str, port: int, factory: Any) -> Deferred[int]:
        """
        Have the server listen, and connections to there lead to here.

        @param host: its own address; servers may allow loopback only.
        @param port: there; with 0 the server chooses.
        @param factory: makes the protocol of each connection, by C{buildProtocol}.
        @return: fires with the port.
        @raise PortInUseError: somebody else listens there.
        @raise ForwardError: the server does not permit it.
        """
        return Deferred.fromCoroutine(self._ports.listen(host, port, factory))

    def cancel(self, host: str, port: int) -> Deferred[None]:
        """
        Have it listen there no more; connections that are open stay.

        @raise ForwardError: it was not listening.
        """
        return Deferred.fromCoroutine(self._ports.cancel(host, port))

    def close(self) -> Deferred[None]:
        """End it; fires when it has ended, after a second at the latest."""
        if not self.is_lost:
            self.transport.sendDisconnect(DISCONNECT_BY_APPLICATION, b"closed")
            ending = self._reactor.callLater(CLOSE_WITHIN, self.abort)
            self.when_lost().addCallback(lambda _: ending.active() and ending.cancel())
        return self.when_lost()

    def abort(self) -> None:
        """End it now; this is no error where it has ended."""
        if not self.is_lost and self.transport is not None:
            self.transport.abort()

    # What Conch tells.

    def serviceStarted(self) -> None:
        """We are in."""
        super().serviceStarted()
        self._keepalive.start()

    def serviceStopped(self) -> None:
        """It has ended."""
        self.is_lost = True
        self._keepalive.stop()
        super().serviceStopped()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        while self._later:
            self._later.popleft().fail(f"the connection to {self.target} was lost")
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    def adjustWindow(self, channel: SSHChannel, bytesToAdd: int) -> None:
        """Let the peer send more, unless the channel has enough."""
        if not (isinstance(channel, Channel) and channel.holds_back):
            super().adjustWindow(channel, bytesToAdd)

    def channelClosed(self, channel: SSHChannel) -> None:
        """One has ended, which may make room for another."""
        super().channelClosed(channel)
        self._open_next()

    def open_later(self, channel: SessionChannel) -> bool:
        """
        Try again when a command has ended; OpenSSH runs ten at once (MaxSessions).

        It counts one a little longer than we do: where none runs it is asked some times.

        @return: whether there is hope.
        """
        if not any(isinstance(each, ExecChannel) for each in self.channelsToRemoteChannel):
            channel.refusals += 1
            if channel.refusals > REFUSALS:
                return False
            if self._timer is None or not self._timer.active():
                self._timer = self._reactor.callLater(ASK_AGAIN, self._open_next)
        self._later.append(channel)
        return True

    def _open_next(self) -> None:
        if self._later and not self.is_lost:
            self.openChannel(self._later.popleft())

    def gotGlobalRequest(self, requestType: bytes, data: bytes) -> int:
        """Servers ask whether we are alive, and tell their keys: there is nothing to be done."""
        return 0

    def ssh_CHANNEL_OPEN(self, packet: bytes) -> None:
        """The server opens a channel; Conch would log a traceback for each that is refused."""
        kind, rest = getNS(packet)
        sender, window, size = struct.unpack(">3L", rest[:12])
        channel = self._incoming.channel(kind, rest[12:], window, size, self) if size else None
        if channel is None:
            self.log.warn(
                "{target} opens what nobody asked for: {kind}", target=self.target, kind=kind
            )
            answer = struct.pack(">2L", sender, OPEN_ADMINISTRATIVELY_PROHIBITED)
            answer += NS(b"not asked for") + NS(b"")
            self.transport.sendPacket(MSG_CHANNEL_OPEN_FAILURE, answer)
            return
        self._join(channel, sender)
        limits = (channel.localWindowSize, channel.localMaxPacket)
        answer = struct.pack(">4L", sender, channel.id, *limits)
        self.transport.sendPacket(MSG_CHANNEL_OPEN_CONFIRMATION, answer)
        channel.channelOpen(b"")

    def _join(self, channel: Any, sender: int) -> None:
        channel.id = self.localChannelID
        self.localChannelID += 1
        self.channels[channel.id] = channel
        self.channelsToRemoteChannel[channel] = sender
        self.localToRemoteChannel[channel.id] = sender

    def _open(self, channel: SessionChannel) -> Deferred[Any]:
        opened = channel.opened
        assert opened is not None
        if self.is_lost:
            channel.fail(f"the connection to {self.target} was lost")
        else:
            self.openChannel(channel)
        return opened

    def _ask_alive(self) -> Deferred[Any]:
        return self.sendGlobalRequest(b"keepalive@openssh.com", b"", wantReply=True)

    def _gone(self, seconds: float) -> None:
        self.log.warn(
            "{target} has not answered for {seconds:g} s: the connection is given up",
            target=self.target,
            seconds=seconds,
        )
        self.abort()
