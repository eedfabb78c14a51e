"""What tests of a host share: systems, instances of them, and what is logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from errno import EADDRINUSE
from os import strerror
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import LogEvent, LogLevel, formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from netsim.simulator.conversation import Conversation, Outcome
from netsim.simulator.framing import Delimiter
from netsim.simulator.handlers import BaseHandler, ListenHandler
from netsim.simulator.instance import Instance
from netsim.simulator.model import SHUTDOWN
from netsim.simulator.system import MessageSystem, Peer, SendingSystem
from tests.replay.wire import Client, Reactor


class Port:
    """A port that accepts, of L{Ports}."""

    def __init__(self, ports: Ports, address: Any, accepts: Any) -> None:
        self.address = address
        self.accepts = accepts
        self._ports = ports

    def getHost(self) -> Any:
        return self.address

    def stopListening(self) -> Deferred[None] | None:
        self._ports.open.remove(self)
        if isinstance(self.accepts, DatagramProtocol):
            self.accepts.doStop()
        return None


class Ports(Reactor):
    """
    A reactor whose ports can be in use.

    @ivar taken: numbers that are in use by somebody else.
    @ivar open: the ports that are open.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[int] = set()
        self.open: list[Port] = []

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        return self._listen(IPv4Address("TCP", interface, port), factory)

    def listenUDP(
        self, port: int, protocol: Any, interface: str = "", maxPacketSize: int = 8192
    ) -> Any:
        opened = self._listen(IPv4Address("UDP", interface, port), protocol)
        protocol.makeConnection(opened)
        return opened

    def numbers(self) -> list[int]:
        """The numbers of the ports that are open."""
        return [port.address.port for port in self.open]

    def connect(self, number: int, window: float = float("inf")) -> Client:
        """A client of the port with this number."""
        [port] = [port for port in self.open if port.address.port == number]
        return Client(self, port.accepts, window)

    def _listen(self, address: IPv4Address, accepts: Any) -> Port:
        used = {(port.address.type, port.address.port) for port in self.open}
        if address.port in self.taken or (address.type, address.port) in used:
            reason = OSError(EADDRINUSE, strerror(EADDRINUSE))
            raise CannotListenError(address.host, address.port, reason)
        opened = Port(self, address, accepts)
        self.open.append(opened)
        return opened


class Parser:
    """
    An existing system, fed byte by byte; of no class of ours.

    @ivar heard: what it was fed.
    """

    def __init__(self, answer: Callable[[str], Any] = lambda byte: True) -> None:
        self.heard = ""
        self.calls: list[Any] = []
        self.stops = 0
        self._answer = answer

    def parse(self, byte: str) -> Any:
        self.heard += byte
        return self._answer(byte)

    def system_greet(self) -> Any:
        return None

    def system_stop(self) -> str:
        self.stops += 1
        return SHUTDOWN


class Subscribers(Parser):
    """
    An existing system that sends.

    @ivar queues: those of its subscribers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.queues: list[Any] = []

    def subscribe(self, q: Any) -> None:
        self.queues.append(q)

    def unsubscribe(self, q: Any) -> None:
        self.queues.remove(q)


class Messages(MessageSystem):
    """
    A system of lines, which answers as the test says.

    @ivar heard: its messages.
    @ivar stops: how often it was stopped.
    """

    framing = Delimiter()

    def __init__(self, answer: Callable[[bytes], Any] = lambda message: None) -> None:
        self.heard: list[bytes] = []
        self.peers: list[Peer] = []
        self.starts = self.stops = 0
        self._answer = answer

    def system_start(self) -> None:
        self.starts += 1

    def system_stop(self) -> str:
        self.stops += 1
        return SHUTDOWN

    def message(self, message: bytes, peer: Peer) -> Any:
        self.heard.append(message)
        self.peers.append(peer)
        return self._answer(message)


class Both(Messages, SendingSystem):
    """
    It listens and sends.

    @cvar made: all that were made.
    """

    made: list[Both]

    def __init__(self, **arguments: Any) -> None:
        super().__init__(lambda message: message)
        self.arguments = arguments
        self.made.append(self)

    def status(self) -> bytes:
        return b"status"


class HostTestCase(SynchronousTestCase):
    """
    A test of a host.

    @ivar reactor: a clock, with ports and connections in memory.
    @ivar events: what was logged at warning level or above.
    """

    def setUp(self) -> None:
        self.reactor = Ports()
        self.events: list[LogEvent] = []
        globalLogPublisher.addObserver(self._observe)
        self.addCleanup(globalLogPublisher.removeObserver, self._observe)

    def instance(self, system: Any, **options: Any) -> Instance:
        """Host a system on the reactor."""
        return Instance(system, "device[3]", self.reactor, **options)

    def told(self) -> str:
        """The one thing that was logged since this was asked last."""
        self.assertEqual(1, len(self.events), [formatEvent(event) for event in self.events])
        return formatEvent(self.events.pop())

    def quiet(self) -> None:
        """Fail if something was logged."""
        self.assertEqual([], [formatEvent(event) for event in self.events])

    def failed(self, kind: type[BaseException]) -> str:
        """The same, of an exception, which is logged with its traceback."""
        [failure] = self.flushLoggedErrors(kind)
        self.assertTrue(failure.getTraceback())
        return self.told()

    def _observe(self, event: LogEvent) -> None:
        if event["log_level"] >= LogLevel.warn:
            self.events.append(event)


class Handlers:
    """
    A factory of handlers.

    @ivar made: those that there were.
    @ivar left: those that are gone.
    @ivar farewells: how often an address was to stop.
    """

    def __init__(
        self, instance: Instance, kind: Callable[..., BaseHandler], **options: Any
    ) -> None:
        self.made: list[BaseHandler] = []
        self.left: list[BaseHandler] = []
        self.farewells = 0
        self._arguments = (instance, self.left.append, self._farewell)
        self._kind, self._options = kind, options

    def buildProtocol(self, address: object) -> BaseHandler:
        handler = self._kind(*self._arguments, **self._options)
        self.made.append(handler)
        return handler

    def _farewell(self) -> None:
        self.farewells += 1


class HandlerTestCase(HostTestCase):
    """A test with connections."""

    def serve(self, system: Any, kind: Any = ListenHandler, **options: Any) -> Handlers:
        """Host a system; who connects now speaks to it."""
        self.handlers = Handlers(self.instance(system, **options), kind)
        return self.handlers

    def connect(self, window: float = float("inf")) -> Client:
        """A client that takes so many bytes."""
        return Client(self.reactor, self.handlers, window)  # type: ignore[arg-type]


class ConversationTestCase(HostTestCase):
    """A test with one conversation."""

    def converse(self, system: Any, **options: Any) -> Conversation:
        """Let somebody speak to a system."""
        return Conversation(self.instance(system, **options), "somebody")

    def said(self, outcomes: Iterable[Outcome]) -> list[bytes]:
        """What is answered, also what is answered later."""
        answers = []
        for outcome in outcomes:
            answer: Any = outcome
            if isinstance(outcome, Awaitable):
                answer = self.successResultOf(ensureDeferred(waited(outcome)))
            answers.append(answer)
        return answers


async def waited(awaitable: Any) -> Any:
    """Its result."""
    return await awaitable


def outcome_of(deferred: Deferred[Any]) -> list[Any]:
    """A list that has the outcome of a Deferred, once there is one."""
    outcomes: list[Any] = []

    def keep(outcome: Any) -> None:
        outcomes.append(outcome.value if isinstance(outcome, Failure) else outcome)

    deferred.addBoth(keep)
    return outcomes
