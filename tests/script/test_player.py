"""Tests for L{netsim.script.player}."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.script.difference import CONTEXT, Departure, Difference
from netsim.script.events import Event, Finished, NextConnection, Pause, RunAction, SendBlob
from netsim.script.model import (
    Action,
    BlobRef,
    Compound,
    DatagramExchange,
    Exchange,
    External,
    Facts,
    Named,
    Nop,
    Script,
)
from netsim.script.player import StreamPlayer
from tests.framing import Feed, checkFraming, cut, single
from tests.properties import examples
from tests.script.playing import Stage, score
from tests.script.strategies import newlines, places, texts

BLOB = BlobRef("0" * 40)
CONTENTS = b"0123456789\r\n"
BLOBS = {BLOB.name: CONTENTS}
HELLO = Exchange(b"hello", b"world")


def player(*scripts: Script, timing: float = 0.0) -> StreamPlayer:
    """A player of these scripts."""
    return StreamPlayer(score(Compound(scripts), BLOBS, timing))


class ExchangeTests(SynchronousTestCase):
    """An answer is sent as soon as its command is complete."""

    def assertPlayed(self, expected: list[Event], data: bytes, *scripts: Script) -> None:
        """The script gives these events, however the client's bytes are cut."""
        begun = Exchange(b"more", b"never sent")

        def make() -> Feed:
            stage = Stage(player(*scripts, begun), BLOBS)
            seen = 0

            def feed(segment: bytes) -> list[Event]:
                nonlocal seen
                stage.say([segment])
                new, seen = stage.events[seen:], len(stage.events)
                return new

            return feed

        checkFraming(self, make, data, expected, tail=b"mor")

    def test_exchanges(self) -> None:
        """Commands are answered one after the other."""
        self.assertPlayed([b"1", b"2"], b"aabb", Exchange(b"aa", b"1"), Exchange(b"bb", b"2"))

    def test_greeting(self) -> None:
        """The answer to the empty command is sent before the client says anything."""
        self.assertEqual([b"hi"], player(Exchange(b"", b"hi"), HELLO).start())
        self.assertPlayed([b"hi", b"1"], b"a", Exchange(b"", b"hi"), Exchange(b"a", b"1"))

    def test_silentServer(self) -> None:
        """An empty answer is not sent, and the next command follows: old recordings have such."""
        self.assertPlayed([b"1"], b"ab\n", Exchange(b"a"), Exchange(b"b"), Exchange(b"\n", b"1"))

    def test_binary(self) -> None:
        """Any byte can be said."""
        every = bytes(range(256))
        self.assertPlayed([every], every, Exchange(every, every))

    def test_blobs(self) -> None:
        """A command that is a blob is compared in pieces; an answer that is one is named."""
        self.assertPlayed([SendBlob(BLOB.name)], CONTENTS, Exchange(BLOB, BLOB))

    def test_datagrams(self) -> None:
        """Over a stream the datagrams of an answer follow each other."""
        self.assertPlayed([b"1", b"2"], b"a", DatagramExchange(b"a", (b"1", b"2")))

    def test_lateNewlines(self) -> None:
        """The answer is sent before newlines that came late, and these are compared after it."""
        late = Exchange(b"a\r\n", b"1", late=2)
        playing = player(late, HELLO)
        playing.start()
        self.assertEqual([b"1"], playing.receive(b"a"))
        self.assertEqual([], playing.receive(b"\r"))
        self.assertEqual([b"world", Finished()], playing.receive(b"\nhello"))
        self.assertPlayed([b"1"], b"a\r\n", late)

    def test_lateNewlinesOnly(self) -> None:
        """A command that is all late is answered first."""
        self.assertEqual([b"1"], player(Exchange(b"\n", b"1", late=1)).start())

    def test_lateInBlob(self) -> None:
        """Newlines at the end of a blob can be late, across its pieces."""
        for late in range(5):
            playing = player(Exchange(BLOB, b"1", late=late), HELLO)
            playing.start()
            early = len(CONTENTS) - late
            self.assertEqual([], playing.receive(CONTENTS[: early - 1]))
            self.assertEqual([b"1"], playing.receive(CONTENTS[early - 1 : early]))
            self.assertEqual([b"world", Finished()], playing.receive(CONTENTS[early:] + b"hello"))


class ScriptTests(SynchronousTestCase):
    """Scripts are played in the order in which they stand."""

    def assertEvents(self, expected: list[Event], script: Script | Mapping[str, Script]) -> None:
        self.assertEqual(expected, Stage(StreamPlayer(score(script, BLOBS))).events)

    def test_nested(self) -> None:
        """Compound scripts are played where they stand."""
        inner = Compound([Exchange(b"", b"2"), Exchange(b"", b"3")])
        self.assertEvents(
            [b"1", b"2", b"3", b"4", Finished()],
            Compound([Exchange(b"", b"1"), inner, Exchange(b"", b"4")]),
        )

    def test_nothing(self) -> None:
        """C{nop} and C{external} play nothing; an empty script ends at once."""
        self.assertEvents([Finished()], Compound([Nop(), External("a.json")]))
        self.assertEvents([Finished()], Compound())

    def test_named(self) -> None:
        """A named script is played where it is named, as often as it is."""
        self.assertEvents(
            [b"1", b"1", Finished()],
            {"recorded_script": Compound([Named("x")] * 2), "x": Exchange(b"", b"1")},
        )

    def test_sleep(self) -> None:
        """C{sleep} is a pause, also of seconds that are given as text."""
        self.assertEvents([Pause(1.5), Finished()], Action("sleep", [1.5]))
        self.assertEvents([Pause(2.0), Finished()], Action("sleep", ["2"]))

    def test_action(self) -> None:
        """Other actions are run; a response, blob or not, is one more argument."""
        self.assertEvents([RunAction("m.a", (1, [2])), Finished()], Action("m.a", [1, [2]]))
        self.assertEvents([RunAction("m.a", (1, b"")), Finished()], Action("m.a", [1], b""))
        self.assertEvents([RunAction("m.a", (CONTENTS,)), Finished()], Action("m.a", [], BLOB))

    def test_multi(self) -> None:
        """Every script of the chosen one after its first has a connection of its own."""
        scripts = [Exchange(b"", b"1"), Nop(), Exchange(b"", b"2")]
        expected = [b"1", NextConnection(), NextConnection(), b"2", Finished()]
        multi = Compound(scripts, multi=True)
        self.assertEvents(expected, multi)
        self.assertEvents(expected, {"recorded_script": Named("x"), "x": Named("y"), "y": multi})

    def test_multiInside(self) -> None:
        """Inside of another, it is played on the one connection."""
        inner = Compound([Exchange(b"", b"1"), Exchange(b"", b"2")], multi=True)
        self.assertEvents([b"1", b"2", Finished()], Compound([inner]))


class WaitingTests(SynchronousTestCase):
    """While something takes time, nothing is compared."""

    def test_resume(self) -> None:
        """What the client says meanwhile is compared when the player resumes."""
        for script, event in [
            (Action("sleep", [1]), Pause(1.0)),
            (Exchange(b"", BLOB), SendBlob(BLOB.name)),
            (Action("m.a"), RunAction("m.a", ())),
        ]:
            playing = player(script, HELLO)
            self.assertEqual([event], playing.start())
            self.assertEqual([], playing.receive(b"hel"))
            self.assertEqual([], playing.resume())
            self.assertEqual([b"world", Finished()], playing.receive(b"lo"))

    def test_take(self) -> None:
        """An action takes what was not compared yet."""
        playing = player(HELLO, Action("m.a"), HELLO)
        playing.start()
        self.assertEqual([b"world", RunAction("m.a", ())], playing.receive(b"hello for m.a"))
        self.assertEqual(b" for m.a", playing.take())
        self.assertEqual(b"", playing.take())
        self.assertEqual([], playing.resume())
        self.assertEqual([b"world", Finished()], playing.receive(b"hello"))

    def test_giveBack(self) -> None:
        """What an action has left is compared before what came meanwhile."""
        playing = player(Action("m.a"), HELLO)
        playing.start()
        playing.receive(b"inputhe")
        taken = playing.take()
        playing.receive(b"llo")
        playing.give_back(taken.removeprefix(b"input"))
        self.assertEqual([b"world", Finished()], playing.resume())

    def test_busy(self) -> None:
        """A player that waits to be resumed is busy, and knows how much it has not compared."""
        playing = player(HELLO, Action("sleep", [1]), HELLO)
        playing.start()
        self.assertFalse(playing.busy)
        playing.receive(b"hellohel")
        self.assertEqual((True, 3), (playing.busy, playing.ahead))
        playing.resume()
        self.assertEqual((False, 0), (playing.busy, playing.ahead))
        playing.receive(b"lo")
        self.assertFalse(playing.busy)

    def test_gap(self) -> None:
        """The recorded gap comes before the answer, by the factor that was asked for."""
        recorded = evolve(HELLO, facts=Facts(gap=0.5))
        for timing, expected in [(0.0, []), (1.0, [Pause(0.5)]), (4.0, [Pause(2.0)])]:
            stage = Stage(player(recorded, timing=timing))
            stage.say([b"hello"])
            self.assertEqual([*expected, b"world", Finished()], stage.events)

    def test_noGap(self) -> None:
        """Where no gap was recorded, there is none."""
        stage = Stage(player(HELLO, evolve(HELLO, facts=Facts(gap=0.0)), timing=1.0))
        stage.say([b"hellohello"])
        self.assertEqual([b"world", b"world", Finished()], stage.events)


class DifferenceTests(SynchronousTestCase):
    """The first byte that differs ends the session."""

    def test_difference(self) -> None:
        """It is told with the exchange, its place and what was equal before."""
        playing = player(HELLO, Compound([HELLO, HELLO]))
        playing.start()
        self.assertEqual(
            [
                b"world",
                b"world",
                Difference(3, "recorded_script.scripts[1].scripts[1]", 3, b"hel", b"lo", b"p!"),
            ],
            playing.receive(b"hellohellohelp!"),
        )
        self.assertEqual([], playing.receive(b"hello"))
        self.assertFalse(playing.finished)

    def test_earlier(self) -> None:
        """It is told before the command is complete."""
        playing = player(HELLO)
        playing.start()
        self.assertEqual([], playing.receive(b"h"))
        place = "recorded_script.scripts[0]"
        self.assertEqual([Difference(1, place, 1, b"h", b"ello", b"a")], playing.receive(b"a"))

    def test_named(self) -> None:
        """The place of a named script is its own."""
        scripts = {"recorded_script": Named("x"), "x": Compound([HELLO])}
        stage = Stage(StreamPlayer(score(scripts)))
        stage.say([b"x"])
        self.assertEqual([Difference(1, "x.scripts[0]", 0, b"", b"hello", b"x")], stage.differences)

    def test_context(self) -> None:
        """One byte more than is shown is kept, so that it is known whether there is more."""
        stage = Stage(player(Exchange(b"a" * 100)))
        stage.say(single(b"a" * 90 + b"b"))
        [found] = stage.differences
        self.assertEqual((90, b"a" * (CONTEXT + 1)), (found.offset, found.before))

    def test_late(self) -> None:
        """Offsets count on where newlines were late."""
        stage = Stage(player(Exchange(b"ab\n\n", b"1", late=2)))
        stage.say([b"ab\nx"])
        self.assertEqual([b"1"], stage.events[:1])
        [found] = stage.differences
        self.assertEqual((3, b"ab\n", b"\n"), (found.offset, found.before, found.wanted))

    def test_goesOn(self) -> None:
        """What is said after the end is one, at once or later; the end counts as one more."""
        expected = Difference(2, "recorded_script.scripts[0]", 0, b"", b"", b"more", ended=True)
        stage = Stage(player(HELLO))
        stage.say([b"hellomore"])
        self.assertEqual([b"world", Finished(), expected], stage.events)
        stage = Stage(player(HELLO))
        stage.say([b"hello", b"more"])
        self.assertEqual([b"world", Finished(), expected], stage.events)

    def test_goesOnWhereItBroke(self) -> None:
        """Where the recorded session broke nobody knows how it went on."""
        stage = Stage(player(evolve(HELLO, facts=Facts(partial=True))))
        stage.say([b"hellomore", b"and more"])
        self.assertEqual([b"world", Finished()], stage.events)


class LeaveTests(SynchronousTestCase):
    """A client that leaves before the end is told what was still wanted."""

    def departure(self, said: bytes, *scripts: Script) -> Departure | None:
        """The client says this, and leaves."""
        playing = player(*scripts)
        playing.start()
        playing.receive(said)
        return playing.leave()

    def test_end(self) -> None:
        """At the script's end it may leave."""
        self.assertIsNone(self.departure(b"hello", HELLO))

    def test_inCommand(self) -> None:
        """The rest of the command is what was wanted."""
        place = "recorded_script.scripts[1]"
        self.assertEqual(Departure(2, place, 3, b"lo"), self.departure(b"hellohel", HELLO, HELLO))
        self.assertEqual(Departure(2, place, 0, b"hello"), self.departure(b"hello", HELLO, HELLO))

    def test_lateNewline(self) -> None:
        """A newline is wanted even where it was late."""
        late = Exchange(b"a\n", b"1", late=1)
        self.assertEqual(
            Departure(1, "recorded_script.scripts[0]", 1, b"\n"), self.departure(b"a", late)
        )

    def test_inAnswer(self) -> None:
        """While the answer is sent nothing is wanted, and yet it is too early."""
        self.assertEqual(
            Departure(1, "recorded_script.scripts[0]", 1, b""),
            self.departure(b"a", Exchange(b"a", BLOB)),
        )

    def test_whereItBroke(self) -> None:
        """In the exchange in which the recorded session broke it may leave once it has asked."""
        broken = Exchange(b"ab", BLOB, facts=Facts(partial=True))
        self.assertIsNone(self.departure(b"ab", broken))
        self.assertEqual(
            Departure(1, "recorded_script.scripts[0]", 1, b"b"), self.departure(b"a", broken)
        )

    def test_afterItBroke(self) -> None:
        """A script that goes on after such an exchange is to be played on."""
        broken = evolve(HELLO, facts=Facts(partial=True))
        self.assertEqual(
            Departure(2, "recorded_script.scripts[1]", 0, b"hello"),
            self.departure(b"hello", broken, HELLO),
        )

    def test_beforeAnything(self) -> None:
        """A client may leave before the first exchange has begun."""
        self.assertEqual(
            Departure(0, "recorded_script", 0, b""), self.departure(b"", Action("sleep", [1]))
        )


@frozen
class Verdict:
    """How a session should go: what is sent, and where the first difference is, if there is."""

    sent: bytes
    finished: bool
    difference: tuple[int, int] | None


def oracle(exchanges: list[Exchange], data: bytes) -> Verdict:
    """Play by looking at the whole of both sides, one byte after the other."""
    wanted = [
        (number, offset, byte)
        for number, exchange in enumerate(exchanges, 1)
        for offset, byte in enumerate(exchange.command)
    ]
    equal = 0
    while equal < min(len(wanted), len(data)) and wanted[equal][2] == data[equal]:
        equal += 1
    sent, end = b"", 0
    for exchange in exchanges:
        end += len(exchange.command)
        if equal >= end - exchange.late:
            sent += exchange.response
    difference = None
    if equal < len(data):
        number, offset, _ = wanted[equal] if equal < len(wanted) else (len(exchanges) + 1, 0, 0)
        difference = number, offset
    return Verdict(sent, equal == len(wanted), difference)


@st.composite
def plain_exchanges(draw: st.DrawFn) -> Exchange:
    """An exchange whose command may end in late newlines."""
    command = draw(texts | st.binary(max_size=40) | st.builds(bytes.__add__, texts, newlines))
    late = draw(st.integers(0, len(command) - len(command.rstrip(b"\r\n"))))
    return Exchange(command, draw(st.binary(max_size=3)), late)


@st.composite
def plays(draw: st.DrawFn) -> tuple[list[Exchange], bytes]:
    """A script, and what a client says that knows it more or less."""
    exchanges = draw(st.lists(plain_exchanges(), max_size=5))
    right = b"".join(exchange.command for exchange in exchanges)
    place = draw(st.integers(0, len(right)))
    other = draw(st.binary(max_size=3))
    skipped = draw(st.integers(0, 3))
    return exchanges, draw(
        st.sampled_from([right, right[:place], right[:place] + other + right[place + skipped :]])
    )


class OracleTests(SynchronousTestCase):
    """However a client's bytes are cut, they are judged as a whole."""

    def check(self, exchanges: list[Exchange], data: bytes, where: list[int], blobs: bool) -> None:
        commands = {f"{number:040}": each.command for number, each in enumerate(exchanges)}
        scripts = [
            evolve(exchange, command=BlobRef(name)) if blobs else exchange
            for exchange, name in zip(exchanges, commands, strict=True)
        ]
        stage = Stage(StreamPlayer(score(Compound(scripts), commands)))
        stage.say(cut(data, where))
        expected = oracle(exchanges, data)
        found = stage.differences[:1]
        self.assertEqual(expected.sent, stage.sent)
        self.assertEqual(expected.finished, stage.player.finished)
        places = [(difference.exchange, difference.offset) for difference in found]
        self.assertEqual([expected.difference] if expected.difference else [], places)
        for difference in found:
            self.checkSides(exchanges, difference)
        left = stage.player.leave()
        self.assertEqual(not expected.finished, left is not None)

    def checkSides(self, exchanges: list[Exchange], difference: Difference) -> None:
        """Both sides differ in their first byte, and what was equal is the script's."""
        command = b"" if difference.ended else exchanges[difference.exchange - 1].command
        before, rest = command[: difference.offset], command[difference.offset :]
        self.assertTrue(rest.startswith(difference.wanted))
        self.assertNotEqual(difference.wanted[:1], difference.received[:1])
        self.assertEqual(before[-CONTEXT - 1 :], difference.before)

    @examples(300)
    @given(plays(), places, st.booleans())
    def test_nearlyRight(
        self, play: tuple[list[Exchange], bytes], where: list[int], blobs: bool
    ) -> None:
        """A client that differs in one place is told that place."""
        self.check(*play, where, blobs)

    @examples(150)
    @given(st.lists(plain_exchanges(), max_size=3), st.binary(), places, st.booleans())
    def test_anything(
        self, exchanges: list[Exchange], data: bytes, where: list[int], blobs: bool
    ) -> None:
        """Nothing that a client says makes a player raise."""
        self.check(exchanges, data, where, blobs)
