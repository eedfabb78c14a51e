"""Tests for L{netsim.datanode.growing}."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import growing
from netsim.datanode.growing import CHECKED, GrowingFile, Place
from netsim.errors import DataFileError
from tests.properties import examples


class GrowingFileTestCase(SynchronousTestCase):
    """A test with a file, of which so many bytes are read at once."""

    chunk = 64

    def setUp(self) -> None:
        self.patch(growing, "CHUNK", self.chunk)
        self.path = Path(self.mktemp())
        self.path.touch()
        self.place: Place | None = None
        self.continued = False
        self.long_lines = 0

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def read(self) -> bytes:
        """What has not been read before."""
        with self.path.open("rb", buffering=0) as file:
            reader = GrowingFile(file, self.place)
            data = b"".join(reader.chunks())
            self.place = reader.place()
        self.continued, self.long_lines = reader.continued, reader.long_lines
        return data


class ReadTests(GrowingFileTestCase):
    """What is given of a file."""

    def test_empty(self) -> None:
        self.assertEqual(self.read(), b"")

    def test_unfinished(self) -> None:
        """A line that is being written is left for the next time."""
        self.append(b"1 2\n3 ")
        self.assertEqual(self.read(), b"1 2\n")
        self.append(b"4\n5")
        self.assertEqual(self.read(), b"3 4\n")
        self.assertTrue(self.continued)

    def test_nothing_new(self) -> None:
        self.append(b"1 2\n")
        self.read()
        self.append(b"3")
        self.assertEqual(self.read(), b"")
        self.assertTrue(self.continued)

    def test_chunks(self) -> None:
        """No more than a chunk is in memory, and each ends with its line."""
        self.append(b"1234567 1234567\n" * 10)
        with self.path.open("rb") as file:
            chunks = list(GrowingFile(file).chunks())
        self.assertEqual([len(chunk) for chunk in chunks], [64, 64, 32])

    def test_between_lines(self) -> None:
        self.append(b"1234567 12345\n" * 10)
        with self.path.open("rb") as file:
            chunks = list(GrowingFile(file).chunks())
        self.assertEqual([len(chunk) for chunk in chunks], [56, 56, 28])

    def test_long_line(self) -> None:
        """A line that is longer than a chunk is left out, all of it."""
        self.append(b"1\n" + b"2" * 200 + b"\n3\n")
        self.assertEqual(self.read(), b"1\n3\n")
        self.assertEqual(self.long_lines, 1)

    def test_long_line_without_end(self) -> None:
        """It is told when it has ended."""
        self.append(b"1\n" + b"2" * 200)
        self.assertEqual(self.read(), b"1\n")
        self.assertEqual(self.long_lines, 0)
        self.append(b"\n3\n")
        self.assertEqual(self.read(), b"3\n")
        self.assertEqual(self.long_lines, 1)

    def test_grows_while_read(self) -> None:
        """What is written meanwhile is left: a file may grow as fast as it is read."""
        self.append(b"1\n")
        with self.path.open("rb") as file:
            reader = GrowingFile(file)
            self.append(b"2\n")
            self.assertEqual(list(reader.chunks()), [b"1\n"])

    def test_truncated_while_read(self) -> None:
        self.append(b"1234567\n" * 16)
        with self.path.open("rb") as file:
            reader = GrowingFile(file)
            chunks = reader.chunks()
            next(chunks)
            os.truncate(self.path, 0)
            self.assertEqual(list(chunks), [])
            reader.place()

    def test_mark(self) -> None:
        self.append(b"\xef\xbb\xbf1\n")
        self.assertEqual(self.read(), b"1\n")
        self.append(b"2\n")
        self.assertEqual(self.read(), b"2\n")

    def test_wide(self) -> None:
        self.append("1 2\n".encode("utf-16"))
        error = self.assertRaises(DataFileError, self.read)
        self.assertEqual(str(error), "it is in UTF-16: expected UTF-8 or ASCII")

    @given(st.lists(st.text("12\n", min_size=1, max_size=150), max_size=6))
    @examples(100)
    def test_each_line_once(self, parts: list[str]) -> None:
        """However it grows, each whole line is given once, if it is not too long."""
        self.path.write_bytes(b"")
        self.place, got, long_lines = None, b"", 0
        for part in parts:
            self.append(part.encode())
            got += self.read()
            long_lines += self.long_lines
        lines = "".join(parts).splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        short = [line for line in whole if len(line) <= self.chunk]
        self.assertEqual(got.decode(), "".join(short))
        self.assertEqual(long_lines, len(whole) - len(short))


class AnewTests(GrowingFileTestCase):
    """Files that are not those that they were."""

    def setUp(self) -> None:
        super().setUp()
        self.append(b"1 1\n" * 1000)
        self.read()

    def write(self, data: bytes) -> None:
        """Write into the file as it is, as an editor may do."""
        with self.path.open("r+b") as file:
            file.write(data)

    def test_replaced(self) -> None:
        """Another one took its place."""
        other = Path(self.mktemp())
        other.write_bytes(b"1 1\n" * 1001)
        other.replace(self.path)
        self.assertEqual(self.read(), b"1 1\n" * 1001)
        self.assertFalse(self.continued)

    def test_rewritten(self) -> None:
        """It has the same size."""
        self.write(b"2 2\n" * 1000)
        self.assertEqual(self.read(), b"2 2\n" * 1000)

    def test_rewritten_amidst(self) -> None:
        """Neither its ends nor its size are others."""
        with self.path.open("r+b") as file:
            file.seek(2000)
            file.write(b"2")
        self.assertIn(b"2 1\n", self.read())

    def test_truncated(self) -> None:
        os.truncate(self.path, 8)
        self.assertEqual(self.read(), b"1 1\n" * 2)

    def test_truncated_and_grown(self) -> None:
        """It is larger again than it was."""
        os.truncate(self.path, 0)
        self.append(b"2 2\n" * 1001)
        self.assertEqual(self.read(), b"2 2\n" * 1001)

    def test_another_start(self) -> None:
        self.write(b"2")
        self.append(b"3 3\n")
        self.assertTrue(self.read().startswith(b"2 1\n"))

    def test_another_end(self) -> None:
        """What stands before the place where reading goes on differs."""
        with self.path.open("r+b") as file:
            file.seek(3992)
            file.write(b"2")
        self.append(b"3 3\n")
        self.assertTrue(self.read().endswith(b"2 1\n1 1\n3 3\n"))
        self.assertFalse(self.continued)

    def test_checked(self) -> None:
        assert self.place is not None
        self.assertEqual(len(self.place.head), CHECKED)
        self.assertEqual(len(self.place.tail), CHECKED)
