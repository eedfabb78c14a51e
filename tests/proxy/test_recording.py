"""Tests for L{netsim.proxy.recording}: from a journal to its recording."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from netsim.errors import JournalError, StorageError
from netsim.proxy.digest import RunningDigest
from netsim.proxy.journal import Journal
from netsim.proxy.recording import Summary, finish, numbered
from netsim.proxy.recovery import recover
from netsim.script import model
from netsim.script.blobs import BlobWriter
from netsim.script.dump import DocumentWriter
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from tests.proxy.case import FilesCase

FILE_CALLS = ("link", "unlink", "mkdir", "rename", "replace")
"""How the file system is changed, apart from writing into files."""


class Crash(BaseException):
    """The process dies."""


class CrashingSystem:
    """Dies before one of the calls that change the file system."""

    def __init__(self, case: FilesCase, survived: int) -> None:
        """@param survived: how many calls are done."""
        self._left = survived
        self._patches = [
            case.patch(os, name, self._counted(getattr(os, name))) for name in FILE_CALLS
        ]

    def __enter__(self) -> None:
        """The process runs."""

    def __exit__(self, *exception: object) -> None:
        for patch in self._patches:
            patch.restore()

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **kwargs: Any) -> Any:
            if self._left == 0:
                raise Crash
            self._left -= 1
            return call(*args, **kwargs)

        return counted


class Base(FilesCase):
    """A session, and what becomes of its journal."""

    def setUp(self) -> None:
        super().setUp()
        self.spool_above(100)

    def record(self, *said: tuple[int, bytes]) -> Journal:
        """A session that has ended, its journal not yet finished."""
        journal = self.recordings.begin()
        assert journal is not None
        for kind, data in said:
            journal.append(kind, data)
        journal.close("client", False)
        return journal

    def finish(self, *said: tuple[int, bytes]) -> Summary:
        """The recording of a session."""
        journal = self.record(*said)
        return finish(journal.path, {})


class FinishTests(Base):
    """A journal becomes a document and blobs."""

    def test_summary(self) -> None:
        """The figures are those of the session."""
        summary = self.finish((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"), (UPSTREAM, b"quit"))
        path = self.directory / "session-1.json"
        end = model.Facts(1000.0, None, False, "client")
        self.assertEqual(Summary(path, 2, 7, 6, end, frozenset()), summary)
        self.assertEqual(["session-1.json"], self.files())

    def test_blobs(self) -> None:
        """Binary that is too long for the document is a blob, and is named in the summary."""
        summary = self.finish((UPSTREAM, b"ask"), (DOWNSTREAM, b"\xff" * 90))
        self.assertEqual({hashlib.sha1(b"\xff" * 90).hexdigest()}, summary.blobs)
        self.assertEqual([(b"ask", b"\xff" * 90)], self.said())

    def test_spool(self) -> None:
        """A spool file becomes a blob without being copied."""
        journal = self.record((UPSTREAM, b"ask"), (DOWNSTREAM, b"a" * 70), (DOWNSTREAM, b"b" * 70))
        [spool] = self.directory.glob("*.spool-1")
        inode = spool.stat().st_ino
        [name] = finish(journal.path, {}).blobs
        self.assertEqual(inode, (self.store.home / name).stat().st_ino)
        self.assertEqual([(b"ask", b"a" * 70 + b"b" * 70)], self.said())
        self.assertEqual(["session-1.json"], self.files())

    def test_knownDigest(self) -> None:
        """A spool file whose digest was followed is not read again."""
        journal = self.record((DOWNSTREAM, b"a" * 200))
        [spool] = self.directory.glob("*.spool-1")
        digest = RunningDigest(spool)
        digest.advance()
        spool.write_bytes(b"b" * 200)
        [name] = finish(journal.path, {spool.name: digest}).blobs
        self.assertEqual(hashlib.sha1(b"a" * 200).hexdigest(), name)

    def test_severalSpools(self) -> None:
        """Large runs of both sides, in several exchanges."""
        said = [(UPSTREAM, b"a" * 200), (DOWNSTREAM, b"b" * 300), (UPSTREAM, b"c"), (2, b"d" * 101)]
        summary = self.finish(*said)
        self.assertEqual([(b"a" * 200, b"b" * 300), (b"c", b"d" * 101)], self.said())
        self.assertEqual((201, 401), (summary.upstream, summary.downstream))

    def test_lateNewline(self) -> None:
        """A newline that comes in the middle of a spooled answer belongs to the command."""
        answer = (DOWNSTREAM, b"a" * 200), (UPSTREAM, b"\n"), (DOWNSTREAM, b"b" * 200)
        self.finish((UPSTREAM, b"ask"), *answer, (DOWNSTREAM, b"c"))
        [exchange] = self.exchanges()
        self.assertEqual([(b"ask\n", b"a" * 200 + b"b" * 200 + b"c")], self.said())
        self.assertEqual(1, exchange.late)
        self.assertEqual(["session-1.json"], self.files())

    def test_sameContents(self) -> None:
        """Two large runs of the same bytes are one blob."""
        said = [(UPSTREAM, b"1"), (DOWNSTREAM, b"a" * 200)] * 2
        self.assertEqual(1, len(self.finish(*said).blobs))
        self.assertEqual([(b"1", b"a" * 200)] * 2, self.said())

    def test_readable(self) -> None:
        """Documents and blobs have the rights that the user's umask gives to new files."""
        self.addCleanup(os.umask, os.umask(0o027))
        summary = self.finish((UPSTREAM, b"ask"), (DOWNSTREAM, b"\xff" * 90))
        for path in (summary.path, *self.store.home.iterdir()):
            self.assertEqual(0o640, path.stat().st_mode & 0o777, path)


class AtomicTests(Base):
    """A document appears under its name when it is complete."""

    def test_invisible(self) -> None:
        """While it is written, no file has its name."""
        seen: list[list[str]] = []
        link = os.link

        def spying(source: Path, target: Path) -> None:
            seen.append(self.files())
            link(source, target)
            seen.append(self.files())

        self.patch(os, "link", spying)
        self.finish((DOWNSTREAM, b"text"))
        self.assertEqual(
            [
                ["session-1.journal", "session-1.part"],
                ["session-1.journal", "session-1.json", "session-1.part"],
            ],
            seen,
        )

    def test_taken(self) -> None:
        """A file that came there meanwhile is not replaced, and the journal stays."""
        journal = self.record((UPSTREAM, b"ask"))
        document = self.directory / "session-1.json"
        document.write_text("mine")
        error = self.assertRaises(StorageError, finish, journal.path, {})
        self.assertEqual(
            f"cannot write {document}: File exists;"
            f" {journal.path} is kept, and `netsim recover` finishes it",
            str(error),
        )
        self.assertEqual(["session-1.journal", "session-1.json"], self.files())
        self.assertEqual("mine", document.read_text())

    def test_fullDisk(self) -> None:
        """A disk that is full when the document is written is told with the name."""
        journal = self.record((UPSTREAM, b"ask"), (DOWNSTREAM, b"b" * 200))

        def full(writer: DocumentWriter) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.patch(DocumentWriter, "close", full)
        error = self.assertRaises(StorageError, finish, journal.path, {})
        path = f"{self.directory}/session-1.json"
        self.assertTrue(str(error).startswith(f"cannot write {path}: No space left on device; "))
        self.assertEqual(["session-1.journal", "session-1.spool-1"], self.files())

    def test_brokenBlob(self) -> None:
        """A blob that cannot be written leaves nothing behind."""
        journal = self.record((UPSTREAM, b"ask"), (DOWNSTREAM, b"\xff" * 90))
        self.patch(os, "O_TMPFILE", os.O_DIRECTORY)

        def full(writer: BlobWriter, data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.patch(BlobWriter, "write", full)
        self.assertRaises(StorageError, finish, journal.path, {})
        self.assertEqual([], list(self.store.home.iterdir()))
        self.assertEqual(["session-1.journal"], self.files())

    def test_noJournal(self) -> None:
        """Another file is refused, and stays."""
        path = self.directory / "session-1.journal"
        path.write_text("something else\n")
        self.assertRaises(JournalError, finish, path, {})
        self.assertEqual(["session-1.journal"], self.files())

    def test_crash(self) -> None:
        """Wherever the process dies while it finishes, recovery completes the recording."""
        binary, large = b"\xff" * 90, b"a" * 200
        said = (UPSTREAM, b"1"), (DOWNSTREAM, large), (UPSTREAM, b"2"), (DOWNSTREAM, binary)
        for survived in count():
            number = survived + 1
            data = b"%d" % number
            journal = self.record(*said, (DOWNSTREAM, data), (UPSTREAM, b"3"), (DOWNSTREAM, large))
            journal.release()
            with CrashingSystem(self, survived), contextlib.suppress(Crash):
                finish(journal.path, {})
                break
            recover(journal.path)
            self.assertEqual(
                [(b"1", large), (b"2", binary + data), (b"3", large)], self.said(number)
            )
            self.assertEqual({f"session-{n + 1}.json" for n in range(number)}, set(self.files()))
        self.assertGreater(survived, 5)


class NumberedTests(FilesCase):
    """Recordings and journals are found by their names."""

    def test_found(self) -> None:
        """Those of this basename, and no others."""
        basename = self.directory / "a[1].b"
        for name in (
            *("a[1].b-1.json", "a[1].b-20.journal", "a[1].b-3.spool-1", "a[1].b-x.json"),
            *("a1.b-4.json", "a[1].b-5.json.gz", "xa[1].b-6.json", "a[1].b-.json"),
        ):
            (self.directory / name).touch()
        found = {(number, path.name) for number, path in numbered(basename)}
        self.assertEqual({(1, "a[1].b-1.json"), (20, "a[1].b-20.journal")}, found)
