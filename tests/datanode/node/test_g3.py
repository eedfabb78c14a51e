"""Tests for L{netsim.datanode.node.g3}."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from netsim.datanode import budget
from netsim.datanode.database import read_url
from netsim.datanode.filecache import FileCache
from netsim.datanode.interfaces import ISource
from netsim.datanode.model import BOOL, Block, Catalogue, Field
from netsim.datanode.node.g3 import G3Source, make_source
from netsim.datanode.node.g3contents import Contents, Series
from netsim.datanode.node.g3index import Known, Where
from netsim.errors import DataFileError, LimitError

A, B = Path("/data/a"), Path("/data/b")


def contents(*fields: str, t: list[float], step: float = 1.0) -> Contents:
    """A file whose fields share their times."""
    times = np.array(t)
    series = {name: Series(times, times * step) for name in fields}
    return Contents(series, 0, 1)


class G3SourceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.index = mock.Mock()
        self.files: dict[Path, Contents] = {}
        self.cache: Any = FileCache(0, mock.Mock())
        self.patch(self.cache, "readable", self.readable)
        self.source = G3Source("g3_reader", "files", self.index, self.cache)

    def readable(self, paths: Any) -> Iterator[tuple[Path, Contents]]:
        yield from ((path, self.files[path]) for path in paths if path in self.files)

    def blocks(self, start: float, end: float, where: Where) -> dict[str, Block]:
        self.index.where.return_value = where
        found = self.source.blocks(["asked"], start, end)
        return {block.timeline: block for block in found}

    def test_source(self) -> None:
        verifyObject(ISource, self.source)
        self.assertTrue(self.source.blocking)

    def test_fields(self) -> None:
        """All that the index knows, whatever the interval."""
        self.index.fields.return_value = [Known("f.a", "f.t", BOOL, 0.5), Known("f.b", "f.t"),
                                          Known("f.c", "f.c")]  # fmt: skip
        fields = (Field("f.a", "f.t", type=BOOL), Field("f.b", "f.t"), Field("f.c", "f.c"))
        told = self.source.fields(5, 6)
        self.assertEqual(told.fields, fields)
        self.assertEqual(told.intervals, {"f.t": 0.5, "f.c": None})
        self.index.fields.return_value = []
        self.assertEqual(self.source.fields(5, 6), Catalogue())

    def test_one_file(self) -> None:
        """Fields of a timeline share a block, cut to the interval."""
        self.files[A] = contents("f.a", "f.b", "f.c", t=[1.0, 2.0, 3.0, 4.0])
        where = Where({"f.a": "f.t", "f.b": "f.t"}, {A: ["f.a", "f.b"]})
        [block] = self.blocks(2.0, 4.0, where).values()
        self.assertEqual((block.timeline, block.t.tolist()), ("f.t", [2.0, 3.0]))
        self.assertEqual({name: each.tolist() for name, each in block.columns.items()},
                         {"f.a": [2.0, 3.0], "f.b": [2.0, 3.0]})  # fmt: skip
        self.assertEqual(block.finalized_until, 3.0)

    def test_several_files(self) -> None:
        """What follows in the next file is put after it; times go on being shared."""
        self.files = {A: contents("f.a", "f.b", t=[1.0, 2.0]), B: contents("f.a", "f.b", t=[3.0])}
        where = Where({"f.a": "f.t", "f.b": "f.t"}, {A: ["f.a", "f.b"], B: ["f.b", "f.a"]})
        [block] = self.blocks(0.0, 9.0, where).values()
        self.assertEqual(block.t.tolist(), [1.0, 2.0, 3.0])
        self.assertEqual(block.columns["f.a"].tolist(), [1.0, 2.0, 3.0])

    def test_overlapping_files(self) -> None:
        """Samples that two files have are there once, in order."""
        self.files = {A: contents("f.a", t=[1.0, 3.0]), B: contents("f.a", t=[2.0, 3.0], step=9.0)}
        where = Where({"f.a": "f.t"}, {A: ["f.a"], B: ["f.a"]})
        [block] = self.blocks(0.0, 9.0, where).values()
        self.assertEqual(block.t.tolist(), [1.0, 2.0, 3.0])
        self.assertEqual(block.columns["f.a"].tolist(), [1.0, 18.0, 27.0])

    def test_other_times(self) -> None:
        """A field of the timeline that lacks some of its times has no number there."""
        self.files = {A: contents("f.a", "f.b", t=[1.0]), B: contents("f.a", t=[2.0])}
        where = Where({"f.a": "f.t", "f.b": "f.t"}, {A: ["f.a", "f.b"], B: ["f.a", "f.b"]})
        [block] = self.blocks(0.0, 9.0, where).values()
        self.assertEqual(block.t.tolist(), [1.0, 2.0])
        np.testing.assert_array_equal(block.columns["f.b"], [1.0, np.nan])
        self.assertEqual(block.finalized_until, 1.0)

    def test_timelines(self) -> None:
        """Each is a block."""
        self.files[A] = contents("f.a", "g.b", t=[1.0])
        found = self.blocks(0.0, 9.0, Where({"f.a": "f.x", "g.b": "g.y"}, {A: ["f.a", "g.b"]}))
        self.assertEqual({name: [*block.columns] for name, block in found.items()},
                         {"f.x": ["f.a"], "g.y": ["g.b"]})  # fmt: skip

    def test_nothing(self) -> None:
        """A field without samples has no block, and no more a file that cannot be read."""
        self.files[A] = contents("f.a", t=[1.0])
        where = Where({"f.a": "f.t", "f.b": "f.t"}, {A: ["f.a", "f.b"], B: ["f.a"]})
        self.assertEqual(self.blocks(2.0, 3.0, where), {})
        self.assertEqual(len(self.blocks(0.0, 3.0, where)), 1)
        self.assertEqual(self.blocks(0.0, 3.0, Where()), {})

    def test_names(self) -> None:
        """Each is asked for once."""
        self.index.where.return_value = Where()
        self.source.blocks(["b", "a", "b"], 0, 1)
        self.index.where.assert_called_once_with(["b", "a"], 0, 1)

    def test_too_much(self) -> None:
        """A node does not take more than it can have in memory."""
        self.patch(budget, "MOST", 100)
        self.files[A] = contents("f.a", "f.b", t=[*map(float, range(4))])
        where = Where({"f.a": "f.t", "f.b": "f.t"}, {A: ["f.a", "f.b"]})
        self.assertRaises(LimitError, self.blocks, 0.0, 9.0, where)
        self.assertEqual(len(self.blocks(0.0, 3.0, where)), 1)

    def test_make_source(self) -> None:
        """It is wired to the database, and to files that are kept under a limit."""
        path = Path(self.mktemp()).absolute()

        class Config(dict[str, Any]):
            name, description, url = "n", "d", read_url(str(path), None)

        source = make_source(Config(cache=1 << 20), None)
        self.addCleanup(source._index._database.close)
        self.assertEqual((source.name, source.description), ("n", "d"))
        self.assertEqual(source.fields(0, 1), Catalogue())
        self.assertRaises(DataFileError, source._cache.get, Path("/nowhere.g3"))
