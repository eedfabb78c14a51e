"""
Connecting: Twisted's own attempts, which give what they have connected to libuv.

All that Twisted knows of connecting stays: names, timeouts, where to bind, an
exception for each errno.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import partial
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import UNIXAddress
from twisted.internet.error import ConnectError, TimeoutError, getConnectError
from twisted.internet.interfaces import IAddress, IFileDescriptorReceiver
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from netsim.reactor.connection import Connection
from netsim.reactor.handover import hand_over
from netsim.reactor.port import tcp_host
from netsim.reactor.sockets import Socket
from netsim.reactor.unix import UNIXConnection

_MADE = (0, errno.EISCONN)
_TAKES_TIME = (errno.EINPROGRESS, errno.EALREADY, errno.EWOULDBLOCK)


class Attempt:
    """
    What is the same for both kinds of attempts.

    A connection that is open takes its place as the connector's transport.  Until
    then it is the attempt that times out or is stopped: it then has no connector.
    """

    addr: Any
    addressFamily: Any
    connected: int
    connector: Any
    failIfNotConnected: Any
    reactor: Any
    realAddress: Any
    socket: socket.socket

    _connectDone: Any
    _waits = False

    def createInternetSocket(self) -> Socket:
        """One that does not block, made so by a single call."""
        return Socket(self.addressFamily, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)

    def doConnect(self) -> None:
        """
        Start to connect, or see what has come of it.

        On one machine connecting is done at once, though the system does not say so
        before it is asked again: there is nothing to wait for then.
        """
        if self._waits or not hasattr(self, "connector"):
            super().doConnect()  # type: ignore[misc]
            return
        try:
            code = self._try()
        except OSError as error:
            # It knows that without the system: the path of a port is too long, for one.
            self.failIfNotConnected(ConnectError(error.errno, str(error)))
            return
        if code in _MADE:
            self._connectDone()
        elif code in _TAKES_TIME:
            self._waits = True
            self.connector.wait()
            super().doConnect()  # type: ignore[misc]
        else:
            self.failIfNotConnected(getConnectError((code, os.strerror(code))))

    def _try(self) -> int:
        code = self.socket.connect_ex(self.realAddress)
        if code == errno.EINPROGRESS:
            code = self.socket.connect_ex(self.realAddress)
        return code

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
            connection._safely(partial(connection.serve, protocol))

    def build(self, connection: Connection) -> Any:
        """The protocol of an open connection, if there is to be one."""
        return self.connector.buildProtocol(connection.getPeer())

    def ended(self, reason: Failure) -> None:
        """Its protocol has heard that it is lost."""
        connector = self.connector
        # What refers to itself has to wait for the garbage collector.
        del self.connector
        connector.connectionLost(reason)

    def describe(self, connection: Connection) -> str:
        """Its prefix in the log."""
        return f"{connection._getLogPrefix(connection.protocol)},client"

    def represent(self, connection: Connection) -> str:
        """What C{repr} says of it."""
        return f"<{type(connection)} to {self.addr} at {id(connection):x}>"

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
            self.connector.wait()
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
            FileDescriptor.__init__(self, reactor)
            self.socket, self.fileno = skt, skt.fileno
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


class Patience:
    """What limits the time of an attempt: it has a timer only if it takes time at all."""

    reactor: Any
    timeout: Any
    timeoutID: Any
    transport: Any

    def connect(self) -> None:
        """Start to connect."""
        timeout, self.timeout = self.timeout, None
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self.timeout = timeout

    def wait(self) -> None:
        """It takes time."""
        if self.timeout is not None and self.timeoutID is None:
            fail = self.transport.failIfNotConnected
            self.timeoutID = self.reactor.callLater(self.timeout, fail, TimeoutError())


class Connector(Patience, tcp.Connector):
    """Connects with TCP."""

    def _makeTransport(self) -> Any:
        return TCPAttempt(self.host, self.port, self.bindAddress, self, self.reactor)


class UNIXConnector(Patience, unix.Connector):
    """Connects to a Unix port."""

    def _makeTransport(self) -> Any:
        return UNIXAttempt(self.address, self, self.reactor, self.checkPID)
