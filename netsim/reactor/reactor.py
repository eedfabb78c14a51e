"""The reactor."""

from __future__ import annotations

import socket
from typing import Any

import uvloop
from twisted.internet._signals import SignalHandling, _MultiSignalHandling
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.base import ReactorBase
from twisted.internet.error import UnsupportedAddressFamily
from twisted.internet.main import CONNECTION_LOST
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.reactor.children import ChildSignals
from netsim.reactor.client import Connector, UNIXConnector
from netsim.reactor.connection import Connection
from netsim.reactor.port import Accepting, Port, UNIXPort

_log = Logger()


class UVReactor(AsyncioSelectorReactor):
    """
    A reactor on libuv, which reads and writes all connections itself.

    The rest is as on Twisted's asyncio reactor.

    @ivar connections: all that are open.
    """

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        loop = uvloop.new_event_loop()
        loop.set_exception_handler(_report)
        super().__init__(loop)

    def listenTCP(self, port: Any, factory: Any, backlog: int = 50, interface: str = "") -> Port:
        """Accept connections on a TCP port."""
        listening = Port(port, factory, backlog, interface, self)
        listening.startListening()
        return listening

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: Any,
        timeout: float = 30.0,
        bindAddress: Any = None,
    ) -> Connector:
        """Connect to a TCP port."""
        connector = Connector(host, port, factory, timeout, bindAddress, self)
        connector.connect()
        return connector

    def listenUNIX(
        self, address: Any, factory: Any, backlog: int = 50, mode: int = 0o666, wantPID: Any = 0
    ) -> UNIXPort:
        """Accept connections on a Unix port."""
        listening = UNIXPort(address, factory, backlog, mode, self, wantPID)
        listening.startListening()
        return listening

    def connectUNIX(
        self, address: Any, factory: Any, timeout: float = 30, checkPID: Any = 0
    ) -> UNIXConnector:
        """Connect to a Unix port."""
        connector = UNIXConnector(address, factory, timeout, self, checkPID)
        connector.connect()
        return connector

    def adoptStreamPort(
        self, fileDescriptor: int, addressFamily: int, factory: Any
    ) -> Port | UNIXPort:
        """Accept connections on a port that listens already."""
        if addressFamily not in self._supportedAddressFamilies:
            raise UnsupportedAddressFamily(addressFamily)
        listening: Port | UNIXPort
        if addressFamily == socket.AF_UNIX:
            listening = UNIXPort._fromListeningDescriptor(self, fileDescriptor, factory)
        else:
            listening = Port._fromListeningDescriptor(self, fileDescriptor, addressFamily, factory)
        listening.startListening()
        return listening

    def addReader(self, reader: Any) -> None:
        """Read from this; what a port accepts needs nothing around it."""
        readers: dict[Any, int] = self._readers
        if isinstance(reader, Accepting) and reader not in readers:
            readers[reader] = number = reader.fileno()
            self._asyncioEventloop.add_reader(number, reader.doRead)
        else:
            super().addReader(reader)

    def getReaders(self) -> list[Any]:
        """All that is read from, connections as well."""
        reading = [connection for connection in self.connections if not connection.paused]
        return [*super().getReaders(), *reading]

    def disconnectAll(self) -> None:
        """Disconnect everything, as the reactor stops."""
        super().disconnectAll()
        for connection in list(self.connections):
            connection.cut(Failure(CONNECTION_LOST))

    def _signalsFactory(self) -> SignalHandling:
        # Not of the class in between, whose way to hear of children is libuv's own.
        signals = ReactorBase._signalsFactory(self)
        return _MultiSignalHandling((signals, ChildSignals(self._asyncioEventloop)))


def _report(loop: Any, context: dict[str, Any]) -> None:
    """Log what has failed in a callback, with Twisted's log."""
    error = context.get("exception")
    if error is None:
        _log.error("{what}", what=context.get("message"))
    else:
        _log.failure("{what}", Failure(error), what=context.get("message"))
