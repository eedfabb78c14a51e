"""Which connections a server may open to here: those that were asked for."""

from __future__ import annotations

import struct
from typing import Any

from twisted.conch.ssh.common import getNS
from twisted.internet.abstract import isIPv6Address
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress
from twisted.logger import Logger

from netsim.dsisocket.ssh.agent import AgentFactory
from netsim.dsisocket.ssh.forwarded import ForwardedChannel
from netsim.dsisocket.ssh.target import Target

__all__ = ["Incoming"]


class Incoming:
    """Knows the factories of a connection."""

    log = Logger()

    def __init__(self, target: Target, reactor: Any) -> None:
        self._reactor = reactor
        self._agent: AgentFactory | None = None
        if target.forward_agent and target.agent is not None:
            self._agent = AgentFactory(reactor, target.agent)
        self._factories: dict[tuple[str, int], Any] = {}

    def add(self, host: str, port: int, factory: Any) -> None:
        """Connections to that port of the server are for this factory."""
        self._factories[host, port] = factory

    def remove(self, host: str, port: int) -> None:
        """No more."""
        self._factories.pop((host, port), None)

    def channel(
        self, kind: bytes, data: bytes, window: int, size: int, connection: Any
    ) -> ForwardedChannel | None:
        """
        Make the channel that the server asks for.

        @return: C{None} for one that nobody asked for, or that the factory does not want.
        @raise IndexError, ValueError, struct.error: what the server says makes no sense.
        """
        host: Any
        peer: Any
        if kind == b"forwarded-tcpip":
            host, peer = _addresses(data)
            factory = self._factory(host)
        elif kind == b"auth-agent@openssh.com":
            host, peer = UNIXAddress(None), UNIXAddress(None)
            factory = self._agent
        else:
            return None
        protocol = self._build(factory, peer)
        if protocol is None:
            return None
        return ForwardedChannel(protocol, host, peer, self._reactor, window, size, connection)

    def _factory(self, host: Any) -> Any:
        if (exact := self._factories.get((host.host, host.port))) is not None:
            return exact
        # A server may tell another name of the address than the one that it was asked for.
        same = [each for (_, port), each in self._factories.items() if port == host.port]
        return same[0] if len(same) == 1 else None

    def _build(self, factory: Any, peer: IAddress) -> Any:
        try:
            return None if factory is None else factory.buildProtocol(peer)
        except Exception:  # noqa: BLE001
            # It is no fault of the connection, which others use too.
            self.log.failure("A mistake in the code")
            return None


def _addresses(data: bytes) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    """Where somebody connected to, and who (RFC 4254, 7.2)."""
    host, rest = getNS(data)
    (port,) = struct.unpack(">L", rest[:4])
    peer, rest = getNS(rest[4:])
    (peer_port,) = struct.unpack(">L", rest[:4])
    return _address(host, port), _address(peer, peer_port)


def _address(host: bytes, port: int) -> IPv4Address | IPv6Address:
    text = host.decode("utf-8", "replace")
    return (IPv6Address if isIPv6Address(text) else IPv4Address)("TCP", text, port)
