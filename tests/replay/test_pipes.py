"""Tests for L{netsim.replay.pipes}."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import PeerError
from netsim.replay.pipes import LIMIT, MAX_LINE, InputPipe, OutputPipe
from tests.properties import examples
from tests.replay.wire import PATIENCE


class PipeTestCase(SynchronousTestCase):
    """Has a thread that may block."""

    def setUp(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.addCleanup(self.thread.shutdown)

    def begin(self, call: Callable[..., Any], *args: Any) -> Future[Any]:
        """Call this in the thread, once the thread has begun."""
        begun: SimpleQueue[None] = SimpleQueue()

        def run() -> Any:
            begun.put(None)
            return call(*args)

        future = self.thread.submit(run)
        begun.get(timeout=PATIENCE)
        return future


class InputTests(PipeTestCase):
    """What is fed can be read, as of a file."""

    def setUp(self) -> None:
        super().setUp()
        self.drained: SimpleQueue[None] = SimpleQueue()
        self.pipe = InputPipe(lambda: self.drained.put(None))

    def wait_until_drained(self) -> None:
        self.drained.get(timeout=PATIENCE)

    def test_read(self) -> None:
        """Exactly so many bytes are read, and lines with their newlines."""
        self.pipe.feed(b"abcone\n\ntwo")
        self.assertEqual(b"abc", self.pipe.read(3))
        self.assertEqual(b"", self.pipe.read(0))
        self.assertEqual([b"one\n", b"\n"], [self.pipe.readline(), self.pipe.readline()])
        self.assertEqual(b"two", self.pipe.take())
        self.assertEqual(b"", self.pipe.take())

    def test_blocks(self) -> None:
        """What is not there yet is waited for."""
        for read, args in ((self.pipe.read, (4,)), (self.pipe.readline, ())):
            reading = self.begin(read, *args)
            for byte in (b"o", b"n", b"e"):
                self.pipe.feed(byte)
                self.assertFalse(reading.done())
            self.pipe.feed(b"\n")
            self.assertEqual(b"one\n", reading.result(PATIENCE))

    def test_end(self) -> None:
        """At the end there is less, and then nothing."""
        for read, args in ((self.pipe.read, (9,)), (self.pipe.read, ()), (self.pipe.readline, ())):
            self.pipe.begin(b"", False)
            reading = self.begin(read, *args)
            self.pipe.feed(b"one")
            self.assertFalse(reading.done())
            self.pipe.close()
            self.assertEqual(b"one", reading.result(PATIENCE))
            self.assertEqual(b"", read(*args))

    def test_begin(self) -> None:
        """Each action is told anew what there is, and whether that was all."""
        self.pipe.feed(b"o")
        self.pipe.begin(b"ne", True)
        self.assertEqual(b"one", self.pipe.readline())
        self.pipe.begin(b"two\n", False)
        self.assertEqual(b"two\n", self.pipe.readline())

    def test_full(self) -> None:
        """A pipe that nobody reads has room for so much; reading makes more."""
        self.assertTrue(self.pipe.feed(bytes(LIMIT)))
        self.assertFalse(self.pipe.feed(b"xyz"))
        self.pipe.read(2)
        self.assertTrue(self.drained.empty())
        self.pipe.read(1)
        self.wait_until_drained()
        self.pipe.read(1)
        self.assertTrue(self.drained.empty())

    def test_large(self) -> None:
        """What is waited for has room, even if it is more than that."""
        for read, args in (
            (self.pipe.read, (2 * LIMIT,)),
            (self.pipe.readline, ()),
            (self.pipe.read, ()),
        ):
            self.pipe.begin(b"", False)
            self.assertFalse(self.pipe.feed(b"x" * (LIMIT + 1)))
            reading = self.begin(read, *args)
            self.wait_until_drained()
            self.assertTrue(self.pipe.feed(b"x" * (LIMIT - 2)))
            self.pipe.feed(b"\n")
            self.pipe.close()
            self.assertEqual(2 * LIMIT, len(reading.result(PATIENCE)))

    def test_longLine(self) -> None:
        """A line can be too long."""
        self.pipe.feed(b"x" * (MAX_LINE - 1) + b"\n")
        self.assertEqual(MAX_LINE, len(self.pipe.readline()))
        reading = self.begin(self.pipe.readline)
        self.pipe.feed(b"x" * MAX_LINE)
        self.assertFalse(reading.done())
        self.pipe.feed(b"x")
        with self.assertRaisesRegex(PeerError, "a line of more than 1048576 bytes"):
            reading.result(PATIENCE)

    @examples(100)
    @given(st.lists(st.binary()), st.lists(st.none() | st.integers(-1, 20)))
    def test_file(self, segments: list[bytes], reads: list[int | None]) -> None:
        """However it is fed and read, nothing is lost or changes places."""
        pipe = InputPipe(self.fail)
        pipe.begin(b"", False)
        for segment in segments:
            pipe.feed(segment)
        pipe.close()
        read = [pipe.readline() if size is None else pipe.read(size) for size in reads]
        self.assertEqual(b"".join(segments), b"".join(read) + pipe.take())


class OutputTests(PipeTestCase):
    """What is written can be drained."""

    def setUp(self) -> None:
        super().setUp()
        self.woken: SimpleQueue[None] = SimpleQueue()
        self.pipe = OutputPipe(lambda: self.woken.put(None))

    def test_written(self) -> None:
        """Everything comes in order, and each write wakes the other side."""
        self.assertEqual(3, self.pipe.write(b"one"))
        self.pipe.write(bytearray(b"two"))
        self.assertEqual(2, self.woken.qsize())
        self.assertEqual(b"onetwo", self.pipe.drain())
        self.assertEqual(b"", self.pipe.drain())

    def test_full(self) -> None:
        """A write waits until what was written before is drained."""
        self.pipe.write(bytes(LIMIT))
        writing = self.begin(self.pipe.write, b"more")
        self.assertFalse(writing.done())
        self.assertEqual(LIMIT, len(self.pipe.drain()))
        self.assertEqual(4, writing.result(PATIENCE))
        self.assertEqual(b"more", self.pipe.drain())

    def test_flush(self) -> None:
        """A flush waits until nothing is left."""
        self.pipe.flush()
        self.pipe.write(b"x")
        flushing = self.begin(self.pipe.flush)
        self.assertFalse(flushing.done())
        self.pipe.drain()
        self.assertIsNone(flushing.result(PATIENCE))

    def test_closed(self) -> None:
        """When the client is gone, nothing waits any more, and writes fail."""
        self.pipe.write(bytes(LIMIT))
        writing = self.begin(self.pipe.write, b"more")
        self.pipe.close()
        with self.assertRaisesRegex(BrokenPipeError, "the client is gone"):
            writing.result(PATIENCE)
        self.pipe.flush()
