"""Tests for L{netsim.datanode.textfile}."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import growing
from netsim.datanode.textfile import Floats, Reading, SharedTimes, TextReader
from netsim.errors import DataFileError
from tests.properties import examples


class ReaderTestCase(SynchronousTestCase):
    """A test with a file."""

    reader = TextReader()

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.touch()
        self.known: Reading | None = None

    def append(self, text: str | bytes) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)

    def read(self) -> Reading:
        """Read it, or on in it."""
        self.known = self.reader(self.path, self.known)
        return self.known

    def check(self, t: list[float], v: list[float], bad: int = 0) -> None:
        """Check what it reads."""
        reading = self.read()
        self.assertEqual(reading.t.tolist(), t)
        np.testing.assert_array_equal(reading.v, np.array(v, float))
        self.assertEqual(reading.bad, bad)


class ReadTests(ReaderTestCase):
    """What is read of a file."""

    def test_lines(self) -> None:
        self.append("1500000000.100 12.5\n1500000060 -1e-3\n")
        self.check([1500000000.1, 1500000060.0], [12.5, -0.001])

    def test_header(self) -> None:
        self.append("# Air pressure\n#weather\n# hPa\n#\n1 2\n")
        self.check([1], [2])
        self.assertEqual(self.read().header, ("Air pressure", "weather", "hPa", ""))

    def test_no_header(self) -> None:
        self.append("1 2\n# more\n3 4\n")
        self.check([1, 3], [2, 4])
        self.assertEqual(self.read().header, ())

    def test_empty(self) -> None:
        self.check([], [])

    def test_header_only(self) -> None:
        self.append("# a\n# b\n")
        self.check([], [])
        self.assertEqual(self.read().header, ("a", "b"))

    def test_header_while_written(self) -> None:
        """A header is whole before there are samples."""
        self.append("# a\n")
        self.check([], [])
        self.append("# b\n1 2\n")
        self.check([1], [2])
        self.assertEqual(self.read().header, ("a", "b"))

    def test_header_in_latin(self) -> None:
        self.append("# a\n# b\n# °C\n1 2\n".encode("latin-1"))
        self.check([1], [2])
        self.assertEqual(self.read().header[2], "\ufffdC")

    def test_damaged(self) -> None:
        self.append("1 2\nx y\n3 4\n5\n6 7 8\n\n9 9\n")
        self.check([1, 3, 9], [2, 4, 9], bad=3)

    def test_no_time(self) -> None:
        """A value that is not a number is one; a time is not."""
        self.append("1 2\nnan 3\n4 nan\ninf 5\n")
        self.check([1, 4], [2, np.nan], bad=2)

    def test_carriage_returns(self) -> None:
        self.append("# a\r\n1 2\r\n3 4\r\n")
        self.check([1, 3], [2, 4])
        self.assertEqual(self.read().header, ("a",))

    def test_disorder(self) -> None:
        """Times ascend; of equal ones the last counts."""
        self.append("3 1\n1 2\n2 3\n1 4\n")
        self.check([1, 2, 3], [4, 3, 1])

    def test_garbage(self) -> None:
        self.append(bytes(range(256)) * 8 + b"\n1 2\n")
        reading = self.read()
        self.assertEqual(reading.t.tolist(), [1])
        self.assertGreater(reading.bad, 0)

    def test_zeros(self) -> None:
        """What a file system leaves of a write that was lost."""
        self.append(b"1 2\n" + bytes(100) + b"\n3 4\n")
        self.check([1, 3], [2, 4], bad=1)

    def test_endless_garbage(self) -> None:
        """A line that does not fit into memory."""
        self.patch(growing, "CHUNK", 64)
        self.append(b"1 2\n" + b"7" * 1000 + b"\n3 4\n")
        self.check([1, 3], [2, 4], bad=1)

    def test_wide(self) -> None:
        self.append("1 2\n".encode("utf-16"))
        error = self.assertRaises(DataFileError, self.read)
        self.assertEqual(str(error), f"{self.path}: it is in UTF-16: expected UTF-8 or ASCII")

    def test_missing(self) -> None:
        self.path.unlink()
        self.assertRaises(FileNotFoundError, self.read)

    def test_read_only(self) -> None:
        """What is kept cannot be changed by who uses it."""
        self.append("1 2\n")
        reading = self.read()
        for array in (reading.t, reading.v):
            self.assertRaises(ValueError, array.__setitem__, 0, 1.0)

    def test_nbytes(self) -> None:
        self.append("1 2\n" * 1)
        small = self.read().nbytes
        self.append("".join(f"{n} 0\n" for n in range(2, 1002)))
        self.assertEqual(self.read().nbytes - small, 16_000)


class GrowTests(ReaderTestCase):
    """Files that change between two looks."""

    def setUp(self) -> None:
        super().setUp()
        self.append("# a\n1 2\nx\n3 4")
        self.check([1], [2], bad=1)

    def test_grown(self) -> None:
        self.append("5\n6 7\n")
        self.check([1, 3, 6], [2, 45, 7], bad=1)
        self.assertEqual(self.read().header, ("a",))

    def test_only_the_rest(self) -> None:
        """Nothing is read a second time."""
        chunks: list[bytes] = []
        samples = TextReader.samples

        def counted(reader: TextReader, path: Path, chunk: bytes) -> tuple[Floats, Floats, int]:
            chunks.append(chunk)
            return samples(reader, path, chunk)

        self.patch(TextReader, "samples", counted)
        self.append("\n6 7\n")
        self.read()
        self.assertEqual(chunks, [b"3 4\n6 7\n"])

    def test_damaged(self) -> None:
        """What is damaged is counted from the start of the file."""
        self.append("\ny\n6 7\n")
        self.check([1, 3, 6], [2, 4, 7], bad=2)

    def test_late(self) -> None:
        """What comes late is put where it belongs."""
        self.append("\n0.5 1\n3 9\n")
        self.check([0.5, 1, 3], [1, 2, 9], bad=1)

    def test_replaced(self) -> None:
        other = Path(self.mktemp())
        other.write_text("# b\n8 9\n10 11\n12 13\n")
        other.replace(self.path)
        self.check([8, 10, 12], [9, 11, 13])
        self.assertEqual(self.read().header, ("b",))

    def test_rewritten(self) -> None:
        """It has the size that it had."""
        with self.path.open("r+") as file:
            file.write("# b\n5 6\n7 8\n9\n")
        self.check([5, 7], [6, 8], bad=1)

    def test_truncated(self) -> None:
        self.path.write_text("# a\n")
        self.check([], [])

    @given(st.lists(st.integers(1, 40), max_size=4), st.integers(3, 30))
    @examples(100)
    def test_as_at_once(self, sizes: list[int], chunk: int) -> None:
        """However it grew, and however much is read at once: it is read as if it had not."""
        self.patch(growing, "CHUNK", chunk)
        text = b"# a\n1 2\n3 4\nx\n5 nan\n4 4\n\n6 7\n8 9\n9 9\n"
        self.path.write_bytes(b"")
        self.known = None
        for size in sizes:
            self.append(text[:size])
            text = text[size:]
            self.read()
        self.append(text + b"10 11\n")
        grown, whole = self.read(), self.reader(self.path)
        for one, other in ((grown.t, whole.t), (grown.v, whole.v)):
            np.testing.assert_array_equal(one, other)
        self.assertEqual((grown.bad, grown.header), (whole.bad, whole.header))


class TitledTests(ReaderTestCase):
    """Files whose first line is a header that looks like anything."""

    reader = TextReader(titled=True)

    def test_title(self) -> None:
        self.append("Day PWV\n1 2\n")
        self.check([1], [2])
        self.assertEqual(self.read().header, ("Day PWV",))

    def test_without(self) -> None:
        """There may be none."""
        self.append("1 2\n3 4\n")
        self.check([1, 3], [2, 4])

    def test_one(self) -> None:
        """A second one is damaged."""
        self.append("Day PWV\nDay PWV\n1 2\n")
        self.check([1], [2], bad=1)

    def test_comment(self) -> None:
        self.append("# Day PWV\n1 2\n")
        self.check([1], [2])


class ConvertTests(ReaderTestCase):
    """Files whose times are others."""

    reader = TextReader(convert=lambda path, t, v: (t[v > 0] * 10, v[v > 0]))

    def test_convert(self) -> None:
        self.append("1 2\n2 -1\n3 4\n")
        self.check([10, 30], [2, 4])

    def test_grown(self) -> None:
        """It is done once with each sample."""
        self.append("1 2\n")
        self.read()
        self.append("3 4\n")
        self.check([10, 30], [2, 4])


class SharedTimesTests(SynchronousTestCase):
    """Equal times are in memory once."""

    def setUp(self) -> None:
        self.times = SharedTimes()

    def test_equal(self) -> None:
        t = self.times.share(np.arange(5.0))
        self.assertIs(self.times.share(np.arange(5.0)), t)

    def test_same_ends(self) -> None:
        first = self.times.share(np.array([1.0, 2.0, 4.0]))
        second = self.times.share(np.array([1.0, 3.0, 4.0]))
        self.assertEqual((first[1], second[1]), (2, 3))

    def test_released(self) -> None:
        """Nothing is kept that nobody uses."""
        self.times.share(np.arange(5.0))
        gc.collect()
        self.assertEqual(len(self.times._known), 0)

    def test_reader(self) -> None:
        reader = TextReader()
        paths = [Path(self.mktemp()) for _ in range(2)]
        for value, path in enumerate(paths):
            path.write_text(f"1 {value}\n2 {value}\n")
        first, second = map(reader, paths)
        self.assertIs(first.t, second.t)
        self.assertEqual((first.v.tolist(), second.v.tolist()), ([0, 0], [1, 1]))
        # What is left of the times that were not taken is nothing.
        self.assertIsNone(second.v.base)


class MemoryTests(SynchronousTestCase):
    """How much memory is used."""

    def test_peak(self) -> None:
        """Twice what is kept is never used, besides a few chunks."""
        chunk = 1 << 14
        self.patch(growing, "CHUNK", chunk)
        path = Path(self.mktemp())
        path.write_text("".join(f"{n} {n}.5\n" for n in range(40_000)))
        reader = TextReader()
        # What is loaded on the first use is no part of it.
        reader(path)
        gc.collect()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        reading = reader(path)
        _, peak = tracemalloc.get_traced_memory()
        self.assertLess(peak, 2 * reading.nbytes + 30 * chunk)
