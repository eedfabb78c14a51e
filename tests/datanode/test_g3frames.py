"""Tests for L{netsim.datanode.g3frames}."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.g3frames import HOUSEKEEPING, Frames, Rest
from tests.datanode.g3files import Block, require_so3g, write
from tests.properties import examples


def text(value: bytes) -> bytes:
    """What has a length before it."""
    return struct.pack("<Q", len(value)) + value


def frame(entries: dict[bytes, bytes], kind: int = HOUSEKEEPING) -> bytes:
    """A frame as spt3g writes it, but for its checksum."""
    head = struct.pack("<BiII", 1, 1, len(entries), kind)
    return head + b"".join(text(name) + text(blob) for name, blob in entries.items()) + b"CRC!"


def frames(data: bytes) -> Frames:
    return Frames(io.BytesIO(data), len(data))


FRAMES = st.lists(
    st.builds(
        frame,
        st.dictionaries(st.binary(max_size=5), st.binary(max_size=20), max_size=3),
        st.integers(0, 2**32 - 1),
    ),
    max_size=4,
)


class FramesTests(SynchronousTestCase):
    @given(FRAMES)
    @examples(100)
    def test_whole(self, parts: list[bytes]) -> None:
        """Each frame begins where the one before has ended."""
        walk = frames(b"".join(parts))
        found = list(walk)
        self.assertEqual([each.end - each.start for each in found], [*map(len, parts)])
        self.assertEqual([each.start for each in found[1:]], [each.end for each in found[:-1]])
        self.assertEqual((walk.end, walk.rest), (sum(map(len, parts)), Rest.NOTHING))

    @given(FRAMES.filter(bool), st.data())
    @examples(200)
    def test_cut(self, parts: list[bytes], data: st.DataObject) -> None:
        """Wherever a file ends, all frames before its end are given, and no part of one."""
        size = data.draw(st.integers(0, sum(map(len, parts))))
        walk = frames(b"".join(parts)[:size])
        ends = [0, *(each.end for each in walk)]
        all_ends = [sum(map(len, parts[:count])) for count in range(len(parts) + 1)]
        self.assertEqual(ends, [end for end in all_ends if end <= size])
        self.assertEqual(walk.end, ends[-1])
        self.assertIs(walk.rest, Rest.NOTHING if size in all_ends else Rest.CUT)

    @given(st.binary(max_size=200))
    @example(b"\x01\x01\0\0\0" + b"\xff" * 40)
    @example(b"\x01\x01\0\0\0\x01\0\0\0H\0\0\0" + b"\xff" * 40)
    @examples(200)
    def test_anything(self, data: bytes) -> None:
        """No frame ends beyond the file, whatever lengths it claims."""
        walk = frames(data)
        for each in walk:
            self.assertLessEqual(each.end, len(data))
        self.assertIs(walk.rest is Rest.NOTHING, walk.end == len(data))

    def test_types(self) -> None:
        """Each frame has its type."""
        kinds = [each.type for each in frames(frame({}) + frame({b"a": b"b"}, kind=65))]
        self.assertEqual(kinds, [HOUSEKEEPING, 65])

    def test_garbage(self) -> None:
        """What is no frame ends the walk, be it the first thing or not; so does a long name."""
        for good in (b"", frame({})):
            for bad in (b"hello", b"\0", b"\x01\x02\0\0\0", b"\x01\x01\0\0\1"):
                walk = frames(good + bad)
                self.assertEqual(len([*walk]), len(good) // max(len(frame({})), 1))
                self.assertIs(walk.rest, Rest.GARBAGE, bad)
        walk = frames(frame({b"n" * 65537: b""}))
        self.assertEqual(([*walk], walk.rest), ([], Rest.GARBAGE))

    def test_grows(self) -> None:
        """What is written meanwhile is not looked at."""
        data = frame({b"a": b"b"})
        walk = Frames(io.BytesIO(data * 2), len(data))
        self.assertEqual(len([*walk]), 1)
        self.assertIs(walk.rest, Rest.NOTHING)

    def test_written_by_the_library(self) -> None:
        """The frames of a real file: its session, its providers, its data."""
        require_so3g()
        path = write(Path(f"{self.mktemp()}.g3"), Block([1.0, 2.0], {"a": [1.0, 2.0]}))
        with path.open("rb") as file:
            walk = Frames(file, path.stat().st_size)
            self.assertEqual([each.type for each in walk], [HOUSEKEEPING] * 3)
        self.assertEqual((walk.end, walk.rest), (path.stat().st_size, Rest.NOTHING))
