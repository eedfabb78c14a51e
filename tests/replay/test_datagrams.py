"""Tests for L{netsim.replay.datagrams}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import FakeDatagramTransport
from twisted.trial.unittest import SynchronousTestCase

from netsim import peers
from netsim.peers import Peer
from netsim.replay.datagrams import DatagramReplay
from netsim.replay.verdict import Tally, Verdict
from netsim.script.model import Action, BlobRef, Compound, DatagramExchange, Exchange, Facts, Script
from tests.properties import examples
from tests.script.playing import score

ONE, OTHER = ("127.0.0.1", 5001), ("::1", 5002)
PING = DatagramExchange(b"ping", (b"pong", b"pang"), Facts(gap=2.0))
BYE = DatagramExchange(b"bye")


class DatagramTestCase(SynchronousTestCase):
    """A replay of datagrams, and the verdicts that were given."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.verdicts: list[Verdict] = []

    def serve(
        self, *scripts: Script, timing: float = 0.0, allow_incomplete: bool = False
    ) -> DatagramReplay:
        self.tally = Tally(allow_incomplete, self.verdicts.append)
        playing = score(Compound(scripts), {"blob": b"blob"}, timing)
        self.replay = DatagramReplay(self.clock, playing, self.tally)
        self.transport = FakeDatagramTransport()
        self.replay.makeConnection(self.transport)
        return self.replay

    def say(self, *data: bytes, peer: Peer = ONE) -> None:
        """The client at this address sends these datagrams."""
        for datagram in data:
            self.replay.datagramReceived(datagram, peer)

    def heard(self, peer: Peer = ONE) -> list[bytes]:
        """What was sent to this address."""
        return [datagram for datagram, to in self.transport.written if to == peer]

    def counts(self) -> tuple[int, int]:
        """How many sessions have passed, and how many have failed."""
        return self.tally.passed, self.tally.failed


class SessionTests(DatagramTestCase):
    """Every address has a session of its own."""

    def test_played(self) -> None:
        """Datagrams are answered by datagrams, and the session passes with the last of them."""
        self.serve(PING, BYE)
        self.say(b"ping")
        self.assertEqual(([b"pong", b"pang"], []), (self.heard(), self.verdicts))
        self.say(b"bye")
        self.assertEqual([Verdict("udp:127.0.0.1:5001", 2)], self.verdicts)

    def test_each(self) -> None:
        """Two addresses do not disturb each other."""
        self.serve(PING, BYE)
        self.say(b"ping")
        self.say(b"ping", b"bye", peer=OTHER)
        self.say(b"bye")
        self.assertEqual(self.heard(ONE), self.heard(OTHER))
        names = [verdict.client for verdict in self.verdicts]
        self.assertEqual(["udp:[::1]:5002", "udp:127.0.0.1:5001"], names)

    def test_difference(self) -> None:
        """A datagram that differs fails its session, once, whatever else comes."""
        self.serve(PING, BYE)
        self.say(b"pink", b"ping", b"bye")
        self.assertEqual([], self.heard())
        [verdict] = self.verdicts
        self.assertIn("byte 3: the client differs from the script", verdict.problem)
        self.replay.abandon()
        self.assertEqual((0, 1), self.counts())

    def test_surplus(self) -> None:
        """A datagram after the script's end takes the pass back, however many follow."""
        self.serve(BYE)
        self.say(b"bye")
        self.assertEqual((1, 0), self.counts())
        self.say(b"more", b"and more")
        self.assertEqual((0, 1), self.counts())
        self.replay.abandon()
        self.assertEqual((0, 1), self.counts())
        self.assertIn("goes on after the script has ended", self.verdicts[-1].problem)

    def test_pauses(self) -> None:
        """Recorded gaps are kept; what comes meanwhile waits."""
        self.serve(PING, Action("sleep", (1,)), BYE, timing=0.5)
        self.say(b"ping", b"bye")
        self.assertEqual([], self.heard())
        self.clock.advance(1)
        self.assertEqual([b"pong", b"pang"], self.heard())
        self.assertEqual((0, 0), self.counts())
        self.clock.advance(1)
        self.assertEqual((1, 0), self.counts())

    def test_streamed(self) -> None:
        """An exchange that was recorded of a stream is played as one datagram each way."""
        self.serve(Exchange(b"ping", BlobRef("blob")))
        self.say(b"ping")
        self.assertEqual([b"blob"], self.heard())

    def test_actions(self) -> None:
        """Modules need a stream: that is told, and ends the session."""
        self.serve(Action("nds1.version"), PING)
        self.say(b"ping")
        [verdict] = self.verdicts
        self.assertIn("exchange 0: actions need a stream", verdict.problem)
        self.assertEqual([], self.heard())


class EndTests(DatagramTestCase):
    """Nobody can tell when a client has left; the service says so."""

    def test_settled(self) -> None:
        """No connection is ever waited for."""
        self.serve(PING)
        self.say(b"pin")
        self.assertIsNone(self.successResultOf(self.replay.settled()))

    def test_abandon(self) -> None:
        """Sessions that have not ended have failed, and the others have not."""
        self.serve(PING, BYE)
        self.say(b"ping", b"bye")
        self.say(b"ping", peer=OTHER)
        self.replay.abandon()
        self.assertEqual((1, 1), self.counts())
        self.assertTrue(self.verdicts[-1].incomplete)
        self.assertIn("the client left before the script's end", self.verdicts[-1].problem)

    def test_allowed(self) -> None:
        """With C{allow_incomplete}, they have passed."""
        self.serve(PING, BYE, allow_incomplete=True)
        self.say(b"ping")
        self.replay.abandon()
        self.assertEqual((1, 0), self.counts())

    def test_stop(self) -> None:
        """Nothing more is sent."""
        self.serve(PING, timing=1.0)
        self.say(b"ping")
        self.replay.stop()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_limit(self) -> None:
        """Only so many addresses are served; that more came is told once."""
        self.patch(peers, "MAX_SESSIONS", 2)
        warnings: list[str] = []
        self.patch(DatagramReplay, "log", Warnings(warnings))
        self.serve(BYE)
        for port in range(4):
            self.say(b"bye", peer=("127.0.0.1", port))
        self.assertEqual((2, 0), self.counts())
        self.assertEqual(["more than {count} clients at once: new ones are ignored"], warnings)


class Warnings:
    """A log that only keeps its warnings."""

    def __init__(self, kept: list[str]) -> None:
        self._kept = kept

    def warn(self, text: str, **fields: object) -> None:
        self._kept.append(text)


class PropertyTests(DatagramTestCase):
    """Whatever comes, each session has one verdict in the end."""

    @examples(150)
    @given(st.lists(st.binary(max_size=5) | st.sampled_from([b"ping", b"bye"]), min_size=1))
    def test_anything(self, said: list[bytes]) -> None:
        """It passes if exactly the script was said."""
        self.serve(PING, BYE)
        self.say(*said)
        self.replay.abandon()
        passes = said == [b"ping", b"bye"]
        self.assertEqual((int(passes), int(not passes)), self.counts())
