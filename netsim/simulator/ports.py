"""The addresses at which an instance is reached, one object for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from netsim.addresses import Address
from netsim.errors import AddressError, HostError, SimulatorError
from netsim.simulator.beat import Beat
from netsim.simulator.datagrams import DatagramListenHandler, DatagramSendHandler
from netsim.simulator.handlers import BaseHandler, ListenHandler
from netsim.simulator.instance import Instance
from netsim.simulator.model import Place
from netsim.simulator.senders import SendHandler
from netsim.simulator.threaded import ThreadedListenHandler, ThreadedSendHandler
from netsim.simulator.traffic import Traffic

__all__ = ["LINGER", "DatagramPort", "Port", "StreamPort"]

_BACKLOG = 4096
LINGER = 0.5
"""Seconds that clients are given to read what was said, once their port is closed."""


class Port:
    """
    A place, open or closed.

    @ivar address: where it really is; C{None} while it is closed.
    @ivar beat: what sends the status of a system that has C{status}.
    @ivar sends: its clients get the status.
    """

    clients = 0
    sends = False

    def __init__(self, instance: Instance, place: Place, stopped: Callable[[], object]) -> None:
        """@param stopped: called when a client has closed it by a custom command."""
        self.address: IAddress | None = None
        self.beat: Beat | None = None
        self.label = instance.label
        self._instance = instance
        self._place = place
        self._stopped = stopped
        self._port: Any = None

    @property
    def traffic(self) -> Traffic:
        """What its clients have sent so far."""
        raise NotImplementedError

    def open(self) -> Deferred[IAddress]:
        """
        Accept clients.

        @raise HostError: the port cannot be had; the text names it and the instance.
        """
        opened: Deferred[Any] = maybeDeferred(self._listen)
        return opened.addCallbacks(self._opened, self._refused)

    def close(self) -> Deferred[Any]:
        """Accept nobody, and end all connections; fires when the port is free."""
        port, self._port, self.address = self._port, None, None
        return maybeDeferred(port.stopListening if port is not None else int)

    def farewell(self) -> None:
        """A client has sent the command that closes this."""
        if self.address is not None:
            self.close().addBoth(lambda _: self._stopped())

    def _listen(self) -> Any:
        raise NotImplementedError

    def _opened(self, port: Any) -> IAddress:
        self._port = port
        address: IAddress = port.getHost()
        self.address = address
        return address

    def _refused(self, failure: Any) -> IAddress:
        if failure.check(AddressError):
            raise SimulatorError(f"{self.label}: {failure.value}") from failure.value
        failure.trap(CannotListenError, OSError)
        error = getattr(failure.value, "socketError", failure.value)
        reason = getattr(error, "strerror", None) or error
        raise HostError(f"{self.label} cannot listen on {self._place}: {reason}") from failure.value


class StreamPort(Port):
    """
    A TCP port.

    @ivar handlers: one for each connection.
    """

    def __init__(
        self, instance: Instance, place: Place, stopped: Callable[[], object], sends: bool
    ) -> None:
        """@param sends: it sends the status, else it takes commands."""
        super().__init__(instance, place, stopped)
        self.handlers: set[BaseHandler] = set()
        self.sends = sends
        self._empty: list[Deferred[None]] = []
        self._past = Traffic()
        if sends and instance.is_periodic:
            self.beat = Beat(instance)

    @property
    def clients(self) -> int:  # type: ignore[override]
        """How many connections there are."""
        return len(self.handlers)

    @property
    def traffic(self) -> Traffic:
        """What its clients have sent so far, those that have left included."""
        return sum((handler.traffic for handler in self.handlers), self._past)

    def handler(self) -> BaseHandler:
        """The protocol of a new connection."""
        instance, gone = self._instance, self._left
        handler: BaseHandler
        if self.sends:
            sender = SendHandler if instance.on_reactor else ThreadedSendHandler
            handler = sender(instance, gone, self.farewell, self.beat)
        else:
            listener = ListenHandler if instance.on_reactor else ThreadedListenHandler
            handler = listener(instance, gone, self.farewell)
        self.handlers.add(handler)
        return handler

    def close(self) -> Deferred[Any]:
        """Accept nobody, and end all connections; fires when there are none."""
        closed = super().close()
        for handler in list(self.handlers):
            handler.close()
        return gatherResults([closed, self._emptied()])

    def _emptied(self) -> Deferred[None]:
        if not self.handlers:
            return succeed(None)
        empty: Deferred[None] = Deferred()
        self._empty.append(empty)
        # Who does not read would keep it open for ever.
        aborting = self._instance.clock.callLater(LINGER, self._abort)
        return empty.addCallback(lambda _: aborting.cancel() if aborting.active() else None)

    def _abort(self) -> None:
        for handler in list(self.handlers):
            handler.transport.abortConnection()

    def _left(self, handler: BaseHandler) -> None:
        if handler in self.handlers:
            self.handlers.discard(handler)
            self._past += handler.traffic
        if not self.handlers:
            empty, self._empty = self._empty, []
            for waiting in empty:
                waiting.callback(None)

    def _listen(self) -> Any:
        # Without an endpoint: those load OpenSSL.
        address = Address.parse(_bindable(self._place))
        return self._instance.clock.listenTCP(
            address.port, _Factory(self), _BACKLOG, address.interface
        )


class DatagramPort(Port):
    """A UDP port."""

    def __init__(
        self, instance: Instance, place: Place, stopped: Callable[[], object], sends: bool
    ) -> None:
        """@param sends: each datagram gets a status, else it is a command."""
        super().__init__(instance, place, stopped)
        kind = DatagramSendHandler if sends else DatagramListenHandler
        self._handler = kind(instance, self.farewell)

    @property
    def traffic(self) -> Traffic:
        """What was sent to it so far."""
        return self._handler.traffic

    def _listen(self) -> Any:
        address = Address.parse(f"udp:{_bindable(self._place)}")
        return self._instance.clock.listenUDP(
            address.port, self._handler, address.interface, maxPacketSize=1 << 16
        )


class _Factory(Factory):
    noisy = False

    def __init__(self, port: StreamPort) -> None:
        self._port = port

    def logPrefix(self) -> str:
        return self._port.label

    def buildProtocol(self, addr: IAddress | None = None) -> BaseHandler:
        return self._port.handler()


def _bindable(place: Place) -> str:
    # Existing modules may name all interfaces as sockets do.
    return str(place if place.host else place.moved("0.0.0.0", 0))
