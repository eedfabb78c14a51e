"""Tests of L{netsim.transports}."""

from __future__ import annotations

from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim.transports import prompt_writer
from tests.proxy.network import Network


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
