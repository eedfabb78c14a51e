"""Tests for L{netsim.script.datagrams}."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.datagrams import QUEUE_LIMIT, DatagramPlayer
from netsim.script.difference import CONTEXT, Departure, Difference
from netsim.script.events import Finished, Pause
from netsim.script.model import (
    Action,
    BlobRef,
    Compound,
    DatagramExchange,
    Exchange,
    Facts,
    Script,
)
from tests.properties import examples
from tests.script.playing import Stage, score

ASK = DatagramExchange(b"ask", (b"1", b"", b"3"))
PLACE = "recorded_script.scripts[0]"


def player(*scripts: Script, timing: float = 0.0) -> DatagramPlayer:
    """A player of these scripts."""
    return DatagramPlayer(score(Compound(scripts), {"0" * 40: b"12345678"}, timing))


class PlayTests(SynchronousTestCase):
    """Each datagram is answered as it was when recorded."""

    def test_exchange(self) -> None:
        """Every datagram of an answer is one event, the empty one too."""
        stage = Stage(player(ASK, ASK))
        stage.say([b"ask", b"ask"])
        self.assertEqual([b"1", b"", b"3"] * 2 + [Finished()], stage.events)

    def test_emptyDatagram(self) -> None:
        """A datagram without contents is waited for."""
        playing = player(DatagramExchange(b"", (b"1",)))
        self.assertEqual([], playing.start())
        self.assertEqual([b"1", Finished()], playing.receive(b""))

    def test_streamScript(self) -> None:
        """Exchanges of a stream are played with one datagram each way, blobs too."""
        ref = BlobRef("0" * 40)
        stage = Stage(player(Exchange(ref, ref), Exchange(b"a")))
        stage.say([b"12345678", b"a"])
        self.assertEqual([b"12345678", Finished()], stage.events)

    def test_gap(self) -> None:
        """The recorded gap comes before the first datagram of the answer."""
        stage = Stage(player(evolve(ASK, facts=Facts(gap=0.5)), timing=2.0))
        stage.say([b"ask"])
        self.assertEqual([Pause(1.0), b"1", b"", b"3", Finished()], stage.events)

    def test_busy(self) -> None:
        """Datagrams that come while the player is busy wait, up to a limit."""
        playing = player(
            Action("sleep", [1]), *[DatagramExchange(b"a", (b"1",))] * QUEUE_LIMIT, ASK
        )
        playing.start()
        for _ in range(QUEUE_LIMIT + 5):
            self.assertEqual([], playing.receive(b"a"))
        self.assertEqual([b"1"] * QUEUE_LIMIT, playing.resume())


class DifferenceTests(SynchronousTestCase):
    """A datagram is compared as a whole."""

    def differences(self, script: Script, *datagrams: bytes) -> list[Difference]:
        stage = Stage(player(script))
        stage.say(datagrams)
        return stage.differences

    def test_difference(self) -> None:
        """The first byte that differs is told, and the session is over."""
        found = self.differences(ASK, b"arm", b"ask")
        self.assertEqual([Difference(1, PLACE, 1, b"a", b"sk", b"rm")], found)

    def test_segments(self) -> None:
        """Datagrams are not put together, and not cut apart."""
        self.assertEqual(
            [Difference(1, PLACE, 2, b"as", b"k", b"")], self.differences(ASK, b"as", b"k")
        )
        self.assertEqual(
            [Difference(1, PLACE, 3, b"ask", b"", b"ask")], self.differences(ASK, b"askask")
        )

    def test_context(self) -> None:
        """One byte more than is shown is kept."""
        data = b"a" * 100
        [found] = self.differences(DatagramExchange(data), data[:90] + b"b")
        self.assertEqual((90, data[: CONTEXT + 1]), (found.offset, found.before))

    def test_goesOn(self) -> None:
        """A datagram after the end is one, an empty one too."""
        for more in (b"ask", b""):
            self.assertEqual(
                [Difference(2, PLACE, 0, b"", b"", more, ended=True)],
                self.differences(ASK, b"ask", more),
            )

    def test_goesOnWhereItBroke(self) -> None:
        """Where the recorded session broke, nobody knows how it went on."""
        broken = evolve(ASK, facts=Facts(partial=True))
        self.assertEqual([], self.differences(broken, b"ask", b"more"))

    def test_leave(self) -> None:
        """A client that says no more is told what was wanted."""
        playing = player(ASK)
        playing.start()
        self.assertEqual(Departure(1, PLACE, 0, b"ask"), playing.leave())
        playing.receive(b"ask")
        self.assertIsNone(playing.leave())

    @examples(150)
    @given(st.lists(st.binary(max_size=2), max_size=4), st.lists(st.binary(max_size=2), max_size=6))
    def test_anything(self, wanted: list[bytes], said: list[bytes]) -> None:
        """Nothing makes the player raise; the first datagram that differs is the one told."""
        stage = Stage(player(*[DatagramExchange(command, (b"1",)) for command in wanted]))
        stage.say(said)
        equal = 0
        while equal < min(len(wanted), len(said)) and wanted[equal] == said[equal]:
            equal += 1
        expected = [equal + 1] if equal < len(said) else []
        self.assertEqual(expected, [found.exchange for found in stage.differences[:1]])
        self.assertEqual(b"1" * equal, stage.sent)
