"""Tests for L{netsim.replay.protocol}."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import CertificateOptions, KeyPair
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.test.iosim import connect, makeFakeClient, makeFakeServer
from zope.interface.verify import verifyObject

from netsim.replay.protocol import ReplayFactory
from netsim.replay.session import LINGER
from netsim.script.journal import DOWNSTREAM, UPSTREAM, pack_closed
from netsim.script.model import BlobRef, Exchange
from tests.framing import cut
from tests.properties import examples
from tests.replay.playing import Blobs, ReplayTestCase
from tests.replay.wire import Client
from tests.script.playing import score
from tests.script.recording import MemoryKeeper, Segment, exchanges, journal, said
from tests.script.strategies import places, sessions

ONE = Exchange(b"one\n", b"1")
TWO = Exchange(b"two\n", b"2")
GREETED = Exchange(b"", b"three?")
MUCH = b"0123456789abcdef" * (1 << 14)


class Hearing(Protocol):
    """The client's end: keeps what it hears, and whether the connection is lost."""

    def __init__(self) -> None:
        self.heard = b""
        self.lost = False

    def dataReceived(self, data: bytes) -> None:
        self.heard += data

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = True


class RecordingTests(ReplayTestCase):
    """What was recorded is what is replayed."""

    def replay(self, session: list[Segment], segments: list[bytes]) -> bytes:
        """Record a session, say these segments to the replay of it; what the client hears."""
        self.verdicts.clear()
        keeper = MemoryKeeper()
        written = journal(session, keeper, end=pack_closed(2000.0, "client", False))
        self.serve(*exchanges(written, keeper), chunks=Blobs(keeper.blobs).chunks)
        server, client = self.factory.buildProtocol(None), Hearing()
        pump = connect(server, makeFakeServer(server), client, makeFakeClient(client))
        for segment in segments:
            client.transport.write(segment)
            pump.flush()
        client.transport.loseConnection()
        pump.flush()
        return client.heard

    @examples(150)
    @given(sessions, places)
    def test_identical(self, session: list[Segment], where: list[int]) -> None:
        """A client that says the same, however it is cut, hears the same and passes."""
        heard = self.replay(session, cut(said(session, UPSTREAM), where))
        self.assertEqual(said(session, DOWNSTREAM), heard)
        self.assertEqual([""], [verdict.problem for verdict in self.verdicts])

    @examples(150)
    @given(sessions, st.lists(st.binary(min_size=1), max_size=6))
    def test_anything(self, session: list[Segment], segments: list[bytes]) -> None:
        """Whatever a client says, it gets one verdict and hears nothing else than recorded."""
        heard = self.replay(session, segments)
        self.assertTrue(said(session, DOWNSTREAM).startswith(heard))
        self.assertEqual(1, len(self.verdicts))


class MultiTests(ReplayTestCase):
    """A script of several connections."""

    def test_next(self) -> None:
        """After each part the connection is closed, and the next one goes on."""
        self.serve(ONE, TWO, multi=True)
        first = self.connect()
        first.say(b"one\n")
        self.assertEqual((b"1", True), (first.received, first.closed))
        self.assertEqual([], self.verdicts)
        second = self.connect()
        second.say(b"two\n")
        self.assertEqual((b"2", True), (second.received, second.told_end))
        second.leave()
        self.assertPassed(2)
        self.assertEqual("127.0.0.1:50002", self.verdicts[0].client)

    def test_interleaved(self) -> None:
        """A new connection goes on with the session that has waited longest."""
        self.serve(ONE, TWO, GREETED, multi=True)
        early, late = self.connect(), self.connect()
        early.say(b"one\n")
        follower = self.connect()
        follower.say(b"two\n")
        late.say(b"one\n")
        # The first session waits for its third connection, and longer than the second
        # one for its second.
        self.assertEqual(b"three?", self.connect().received)
        self.assertEqual(b"", self.connect().received)
        self.assertEqual(2, len(self.factory.sessions))

    def test_new(self) -> None:
        """Where no session waits, a connection begins one."""
        self.serve(GREETED, ONE, multi=True)
        first = self.connect()
        self.assertTrue(first.closed)
        self.connect()
        self.assertEqual(b"three?", self.connect().received)

    def test_difference(self) -> None:
        """A difference on a later connection fails the session."""
        self.serve(ONE, TWO, multi=True)
        self.connect().say(b"one\n")
        second = self.connect()
        second.say(b"one\n")
        self.assertTrue(second.closed)
        self.assertIn("exchange 2 (recorded_script.scripts[1]), byte 0", self.failure())

    def test_partedConnection(self) -> None:
        """What else is said on a connection that is done with is not part of the session."""
        self.serve(ONE, TWO, multi=True)
        first = self.connect(window=0)
        first.say(b"one\ntwo\n", b"two\n")
        # What TLS had decrypted is delivered even then.
        first.transport.protocol.dataReceived(b"two\n")
        second = self.connect()
        self.assertEqual(b"", second.received)
        second.say(b"two\n")
        first.leave()
        second.leave()
        self.assertPassed(2)

    def test_slow(self) -> None:
        """A client that is slow on one connection is not waited for on the next."""
        self.serve(
            Exchange(b"one\n", MUCH),
            Exchange(b"two\n", BlobRef("much")),
            multi=True,
            chunks=Blobs({"much": MUCH}).chunks,
        )
        first = self.connect(window=1)
        first.say(b"one\n")
        second = self.connect()
        second.say(b"two\n")
        self.assertEqual(MUCH, second.received)
        first.read()
        self.assertEqual((MUCH, True), (first.received, first.closed))

    def test_halfClosed(self) -> None:
        """A client that says no more on one connection is heard on the next."""
        self.serve(ONE, TWO, multi=True)
        first = self.connect()
        first.socket.segments.append(b"one\n")
        first.half_close()
        second = self.connect()
        second.say(b"two\n")
        self.assertEqual(b"2", second.received)
        second.leave()
        self.assertPassed(2)


class FactoryTests(ReplayTestCase):
    """A factory knows its sessions."""

    def test_interface(self) -> None:
        """Its protocols want to be told of half-closes."""
        self.serve(ONE)
        protocol = self.factory.buildProtocol(None)
        self.assertTrue(verifyObject(IHalfCloseableProtocol, protocol))
        self.assertIsNone(protocol.writeConnectionLost())

    def test_lostAtOnce(self) -> None:
        """A connection that never was made is nobody's."""
        self.serve(ONE)
        protocol = self.factory.buildProtocol(None)
        protocol.readConnectionLost()
        protocol.connectionLost()
        self.assertEqual([], self.verdicts)

    def test_ownTally(self) -> None:
        """It counts for itself where it is not told who does."""
        factory = ReplayFactory(self.reactor, score(ONE))
        Client(self.reactor, factory).leave()
        self.assertEqual((0, 1), (factory.tally.passed, factory.tally.failed))

    def test_settled(self) -> None:
        """It has settled as soon as the last connection is closed."""
        self.serve(ONE)
        self.successResultOf(self.factory.settled())
        first, second = self.connect(), self.connect()
        settled = self.factory.settled()
        first.leave()
        self.assertNoResult(settled)
        second.say(b"one\n")
        second.leave()
        self.successResultOf(settled)

    def test_settledWaiting(self) -> None:
        """A session without a connection does not keep it from that."""
        self.serve(ONE, TWO, multi=True)
        client = self.connect()
        settled = self.factory.settled()
        client.say(b"one\n")
        self.successResultOf(settled)

    def test_abandonWaiting(self) -> None:
        """Sessions that wait for a connection fail, and the next client begins anew."""
        self.serve(ONE, TWO, multi=True)
        self.connect().say(b"one\n")
        self.factory.abandon()
        self.assertIn("exchange 1", self.failure())
        self.assertTrue(self.verdicts[0].incomplete)
        client = self.connect()
        client.say(b"one\n")
        self.assertEqual(b"1", client.received)

    def test_abandonConnected(self) -> None:
        """Sessions with a connection are judged by what was said so far, and closed."""
        self.serve(ONE, Exchange(b"two\n", MUCH))
        early, ended, slow = self.connect(), self.connect(), self.connect(window=1)
        early.say(b"on")
        ended.say(b"one\ntwo\n")
        slow.say(b"one\ntwo\n")
        self.factory.abandon()
        incomplete = {verdict.client: verdict.incomplete for verdict in self.verdicts}
        self.assertEqual([True, False, True], [incomplete[key] for key in sorted(incomplete)])
        self.advance(0)
        early.say(b"e\n")
        self.assertTrue(early.closed and ended.closed and slow.closed)
        self.assertEqual((1, 2), (self.tally.passed, self.tally.failed))
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_stop(self) -> None:
        """All connections are aborted, and nobody is judged."""
        self.serve(ONE)
        clients = [self.connect(), self.connect()]
        self.factory.stop()
        self.advance(0)
        self.assertEqual([True, True], [client.socket.reset for client in clients])
        self.assertEqual(set(), self.factory.sessions)
        self.assertEqual((0, 0), (self.factory.tally.passed, self.factory.tally.failed))


@cache
def certificate() -> CertificateOptions:
    """What a TLS server needs."""
    return KeyPair.generate(size=2048).selfSignedCert(1, CN="localhost").options()


class TLSTests(ReplayTestCase):
    """Over TLS nobody can say no more and listen on: the connection is closed."""

    def connectTLS(self) -> None:
        factory = TLSMemoryBIOFactory(certificate(), False, self.factory, self.reactor)
        client = Factory.forProtocol(Hearing)
        client_side = TLSMemoryBIOFactory(CertificateOptions(), True, client, self.reactor)
        tls = client_side.buildProtocol(None)
        self.transport = StringTransport()
        self.wire = Client(self.reactor, factory)
        tls.makeConnection(self.transport)
        self.tls, self.client = tls, tls.wrappedProtocol
        self.carry()

    def carry(self) -> None:
        """Carry bytes both ways until there are none."""
        while True:
            self.reactor.pass_time(0)
            up, down = self.transport.value(), self.wire.received
            self.transport.clear()
            self.wire.socket.received.clear()
            if not up and not down:
                return
            if up:
                self.wire.say(up)
            if down:
                self.tls.dataReceived(down)

    def test_played(self) -> None:
        """It ends with the script."""
        self.serve(ONE, Exchange(b"two\n", MUCH))
        self.connectTLS()
        self.tls.write(b"one\ntwo\n")
        self.carry()
        self.assertEqual(digest(b"1" + MUCH), digest(self.client.heard))
        self.assertTrue(self.transport.disconnecting)
        self.assertTrue(self.wire.closed)
        self.assertPassed(2)

    def test_difference(self) -> None:
        """It ends with a difference."""
        self.serve(ONE)
        self.connectTLS()
        self.tls.write(b"two\n")
        self.carry()
        self.assertIn("byte 0: the client differs", self.failure())
        self.assertTrue(self.wire.closed)

    def test_leaves(self) -> None:
        """A client that closes early has failed."""
        self.serve(ONE)
        self.connectTLS()
        self.tls.loseConnection()
        self.carry()
        self.assertIn("the client left", self.failure())
        self.advance(LINGER)
        self.assertTrue(self.wire.closed)


def digest(data: bytes) -> str:
    """What is shown where long bytes differ."""
    return hashlib.sha1(data).hexdigest()


class NumberTests(ReplayTestCase):
    """Sessions have numbers, and their exchanges are counted."""

    def test_numbers(self) -> None:
        """They count from 1 on, and are not used again."""
        factory = self.serve(Exchange(b"ask\n", b"answer\n"))
        for _ in range(3):
            self.connect()
        factory.close(1)
        self.advance(0)
        self.connect()
        self.assertEqual([2, 3, 4], [session.number for session in factory.playing])
        self.assertEqual(4, factory.begun)
        self.assertFalse(factory.close(1))

    def test_exchanges(self) -> None:
        """It is the same after the session as in it."""
        factory = self.serve(Exchange(b"ask\n", b"answer\n"), Exchange(b"more\n", b"much\n"))
        client = self.connect()
        client.say(b"ask\n")
        self.assertEqual(2, factory.exchanges)
        client.leave()
        self.assertEqual((2, []), (factory.exchanges, factory.playing))

    def test_abandoned(self) -> None:
        """Those of sessions that are given up count, too, and count once."""
        factory = self.serve(Exchange(b"ask\n", b"answer\n"))
        self.connect()
        factory.abandon()
        self.advance(0)
        self.assertEqual(1, factory.exchanges)
