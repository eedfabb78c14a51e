"""L{netsim.dsisocket.lines}."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.dsisocket.lines import LIMIT, Lines, Tail
from tests.framing import checkFraming, cut
from tests.properties import examples


def feed() -> Callable[[bytes], list[str]]:
    return Lines().feed


def lines_of(segments: Iterable[bytes]) -> list[str]:
    lines = Lines()
    return [line for segment in segments for line in lines.feed(segment)] + lines.finish()


class LinesTests(SynchronousTestCase):
    """Output becomes lines, however it comes."""

    def test_lines(self) -> None:
        """Newlines end them, with or without a carriage return; empty ones are lines too."""
        checkFraming(self, feed, b"one\ntwo\r\n\nthree\n", ["one", "two", "", "three"], b"fo")

    def test_unicode(self) -> None:
        """Letters of several bytes are whole; what is no UTF-8 is replaced."""
        stream = "grün €\n".encode() + b"\xff\xfe!\n"
        checkFraming(self, feed, stream, ["grün €", "\ufffd\ufffd!"], b"\xe2\x82")

    def test_progress(self) -> None:
        """Of a line that is written over, the last is left."""
        stream = b"10%\r50%\r100%\ndone\r\r\n\rnew\n50%\r\r\n"
        checkFraming(self, feed, stream, ["100%", "done", "new", "50%"], b"1%\r2%")

    def test_long(self) -> None:
        """A line that is too long is cut, and none of it is lost."""
        text = "".join(map(str, range(LIMIT)))
        checkFraming(
            self,
            feed,
            text.encode() + b"\n",
            [text[place : place + LIMIT] for place in range(0, len(text), LIMIT)],
            b"x",
        )
        exact = "x" * LIMIT
        self.assertEqual([exact, "y"], lines_of([exact.encode(), b"\ny\n"]))
        self.assertEqual([exact], lines_of([exact.encode(), b"\r\n"]))

    def test_long_progress(self) -> None:
        """A progress bar without end needs no memory."""
        lines = Lines()
        for number in range(1000):
            self.assertEqual([], lines.feed(b"%d%%\r" % number * 100))
        self.assertLess(len(lines._rest), 10)
        self.assertEqual(["999%"], lines.finish())

    def test_finish(self) -> None:
        """A last line needs no newline; without anything there is none."""
        self.assertEqual(["one", "two"], lines_of([b"one\ntwo"]))
        self.assertEqual(["one"], lines_of([b"one\n"]))
        self.assertEqual(["one\ufffd"], lines_of([b"one\xe2\x82"]))
        self.assertEqual(["one"], lines_of([b"one\r"]))
        self.assertEqual([], lines_of([]))

    @given(
        st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\xe2", b"\x82", b"x" * 3000])),
        st.lists(st.integers(0, 10**6)),
    )
    @examples(100)
    def test_any(self, parts: list[bytes], places: list[int]) -> None:
        """However it is cut, the lines are the same."""
        stream = b"".join(parts)
        self.assertEqual(lines_of([stream]), lines_of(cut(stream, places)))
        self.assertLessEqual(max(map(len, lines_of([stream])), default=0), LIMIT)


class TailTests(SynchronousTestCase):
    """The last lines are remembered."""

    def test_lines(self) -> None:
        """So many as were asked for."""
        tail = Tail(3)
        self.assertEqual((), tail.lines())
        tail.add(["1", "2"])
        self.assertEqual(("1", "2"), tail.lines())
        tail.add(map(str, range(3, 10)))
        self.assertEqual(("7", "8", "9"), tail.lines())

    def test_characters(self) -> None:
        """Joined, they have no more characters than allowed: the first one lacks some."""
        tail = Tail(3, 9)
        tail.add(["abcd", "efgh", "ij"])
        self.assertEqual("d", tail.lines()[0])
        self.assertEqual("d\nefgh\nij", "\n".join(tail.lines()))
        tail.add(["0123456789"])
        self.assertEqual(("123456789",), tail.lines())
