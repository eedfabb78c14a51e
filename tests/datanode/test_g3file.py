"""Tests for L{netsim.datanode.g3file}, with files that so3g writes."""

from __future__ import annotations

import errno
import math
from pathlib import Path
from typing import Any

import numpy as np
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.g3file import LATEST, G3File, Samples
from netsim.errors import DataFileError
from tests.datanode.g3files import FEED, Block, require_so3g, write

T0 = 1552927915.76223


class G3FileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.core = require_so3g()
        self.path = Path(self.mktemp() + ".g3")

    def read(self, bad: int = 0, is_cut: bool = False) -> list[Samples]:
        """All samples, and how damaged the file is said to be."""
        file = G3File(self.path)
        samples = [*file]
        self.assertEqual((file.bad, file.is_cut), (bad, is_cut))
        return samples

    def write(self, *frames: Any) -> None:
        writer = self.core.G3Writer(str(self.path))
        for frame in frames:
            writer(frame)
        del writer

    def frame(self, **values: Any) -> Any:
        frame = self.core.G3Frame(self.core.G3FrameType.Housekeeping)
        for name, value in values.items():
            frame[name] = value
        return frame

    def status(self, **feeds: int) -> Any:
        providers = self.core.G3VectorFrameObject()
        for description, number in feeds.items():
            provider = self.core.G3MapFrameObject()
            provider["prov_id"] = self.core.G3Int(number)
            provider["description"] = self.core.G3String(description)
            providers.append(provider)
        return self.frame(hkagg_type=1, providers=providers)

    def data(self, provider: int, *blocks: Any, **more: Any) -> Any:
        return self.frame(
            hkagg_type=2, prov_id=provider, blocks=self.core.G3VectorFrameObject(blocks), **more
        )

    def block(self, t: list[float] | None = None, **columns: Any) -> Any:
        block = self.core.G3TimesampleMap()
        block.times = self.core.G3VectorTime([self.core.G3Time(int(x * 1e8)) for x in t or [1.0]])
        for name, values in columns.items():
            block[name] = values
        return block

    def test_versions(self) -> None:
        """The same data in the forms of old files, of those between, and of today's."""
        block = Block([T0, T0 + 1], {"Channel 1": [1.5, math.nan], "Channel 2": [3.0, 4.0]})
        for version, name in ((0, "Channel 1"), (1, "Channel 1"), (2, "temps")):
            write(self.path, block, version=version)
            [samples] = self.read()
            self.assertEqual((samples.provider, samples.feed, samples.block), (0, FEED, name))
            self.assertEqual(samples.t.tolist(), [T0, T0 + 1])
            self.assertEqual(samples.columns.keys(), {"Channel 1", "Channel 2"})
            np.testing.assert_array_equal(samples.columns["Channel 1"], [1.5, math.nan])
            self.assertEqual(samples.columns["Channel 2"].tolist(), [3.0, 4.0])

    def test_types(self) -> None:
        """Floats, integers, bools and strings of any language come as what they are."""
        columns = {"f": [0.5], "i": [2**60 + 1], "b": [True], "s": ["größer 温度"], "ü ö": [1.0]}
        write(self.path, Block([1.0], columns))
        [samples] = self.read()
        self.assertEqual({name: each.tolist() for name, each in samples.columns.items()}, columns)
        kinds = {name: each.dtype.kind for name, each in samples.columns.items()}
        self.assertEqual(kinds, {"f": "f", "i": "i", "b": "b", "s": "O", "ü ö": "f"})

    def test_times_are_exact(self) -> None:
        """Ten nanoseconds are more than a float tells: the nearest one is taken."""
        for t in (1552927915.76223, 1700000000.1, 1e9 + 1 / 3):
            write(self.path, Block([t], {"a": [1.0]}))
            self.assertEqual(self.read()[0].t[0], round(t, 8))

    def test_providers(self) -> None:
        """A list of providers takes the place of the one before; a session has none at first."""
        vector = self.core.G3VectorDouble([1.0])
        data = self.data(1, self.block(a=vector))
        session = self.frame(hkagg_type=0)
        self.write(data, self.status(x=1, y=2), data, self.status(z=1), data, session, data)
        self.assertEqual([each.feed for each in self.read(bad=2)], ["x", "z"])

    def test_other_frames(self) -> None:
        """They are passed over, unread."""
        scan = self.core.G3Frame(self.core.G3FrameType.Scan)
        scan["hkagg_type"] = 2
        write(self.path, Block([1.0], {"a": [1.0]}))
        whole = self.path.read_bytes()
        self.write(scan)
        self.path.write_bytes(self.path.read_bytes() + whole)
        self.assertEqual(len(self.read()), 1)

    def test_block_names(self) -> None:
        """Where they do not fit the blocks, the first field stands for a block."""
        vector = self.core.G3VectorDouble([1.0])
        blocks = [self.block(b=vector, a=vector), self.block(c=vector)]
        for names, expected in ((["x", "y"], ["x", "y"]), (["x"], ["a", "c"])):
            names = self.core.G3VectorString(names)
            self.write(self.status(f=0), self.data(0, *blocks, block_names=names))
            self.assertEqual([each.block for each in self.read()], expected)

    def test_unusable_columns(self) -> None:
        """Columns of types that later versions may have are left out; the others are not."""

        class Later(dict[str, Any]):
            times = self.core.G3VectorTime([self.core.G3Time(10**8)])

        block = Later(odd=self.core.G3VectorComplexDouble([1j]), good=[1.0])
        file = G3File(self.path)
        found = file._blocks({"blocks": [block]}, 0, "f")
        self.assertEqual([[*each.columns] for each in found], [["good"]])
        self.assertEqual(file.bad, 1)

    def test_columns_of_another_length(self) -> None:
        """They are left out, too."""
        block = self._old([1.0, 2.0], short=[1.0], good=[3.0, 4.0])
        self.write(self.status(f=0), self.data(0, block))
        [samples] = self.read(bad=1)
        self.assertEqual([*samples.columns], ["good"])

    def test_impossible_times(self) -> None:
        """Samples without a time that a calendar knows are left out."""
        block = self._old([math.nan, -1.0, 5.0, LATEST, math.inf], a=[1.0, 2.0, 3.0, 4.0, 5.0])
        self.write(self.status(f=0), self.data(0, block))
        [samples] = self.read(bad=1)
        self.assertEqual((samples.t.tolist(), samples.columns["a"].tolist()), ([5.0], [3.0]))

    def test_empty(self) -> None:
        """A file or a block without anything has no samples, and is no damage."""
        self.path.touch()
        self.assertEqual(self.read(), [])
        self.write(self.status(f=0), self.data(0, self._old([])), self.data(0))
        self.assertEqual(self.read(), [])

    def test_cut(self) -> None:
        """What comes before the cut is read."""
        blocks = [Block([float(t)], {"a": [float(t)]}) for t in (1, 2, 3)]
        data = write(self.path, *blocks).read_bytes()
        self.path.write_bytes(data[:-1])
        self.assertEqual([each.t.tolist() for each in self.read(is_cut=True)], [[1.0], [2.0]])

    def test_damaged_frames(self) -> None:
        """A frame whose checksum is wrong is left out; those after it are not."""
        blocks = [Block([float(t)], {"a": [float(t)]}) for t in (1, 2, 3)]
        data = bytearray(write(self.path, *blocks).read_bytes())
        size = len(data) - len(write(self.path, *blocks[:2]).read_bytes())
        data[-2 * size + 60] ^= 0xFF
        self.path.write_bytes(data)
        self.assertEqual([each.t.tolist() for each in self.read(bad=1)], [[1.0], [3.0]])

    def test_garbage_at_the_end(self) -> None:
        """It is counted."""
        data = write(self.path, Block([1.0], {"a": [1.0]})).read_bytes()
        self.path.write_bytes(data + bytes(5000))
        self.assertEqual(len(self.read(bad=1)), 1)

    def test_no_such_format(self) -> None:
        """The file is told."""
        for data in (b"unix_time value\n" * 1000, bytes(100), b"\x1f\x8b\x08"):
            self.path.write_bytes(data)
            error = self.assertRaises(DataFileError, self.read)
            self.assertEqual(str(error), f"{self.path}: it is no .g3 file")

    def test_missing(self) -> None:
        error = self.assertRaises(FileNotFoundError, self.read)
        self.assertEqual(error.errno, errno.ENOENT)

    def _old(self, t: list[float], **columns: list[float]) -> Any:
        import so3g

        block = so3g.IrregBlockDouble()
        block.t = t
        for name, values in columns.items():
            block.data[name] = self.core.G3VectorDouble(values)
        return block
