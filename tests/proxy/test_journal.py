"""Tests for L{netsim.proxy.journal}."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from netsim.proxy.journal import Journal, lock_abandoned, lock_new
from netsim.script.journal import (
    DOWNSTREAM,
    SPOOL_DOWNSTREAM,
    UPSTREAM,
    Closed,
    Entry,
    Said,
    Session,
    Spooled,
    pack,
    read_entries,
    read_session,
)
from netsim.script.recorder import MEMORY_LIMIT
from tests.proxy.case import Disk, FilesCase, pieces


class Base(FilesCase):
    """The first journal of some recordings."""

    def setUp(self) -> None:
        super().setUp()
        self.begin()

    def begin(self, fsync: bool = False, datagrams: bool = False) -> None:
        journal = self.make_recordings(fsync=fsync).begin(datagrams)
        assert journal is not None
        self.journal: Journal = journal

    def spool_above(self, limit: int) -> None:
        """Go on with a journal whose runs move to spool files from this size on."""
        super().spool_above(limit)
        self.journal.discard()
        self.begin()

    def spool(self, number: int = 1) -> Path:
        """A spool file; the first one has the number 1."""
        return self.directory / f"{self.journal.path.stem}.spool-{number}"

    def entries(self) -> list[Entry]:
        """What is on disk now."""
        with self.journal.path.open("rb") as file:
            read_session(file)
            sizes = {path.name: path.stat().st_size for path in self.directory.glob("*.spool-*")}
            return list(read_entries(file, lambda name: Spooled(name, sizes[name], 0.0)))


class AppendTests(Base):
    """What was appended is on disk."""

    def test_first(self) -> None:
        """The first line tells of the session, before anything is said."""
        with self.journal.path.open("rb") as file:
            self.assertEqual(Session(1000.0, False), read_session(file))

    def test_atOnce(self) -> None:
        """Every segment is there, as it was, when the call returns."""
        said = [(UPSTREAM, b"ask"), (UPSTREAM, b"\0"), (DOWNSTREAM, b"x" * 5000), (UPSTREAM, b"")]
        expected = self.journal.path.read_bytes()
        for kind, data in said:
            self.journal.append(kind, data)
            expected += pack(kind, 1000.0, data)
            self.assertEqual(expected, self.journal.path.read_bytes())
        self.assertEqual(len(expected), self.journal.size)

    def test_closed(self) -> None:
        """The end is noted last."""
        self.journal.append(UPSTREAM, b"ask")
        self.journal.close("server", True)
        said = Said(UPSTREAM, 1000.0, b"ask")
        self.assertEqual([said, Closed(1000.0, "server", True)], self.entries())

    def test_oneWrite(self) -> None:
        """A segment costs one write."""
        disk = Disk(self, float("inf"))
        self.begin()
        for _ in range(3):
            self.journal.append(UPSTREAM, b"ask")
        self.assertEqual(1 + 3, disk.writes)

    def test_fsync(self) -> None:
        """On request every write waits for the disk, and does so for its own file."""
        synced: list[int] = []
        self.patch(os, "fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
        self.spool_above(5)
        self.journal.append(UPSTREAM, b"ask")
        self.assertEqual([], synced)
        self.begin(fsync=True)
        self.journal.append(UPSTREAM, b"ask")
        self.journal.append(UPSTREAM, b"more")
        journal, spool = self.journal.path.stat().st_ino, self.spool().stat().st_ino
        # The first line; the segment; what the run said before, its record, and the rest.
        self.assertEqual([journal, journal, spool, journal, spool], synced)


class SpoolTests(Base):
    """A run that grows large has a file of its own."""

    def test_limit(self) -> None:
        """A run of exactly the limit stays in the journal, one byte more moves it."""
        for segment in pieces(bytes(MEMORY_LIMIT), 1 << 16):
            self.journal.append(DOWNSTREAM, segment)
        self.assertFalse(self.spool().exists())
        self.journal.append(DOWNSTREAM, b"\1")
        self.assertEqual(bytes(MEMORY_LIMIT) + b"\1", self.spool().read_bytes())

    def test_sumOfSegments(self) -> None:
        """The other side's words begin a new run."""
        self.spool_above(10)
        for _ in range(5):
            self.journal.append(DOWNSTREAM, b"123456")
            self.journal.append(UPSTREAM, b"ask")
        self.assertFalse(self.spool().exists())

    def test_atOnce(self) -> None:
        """What was appended to a spool file is on disk, too."""
        self.spool_above(4)
        for count in range(1, 10):
            self.journal.append(DOWNSTREAM, b"abc")
            if count > 1:
                self.assertEqual(b"abc" * count, self.spool().read_bytes())

    def test_record(self) -> None:
        """The journal has one record for the file, whatever it grows to."""
        self.spool_above(4)
        for _ in range(9):
            self.journal.append(DOWNSTREAM, b"abc")
        records = self.journal.path.read_bytes().split(b"\n", 1)[1]
        name = self.spool().name.encode()
        self.assertEqual(
            pack(DOWNSTREAM, 1000.0, b"abc") + pack(SPOOL_DOWNSTREAM, 1000.0, name), records
        )
        self.assertEqual(
            [Said(DOWNSTREAM, 1000.0, Spooled(name.decode(), 27, 0.0))], self.entries()
        )

    def test_several(self) -> None:
        """Every large run has its own file, whichever side says it."""
        self.spool_above(4)
        for kind, data in ((UPSTREAM, b"a" * 10), (DOWNSTREAM, b"b"), (UPSTREAM, b"c" * 20)):
            self.journal.append(kind, data)
        self.assertEqual(
            [
                Said(UPSTREAM, 1000.0, Spooled(self.spool(1).name, 10, 0.0)),
                Said(DOWNSTREAM, 1000.0, b"b"),
                Said(UPSTREAM, 1000.0, Spooled(self.spool(2).name, 20, 0.0)),
            ],
            self.entries(),
        )
        self.assertEqual(b"c" * 20, self.spool(2).read_bytes())

    def test_descriptors(self) -> None:
        """Files are closed when their run is over."""
        self.spool_above(4)
        for _ in range(3):
            self.journal.append(DOWNSTREAM, b"large")
            self.journal.append(UPSTREAM, b"ask")
        self.journal.append(DOWNSTREAM, b"large")
        self.journal.close("client", False)
        self.assertEqual(1, self.descriptors())
        self.journal.release()
        self.assertEqual(0, self.descriptors())

    def test_datagrams(self) -> None:
        """Datagrams stay in the journal, where each of them is one."""
        self.spool_above(4)
        self.begin(datagrams=True)
        for _ in range(3):
            self.journal.append(DOWNSTREAM, b"abc")
        self.assertEqual([Said(DOWNSTREAM, 1000.0, b"abc")] * 3, self.entries())


class DamageTests(Base):
    """After a write that failed, nothing more is noted."""

    def test_short(self) -> None:
        """A record that was cut off is the last one, and is not read."""
        Disk(self, 2, short=True)
        self.begin()
        self.journal.append(UPSTREAM, b"first")
        size = self.journal.size
        for data in (b"second", b"third"):
            self.journal.append(DOWNSTREAM, data)
        self.journal.close("client", False)
        self.assertEqual([Said(UPSTREAM, 1000.0, b"first")], self.entries())
        self.assertLess(self.journal.path.stat().st_size, size + len(pack(1, 0, b"second")))
        self.assertEqual("No space left on device", self.journal.damage.strerror)

    def test_roomAgain(self) -> None:
        """Nothing is noted after a gap, also where there is room again."""
        disk = Disk(self, 2)
        self.begin()
        for data in (b"first", b"second"):
            self.journal.append(UPSTREAM, data)
        disk.mend()
        self.journal.append(UPSTREAM, b"third")
        self.journal.close("client", False)
        self.assertEqual([Said(UPSTREAM, 1000.0, b"first")], self.entries())

    def test_failedSpool(self) -> None:
        """A spool file that cannot be begun is not tried again, however much comes."""
        self.spool_above(4)
        Disk(self, 2)
        self.begin()
        self.journal.append(DOWNSTREAM, b"abc")
        for _ in range(6):
            self.journal.append(DOWNSTREAM, bytes(1 << 20))
        self.journal.close("client", False)
        self.assertEqual([Said(DOWNSTREAM, 1000.0, b"abc")], self.entries())
        self.assertEqual(b"", self.spool().read_bytes())

    def test_noSpool(self) -> None:
        """A spool file that cannot be created is not tried again either."""
        self.spool_above(4)
        self.journal.append(DOWNSTREAM, b"abc")
        self.spool().mkdir()
        self.journal.append(DOWNSTREAM, b"def")
        self.spool().rmdir()
        self.journal.append(DOWNSTREAM, b"ghi")
        self.assertEqual([Said(DOWNSTREAM, 1000.0, b"abc")], self.entries())
        self.assertEqual(["session-1.journal"], self.files())
        self.assertEqual(1, len(self.logged("error")))


class LockTests(Base):
    """Only journals that nobody writes any more can be locked."""

    def test_running(self) -> None:
        """A journal belongs to who writes it."""
        self.journal.append(UPSTREAM, b"ask")
        self.assertIsNone(lock_abandoned(self.journal.path))

    def test_abandoned(self) -> None:
        """When its writer is gone, one other gets it."""
        self.journal.release()
        descriptor = lock_abandoned(self.journal.path)
        assert descriptor is not None
        self.assertIsNone(lock_abandoned(self.journal.path))
        os.close(descriptor)

    def test_empty(self) -> None:
        """One that was created this moment is left alone."""
        path = self.directory / "new.journal"
        os.close(lock_new(path))
        self.assertIsNone(lock_abandoned(path))

    def test_missing(self) -> None:
        """One that is gone cannot be locked."""
        self.assertIsNone(lock_abandoned(self.directory / "none.journal"))

    def test_finishedMeanwhile(self) -> None:
        """Nor can one that somebody else removes between opening and locking it."""
        self.journal.release()
        flock = fcntl.flock

        def slow(descriptor: int, operation: int) -> None:
            self.journal.path.unlink()
            flock(descriptor, operation)

        self.patch(fcntl, "flock", slow)
        self.assertIsNone(lock_abandoned(self.journal.path))

    def test_new(self) -> None:
        """A name that is taken stays as it is."""
        content = self.journal.path.read_bytes()
        self.assertRaises(FileExistsError, lock_new, self.journal.path)
        self.assertEqual(content, self.journal.path.read_bytes())

    def test_discard(self) -> None:
        """A journal that is not wanted leaves nothing behind."""
        self.journal.discard()
        self.assertEqual([], self.files())
