"""
Connecting: Twisted's own attempts, which give what they have connected to libuv.

All that Twisted knows of connecting stays: names, timeouts, where to bind, an
exception for each errno.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.address import UNIXAddress
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IAddress, IFileDescriptorReceiver
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from netsim.reactor.connection import Connection
from netsim.reactor.handover import hand_over
from netsim.reactor.port import tcp_host
from netsim.reactor.unix import UNIXConnection


class Attempt:
    """
    What is the same for both kinds of attempts.

    A connection that is open takes its place as the connector's transport.  Until
    then it is the attempt that times out or is stopped: it then has no connector.
    """

    addr: Any
    connected: int
    connector: Any
    reactor: Any
    realAddress: Any
    socket: socket.socket

    _tried = False

    def doConnect(self) -> None:
        """
        Start to connect, or see what has come of it.

        On one machine connecting is done at once, though the system does not say so
        before it is asked again: there is nothing to wait for then.
        """
        if not self._tried and hasattr(self, "connector"):
            self._tried = True
            with suppress(OSError):
                self.socket.connect_ex(self.realAddress)
        super().doConnect()  # type: ignore[misc]

    def begin(self, connection: Connection) -> None:
        """It is open: build its protocol, and serve that."""
        if not hasattr(self, "connector"):
            connection.drop()
            return
        self.connected = 1
        self.connector.transport = connection
        try:
            protocol = self.build(connection)
        except BaseException as error:
            connection.drop()
            self.connector.connectionFailed(Failure(ConnectError(string=error)))
            raise
        if protocol is None:
            connection.protocol = Protocol()
            connection.loseConnection()
        else:
            self._serve(connection, protocol)

    def build(self, connection: Connection) -> Any:
        """The protocol of an open connection, if there is to be one."""
        return self.connector.buildProtocol(connection.getPeer())

    def ended(self, reason: Failure) -> None:
        """Its protocol has heard that it is lost."""
        self.connector.connectionLost(reason)

    def describe(self, connection: Connection) -> str:
        """Its prefix in the log."""
        return f"{connection._getLogPrefix(connection.protocol)},client"

    def represent(self, connection: Connection) -> str:
        """What C{repr} says of it."""
        return f"<{type(connection)} to {self.addr} at {id(connection):x}>"

    def _serve(self, connection: Connection, protocol: Any) -> None:
        connection._safely(lambda: connection.serve(protocol))

    def _give(self, connection: Connection) -> None:
        del self.socket, self.fileno  # type: ignore[attr-defined]
        connection._tlsClientDefault = True
        connection.addr = self.addr
        hand_over(connection)


class TCPAttempt(Attempt, tcp.Client):
    """An attempt to connect with TCP."""

    def resolveAddress(self) -> None:
        """Find the address of a name; one that is an address already needs no Deferred."""
        if self._requiresResolution:
            super().resolveAddress()
            return
        try:
            self._setRealAddress(self.addr)
        except Exception as error:  # noqa: BLE001
            # Of a port out of its range, for one.
            self.failIfNotConnected(error)

    def _finishInit(self, whenDone: Any, skt: Any, error: Any, reactor: Any) -> None:
        """Go on in the next turn, for which the loop needs no timer."""
        if whenDone is None:
            super()._finishInit(whenDone, skt, error, reactor)
        else:
            tcp.Connection.__init__(self, skt, None, reactor)  # type: ignore[arg-type]
            reactor._asyncioEventloop.call_soon(whenDone)

    def _connectDone(self) -> None:
        self._give(Connection(self.socket, self.reactor, self, self.getPeer(), tcp_host))


class UNIXAttempt(Attempt, unix.Client):
    """An attempt to connect to a Unix port."""

    def build(self, connection: Connection) -> Any:
        """The protocol was built before."""
        return connection.protocol

    def _connectDone(self) -> None:
        """libuv reads no file descriptors: who wants them has Twisted's own transport."""
        protocol = self.connector.buildProtocol(self.getPeer())
        if IFileDescriptorReceiver.providedBy(protocol):
            self._keep(protocol)
        else:
            connection = UNIXConnection(self.socket, self.reactor, self, self.getPeer(), no_host)
            connection.protocol = protocol
            self._give(connection)

    def _keep(self, protocol: Any) -> None:
        self.protocol = protocol
        self.connected = 1
        self.logstr = f"{self._getLogPrefix(protocol)},client"
        self.startReading()
        protocol.makeConnection(self)


def no_host(sock: socket.socket) -> IAddress:
    """A client of a Unix port has no address."""
    return UNIXAddress(None)


class Connector(tcp.Connector):
    """Connects with TCP."""

    def _makeTransport(self) -> Any:
        return TCPAttempt(self.host, self.port, self.bindAddress, self, self.reactor)


class UNIXConnector(unix.Connector):
    """Connects to a Unix port."""

    def _makeTransport(self) -> Any:
        return UNIXAttempt(self.address, self, self.reactor, self.checkPID)
