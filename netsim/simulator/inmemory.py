"""A system in memory, for tests: no port, and a clock that moves when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from netsim.simulator.beat import Beat
from netsim.simulator.datagrams import DatagramListenHandler, DatagramSendHandler
from netsim.simulator.handlers import BaseHandler, ListenHandler
from netsim.simulator.instance import Instance
from netsim.simulator.model import Entry, Place
from netsim.simulator.senders import SendHandler

__all__ = ["SimulatedClient", "SimulatedDevice"]

_PLACE = Place("127.0.0.1", 1)


class SimulatedDevice:
    """
    A device without a network.

    Example::

        device = SimulatedDevice(System())
        client = device.connect()
        self.assertEqual(client.say(b"*IDN?\\n"), b"netsim,...\\n")
        device.clock.advance(2.0)
        self.assertEqual(client.heard(), b"...")

    What goes wrong in the system is logged, and so fails a test of trial.

    @ivar system: the one given.
    @ivar clock: a L{Clock}; nothing happens until it is advanced.
    """

    def __init__(self, system: Any, *, custom_commands: bool = True) -> None:
        """
        @param custom_commands: whether those are obeyed.

        What its C{system_start} raises is raised.
        """
        self.system = system
        self.clock = _Reactor()
        label = type(system).__name__
        self._instance = Instance(system, label, self.clock, custom_commands=custom_commands)
        self._beat = Beat(self._instance) if self._instance.is_periodic else None
        self._handlers: list[BaseHandler] = []
        failures: list[Failure] = []
        self._instance.start().addErrback(failures.append)
        for failure in failures:
            failure.raiseException()

    def connect(self) -> SimulatedClient:
        """
        Connect to where it listens.

        @raise SimulatorError: it cannot listen; with everything that it lacks.
        """
        self._instance.check(Entry(listen=_PLACE))
        return self._client(ListenHandler)

    def subscribe(self) -> SimulatedClient:
        """
        Connect to where it sends its status.

        @raise SimulatorError: it has none.
        """
        self._instance.check(Entry(send=_PLACE))
        return self._client(SendHandler, beat=self._beat)

    def datagram(self, data: bytes, *, to_sender: bool = False) -> list[bytes]:
        """
        Send a datagram; give the answers that came at once.

        @param to_sender: to where it sends its status, else to where it listens.
        @raise SimulatorError: it cannot do that.
        """
        where = Entry(send=_PLACE) if to_sender else Entry(listen=_PLACE, datagram=True)
        self._instance.check(where)
        handler = (DatagramSendHandler if to_sender else DatagramListenHandler)(self._instance)
        port: Any = _DatagramPort()
        handler.makeConnection(port)
        handler.datagramReceived(data, ("192.168.1.1", 54321))
        return port.sent

    def stop(self) -> None:
        """Let the system stop, as the host does."""
        self._instance.stop().addErrback(self._instance.failed, "system_stop")

    def _client(self, kind: type[BaseHandler], **options: Any) -> SimulatedClient:
        handler = kind(self._instance, farewell=lambda: self._farewell(kind), **options)
        self._handlers.append(handler)
        return SimulatedClient(handler, self.clock)

    def _farewell(self, kind: type[BaseHandler]) -> None:
        # A real one closes the address, and all its connections end.
        for handler in self._handlers:
            if isinstance(handler, kind):
                handler.close()


class SimulatedClient:
    """
    The client's end of a connection.

    @ivar closed: the device has ended it.
    """

    def __init__(self, handler: BaseHandler, clock: Clock) -> None:
        self._handler = handler
        self._clock = clock
        self._transport: Any = _Transport(handler, clock)
        handler.makeConnection(self._transport)

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return bool(self._transport.disconnecting)

    def say(self, data: bytes) -> bytes:
        """Send, unless the connection has ended; give what came back at once."""
        if not self.closed:
            self._handler.dataReceived(data)
            self._clock.advance(0)
        return self.heard()

    def heard(self) -> bytes:
        """What has come since this was asked last."""
        data: bytes = self._transport.value()
        self._transport.clear()
        return data

    def leave(self) -> None:
        """End the connection."""
        self._transport.loseConnection()
        self._clock.advance(0)


class _Transport(StringTransport):
    """A TCP transport in memory; as a real one, it does not lose its connection at once."""

    def __init__(self, handler: BaseHandler, clock: Clock) -> None:
        super().__init__()
        self._handler = handler
        self._clock = clock

    def loseConnection(self) -> None:
        if not self.disconnecting:
            super().loseConnection()
            self._clock.callLater(0, self._handler.connectionLost, Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        self.loseConnection()


class _Reactor(Clock):
    def callFromThread(self, call: Callable[..., Any], *args: Any) -> None:
        call(*args)


class _DatagramPort:
    """A UDP transport that keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes, addr: Any = None) -> None:
        self.sent.append(data)

    def getHost(self) -> IPv4Address:
        return IPv4Address("UDP", "127.0.0.1", 1)

    def stopListening(self) -> Deferred[None] | None:
        return None
