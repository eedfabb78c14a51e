"""Runs a test in a reactor of its own, of either kind, and sees what a protocol hears."""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

PATIENCE = 10.0
"""Seconds that a test may take."""
SOON = 0.05
"""Seconds in which all that is under way has arrived."""

Steps = Callable[[], Coroutine[Deferred[Any], Any, None]]


class Listener(Protocol):
    """Keeps a list of all that it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def connectionMade(self) -> None:
        """It is connected."""
        self.heard.append("made")

    def dataReceived(self, data: bytes) -> None:
        """It has received this."""
        self.heard.append(data)

    def connectionLost(self, reason: Any = None) -> None:
        """It is disconnected."""
        self.heard.append(reason.type.__name__)


@implementer(IHalfCloseableProtocol)
class HalfListener(Listener):
    """One that hears of each direction's end."""

    def readConnectionLost(self) -> None:
        """The other side sends no more."""
        self.heard.append("read lost")

    def writeConnectionLost(self) -> None:
        """The other side knows that no more is sent."""
        self.heard.append("write lost")


class ReactorCase(SynchronousTestCase):
    """A test in a reactor of its own."""

    reactor: Any

    def make_reactor(self) -> Any:
        """Which kind; it is given back to the system when the test is over."""
        from netsim.reactor.reactor import UVReactor

        reactor = UVReactor()
        self.addCleanup(reactor._asyncioEventloop.close)
        return reactor

    def setUp(self) -> None:
        """Make the reactor."""
        self.reactor = self.make_reactor()
        self.addCleanup(self.reactor.disconnectAll)
        self.served: list[Any] = []

    def run_steps(self, steps: Steps) -> None:
        """Run this in the reactor to its end."""
        results: list[Any] = []

        def start() -> None:
            running = Deferred.fromCoroutine(steps())
            running.addTimeout(PATIENCE, self.reactor)
            running.addBoth(results.append).addBoth(lambda done: self.reactor.stop())

        # Not callWhenRunning: there, the loop itself has not begun.
        self.reactor.callLater(0, start)
        self.reactor.run(installSignalHandlers=False)
        for result in results:
            if result is not None:
                result.raiseException()

    def after(self, seconds: float = SOON) -> Deferred[None]:
        """Wait."""
        return deferLater(self.reactor, seconds, lambda: None)

    def listen(self, kind: type[Protocol]) -> int:
        """Serve protocols of this kind, and keep them: the number of the port."""
        factory = Factory()

        def build(address: Any) -> Protocol:
            self.served.append(kind())
            return self.served[-1]

        factory.buildProtocol = build  # type: ignore[method-assign,assignment]
        number: int = self.reactor.listenTCP(0, factory, interface="127.0.0.1").getHost().port
        return number

    def connect(self, port: int) -> socket.socket:
        """A plain socket that is connected to this port."""
        peer = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.addCleanup(peer.close)
        return peer

    async def serve(self, kind: type[Protocol]) -> tuple[Any, socket.socket]:
        """A protocol of this kind, and the socket that it is connected to."""
        peer = self.connect(self.listen(kind))
        await self.after()
        return self.served[-1], peer


class OnEPoll(ReactorCase):
    """The same on Twisted's own reactor."""

    def make_reactor(self) -> Any:
        """Twisted's."""
        from twisted.internet.epollreactor import EPollReactor

        return EPollReactor()
