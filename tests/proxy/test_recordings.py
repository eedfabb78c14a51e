"""Tests for L{netsim.proxy.recordings}."""

from __future__ import annotations

import errno
import os
from itertools import count
from pathlib import Path

from twisted.internet.defer import Deferred

from netsim.errors import StorageError
from netsim.proxy import recording
from netsim.proxy.journal import Journal
from netsim.proxy.recordings import Recordings
from netsim.script.blobs import BlobStore
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from tests.proxy.case import Disk, FilesCase, ProxyCase, Queue

BINARY = b"\xff" * 90
"""Becomes a blob."""


class Base(FilesCase):
    """Recordings without a proxy."""

    def begin(self, recordings: Recordings | None = None) -> Journal:
        """A session begins."""
        journal = (recordings or self.recordings).begin()
        assert journal is not None
        return journal

    def record(self, *said: tuple[int, bytes], recordings: Recordings | None = None) -> Journal:
        """A session that begins and ends."""
        journal = self.begin(recordings)
        for kind, data in said:
            journal.append(kind, data)
        journal.close("client", False)
        (recordings or self.recordings).finish(journal)
        return journal


class NumberTests(Base):
    """Names are counted up, and nothing is ever overwritten."""

    def test_fromOne(self) -> None:
        """The first recording has the number 1."""
        for _ in range(3):
            self.record()
        self.assertEqual(["session-1.json", "session-2.json", "session-3.json"], self.files())

    def test_afterTheLast(self) -> None:
        """After a start the numbers go on after the highest; gaps are left."""
        for name in ("session-2.json", "session-10.json", "session-4.journal", "session-x.json"):
            (self.directory / name).touch()
        self.recordings.check()
        self.assertEqual("session-11.journal", self.begin().path.name)

    def test_takenMeanwhile(self) -> None:
        """Recordings and journals that others make meanwhile are passed over."""
        self.recordings.check()
        (self.directory / "session-1.json").write_text("mine")
        (self.directory / "session-2.journal").write_text("mine")
        self.assertEqual("session-3.journal", self.begin().path.name)
        self.assertEqual(["session-1.json", "session-2.journal", "session-3.journal"], self.files())
        self.assertEqual("mine", (self.directory / "session-1.json").read_text())

    def test_twoProxies(self) -> None:
        """Two proxies with one basename share the numbers."""
        other = self.make_recordings()
        for recordings in (self.recordings, other):
            recordings.check()
        paths = [self.begin(each).path.name for each in (self.recordings, other, other)]
        self.assertEqual([f"session-{number}.journal" for number in (1, 2, 3)], paths)

    def test_path(self) -> None:
        """The basename may have a path, and dots."""
        self.basename = self.directory / "deep" / "ses.sion"
        self.basename.parent.mkdir()
        recordings = self.make_recordings()
        recordings.check()
        self.record((UPSTREAM, BINARY), recordings=recordings)
        names = sorted(path.name for path in self.basename.parent.iterdir())
        self.assertEqual(["blobs", "ses.sion-1.json"], names)


class CheckTests(Base):
    """Whether recordings can be written is known at the start."""

    def test_leavesNothing(self) -> None:
        """A directory that can be written stays as it was."""
        self.recordings.check()
        self.assertEqual([], self.files())

    def test_unwritable(self) -> None:
        """A directory that cannot be written is told in one sentence."""
        (self.directory / "file").touch()
        for parent, reason in (
            (self.directory / "missing", "No such file or directory"),
            (self.directory / "file", "Not a directory"),
        ):
            self.basename = parent / "session"
            error = self.assertRaises(StorageError, self.make_recordings().check)
            self.assertEqual(f"cannot record into {parent}: {reason}", str(error))


class FinishTests(Base):
    """What is done when a session ends."""

    def test_aside(self) -> None:
        """A recording is finished aside, and can be recovered until then."""
        queue = Queue()
        recordings = self.make_recordings(queue)
        journal = self.record((UPSTREAM, b"a" * 1000), recordings=recordings)
        self.assertEqual([("finish", (journal.path,))], queue.tasks)
        self.assertEqual(["session-1.journal"], self.files())
        queue.run()
        self.assertEqual([(b"a" * 1000, b"")], self.said())

    def test_digest(self) -> None:
        """The hash of a large run is computed while it grows."""
        self.spool_above(100)
        queue = Queue()
        journal = self.begin(self.make_recordings(queue))
        for _ in range(10):
            journal.append(DOWNSTREAM, bytes(1 << 20))
        spool = self.directory / "session-1.spool-1"
        self.assertEqual([("advance", (spool,))] * 2, queue.tasks)

    def test_digestFails(self) -> None:
        """A hash that could not be computed then is computed at the end."""
        self.spool_above(100)
        queue = Queue()
        recordings = self.make_recordings(queue)
        journal = self.begin(recordings)
        journal.append(UPSTREAM, b"a" * 200)
        recordings._grown(self.directory / "missing")
        queue.run()
        journal.close("client", False)
        recordings.finish(journal)
        queue.run()
        self.assertEqual([(b"a" * 200, b"")], self.said())

    def test_compressed(self) -> None:
        """Blobs are compressed later, and can be read before and after."""
        queue = Queue()
        self.record((UPSTREAM, BINARY), recordings=self.make_recordings(queue))
        queue.run()
        [blob] = self.store.home.iterdir()
        self.assertEqual([(BINARY, b"")], self.said())
        self.assertEqual([("compress", (self.store.home, blob.name))], queue.tasks)
        queue.run()
        self.assertEqual([blob.with_name(f"{blob.name}.gz")], list(self.store.home.iterdir()))
        self.assertEqual([(BINARY, b"")], self.said())

    def test_staysRaw(self) -> None:
        """A blob that cannot be compressed stays as it is, and the log has a warning."""

        def full(store: BlobStore, name: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.patch(BlobStore, "compress", full)
        self.record((UPSTREAM, BINARY))
        [blob] = self.store.home.iterdir()
        self.assertEqual(
            [f"blob {blob.name} stays uncompressed: [Errno 28] No space left on device"],
            self.logged("warn", "error"),
        )
        self.assertEqual([(BINARY, b"")], self.said())
        self.assertFalse(self.recordings.troubled)

    def test_failed(self) -> None:
        """A recording that cannot be written is one line in the log; its journal stays."""
        journal = self.begin()
        document = self.directory / "session-1.json"
        document.touch()
        os.utime(document, (0, 0))
        result = self.recordings.finish(journal)
        self.assertIsNone(self.successResultOf(result))
        [line] = self.logged("error")
        self.assertTrue(line.startswith(f"cannot write {document}: File exists; "), line)
        self.assertTrue(self.recordings.troubled)
        self.assertEqual(["session-1.journal", "session-1.json"], self.files())

    def test_mistake(self) -> None:
        """A mistake in the code is logged as one, and is trouble."""
        self.patch(recording, "DocumentWriter", None)
        self.record()
        self.assertEqual(1, len(self.flushLoggedErrors(TypeError)))
        self.assertTrue(self.recordings.troubled)
        self.assertEqual(["session-1.journal"], self.files())


class RecoverTests(Base):
    """What a killed proxy left is finished at the start."""

    def left(self, *said: tuple[int, bytes]) -> Path:
        """The journal of a session whose proxy was killed."""
        journal = self.begin()
        for kind, data in said:
            journal.append(kind, data)
        journal.release()
        return journal.path

    def recover(self, recordings: Recordings) -> None:
        """Recover all that can be recovered."""
        self.successResultOf(Deferred.fromCoroutine(recordings.recover()))

    def test_recovered(self) -> None:
        """Every journal becomes a recording, and the log tells of it."""
        self.left((UPSTREAM, b"one"))
        self.left((UPSTREAM, BINARY))
        self.recover(self.recordings)
        self.assertEqual([(b"one", b"")], self.said(1))
        self.assertEqual([(BINARY, b"")], self.said(2))
        self.assertEqual(
            [f"recovered {self.directory}/session-{n}.json: 1 exchanges" for n in (1, 2)],
            self.logged("info", "error"),
        )
        [blob] = self.store.home.iterdir()
        self.assertEqual(".gz", blob.suffix)

    def test_running(self) -> None:
        """The journal of another proxy that runs is left alone, without a word."""
        journal = self.begin()
        self.recover(self.make_recordings())
        self.assertEqual([journal.path.name], self.files())
        self.assertEqual([], self.logged("info", "warn", "error"))

    def test_unreadable(self) -> None:
        """One that is no journal is named in the log, and the others are recovered."""
        strange = self.left()
        strange.write_text("something else")
        self.left((UPSTREAM, b"ask"))
        self.recover(self.recordings)
        self.assertEqual(["session-1.journal", "session-2.json"], self.files())
        self.assertEqual(
            [f"cannot recover {strange}: this is not a journal of netsim"], self.logged("error")
        )


class FlushTests(Base):
    """Stopping waits for what is not in its place yet."""

    def test_nothing(self) -> None:
        """Where all is done there is nothing to wait for."""
        self.record((UPSTREAM, BINARY))
        self.successResultOf(self.recordings.flush())
        self.assertEqual(0, self.recordings.unfinished)

    def test_sessions(self) -> None:
        """Sessions that go on are waited for."""
        journals = [self.begin(), self.begin()]
        flushed = self.recordings.flush()
        for journal in journals:
            self.assertNoResult(flushed)
            journal.close("proxy", True)
            self.recordings.finish(journal)
        self.successResultOf(flushed)

    def test_aside(self) -> None:
        """So is what is finished aside, and the compression after it."""
        queue = Queue()
        recordings = self.make_recordings(queue)
        self.record((UPSTREAM, b"\xff" * 1000), recordings=recordings)
        flushed = recordings.flush()
        self.assertEqual(1, recordings.unfinished)
        queue.run()
        self.assertEqual(0, recordings.unfinished)
        self.assertNoResult(flushed)
        queue.run()
        self.successResultOf(flushed)


class FullDiskTests(ProxyCase):
    """A disk that is full stops recording, and never forwarding."""

    ask = b"ask"
    answer = [b"x" * 60, b"\xff" * 60, b"z" * 60]

    def forward(self) -> tuple[list[bytes], list[bytes]]:
        """A whole session; what was said upstream and downstream."""
        client, server = self.connect()
        self.talk(client, self.ask)
        self.talk(server, *self.answer)
        self.talk(client, b"\n")
        self.talk(server, *self.answer)
        self.close(client)
        self.close(server)
        self.assertEqual(self.ask + b"\n", server.heard)
        self.assertEqual(b"".join(self.answer * 2), client.heard)
        return [server.heard], [client.heard]

    def check(self, survived: int, short: bool) -> bool:
        """Fill the disk up after so many writes; whether that was before the last one."""
        number = survived * 2 + short + 1
        self.recordings.troubled = False
        before = len(self.logged("error"))
        disk = Disk(self, survived, short)
        self.forward()
        disk.mend()
        if disk.writes <= survived:
            return False
        self.assertTrue(self.recordings.troubled)
        self.assertEqual(
            [
                "cannot record any more: No space left on device; forwarding goes on, and the"
                " recordings that it touched are marked as partial"
            ],
            self.logged("error")[before:],
        )
        path = self.directory / f"session-{number}.json"
        self.assertEqual(survived > 0, path.exists())
        if survived:
            self.assertEqual((True, "proxy"), self.facts(number))
            up, down = (b"".join(side) for side in zip(*self.said(number), strict=True))
            self.assertTrue((self.ask + b"\n").startswith(up))
            self.assertTrue(b"".join(self.answer * 2).startswith(down))
        return True

    def test_everyWrite(self) -> None:
        """Whichever write fails or is cut short: one line, and a partial recording."""
        self.spool_above(100)
        for survived in count():
            if not all([self.check(survived, short=False), self.check(survived, short=True)]):
                break
        self.assertGreater(survived, 10)
        self.assertEqual([], list(self.directory.glob("*.journal")))
        self.assertEqual([], list(self.directory.glob("*.spool-*")))

    def test_saidOnce(self) -> None:
        """Sessions that follow are not recorded, and the log is not filled with it."""
        Disk(self, 0)
        for _ in range(3):
            self.forward()
        self.assertEqual(1, len(self.logged("error")))
        self.assertEqual(0, self.recordings.unfinished)

    def test_noFile(self) -> None:
        """Nor are they where no file can be created."""
        self.directory.rmdir()
        self.forward()
        self.assertTrue(self.recordings.troubled)
        [line] = self.logged("error")
        self.assertTrue(line.startswith("cannot record any more: No such file or directory; "))
