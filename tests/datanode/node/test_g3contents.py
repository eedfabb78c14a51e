"""Tests for L{netsim.datanode.node.g3contents}."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.g3file import Samples
from netsim.datanode.node import g3contents
from netsim.datanode.node.g3contents import Contents, Loader, Series, joined
from netsim.errors import DataFileError
from tests.datanode.g3files import FEED, Block, require_so3g, write


def samples(t: list[float], block: str = "b", **columns: Any) -> Samples:
    """What a frame has."""
    arrays = {name: np.array(values) for name, values in columns.items()}
    return Samples(0, "f", block, np.array(t), arrays)


class LoaderTests(SynchronousTestCase):
    def load(self, *frames: Samples, bad: int = 0) -> Contents:
        class FakeFile(list[Samples]):
            def __init__(self, path: Path) -> None:
                super().__init__(frames)
                self.bad = bad

        self.patch(g3contents, "G3File", FakeFile)
        path = Path(self.mktemp())
        path.touch()
        return Loader(1)(path)

    def values(self, contents: Contents) -> dict[str, tuple[list[float], list[Any]]]:
        return {
            name: (each.t.tolist(), each.values.tolist()) for name, each in contents.series.items()
        }

    def test_frames(self) -> None:
        """They are put together; fields of a block share their times."""
        contents = self.load(samples([1.0, 2.0], a=[1, 2], b=[True, False]),
                             samples([3.0], a=[3], b=[True]), bad=4)  # fmt: skip
        t = [1.0, 2.0, 3.0]
        expected = {"f.a": (t, [1, 2, 3]), "f.b": (t, [True, False, True])}
        self.assertEqual(self.values(contents), expected)
        self.assertIs(contents.series["f.a"].t, contents.series["f.b"].t)
        self.assertEqual((contents.bad, contents.nbytes), (4, 24 + 24 + 3))

    def test_missing_columns(self) -> None:
        """A field that not all frames have has its own times."""
        contents = self.load(samples([1.0], a=[1], b=[1]), samples([2.0], a=[2]))
        self.assertEqual(self.values(contents), {"f.a": ([1.0, 2.0], [1, 2]), "f.b": ([1.0], [1])})

    def test_order(self) -> None:
        """Times ascend; of samples of the same time the last counts."""
        frames = [samples([5.0], a=[5]), samples([1.0, 3.0], a=[1, 3]), samples([3.0], a=[4])]
        self.assertEqual(self.values(self.load(*frames)), {"f.a": ([1.0, 3.0, 5.0], [1, 4, 5])})

    def test_order_of_shared_times(self) -> None:
        """Each field of a block is in order, and whole."""
        contents = self.load(samples([2.0], a=[2], b=[20]), samples([1.0], a=[1], b=[10]))
        t = [1.0, 2.0]
        self.assertEqual(self.values(contents), {"f.a": (t, [1, 2]), "f.b": (t, [10, 20])})

    def test_same_field_in_two_blocks(self) -> None:
        contents = self.load(samples([2.0], "x", a=[2.5]), samples([1.0], "y", a=[1]))
        self.assertEqual(self.values(contents), {"f.a": ([1.0, 2.0], [1.0, 2.5])})

    def test_strings(self) -> None:
        """They count as more than the references to them."""
        contents = self.load(samples([1.0], s=np.array(["x"], dtype=object)))
        self.assertEqual(self.values(contents), {"f.s": ([1.0], ["x"])})
        self.assertGreater(contents.nbytes, 60)

    def test_joined(self) -> None:
        one = Series(np.array([1.0]), np.array([1]))
        self.assertIs(joined([one]), one)

    def test_too_large(self) -> None:
        """It is told, and not read."""
        path = Path(self.mktemp())
        path.write_bytes(b"123")
        error = self.assertRaises(DataFileError, Loader(2), path)
        self.assertIn("larger than --cache, which is 2 bytes", str(error))

    def test_real_file(self) -> None:
        require_so3g()
        blocks = [Block([float(t), t + 0.5], {"a": [1.0, 2.0], "s": ["x", "y"]}) for t in (1, 2)]
        contents = Loader(10**6)(write(Path(f"{self.mktemp()}.g3"), *blocks))
        t = [1.0, 1.5, 2.0, 2.5]
        expected = {f"{FEED}.a": (t, [1.0, 2.0] * 2), f"{FEED}.s": (t, ["x", "y"] * 2)}
        self.assertEqual(self.values(contents), expected)
