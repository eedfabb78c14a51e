"""Ports of a server that lead to here: asks for them, and finds out why not."""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.error import ConchError
from twisted.conch.ssh.common import NS
from twisted.internet.defer import CancelledError, Deferred

from netsim.addresses import join
from netsim.dsisocket.ssh.channel import Channel
from netsim.dsisocket.ssh.incoming import Incoming
from netsim.errors import ForwardError, PortInUseError, SshError

__all__ = ["Ports"]

_EVERYWHERE = ("", "*", "0.0.0.0", "::")


class Ports:
    """Those of a connection."""

    def __init__(self, connection: Any, incoming: Incoming) -> None:
        """
        @param connection: a L{Connection <netsim.dsisocket.ssh.connection.Connection>}.
        @param incoming: is told which factory a port leads to.
        """
        self._connection = connection
        self._incoming = incoming

    async def listen(self, host: str, port: int, factory: Any) -> int:
        """
        Ask for a port; gives its number.

        @raise ForwardError: the server will not.
        """
        try:
            answer = await self._ask(b"tcpip-forward", host, port)
        except ConchError:
            raise await self._why_not(host, port) from None
        except CancelledError:
            # The server may have agreed meanwhile.
            self._take_back(host, port)
            raise
        bound: int = port or struct.unpack(">L", answer[:4])[0]
        self._incoming.add(host, bound, factory)
        return bound

    async def cancel(self, host: str, port: int) -> None:
        """
        Give a port back.

        @raise ForwardError: the server does not listen there.
        """
        self._incoming.remove(host, port)
        try:
            await self._ask(b"cancel-tcpip-forward", host, port)
        except ConchError as error:
            where = join(host, port)
            raise ForwardError(f"{self._connection.target} does not listen on {where}") from error

    async def _ask(self, request: bytes, host: str, port: int) -> bytes:
        """@raise ConchError: the server refuses."""
        self._check()
        data = NS(host.encode()) + struct.pack(">L", port)
        try:
            answer: bytes = await self._connection.sendGlobalRequest(request, data, wantReply=True)
        except ConchError:
            self._check()
            raise
        return answer

    def _check(self) -> None:
        if self._connection.is_lost:
            raise SshError(f"the connection to {self._connection.target} was lost")

    async def _why_not(self, host: str, port: int) -> ForwardError:
        """The server does not say, so it is asked for less."""
        where, target = join(host, port), self._connection.target
        if port and await self._is_any_permitted(host):
            if port < 1024 and target.user != "root":
                return ForwardError(f"{target} cannot listen on {where}: below 1024 only root may")
            return PortInUseError(f"{where} is in use on {target}")
        # PermitListen may name this one port.
        if port and await self._somebody_listens(host, port):
            return PortInUseError(f"{where} is in use on {target}")
        return ForwardError(
            f"{target} does not permit to listen on {where} (AllowTcpForwarding, PermitListen or"
            " DisableForwarding in its sshd_config, or options of our key)"
        )

    async def _is_any_permitted(self, host: str) -> bool:
        try:
            answer = await self._ask(b"tcpip-forward", host, 0)
        except ConchError:
            return False
        self._take_back(host, struct.unpack(">L", answer[:4])[0])
        return True

    async def _somebody_listens(self, host: str, port: int) -> bool:
        """Connect to there from the server itself; where that is forbidden, nobody does."""
        self._check()
        probe = _Probe()
        near = "127.0.0.1" if host in _EVERYWHERE else host
        origin = NS(b"127.0.0.1") + struct.pack(">L", 0)
        extra = NS(near.encode()) + struct.pack(">L", port) + origin
        self._connection.openChannel(probe, extra)
        found = await probe.found
        self._check()
        return found

    def _take_back(self, host: str, port: int) -> None:
        if port and not self._connection.is_lost:
            data = NS(host.encode()) + struct.pack(">L", port)
            self._connection.sendGlobalRequest(b"cancel-tcpip-forward", data)


class _Probe(Channel):
    """
    Connects, and closes.

    @ivar found: fires with whether somebody was there.
    """

    name = b"direct-tcpip"

    def __init__(self) -> None:
        super().__init__()
        self.found: Deferred[bool] = Deferred()

    def channelOpen(self, specificData: bytes) -> None:
        """Somebody is."""
        self.loseConnection()
        self.found.callback(True)

    def openFailed(self, reason: object) -> None:
        """Nobody is, or we may not know."""
        self.found.callback(False)
