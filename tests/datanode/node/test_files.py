"""Tests for L{netsim.datanode.node.files}."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netsim.datanode.node.files import between, finalized, listing, make_cache
from netsim.datanode.textfile import TextReader
from netsim.errors import DataFileError
from tests.datanode.node.files import FilesTestCase
from tests.properties import examples


class BetweenTests(FilesTestCase):
    """Where the times of an interval are."""

    @given(st.lists(st.integers(0, 9), unique=True).map(sorted), st.integers(), st.integers(0, 9))
    @examples(200)
    def test_as_compared(self, times: Sequence[int], start: int, end: int) -> None:
        t = np.array(times, float)
        expected = [time for time in times if start <= time < end]
        self.assertEqual(t[between(t, start, end)].tolist(), expected)


class FinalizedTests(FilesTestCase):
    """Until when nothing will change."""

    def test_series(self) -> None:
        self.assertEqual(finalized([20, 10], 30), 10)
        self.assertEqual(finalized([20, 10], 20), 10)
        self.assertIsNone(finalized([20, 10], 10))
        self.assertIsNone(finalized([], 10))


class ListingTests(FilesTestCase):
    """What is in a directory."""

    def test_names(self) -> None:
        self.write("a", "")
        self.assertEqual(listing(self.directory), ["a"])

    def test_no_directory(self) -> None:
        path = self.write("a", "")
        for place, reason in (
            (self.directory / "b", "No such file or directory"),
            (path, "Not a directory"),
        ):
            error = self.assertRaises(DataFileError, listing, place)
            self.assertEqual(str(error), f"{place}: {reason}")


class CacheTests(FilesTestCase):
    """What is logged of files."""

    def read(self, quiet: bool, *paths: Path) -> list[str]:
        with self.logged() as texts:
            list(make_cache(1 << 20, TextReader(), quiet).readable(paths))
        return texts

    def test_logged(self) -> None:
        path = self.write("a", "x\ny\n")
        gone = self.directory / "b"
        self.assertEqual(
            self.read(False, path, gone),
            [
                f"{path}: damaged lines left out: 2",
                f"{gone}: No such file or directory; the file is left out",
            ],
        )

    def test_quiet(self) -> None:
        self.assertEqual(self.read(True, self.write("a", "x\n")), [])
