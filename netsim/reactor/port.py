"""
Listening ports: Twisted's own, which give what they accept to libuv.

All that Twisted knows of listening stays: errors, backlog, addresses with their
scopes, what to do when there are no file descriptors left.
"""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress, IFileDescriptorReceiver, IProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.reactor.connection import Connection
from netsim.reactor.handover import hand_over
from netsim.reactor.sockets import Socket
from netsim.reactor.unix import UNIXConnection

_log = Logger()


def tcp_host(sock: socket.socket) -> IAddress:
    """The address on this side."""
    kind = IPv6Address if sock.family == socket.AF_INET6 else IPv4Address
    return kind("TCP", *tcp._getsockname(sock))


def unix_host(sock: socket.socket) -> IAddress:
    """The address on this side."""
    return UNIXAddress(sock.getsockname())


class Accepting:
    """What is the same for both kinds of ports."""

    factory: Any
    fileno: Any
    reactor: Any
    socket: Any
    sessionno: int
    numberAccepts: int
    _logger: Logger
    _realPortNumber: int | None

    def createInternetSocket(self) -> socket.socket:
        """One whose connections need little to be opened."""
        return Socket(fileno=super().createInternetSocket().detach())  # type: ignore[misc]

    def doRead(self) -> None:
        """Accept those who wait."""
        try:
            for _ in range(self.numberAccepts):
                try:
                    sock, address = self.socket.accept()
                except BlockingIOError:
                    return
                except OSError:
                    self._accept_carefully()
                    return
                self.accepted(sock, address)
        except BaseException:  # noqa: BLE001
            _log.failure("Cannot accept")

    def _accept_carefully(self) -> None:
        """As Twisted does it, which has a file descriptor left when there are no more."""
        with tcp._BuffersLogs(self._logger.namespace, self._logger.observer) as log:
            waiting = range(self.numberAccepts)
            for sock, address in tcp._accept(log, waiting, self.socket, tcp._reservedFD):
                self.accepted(sock, address)

    def accepted(self, sock: socket.socket, address: Any) -> None:
        """Open a connection on this socket."""
        raise NotImplementedError

    def begin(self, connection: Connection) -> None:
        """It is open: build its protocol, and serve that."""
        try:
            protocol = self.factory.buildProtocol(connection.getPeer())
        except BaseException:
            connection.drop()
            raise
        if protocol is None:
            connection.drop()
        else:
            connection.serve(protocol)

    def ended(self, reason: Failure) -> None:
        """Nobody but the protocol need hear of it."""

    def describe(self, connection: Connection) -> str:
        """Its prefix in the log."""
        protocol = connection._getLogPrefix(connection.protocol)
        peer = connection.getPeer()
        return f"{protocol},{connection.sessionno},{getattr(peer, 'host', '')}"

    def represent(self, connection: Connection) -> str:
        """What C{repr} says of it."""
        kind = type(connection.protocol).__name__
        return f"<{kind} #{connection.sessionno} on {self._realPortNumber}>"

    def _next_number(self) -> int:
        number, self.sessionno = self.sessionno, self.sessionno + 1
        return number


class Port(Accepting, tcp.Port):
    """A TCP port."""

    def accepted(self, sock: socket.socket, address: Any) -> None:
        """Open a connection on this socket."""
        peer = self._buildAddr(tcp._getrealname(address))
        connection = Connection(sock, self.reactor, self, peer, tcp_host)
        connection.sessionno = self._next_number()
        hand_over(connection)


class UNIXPort(Accepting, unix.Port):
    """A Unix port."""

    def accepted(self, sock: socket.socket, address: Any) -> None:
        """
        Open a connection on this socket.

        libuv reads no file descriptors: who wants them has Twisted's own transport.
        """
        peer = self._buildAddr(address)
        protocol: Any = self.factory.buildProtocol(peer)
        if protocol is None:
            sock.close()
        elif IFileDescriptorReceiver.providedBy(protocol):
            number = self._next_number()
            transport = unix.Server(sock, protocol, address, self, number, self.reactor)
            IProtocol(protocol).makeConnection(transport)
        else:
            self._give(sock, UNIXAddress(address or None), protocol)

    def begin(self, connection: Connection) -> None:
        """It is open; its protocol was built before."""
        connection.serve(connection.protocol)

    def _give(self, sock: socket.socket, peer: IAddress, protocol: Any) -> None:
        connection = UNIXConnection(sock, self.reactor, self, peer, unix_host)
        connection.protocol = protocol
        connection.sessionno = self._next_number()
        hand_over(connection)
