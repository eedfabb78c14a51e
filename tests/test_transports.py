"""Tests of L{netsim.transports}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.abstract import FileDescriptor
from twisted.internet.protocol import Factory, Protocol, ServerFactory
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim.transports import Outlet, prompt_writer
from tests.properties import examples
from tests.proxy.network import Network
from tests.replay.wire import Client, Reactor


class Ears(Protocol):
    """Hears nothing of interest."""


class PromptWriterTests(SynchronousTestCase):
    """Writing without waiting for the reactor's next turn."""

    def setUp(self) -> None:
        self.network = Network()
        self.wire = self.network.wire(Factory.forProtocol(Ears))
        self.write = prompt_writer(self.wire)

    def test_atOnce(self) -> None:
        """What is written has arrived when the call returns, and nothing is left to do."""
        self.write(b"now")
        self.assertEqual((b"now", []), (self.wire.heard, self.network.getWriters()))

    def test_order(self) -> None:
        """What could not be sent is sent first, in a later turn, and then what came after it."""
        self.wire.deaf = True
        self.write(b"one ")
        self.write(b"two ")
        self.assertEqual((b"", [self.wire]), (self.wire.heard, self.network.getWriters()))
        self.wire.deaf = False
        self.write(b"three")
        self.assertEqual(b"one two three", self.wire.heard)

    def test_end(self) -> None:
        """The reactor hears of a connection that ends while it is written to."""
        self.wire.loseConnection()
        self.write(b"last words")
        self.assertEqual([self.wire], self.network.getWriters())
        self.network.settle()
        self.assertEqual(b"last words", self.wire.heard)
        self.assertIsNotNone(self.wire.lost)

    def test_plain(self) -> None:
        """A transport that cannot do that writes as it always does."""
        transport = StringTransport()
        prompt_writer(transport)(b"as always")
        self.assertEqual(b"as always", transport.value())


class Mouth(Protocol):
    """Speaks through an outlet."""

    transport: Any

    def __init__(self) -> None:
        self.drained = 0

    def connectionMade(self) -> None:
        self.outlet = Outlet(self.transport, self.drain)

    def drain(self) -> None:
        self.drained += 1


class OutletTestCase(SynchronousTestCase):
    """An outlet of Twisted's own TCP, whose socket takes as much as the test says."""

    def setUp(self) -> None:
        self.connect(0)

    def connect(self, window: float) -> None:
        self.reactor = Reactor()
        self.client = Client(self.reactor, ServerFactory.forProtocol(Mouth), window)
        self.mouth: Mouth = self.client.transport.protocol
        self.outlet = self.mouth.outlet


class OutletTests(OutletTestCase):
    """Messages go out at once, and nothing waits without being known to."""

    def test_atOnce(self) -> None:
        """What the system takes has gone when the call returns, and the reactor knows nothing."""
        self.client.read()
        for data in (b"one", b"", b"two"):
            self.outlet.write(data)
            self.assertEqual((True, []), (self.outlet.ready, self.reactor.getWriters()))
        self.assertEqual(b"onetwo", self.client.received)
        self.assertEqual(0, self.mouth.drained)

    def test_partly(self) -> None:
        """What is not taken is sent as soon as it can be, and then it is ready again, once."""
        self.client.read(4)
        self.outlet.write(b"one two")
        self.assertEqual((b"one ", False), (self.client.received, self.outlet.ready))
        self.client.read(2)
        self.assertEqual((False, 0), (self.outlet.ready, self.mouth.drained))
        self.client.read(1)
        self.assertEqual((True, 1), (self.outlet.ready, self.mouth.drained))
        self.assertEqual(b"one two", self.client.received)

    def test_order(self) -> None:
        """What comes while something waits comes after it, and leaves no room either."""
        for data in (b"one ", b"two ", b"three "):
            self.outlet.write(data)
        self.client.read(5)
        # There is room already, of which the reactor has not heard.
        self.client.socket.window += 99
        self.outlet.write(b"four")
        self.assertEqual((b"one t", False), (self.client.received, self.outlet.ready))
        self.client.read()
        self.assertEqual(b"one two three four", self.client.received)
        self.assertEqual((True, 1), (self.outlet.ready, self.mouth.drained))
        self.outlet.write(b"!")
        self.assertEqual((b"!", []), (self.client.received[-1:], self.reactor.getWriters()))

    def test_nothing(self) -> None:
        """To write nothing needs no room."""
        self.outlet.write(b"")
        self.assertTrue(self.outlet.ready)

    def test_large(self) -> None:
        """More than the system takes at a time arrives as well."""
        self.client.read()
        data = bytes(range(256)) * (1 << 12)
        self.outlet.write(data)
        self.assertFalse(self.outlet.ready)
        self.reactor.pump()
        self.assertEqual((data, 1), (self.client.received, self.mouth.drained))
        self.assertTrue(self.outlet.ready)

    def test_drainedWrites(self) -> None:
        """Whoever is told that there is room may write at once."""
        self.mouth.outlet._drained = lambda: self.outlet.write(b" and more")
        self.outlet.write(b"one")
        self.client.read(5)
        self.assertEqual((b"one a", False), (self.client.received, self.outlet.ready))
        self.mouth.outlet._drained = self.mouth.drain
        self.client.read()
        self.assertEqual(b"one and more", self.client.received)

    def test_lost(self) -> None:
        """A connection that is lost while it is written to ends, and takes nothing more."""
        self.client.read()
        self.client.socket.gone = True
        self.outlet.write(b"nobody hears it")
        self.assertFalse(self.outlet.ready)
        self.reactor.pump()
        self.assertTrue(self.client.closed)
        self.outlet.write(b"nor this")
        self.assertFalse(self.outlet.ready)
        self.assertEqual((b"", 0), (self.client.received, self.mouth.drained))
        self.outlet.close()

    def test_close(self) -> None:
        """Once it is closed, losing the connection waits for what was written, and no longer."""
        self.outlet.write(b"last words")
        self.outlet.close()
        self.client.transport.loseConnection()
        self.client.read(4)
        self.assertFalse(self.client.closed)
        self.client.read()
        self.assertEqual((b"last words", True), (self.client.received, self.client.closed))
        self.assertEqual(0, self.mouth.drained)

    def test_closeIdle(self) -> None:
        """With nothing left to be sent it ends at once, and so it does when closed twice."""
        self.client.read()
        for _ in range(2):
            self.outlet.close()
            self.client.transport.loseConnection()
        self.reactor.pump()
        self.assertTrue(self.client.closed)
        self.outlet.write(b"to nobody")
        self.assertEqual(b"", self.client.received)

    def test_closedOrder(self) -> None:
        """What is written nevertheless comes after what was."""
        self.outlet.write(b"one ")
        self.outlet.close()
        self.outlet.write(b"two")
        self.client.transport.loseConnection()
        self.client.read()
        self.assertEqual((b"one two", True), (self.client.received, self.client.closed))

    @examples(200)
    @given(st.lists(st.binary(max_size=9) | st.integers(1, 12)), st.booleans())
    def test_whatever(self, steps: list[bytes | int], at_once: bool) -> None:
        """However it is written and read, nothing is lost or changes places."""
        self.connect(5 if at_once else 0)
        written = b""
        for step in steps:
            if isinstance(step, bytes):
                self.outlet.write(step)
                written += step
            else:
                self.client.read(step)
            self.assertEqual(self.outlet.ready, not self.client.buffered)
        self.outlet.close()
        self.client.transport.loseConnection()
        self.client.read()
        self.assertEqual((written, True), (self.client.received, self.client.closed))


class Wrapper:
    """A transport that passes on what it does not have, as that of TLS does."""

    def __init__(self, below: FileDescriptor) -> None:
        self.below = below
        self.producers: list[Any] = []

    def write(self, data: bytes) -> None:
        self.below.write(bytes(reversed(data)))

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        self.producers.append((producer, streaming))

    def unregisterProducer(self) -> None:
        self.producers.append(None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


class PushOutletTests(OutletTestCase):
    """Other transports say themselves when it is too much."""

    def setUp(self) -> None:
        network = Network()
        self.wire = network.wire(Factory.forProtocol(Ears))
        self.network = network
        self.wrapper = Wrapper(self.wire)
        self.drained = 0
        self.outlet = Outlet(self.wrapper, self.drain)

    def drain(self) -> None:
        self.drained += 1

    def test_notAround(self) -> None:
        """What wraps a transport is not gone around."""
        for data in (b"one", b"two"):
            self.outlet.write(data)
        self.network.settle()
        self.assertEqual((b"enoowt", True), (self.wire.heard, self.outlet.ready))

    def test_tls(self) -> None:
        """Nor is one that has changed to TLS by itself."""
        self.wire.TLS = True  # type: ignore[attr-defined]
        outlet = Outlet(self.wire)
        outlet.write(b"secret")
        self.assertEqual(b"", self.wire.heard)
        self.network.settle()
        self.assertEqual(b"secret", self.wire.heard)

    def test_producer(self) -> None:
        """It is ready until it is paused, and then until it is resumed."""
        self.assertEqual([(self.outlet, True)], self.wrapper.producers)
        self.outlet.resumeProducing()
        self.assertEqual((True, 0), (self.outlet.ready, self.drained))
        for _ in range(2):
            self.outlet.pauseProducing()
            self.assertFalse(self.outlet.ready)
            self.outlet.write(b"as always")
            self.outlet.resumeProducing()
            self.outlet.resumeProducing()
        self.assertEqual((True, 2), (self.outlet.ready, self.drained))

    def test_stop(self) -> None:
        """A connection that is gone takes nothing."""
        self.outlet.stopProducing()
        self.assertFalse(self.outlet.ready)
        self.outlet.close()
        self.assertIsNone(self.wrapper.producers[-1])
