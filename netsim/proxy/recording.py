"""From the journal of a session to its document and blobs: one file at a time."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from attrs import frozen

from netsim.errors import StorageError
from netsim.proxy.digest import RunningDigest
from netsim.proxy.journal import spool_path
from netsim.script import model
from netsim.script.blobs import CHUNK, BlobStore, BlobWriter
from netsim.script.dump import DocumentWriter
from netsim.script.journal import (
    DOWNSTREAM,
    UPSTREAM,
    Entry,
    Said,
    Spooled,
    read_entries,
    read_session,
)
from netsim.script.newfile import place
from netsim.script.recorder import Sink, record, size_of

SUFFIX = ".journal"


@frozen
class Summary:
    """
    What a finished recording holds.

    @ivar upstream: bytes that the client sent.
    @ivar downstream: bytes that the server sent.
    @ivar end: what is noted on the last exchange.
    @ivar blobs: the names of its blobs.
    """

    path: Path
    exchanges: int
    upstream: int
    downstream: int
    end: model.Facts
    blobs: frozenset[str]


def finish(journal: Path, digests: Mapping[str, RunningDigest]) -> Summary:
    """
    Turn a journal into a recording beside it, and remove it.

    @param digests: of its spool files, as far as they are known.
    @raise JournalError: the file is not a journal.
    @raise StorageError: the recording could not be written; the journal stays.
    """
    finishing = _Finishing(journal, digests)
    try:
        return finishing.run()
    except OSError as error:
        # A full disk is found by a write, which knows no name.
        what = error.filename2 or error.filename or document_path(journal)
        kept = f"{journal} is kept, and `netsim recover` finishes it"
        raise StorageError(f"cannot write {what}: {error.strerror}; {kept}") from error
    finally:
        finishing.abandon()


def document_path(journal: Path) -> Path:
    """The recording that a journal becomes."""
    return journal.with_suffix(".json")


def remove(journal: Path) -> None:
    """Take away a journal whose recording is there, and what was beside it."""
    # By their numbers: to search the directory would take as long as it is full.
    spools = (spool_path(journal, number) for number in itertools.count(1))
    # From the last one, so that those which a crash leaves are found again.
    for spool in reversed(list(itertools.takewhile(Path.exists, spools))):
        spool.unlink()
    _part_path(journal).unlink(missing_ok=True)
    journal.unlink()


def _part_path(journal: Path) -> Path:
    return journal.with_suffix(".part")


def numbered(basename: Path) -> Iterator[tuple[int, Path]]:
    """The recordings and journals of a basename, each with its number."""
    name = re.compile(rf"{re.escape(basename.name)}-([0-9]+)\.(json|journal)")
    for path in basename.parent.iterdir():
        if found := name.fullmatch(path.name):
            yield int(found[1]), path


class _Finishing:
    """One journal on its way, and the keeper of its blobs."""

    def __init__(self, journal: Path, digests: Mapping[str, RunningDigest]) -> None:
        self._journal = journal
        self._digests = digests
        self._store = BlobStore([journal.parent / "blobs"])
        self._blobs: set[str] = set()
        self._writers: list[BlobWriter] = []
        self._said = {UPSTREAM: 0, DOWNSTREAM: 0}
        self._exchanges = 0
        self._end = model.Facts()

    def run(self) -> Summary:
        path = document_path(self._journal)
        part = _part_path(self._journal)
        with self._journal.open("rb") as journal, _unfinished(part, path) as document:
            session = read_session(journal)
            read = read_entries(journal, self._spooled, join=not session.datagrams)
            entries = self._counted(read)
            writer = DocumentWriter(document)
            for exchange in record(entries, session, self):
                writer.add(exchange)
                self._writers.clear()
                self._exchanges += 1
                self._end = exchange.facts
            writer.close()
        remove(self._journal)
        up, down = self._said[UPSTREAM], self._said[DOWNSTREAM]
        blobs = frozenset(self._blobs)
        return Summary(path, self._exchanges, up, down, self._end, blobs)

    def abandon(self) -> None:
        """Take away the blobs of an exchange that was not finished."""
        for writer in self._writers:
            writer.abandon()

    def begin(self) -> Sink:
        """Start a blob."""
        writer = self._store.writer()
        self._writers.append(writer)
        return _Sink(writer, self._journal.parent, self._blobs)

    def adopt(self, spooled: Spooled) -> str:
        """A spool file becomes a blob."""
        path = self._journal.with_name(spooled.name)
        digest = self._digests.get(spooled.name) or RunningDigest(path)
        name = digest.finish()
        self._store.adopt(path, name)
        self._blobs.add(name)
        return name

    def _counted(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if isinstance(entry, Said):
                self._said[entry.direction] += size_of(entry.data)
            yield entry

    def _spooled(self, name: str) -> Spooled:
        status = self._journal.with_name(name).stat()
        return Spooled(name, status.st_size, status.st_mtime)


class _Sink:
    """A blob that is put together from what is in memory and in spool files."""

    def __init__(self, writer: BlobWriter, directory: Path, blobs: set[str]) -> None:
        self._writer = writer
        self._directory = directory
        self._blobs = blobs

    def write(self, data: bytes | Spooled) -> None:
        """Append these bytes."""
        if isinstance(data, bytes):
            self._writer.write(data)
            return
        with (self._directory / data.name).open("rb") as file:
            while piece := file.read(CHUNK):
                self._writer.write(piece)

    def finish(self) -> str:
        """Keep the blob; return its name."""
        name = self._writer.finish()
        self._blobs.add(name)
        return name


@contextlib.contextmanager
def _unfinished(part: Path, path: Path) -> Iterator[IO[str]]:
    """A text file that gets this name when it is complete, and replaces nothing."""
    # The journal's lock makes the name ours; what a crash has left there is overwritten.
    try:
        with part.open("w", encoding="ascii") as file:
            yield file
        place(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
