"""L{netsim.dsisocket.ssh.streams}."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    ITCPTransport,
)
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from netsim.dsisocket.ssh.streams import ChannelTransport
from tests.dsisocket.ssh.peers import Recorder
from tests.properties import examples

HOST = IPv4Address("TCP", "127.0.0.1", 27007)
PEER = IPv4Address("TCP", "192.0.2.7", 4711)


class Channel:
    """What such a transport needs of its channel; remembers what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.holds_back = False
        self.localWindowSize = self.localWindowLeft = 100
        self.conn = self

    def write(self, data: bytes) -> None:
        self.asked.append(data)

    def loseConnection(self) -> None:
        self.asked.append("close")

    def discard(self) -> None:
        self.asked.append("discard")

    def end_writing(self) -> None:
        self.asked.append("end")

    def adjustWindow(self, channel: Channel, size: int) -> None:
        self.asked.append(size)


@implementer(IHalfCloseableProtocol)
class Half(Recorder):
    """Hears of the end of each direction."""

    def readConnectionLost(self) -> None:
        self.told.append("no more")

    def writeConnectionLost(self) -> None:
        self.told.append("said")


@implementer(IPushProducer)
class Producer:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")

    def stopProducing(self) -> None:
        self.told.append("stop")


class ChannelTransportTests(SynchronousTestCase):
    """Tests of L{ChannelTransport}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.channel = Channel()
        self.protocol: Recorder = Recorder()
        self.transport = self.make(self.protocol)

    def make(self, protocol: Recorder) -> ChannelTransport:
        """A transport that has begun."""
        self.protocol, self.channel = protocol, Channel()
        transport = ChannelTransport(self.channel, protocol, HOST, PEER, self.clock)
        transport.begin()
        protocol.told.clear()
        return transport

    def check(self, *told: Any) -> None:
        """The protocol was told just this since the last time."""
        self.assertEqual(list(told), self.protocol.told)
        self.protocol.told.clear()

    def test_interfaces(self) -> None:
        """It is what TCP's transports are."""
        for interface in (ITCPTransport, IConsumer, IPushProducer):
            self.assertTrue(verifyObject(interface, self.transport))
        self.assertEqual((HOST, PEER), (self.transport.getHost(), self.transport.getPeer()))
        self.transport.setTcpNoDelay(True)
        self.transport.setTcpKeepAlive(True)
        self.assertTrue(self.transport.getTcpNoDelay() and self.transport.getTcpKeepAlive())

    def test_writing(self) -> None:
        """What is written goes to the channel, until it is to be closed."""
        self.transport.write(b"one")
        self.transport.writeSequence([b"t", b"wo"])
        self.transport.loseConnection()
        self.transport.loseConnection()
        self.transport.write(b"three")
        self.transport.loseWriteConnection()
        self.assertEqual([b"one", b"two", "close"], self.channel.asked)

    def test_paused(self) -> None:
        """Who pauses is told nothing; later everything, in its order."""
        self.transport.pauseProducing()
        self.assertTrue(self.channel.holds_back)
        self.transport.data_received(b"one")
        self.transport.data_received(b"two")
        self.transport.eof_received()
        self.check()
        self.transport.resumeProducing()
        self.assertFalse(self.channel.holds_back)
        self.check(b"onetwo")
        self.assertEqual(["close"], self.channel.asked)

    def test_paused_again_meanwhile(self) -> None:
        """Who pauses while it is told hears what comes then when it goes on."""
        self.protocol.dataReceived = lambda data: (
            self.protocol.told.append(data),
            self.transport.pauseProducing(),
        )
        self.transport.data_received(b"one")
        self.check(b"one")
        self.transport.data_received(b"two")
        self.transport.eof_received()
        self.check()
        self.transport.resumeProducing()
        self.check(b"two")
        self.assertEqual([], self.channel.asked)

    def test_resumed_while_told(self) -> None:
        """Who pauses and goes on while it is told hears the end after that only."""
        transport = self.make(Half())
        transport.pauseProducing()
        transport.data_received(b"one")
        transport.eof_received()

        def received(data: bytes) -> None:
            transport.pauseProducing()
            transport.resumeProducing()
            self.protocol.told.append(data)

        self.protocol.dataReceived = received
        transport.resumeProducing()
        self.check(b"one", "no more")

    def test_window(self) -> None:
        """Going on opens the window as far as it was used."""
        self.transport.pauseProducing()
        self.channel.localWindowLeft = 10
        self.transport.resumeProducing()
        self.transport.resumeProducing()
        self.assertEqual([90], self.channel.asked)

    def test_end_of_input(self) -> None:
        """The peer's end closes the connection of who does not know half ones."""
        self.transport.eof_received()
        self.assertEqual(["close"], self.channel.asked)
        self.transport.closed(None)
        self.check(ConnectionDone)

    def test_end_of_input_of_half(self) -> None:
        """Who knows them is told, and may still write, until it closes."""
        transport = self.make(Half())
        transport.eof_received()
        self.check("no more")
        transport.write(b"answer")
        transport.loseConnection()
        self.assertEqual([b"answer", "close"], self.channel.asked)

    def test_end_of_output(self) -> None:
        """It may end its own direction; with the peer's end all is closed."""
        transport = self.make(Half())
        transport.loseWriteConnection()
        transport.write(b"lost")
        transport.write_ended()
        self.check("said")
        transport.data_received(b"data")
        transport.eof_received()
        self.check(b"data", "no more")
        self.assertEqual(["end", "close"], self.channel.asked)

    def test_end_of_output_after_input(self) -> None:
        """It is also the other way round."""
        transport = self.make(Half())
        transport.eof_received()
        transport.loseWriteConnection()
        self.assertEqual(["end"], self.channel.asked)
        transport.write_ended()
        self.assertEqual(["end", "close"], self.channel.asked)

    def test_nothing_after_closing(self) -> None:
        """As with TCP, who has closed is told its end only."""
        self.transport.pauseProducing()
        self.transport.data_received(b"one")
        self.transport.loseConnection()
        self.transport.data_received(b"two")
        self.transport.resumeProducing()
        self.check()
        self.transport.closed(None)
        self.check(ConnectionDone)

    def test_closed_while_paused(self) -> None:
        """What came before the peer closed is told before that."""
        self.transport.pauseProducing()
        self.transport.data_received(b"one")
        self.transport.closed(None)
        self.check()
        self.transport.resumeProducing()
        self.check(b"one", ConnectionDone)

    def test_lost_while_paused(self) -> None:
        """The loss of everything is told at once."""
        self.transport.pauseProducing()
        self.transport.data_received(b"one")
        self.transport.closed(ConnectionLost())
        self.transport.resumeProducing()
        self.check(ConnectionLost)

    def test_abort(self) -> None:
        """Aborting drops everything; it is over in the next turn, whatever the peer does."""
        self.transport.data_received(b"one")
        self.check(b"one")
        self.transport.abortConnection()
        self.check()
        self.assertEqual(["discard"], self.channel.asked)
        self.clock.advance(0)
        self.check(ConnectionAborted)
        self.transport.closed(None)
        self.transport.abortConnection()
        self.check()

    def test_producer(self) -> None:
        """A producer is paused while the peer takes no more, and stopped at the end."""
        producer = Producer()
        self.transport.registerProducer(producer, True)
        self.transport.stop_writing()
        self.transport.start_writing()
        self.assertEqual(["pause", "resume"], producer.told)
        self.transport.closed(None)
        self.assertEqual(["pause", "resume", "stop"], producer.told)

    def test_producer_while_full(self) -> None:
        """One that comes when the peer takes no more is paused at once."""
        self.transport.stop_writing()
        producer = Producer()
        self.transport.registerProducer(producer, True)
        self.transport.unregisterProducer()
        self.transport.start_writing()
        self.assertEqual(["pause"], producer.told)

    def test_producers_that_are_not_taken(self) -> None:
        """A second one or one that is to be pulled is an error; at the end it is stopped."""
        with self.assertRaises(ValueError):
            self.transport.registerProducer(Producer(), False)
        self.transport.registerProducer(Producer(), True)
        with self.assertRaises(ValueError):
            self.transport.registerProducer(Producer(), True)
        self.transport.closed(None)
        producer = Producer()
        self.transport.registerProducer(producer, True)
        self.assertEqual(["stop"], producer.told)

    def test_mistake(self) -> None:
        """A mistake of the protocol ends its connection, and is logged."""
        self.protocol.dataReceived = lambda _: 1 / 0
        self.transport.data_received(b"one")
        self.clock.advance(0)
        self.check(ConnectionAborted)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_mistake_at_the_end(self) -> None:
        """So is one at its end."""
        self.protocol.connectionLost = lambda _: 1 / 0
        self.transport.closed(None)
        self.assertEqual(1, len(self.flushLoggedErrors(ZeroDivisionError)))

    def test_stop_producing(self) -> None:
        """Who consumes it no longer closes it."""
        self.transport.stopProducing()
        self.assertEqual(["close"], self.channel.asked)

    @examples(200)
    @given(st.lists(st.sampled_from(["data", "pause", "resume", "eof"]), max_size=30))
    def test_any_order(self, steps: list[str]) -> None:
        """All that came before the end is told, in order; nothing while it is paused."""
        transport = self.make(Half())
        sent: list[Any] = []
        told: list[Any] = []
        paused = False
        for number, step in enumerate(steps):
            match step:
                case "data" if "no more" not in sent:
                    sent.append(b"%d." % number)
                    transport.data_received(sent[-1])
                case "eof" if "no more" not in sent:
                    sent.append("no more")
                    transport.eof_received()
                case "pause":
                    paused = True
                    told = self.words()
                    transport.pauseProducing()
                case "resume":
                    paused = False
                    transport.resumeProducing()
            self.assertEqual(told if paused else sent, self.words())

    def words(self) -> list[Any]:
        """What was told, however it was cut: each piece of data ends with a stop."""
        words: list[Any] = []
        for told in self.protocol.told:
            pieces = [told] if isinstance(told, str) else told.split(b".")[:-1]
            words += [piece if isinstance(piece, str) else piece + b"." for piece in pieces]
        return words
