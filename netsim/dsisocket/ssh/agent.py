"""The SSH agent of this machine: its keys, and servers that may use it."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from twisted.conch.error import ConchError
from twisted.conch.ssh.agent import SSHAgentClient
from twisted.conch.ssh.common import NS, getNS
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectError
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from netsim.errors import SshError

__all__ = ["AgentClient", "AgentFactory", "connect_agent"]

_SIGN_REQUEST = 13
_SIGN_RESPONSE = 14
_LONGEST = 107
"""Bytes of the path of a socket."""
_LIMIT = 1 << 20
"""Bytes of an answer; OpenSSH's own agent gives at most 256 KiB."""


class AgentClient(SSHAgentClient):
    """Asks an agent."""

    transport: Any
    _lost = False

    def dataReceived(self, data: bytes) -> None:
        """Take what it answers; one that answers unasked, or without end, is left."""
        try:
            super().dataReceived(data)
        except (IndexError, TypeError, struct.error):
            self.transport.abortConnection()
        if len(self.buf) > _LIMIT:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Fail what is not answered."""
        self._lost = True
        waiting, self.deferreds = self.deferreds, []
        for deferred in waiting:
            deferred.errback(SshError("the agent closed the connection"))

    def sendRequest(self, reqType: int, data: bytes) -> Deferred[bytes]:
        """Ask something."""
        if self._lost:
            return fail(SshError("the agent closed the connection"))
        asked: Deferred[bytes] = super().sendRequest(reqType, data)
        return asked

    async def sign(self, blob: bytes, data: bytes, flags: int) -> bytes:
        """
        Have something signed, with the name of the algorithm before the signature.

        @param flags: 2 and 4 ask an RSA key for SHA-256 and SHA-512, which Conch cannot.
        @raise SshError: it would not.
        """
        request = NS(blob) + NS(data) + struct.pack(">L", flags)
        try:
            answer = await self.sendRequest(_SIGN_REQUEST, request)
        except ConchError as error:
            raise SshError("the agent would not sign") from error
        if answer[:1] != bytes([_SIGN_RESPONSE]):
            raise SshError("the agent would not sign")
        signature: bytes = getNS(answer[1:])[0]
        return signature


def connect_agent(reactor: Any, path: Path) -> Deferred[AgentClient]:
    """
    Reach the agent at a socket.

    @raise ConnectError: nobody is there.
    """
    return _connect(reactor, path, Factory.forProtocol(AgentClient))


class AgentFactory(Factory):
    """Makes protocols that join what a server opens with the agent of this machine."""

    noisy = False

    def __init__(self, reactor: Any, path: Path) -> None:
        self._reactor = reactor
        self._path = path

    def buildProtocol(self, addr: object) -> Protocol:
        """One for each connection of its own."""
        return _Far(self._reactor, self._path)


class _Joined(Protocol):
    """Hands all to the other one, as fast as that one takes it."""

    transport: Any
    other: _Joined | None = None

    def join(self, other: _Joined) -> None:
        """Begin."""
        self.other, other.other = other, self
        for one, two in ((self, other), (other, self)):
            one.transport.registerProducer(two.transport, True)

    def dataReceived(self, data: bytes) -> None:
        """Pass it on."""
        if self.other is not None:
            self.other.transport.write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the other one too."""
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            other.transport.unregisterProducer()
            other.transport.loseConnection()


class _Far(_Joined):
    """What the server sees of it."""

    _ended = False

    def __init__(self, reactor: Any, path: Path) -> None:
        self._reactor = reactor
        self._path = path

    def connectionMade(self) -> None:
        """Take nothing before the agent is there."""
        self.transport.pauseProducing()
        connecting = _connect(self._reactor, self._path, Factory.forProtocol(lambda: _Near(self)))
        connecting.addErrback(self._no_agent)

    def _no_agent(self, failure: Failure) -> None:
        failure.trap(ConnectError)
        self.transport.loseConnection()

    def agent_connected(self, near: _Near) -> None:
        """Begin, if this has not ended meanwhile."""
        if self._ended:
            near.transport.loseConnection()
        else:
            self.join(near)
            self.transport.resumeProducing()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The server needs the agent no longer."""
        self._ended = True
        super().connectionLost(reason)


class _Near(_Joined):
    """The connection to the agent."""

    def __init__(self, far: _Far) -> None:
        self._far = far

    def connectionMade(self) -> None:
        """Say so."""
        self._far.agent_connected(self)


def _connect(reactor: Any, path: Path, factory: Factory) -> Deferred[Any]:
    # Loading endpoints takes time and memory.
    from twisted.internet.endpoints import UNIXClientEndpoint

    if len(os.fsencode(path)) > _LONGEST:
        # The system says so without a number, which Twisted trips over, and hangs.
        return fail(ConnectError(string="its path is too long"))
    factory.noisy = False
    return UNIXClientEndpoint(reactor, str(path)).connect(factory)
