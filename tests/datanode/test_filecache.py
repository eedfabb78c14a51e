"""Tests for L{netsim.datanode.filecache}."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode import filecache
from netsim.datanode.filecache import NOMINAL, FileCache
from netsim.errors import DataFileError
from tests.properties import examples


@frozen
class Words:
    """What a file of words is read as."""

    text: str
    nbytes: int
    bad: int


class FileCacheTestCase(SynchronousTestCase):
    """A test with a cache of files of words: C{?} is a damaged one."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.loads: list[tuple[str, str | None]] = []
        self.reports: list[tuple[str, int]] = []
        self.failures: list[str] = []
        self.cache = self.make(1_000_000)

    def make(self, limit: int) -> FileCache[Words]:
        return FileCache(limit, self.load, self.report, self.failures.append)

    def report(self, path: Path, bad: int) -> None:
        self.reports.append((path.name, bad))

    def load(self, path: Path, known: Words | None) -> Words:
        self.loads.append((path.name, known.text if known else None))
        text = path.read_text()
        if text.startswith("broken"):
            raise DataFileError(f"{path.name}: broken")
        return Words(text, 1000 * len(text), text.count("?"))

    def write(self, name: str, text: str) -> Path:
        """A file of another inode, so that it is another state whatever the clock's steps."""
        path = self.directory / name
        new = self.directory / f"{name}.new"
        new.write_text(text)
        new.replace(path)
        return path

    def names(self) -> list[str]:
        return [name for name, _ in self.loads]


class GetTests(FileCacheTestCase):
    """What is read, and when."""

    def test_once(self) -> None:
        path = self.write("a", "x")
        first = self.cache.get(path)
        self.assertIs(self.cache.get(path), first)
        self.assertEqual(self.loads, [("a", None)])

    def test_known(self) -> None:
        """What was read before is handed on."""
        path = self.write("a", "x")
        self.cache.get(path)
        self.write("a", "xy")
        self.assertEqual(self.cache.get(path).text, "xy")
        self.assertEqual(self.loads, [("a", None), ("a", "x")])

    def test_size(self) -> None:
        path = self.write("a", "x")
        self.cache.get(path)
        state = path.stat()
        with path.open("a") as file:
            file.write("y")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        self.assertEqual(self.cache.get(path).text, "xy")

    def test_time(self) -> None:
        path = self.write("a", "x")
        self.cache.get(path)
        path.write_text("y")
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        self.assertEqual(self.cache.get(path).text, "y")

    def test_inode(self) -> None:
        """A file of the same size and time took its place."""
        path = self.write("a", "x")
        self.cache.get(path)
        state = path.stat()
        self.write("a", "y")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        self.assertEqual(self.cache.get(path).text, "y")

    def test_missing(self) -> None:
        path = self.directory / "a"
        error = self.assertRaises(DataFileError, self.cache.get, path)
        self.assertEqual(str(error), f"{path}: No such file or directory")

    def test_vanished(self) -> None:
        """What was kept of it goes with it."""
        path = self.write("a", "x")
        self.cache.get(path)
        path.unlink()
        self.assertRaises(DataFileError, self.cache.get, path)
        self.assertEqual(self.cache.nbytes, 0)
        self.write("a", "x")
        self.cache.get(path)
        self.assertEqual(self.loads, [("a", None), ("a", None)])

    def test_vanishesAtOnce(self) -> None:
        """It goes between a look at it and reading it."""

        def load(path: Path, known: Words | None) -> Words:
            raise FileNotFoundError(2, "No such file or directory")

        path = self.write("a", "x")
        cache = FileCache(1_000_000, load)
        self.assertRaises(DataFileError, cache.get, path)

    def test_pipe(self) -> None:
        """A pipe that nobody writes to does not stop the thread."""
        path = self.directory / "a"
        os.mkfifo(path)
        error = self.assertRaises(DataFileError, self.cache.get, path)
        self.assertEqual(str(error), f"{path}: it is no regular file")
        self.assertEqual(self.loads, [])

    def test_broken(self) -> None:
        """A file that is damaged as a whole is not read again before it changes."""
        path = self.write("a", "broken")
        for _ in range(2):
            error = self.assertRaises(DataFileError, self.cache.get, path)
            self.assertEqual(str(error), "a: broken")
        self.assertEqual(self.loads, [("a", None)])
        self.write("a", "x")
        self.assertEqual(self.cache.get(path).text, "x")


class LimitTests(FileCacheTestCase):
    """How much is kept."""

    def test_least_recent(self) -> None:
        a, b, c = (self.write(name, "x") for name in "abc")
        cache = self.make(2 * (1000 + NOMINAL))
        for path in (a, b, a, c):
            cache.get(path)
        self.assertEqual(cache.nbytes, 2 * (1000 + NOMINAL))
        self.loads.clear()
        for path in (a, c, b):
            cache.get(path)
        self.assertEqual(self.names(), ["b"])

    def test_too_large(self) -> None:
        """One that has no room drives nobody out."""
        a, b = self.write("a", "x"), self.write("b", "xyz")
        cache = self.make(1000 + NOMINAL)
        cache.get(a)
        self.assertEqual(cache.get(b).text, "xyz")
        cache.get(a)
        self.assertEqual(self.names(), ["a", "b"])

    def test_grown(self) -> None:
        """What takes more than it did is counted anew."""
        path = self.write("a", "x")
        self.cache.get(path)
        self.write("a", "xyz")
        self.cache.get(path)
        self.assertEqual(self.cache.nbytes, 3000 + NOMINAL)

    def test_broken_takes_room(self) -> None:
        """Those that are known not to be readable are kept in bounds, too."""
        cache = self.make(2 * NOMINAL)
        for name in "abc":
            self.assertRaises(DataFileError, cache.get, self.write(name, "broken"))
        self.assertEqual(cache.nbytes, 2 * NOMINAL)

    @given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 4))), st.integers(0, 9))
    @examples(100)
    def test_never_more(self, steps: list[tuple[str, int]], limit: int) -> None:
        """Whatever is asked for, what is kept is counted rightly, and is below the limit."""
        cache = self.make(limit * 1000)
        for name, size in steps:
            path = self.write(name, "x" * size)
            self.assertEqual(cache.get(path).text, "x" * size)
            kept = sum(entry.nbytes for entry in cache._entries.values())
            self.assertEqual(cache.nbytes, kept)
            self.assertLessEqual(kept, limit * 1000)


class ReportTests(FileCacheTestCase):
    """What is told of damaged files."""

    def test_once(self) -> None:
        path = self.write("a", "x??")
        self.cache.get(path)
        self.cache.get(path)
        self.assertEqual(self.reports, [("a", 2)])

    def test_change(self) -> None:
        path = self.write("a", "x?")
        self.cache.get(path)
        self.write("a", "x??")
        self.cache.get(path)
        self.write("a", "x??y")
        self.cache.get(path)
        self.assertEqual(self.reports, [("a", 1), ("a", 2)])

    def test_repaired(self) -> None:
        path = self.write("a", "x?")
        self.cache.get(path)
        self.write("a", "xy")
        self.cache.get(path)
        self.assertEqual(self.reports, [("a", 1), ("a", 0)])

    def test_not_kept(self) -> None:
        """One that has to be read every time is told once nevertheless."""
        cache = self.make(0)
        path = self.write("a", "x?")
        cache.get(path)
        cache.get(path)
        self.assertEqual(self.names(), ["a", "a"])
        self.assertEqual(self.reports, [("a", 1)])

    def test_bounded(self) -> None:
        self.patch(filecache, "REMEMBERED", 2)
        paths = [self.write(name, "?") for name in "abc"]
        for path in [*paths, *paths[1:]]:
            self.cache.get(path)
        self.assertEqual(self.reports, [("a", 1), ("b", 1), ("c", 1)])
        self.assertEqual(len(self.cache._told), 2)


class ReadableTests(FileCacheTestCase):
    """Several files, of which some cannot be read."""

    def test_goes_on(self) -> None:
        a, b, c = self.write("a", "x"), self.directory / "b", self.write("c", "y")
        got = [(path.name, item.text) for path, item in self.cache.readable([a, b, c])]
        self.assertEqual(got, [("a", "x"), ("c", "y")])
        self.assertEqual(self.failures, [f"{b}: No such file or directory"])

    def test_told_once(self) -> None:
        path = self.write("a", "broken")
        for _ in range(2):
            self.assertEqual(list(self.cache.readable([path])), [])
        self.assertEqual(self.failures, ["a: broken"])
        path.unlink()
        self.assertEqual(list(self.cache.readable([path])), [])
        self.assertEqual(len(self.failures), 2)

    def test_back(self) -> None:
        path = self.directory / "a"
        self.assertEqual(list(self.cache.readable([path])), [])
        self.write("a", "x")
        self.assertEqual(len(list(self.cache.readable([path]))), 1)
        self.assertEqual(self.reports, [("a", 0)])
