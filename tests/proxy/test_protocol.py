"""Tests for L{netsim.proxy.protocol}: the ends of connections whose peers can be slow."""

from __future__ import annotations

from typing import ClassVar

from twisted.internet.interfaces import ISSLTransport
from zope.interface import alsoProvides

from netsim.proxy.factory import ProxyFactory
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from tests.proxy.case import LogCase
from tests.proxy.network import Network, Upstream, Wire

BUFFER = Wire.bufferSize
LARGE = bytes(BUFFER + 1)
"""More than a connection keeps before it asks its producer to pause."""


class FromClient(LogCase):
    """C{near} is the client, C{far} its server, and nothing is recorded."""

    name: ClassVar[str] = "client"
    kind: ClassVar[int] = UPSTREAM

    def setUp(self) -> None:
        super().setUp()
        self.network = Network()
        self.upstream = Upstream(self.network)
        self.factory = ProxyFactory(self.upstream)
        self.near = self.network.wire(self.factory)
        self.far = self.upstream.accept()

    def settle(self) -> None:
        self.network.settle()

    def assertClosed(self) -> None:
        """Both connections are gone, the session with them, and nothing waits."""
        self.settle()
        self.assertIsNotNone(self.near.lost)
        self.assertIsNotNone(self.far.lost)
        self.assertEqual(set(), self.factory.sessions)
        self.assertEqual((set(), set()), (self.network.readers, self.network.writers))
        self.assertEqual([], self.network.getDelayedCalls())

    def assertOpen(self) -> None:
        """Both connections are there."""
        self.settle()
        self.assertEqual((None, None), (self.near.lost, self.far.lost))


class FromServer(FromClient):
    """C{near} is the server, C{far} its client."""

    name, kind = "server", DOWNSTREAM

    def setUp(self) -> None:
        super().setUp()
        self.near, self.far = self.far, self.near


class ForwardTests(FromClient):
    """What one peer says, the other one hears."""

    def test_forward(self) -> None:
        """Each peer hears what the other one said, and nothing of its own."""
        self.near.say(b"ask", b"\0\xff")
        self.far.say(b"answer")
        self.settle()
        self.assertEqual(b"ask\0\xff", self.far.heard)
        self.assertEqual(b"answer", self.near.heard)

    def test_noted(self) -> None:
        """What came is noted before it is forwarded, in the same call."""
        events: list[tuple[object, ...]] = []

        class Journal:
            def append(self, kind: int, data: bytes) -> None:
                events.append(("noted", kind, data))

        self.far.write = lambda data: events.append(("forwarded", data))
        self.near.unregisterProducer()
        self.near.protocol.join(self.far.protocol, Journal())
        self.near.protocol.dataReceived(b"data")
        self.assertEqual([("noted", self.kind, b"data"), ("forwarded", b"data")], events)

    def test_named(self) -> None:
        """An end is named after the peer that is at the other side of it."""
        self.assertEqual(self.name, self.near.protocol.name)


class ForwardFromServerTests(FromServer, ForwardTests):
    """The same, with the two sides exchanged."""


class FlowTests(FromClient):
    """A slow reader slows its writer."""

    def test_pause(self) -> None:
        """While one peer does not read, the other one is not read from either."""
        self.far.deaf = True
        self.near.say(LARGE, b"more")
        self.settle()
        self.assertFalse(self.near.is_reading)
        self.assertEqual(len(LARGE), self.far.unsent)

    def test_resume(self) -> None:
        """When it reads again, the other one goes on, and nothing is missing."""
        self.far.deaf = True
        self.near.say(LARGE, b"more")
        self.settle()
        self.far.deaf = False
        self.settle()
        self.assertTrue(self.near.is_reading)
        self.assertEqual(LARGE + b"more", self.far.heard)

    def test_constantMemory(self) -> None:
        """However much one peer says, little waits for the other."""
        self.far.deaf = True
        self.near.say(*[bytes(1000)] * 1000)
        self.settle()
        self.assertLessEqual(self.far.unsent, BUFFER + 1000)

    def test_otherDirection(self) -> None:
        """A peer that does not read is still heard."""
        self.far.deaf = True
        self.near.say(LARGE)
        self.far.say(b"stop it")
        self.settle()
        self.assertEqual(b"stop it", self.near.heard)


class FlowFromServerTests(FromServer, FlowTests):
    """The same, with the two sides exchanged."""


class HalfCloseTests(FromClient):
    """Who has said all can still listen."""

    def test_passedOn(self) -> None:
        """The end of what one peer says reaches the other one, which can still answer."""
        self.near.say(b"last words")
        self.near.end()
        self.settle()
        self.assertEqual((b"last words", True), (self.far.heard, self.far.told_end))
        self.far.say(b"noted")
        self.settle()
        self.assertEqual((b"noted", False), (self.near.heard, self.near.told_end))
        self.assertOpen()

    def test_afterEverything(self) -> None:
        """A peer that reads slowly is told of the end when it has read all."""
        self.far.deaf = True
        self.near.say(LARGE, b"more")
        self.near.end()
        self.settle()
        self.assertFalse(self.far.told_end)
        self.far.deaf = False
        self.settle()
        self.assertEqual((LARGE + b"more", True), (self.far.heard, self.far.told_end))
        self.assertOpen()

    def test_toldWhilePaused(self) -> None:
        """The end reaches a peer whose own words are held up, and they arrive later."""
        self.near.deaf = True
        self.far.say(LARGE, b"more")
        self.settle()
        self.assertFalse(self.far.is_reading)
        self.near.end()
        self.settle()
        self.assertTrue(self.far.told_end)
        self.near.deaf = False
        self.settle()
        self.assertEqual(LARGE + b"more", self.near.heard)
        self.assertOpen()

    def test_stillSlowed(self) -> None:
        """After the end of one direction, the other one is still slowed by its reader."""
        self.near.end()
        self.settle()
        self.near.deaf = True
        self.far.say(LARGE, b"more")
        self.settle()
        self.assertFalse(self.far.is_reading)
        self.near.deaf = False
        self.settle()
        self.assertEqual(LARGE + b"more", self.near.heard)

    def test_both(self) -> None:
        """When both have said all, both connections are closed."""
        self.near.end()
        self.settle()
        self.far.say(b"bye")
        self.far.end()
        self.settle()
        self.assertEqual(b"bye", self.near.heard)
        self.assertClosed()

    def test_bothWhileSlow(self) -> None:
        """A slow peer gets all before its connection is closed."""
        self.near.deaf = True
        self.near.end()
        self.far.say(LARGE)
        self.far.end()
        self.settle()
        self.near.deaf = False
        self.settle()
        self.assertEqual(LARGE, self.near.heard)
        self.assertClosed()

    def test_tls(self) -> None:
        """TLS knows no half-closed connection: the end closes the whole of it."""
        alsoProvides(self.far, ISSLTransport)
        self.near.say(b"last words")
        self.near.end()
        self.settle()
        self.assertEqual(b"last words", self.far.heard)
        self.assertClosed()


class HalfCloseFromServerTests(FromServer, HalfCloseTests):
    """The same, with the two sides exchanged."""


class LostTests(FromClient):
    """A connection that is gone takes the other one with it."""

    def test_other(self) -> None:
        """The other connection is closed."""
        self.near.vanish()
        self.assertClosed()

    def test_flush(self) -> None:
        """A slow peer gets what was said before, and then its connection is closed."""
        self.far.deaf = True
        self.near.say(LARGE)
        self.settle()
        self.near.vanish()
        self.settle()
        self.assertIsNone(self.far.lost)
        self.far.deaf = False
        self.settle()
        self.assertEqual(LARGE, self.far.heard)
        self.assertClosed()

    def test_whilePaused(self) -> None:
        """A peer whose own words are held up is closed as well."""
        self.near.deaf = True
        self.far.say(LARGE, b"more")
        self.settle()
        self.near.vanish()
        self.assertClosed()

    def test_afterItsEnd(self) -> None:
        """Half-closed connections are closed as well."""
        self.near.end()
        self.settle()
        self.near.vanish()
        self.assertClosed()

    def test_afterTheOthersEnd(self) -> None:
        """A connection is closed also where its peer has said all."""
        self.far.end()
        self.settle()
        self.near.vanish()
        self.assertClosed()

    def test_bothAtOnce(self) -> None:
        """Both may be lost in the same turn."""
        self.near.vanish()
        self.far.vanish()
        self.assertClosed()


class LostFromServerTests(FromServer, LostTests):
    """The same, with the two sides exchanged."""
