"""One way to test everything that cuts a byte stream into pieces that mean something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest import TestCase

Feed = Callable[[bytes], Iterable[Any]]
"""Takes a segment; gives what has become complete with it."""


def checkFraming(
    test: TestCase, make: Callable[[], Feed], stream: bytes, expected: list[Any], tail: bytes
) -> None:
    """
    Fail unless a stream is understood however it is cut.

    @param make: gives a fresh C{Feed}; it is fed with the stream whole, byte by byte,
        followed by the tail, and byte by byte followed by the tail.
    @param expected: what all of them must give.
    @param tail: how something more begins that is not complete.
    """
    for name, segments in segmentations(stream, tail):
        feed = make()
        found = [item for segment in segments for item in feed(segment)]
        test.assertEqual(expected, found, name)


def segmentations(stream: bytes, tail: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The ways in which L{checkFraming} cuts a stream, each with its name."""
    yield "whole", [stream]
    yield "byte by byte", single(stream)
    yield "with a tail", [stream + tail]
    yield "byte by byte with a tail", single(stream + tail)


def single(stream: bytes) -> list[bytes]:
    """A stream in segments of one byte."""
    return [stream[index : index + 1] for index in range(len(stream))]


def cut(stream: bytes, places: Iterable[int]) -> list[bytes]:
    """A stream in segments that begin at these places."""
    edges = sorted({0, *(place % (len(stream) + 1) for place in places)})
    ends = [*edges[1:], len(stream)]
    return [stream[start:end] for start, end in zip(edges, ends, strict=True) if start < end]
