"""What was read of files, kept by their paths under a limit of memory."""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from netsim.errors import DataFileError

__all__ = ["FileCache", "Item"]

REMEMBERED = 10_000
"""Files of which it is known what was told last."""

NOMINAL = 1024
"""Bytes that an entry takes beside its item, at most."""

_Stamp = tuple[int, int, int]


class Item(Protocol):
    """
    What was read of a file.

    @ivar nbytes: what it takes in memory.
    @ivar bad: how many lines, or frames, of it are damaged and were left out.
    """

    @property
    def nbytes(self) -> int: ...
    @property
    def bad(self) -> int: ...


ItemT = TypeVar("ItemT", bound=Item)


@frozen(eq=False)
class _Entry(Generic[ItemT]):
    """An item, or why there is none; and of which state of the file."""

    stamp: _Stamp
    item: ItemT | None
    reason: str = ""

    @property
    def nbytes(self) -> int:
        return NOMINAL + (self.item.nbytes if self.item is not None else 0)


class FileCache(Generic[ItemT]):
    """
    Reads files once, and again when they have changed.

    A file has changed when its time of modification, its size or its inode has.  What was not
    asked for the longest goes first when there is too much; an item that is larger than the
    limit is not kept at all.  To be used by one thread at a time.
    """

    def __init__(
        self,
        limit: int,
        load: Callable[[Path, ItemT | None], ItemT],
        report: Callable[[Path, int], None] = lambda path, bad: None,
        failed: Callable[[str], None] = lambda reason: None,
    ) -> None:
        """
        @param limit: bytes of all items together.
        @param load: reads a file; it is given what was read of it when it was in another
            state, as long as that is known.  It may raise L{OSError} and L{DataFileError}.
        @param report: is told how many lines of a file are damaged, whenever that has changed;
            0: it can be read again, and is not damaged.
        @param failed: is told why L{readable} left a file out, whenever that has changed.
        """
        self.nbytes = 0
        self._limit = limit
        self._load = load
        self._report = report
        self._failed = failed
        self._entries: OrderedDict[Path, _Entry[ItemT]] = OrderedDict()
        self._told: OrderedDict[Path, int | str] = OrderedDict()

    def get(self, path: Path) -> ItemT:
        """
        Give what a file holds; one that has not changed is only looked up.

        @raise DataFileError: it is not there, cannot be read, or is damaged as a whole.
        """
        entry = self._take(path)
        try:
            stamp = _stamp(path)
            if entry is None or entry.stamp != stamp:
                entry = self._read(path, stamp, entry.item if entry is not None else None)
        except OSError as error:
            raise DataFileError(f"{path}: {error.strerror or error}") from error
        self._keep(path, entry)
        if entry.item is None:
            raise DataFileError(entry.reason)
        self._tell(path, entry.item.bad)
        return entry.item

    def readable(self, paths: Iterable[Path]) -> Iterator[tuple[Path, ItemT]]:
        """Give what those of these files hold that can be read."""
        for path in paths:
            try:
                item = self.get(path)
            except DataFileError as error:
                self._tell(path, str(error))
            else:
                yield path, item

    def _read(self, path: Path, stamp: _Stamp, known: ItemT | None) -> _Entry[ItemT]:
        try:
            return _Entry(stamp, self._load(path, known))
        except DataFileError as error:
            # It is not read again before it changes.
            return _Entry(stamp, None, str(error))

    def _take(self, path: Path) -> _Entry[ItemT] | None:
        entry = self._entries.pop(path, None)
        if entry is not None:
            self.nbytes -= entry.nbytes
        return entry

    def _keep(self, path: Path, entry: _Entry[ItemT]) -> None:
        """Keep it as what was asked for last, and make room."""
        if entry.nbytes > self._limit:
            return
        self._entries[path] = entry
        self.nbytes += entry.nbytes
        while self.nbytes > self._limit:
            _, oldest = self._entries.popitem(last=False)
            self.nbytes -= oldest.nbytes

    def _tell(self, path: Path, news: int | str) -> None:
        if self._told.get(path, 0) == news:
            return
        self._told.pop(path, None)
        if news:
            self._told[path] = news
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        if isinstance(news, str):
            self._failed(news)
        else:
            self._report(path, news)


def _stamp(path: Path) -> _Stamp:
    """
    What tells one state of a file from another.

    @raise DataFileError: it is no file, but a pipe, say, that nobody may ever write to.
    """
    state = os.stat(path)
    if not stat.S_ISREG(state.st_mode):
        raise DataFileError(f"{path}: it is no regular file")
    return state.st_mtime_ns, state.st_size, state.st_ino
