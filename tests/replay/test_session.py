"""Tests for L{netsim.replay.session}."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from netsim.errors import BlobError
from netsim.replay.session import AHEAD, LINGER
from netsim.script.model import Action, BlobRef, Exchange, Facts, Nop
from tests.framing import segmentations
from tests.properties import examples
from tests.replay.playing import PIECE, Blobs, ReplayTestCase

GREETING = Exchange(b"", b"ready\r\n")
HELLO = Exchange(b"hello\n", b"world\n")
BYE = Exchange(b"bye\n", b"see you\n")
MUCH = b"0123456789abcdef" * (1 << 16)
"""More than any buffer here takes: 1 MiB."""
BLOB = BlobRef("much")
DOWNLOAD = Exchange(b"get\n", BLOB)
BUFFER = 1 << 16
"""Bytes that Twisted's transport keeps before it tells its producer to pause."""


def sleep(seconds: float) -> Action:
    return Action("sleep", (seconds,))


class ConversationTests(ReplayTestCase):
    """What is said is answered, and the connection ends with the script."""

    def test_played(self) -> None:
        """Greeting and answers are sent however the client's bytes are cut; then the end is."""
        for name, segments in segmentations(b"hello\nbye\n", b""):
            self.verdicts.clear()
            self.serve(GREETING, HELLO, BYE)
            client = self.connect()
            self.assertEqual(b"ready\r\n", client.received, name)
            client.say_each(segments)
            self.assertEqual(b"ready\r\nworld\nsee you\n", client.received, name)
            self.assertTrue(client.told_end, name)
            client.leave()
            self.assertTrue(client.closed, name)
            self.assertPassed(3)
            self.assertEqual([], self.reactor.getDelayedCalls())

    def test_waits(self) -> None:
        """Nothing is answered, and nobody judged, before the command is complete."""
        self.serve(HELLO, BYE)
        client = self.connect()
        client.say(b"hello")
        self.assertEqual((b"", []), (client.received, self.verdicts))
        self.assertFalse(client.closed)

    def test_lateNewline(self) -> None:
        """An answer does not wait for a newline that is sent after it; the next command does."""
        self.serve(Exchange(b"hello\r\n", b"world\n", late=2), BYE)
        client = self.connect()
        client.say(b"hello")
        self.assertEqual(b"world\n", client.received)
        client.say(b"\r", b"\nbye\n")
        client.leave()
        self.assertPassed(2)

    def test_nothing(self) -> None:
        """A script in which nothing is said ends at once."""
        self.serve(Nop())
        client = self.connect()
        self.assertTrue(client.told_end)
        client.leave()
        self.assertPassed(0)

    def test_each(self) -> None:
        """Every client hears the script from its beginning."""
        self.serve(HELLO, BYE)
        first, second = self.connect(), self.connect()
        first.say(b"hello\n")
        second.say(b"hello\nbye\n")
        first.say(b"bye\n")
        self.assertEqual(first.received, second.received)
        first.leave()
        second.leave()
        self.assertEqual(2, self.tally.passed)
        self.assertEqual(set(), self.factory.sessions)


class FailureTests(ReplayTestCase):
    """The first difference ends a session."""

    def test_difference(self) -> None:
        """The verdict shows both sides and their place, and the connection is closed."""
        self.serve(HELLO, BYE)
        client = self.connect()
        client.say(b"hello\nbuy\n", b"bye\n")
        self.assertTrue(client.closed)
        self.assertEqual(b"world\n", client.received)
        self.assertEqual(
            "exchange 2 (recorded_script.scripts[1]), byte 1: the client differs from the script\n"
            "  wanted    bye\\n\n"
            "  received  buy\\n\n"
            "             ^",
            self.failure(),
        )
        [verdict] = self.verdicts
        self.assertEqual(("127.0.0.1:50001", 2), (verdict.client, verdict.exchanges))
        self.assertFalse(verdict.incomplete)

    def test_leftEarly(self) -> None:
        """A client that leaves while a command is wanted has failed, being incomplete."""
        self.serve(HELLO, BYE)
        client = self.connect()
        client.say(b"hello\nby")
        client.leave()
        self.assertTrue(client.closed)
        self.assertIn("exchange 2", self.failure())
        self.assertIn("byte 2: the client left before the script's end", self.failure())
        self.assertTrue(self.verdicts[0].incomplete)

    def test_reset(self) -> None:
        """A connection that breaks is judged like one that is closed."""
        self.serve(HELLO)
        client = self.connect()
        client.transport.abortConnection()
        self.advance(0)
        self.assertIn("the client left before the script's end", self.failure())

    def test_halfClosed(self) -> None:
        """A client that says no more while a command is wanted has failed."""
        self.serve(HELLO)
        client = self.connect()
        client.half_close()
        self.assertTrue(client.closed)
        self.assertIn("the client left", self.failure())

    def test_partial(self) -> None:
        """Where the recorded session broke, the client may leave, or say more."""
        for late, rest in ((0, b""), (0, b"more"), (1, b"")):
            self.verdicts.clear()
            self.serve(Exchange(b"hello\n", b"wor", late, Facts(partial=True)))
            client = self.connect()
            client.say(b"hello\n"[: 6 - late] + rest)
            self.assertEqual(b"wor", client.received)
            client.leave()
            self.assertTrue(client.closed)
            self.assertPassed(1)

    def test_partialCommand(self) -> None:
        """Where it broke, the command itself is wanted all the same."""
        self.serve(Exchange(b"hello\n", b"", 0, Facts(partial=True)))
        client = self.connect()
        client.say(b"hel")
        client.leave()
        self.assertIn("byte 3: the client left", self.failure())


class EndTests(ReplayTestCase):
    """After the script's end the client can close, but has nothing more to say."""

    def played(self, window: float = float("inf")) -> None:
        self.serve(HELLO)
        self.client = self.connect(window)
        self.client.say(b"hello\n")

    def test_lingers(self) -> None:
        """A client that does not close is left after a while."""
        self.played()
        self.advance(LINGER * 0.9)
        self.assertTrue(self.client.told_end)
        self.assertEqual([], self.verdicts)
        self.advance(LINGER * 0.1)
        self.assertTrue(self.client.closed)
        self.assertPassed(1)

    def test_surplus(self) -> None:
        """A client that says more meanwhile has failed, and is closed."""
        self.played()
        self.client.say(b"hello")
        self.assertTrue(self.client.closed)
        self.assertIn("the client goes on after the script has ended", self.failure())
        self.assertEqual([], self.reactor.getDelayedCalls())

    def test_surplusAtOnce(self) -> None:
        """What comes together with the last command is too much as well."""
        self.serve(HELLO)
        client = self.connect()
        client.say(b"hello\nhello\n")
        self.assertEqual(b"world\n", client.received)
        self.assertTrue(client.closed)
        self.assertIn("exchange 2 (recorded_script.scripts[0]), byte 0", self.failure())

    def test_slowClient(self) -> None:
        """What a slow client has not read yet is kept for it, and then the connection closes."""
        self.played(window=2)
        self.advance(LINGER)
        self.assertEqual((b"wo", False), (self.client.received, self.client.closed))
        self.client.read()
        self.assertEqual((b"world\n", True), (self.client.received, self.client.closed))
        self.assertPassed(1)


class HalfCloseTests(ReplayTestCase):
    """A client that says no more is still answered."""

    def test_delayed(self) -> None:
        """An answer that is due later comes, then the connection is closed at once."""
        self.serve(Exchange(b"hello\n", b"world\n", 0, Facts(gap=2.0)), timing=1.0)
        client = self.connect()
        client.say(b"hello\n")
        client.half_close()
        self.assertEqual([], self.verdicts)
        self.advance(2)
        self.assertEqual((b"world\n", True), (client.received, client.closed))
        self.assertPassed(1)

    def test_blob(self) -> None:
        """A long answer is sent to its end, at the client's pace."""
        self.serve(DOWNLOAD, chunks=Blobs({"much": MUCH}).chunks)
        client = self.connect(window=1)
        client.socket.segments.append(b"get\n")
        client.half_close()
        while not client.closed:
            client.read(100_000)
        self.assertEqual(MUCH, client.received)
        self.assertPassed(1)

    def test_moreWanted(self) -> None:
        """Where the script wants another command after the answer, the client has failed."""
        self.serve(HELLO, sleep(1), BYE)
        client = self.connect()
        client.say(b"hello\n")
        client.half_close()
        self.assertFalse(client.closed)
        self.advance(1)
        self.assertTrue(client.closed)
        self.assertIn("exchange 2", self.failure())
        self.assertTrue(self.verdicts[0].incomplete)

    def test_afterEnd(self) -> None:
        """After the script's end, it ends the session."""
        self.serve(HELLO)
        client = self.connect()
        client.say(b"hello\n")
        client.half_close()
        self.assertTrue(client.closed)
        self.assertPassed(1)


class TimeTests(ReplayTestCase):
    """Pauses are taken on the reactor's clock."""

    def answered(self, timing: float) -> list[float]:
        """When the answer to a command with a gap of 2 s, and one after a sleep of 1 s, came."""
        slow = Exchange(b"hello\n", b"1", 0, Facts(gap=2.0))
        self.serve(slow, sleep(1), Exchange(b"", b"2"), timing=timing)
        client = self.connect()
        client.say(b"hello\n")
        times = []
        while len(times) < 2:
            if len(client.received) > len(times):
                times.append(self.reactor.seconds())
            else:
                self.advance(0.5)
        return times

    def test_none(self) -> None:
        """As fast as possible, recorded gaps take no time, and sleep does."""
        self.assertEqual([0.0, 1.0], self.answered(0.0))

    def test_recorded(self) -> None:
        """Recorded gaps are kept."""
        self.assertEqual([2.0, 3.0], self.answered(1.0))

    def test_factor(self) -> None:
        """Recorded gaps are multiplied, and sleep is not."""
        self.assertEqual([1.0, 2.0], self.answered(0.5))

    def test_gone(self) -> None:
        """Nothing is left to be done for a client that was lost in a pause."""
        self.serve(sleep(5), HELLO)
        client = self.connect()
        client.transport.abortConnection()
        self.advance(0)
        self.assertEqual([], self.reactor.getDelayedCalls())
        self.assertIn("the client left", self.failure())

    def test_ahead(self) -> None:
        """Of a client that sends on in a pause only so much is read; the rest, after it."""
        said = b"x" * (3 * AHEAD)
        self.serve(sleep(5), Exchange(said, b"thanks"))
        client = self.connect()
        client.say(*[said[start : start + 1000] for start in range(0, len(said), 1000)])
        self.assertGreaterEqual(client.unheard, len(said) - AHEAD - 1000)
        self.advance(5)
        self.assertEqual((b"thanks", 0), (client.received, client.unheard))


class BlobTests(ReplayTestCase):
    """Blobs are sent piece by piece, as fast as the client reads."""

    def test_sent(self) -> None:
        """All of a blob is sent."""
        self.serve(DOWNLOAD, BYE, chunks=Blobs({"much": MUCH}).chunks)
        client = self.connect()
        client.say(b"get\nbye\n")
        self.assertEqual(MUCH + b"see you\n", client.received)
        client.leave()
        self.assertPassed(2)

    def test_slow(self) -> None:
        """While the client does not read, the file is not read either, nor is the client."""
        blobs = Blobs({"much": MUCH})
        self.serve(DOWNLOAD, BYE, chunks=blobs.chunks)
        client = self.connect(window=0)
        client.say(b"get\n", b"bye\n")
        self.assertLessEqual(blobs.read, BUFFER + 2 * PIECE)
        self.assertEqual(4, client.unheard)
        most = 0
        while len(client.received) < len(MUCH):
            client.read(10_000)
            most = max(most, client.buffered)
        self.assertLessEqual(most, BUFFER + PIECE)
        client.read()
        self.assertTrue(client.received.endswith(b"see you\n"))
        client.leave()
        self.assertPassed(2)

    def test_many(self) -> None:
        """Thousands of blobs in a row take no stack."""
        self.serve(*[Exchange(b"", BlobRef("x"))] * 5000, chunks=Blobs({"x": b"x"}).chunks)
        self.assertEqual(b"x" * 5000, self.connect().received)

    def test_empty(self) -> None:
        """A blob of nothing is an answer like others."""
        self.serve(DOWNLOAD, BYE, chunks=Blobs({"much": b""}).chunks)
        client = self.connect()
        client.say(b"get\nbye\n")
        self.assertEqual(b"see you\n", client.received)

    def test_command(self) -> None:
        """A command that is a blob is compared while it comes."""
        self.serve(Exchange(BLOB, b"thanks"), chunks=Blobs({"much": MUCH}).chunks)
        client = self.connect()
        client.say(MUCH[:-1])
        self.assertEqual(b"", client.received)
        client.say(MUCH[-1:])
        self.assertEqual(b"thanks", client.received)

    def damaged(self, name: str) -> Iterator[bytes]:
        yield b"x" * 200_000
        raise BlobError(f"blob {name} is truncated")

    def test_damaged(self) -> None:
        """A blob that turns out damaged fails the session, and nothing follows what was sent."""
        for window in (float("inf"), 0):
            self.verdicts.clear()
            self.serve(HELLO, DOWNLOAD, BYE, chunks=self.damaged)
            client = self.connect(window)
            client.say(b"hello\nget\n", b"bye\n")
            client.read()
            self.assertEqual("exchange 2: blob much is truncated", self.failure())
            self.assertFalse(self.verdicts[0].incomplete)
            self.assertEqual(b"world\n" + b"x" * 200_000, client.received)
            self.assertTrue(client.closed)

    def test_damagedCommand(self) -> None:
        """So does one that the client should have sent."""
        self.serve(Exchange(BLOB, b"thanks"), chunks=self.damaged)
        client = self.connect()
        client.say(b"x" * 200_000, b"x")
        self.assertEqual("exchange 1: blob much is truncated", self.failure())
        self.assertTrue(client.closed)

    def test_leaves(self) -> None:
        """A client that leaves in the middle has failed, and no more of the file is read."""
        blobs = Blobs({"much": MUCH})
        self.serve(DOWNLOAD, chunks=blobs.chunks)
        client = self.connect(window=100_000)
        client.say(b"get\n")
        client.leave()
        self.assertIn("the client left before it had the whole answer", self.failure())
        self.assertLess(blobs.read, len(MUCH))


class SlowClientTests(ReplayTestCase):
    """Answers that do not fit into the transport's buffer."""

    def test_read(self) -> None:
        """The end waits until the client has read enough."""
        self.serve(Exchange(b"get\n", MUCH))
        client = self.connect(window=1)
        client.say(b"get\n")
        self.advance(10 * LINGER)
        self.assertFalse(client.closed)
        client.read()
        self.assertEqual(MUCH, client.received)
        self.assertTrue(client.told_end)
        client.leave()
        self.assertPassed(1)

    def test_halfClosed(self) -> None:
        """So it does for a client that had said its last."""
        self.serve(sleep(1), Exchange(b"", MUCH))
        client = self.connect(window=1)
        client.half_close()
        self.advance(1)
        client.read()
        self.assertEqual((len(MUCH), True), (len(client.received), client.closed))
        self.assertPassed(1)

    def test_leaves(self) -> None:
        """A client that leaves without reading the last answer has failed."""
        self.serve(Exchange(b"get\n", MUCH))
        client = self.connect(window=1)
        client.say(b"get\n")
        client.leave()
        self.assertIn("the client left before it had the whole answer", self.failure())

    def test_notRead(self) -> None:
        """While it does not read, what it says is not read either."""
        self.serve(Exchange(b"get\n", MUCH), BYE)
        client = self.connect(window=1)
        client.say(b"get\n", b"bye\n")
        self.assertEqual(4, client.unheard)
        client.read()
        self.assertEqual(0, client.unheard)


class PropertyTests(ReplayTestCase):
    """Whatever a client does, its session gets one verdict."""

    @examples(150)
    @given(st.lists(st.binary(max_size=20) | st.sampled_from([b"hello\n", b"get\n", b"bye\n"])))
    def test_anything(self, segments: list[bytes]) -> None:
        """A session passes if exactly the script was said, and fails in words otherwise."""
        self.verdicts.clear()
        self.serve(GREETING, HELLO, DOWNLOAD, BYE, chunks=Blobs({"much": b"0" * 99_000}).chunks)
        client = self.connect(window=5)
        client.say(*filter(None, segments))
        client.read()
        client.leave()
        self.advance(LINGER)
        self.assertTrue(client.closed)
        [verdict] = self.verdicts
        self.assertEqual(b"".join(segments) == b"hello\nget\nbye\n", not verdict.problem)
