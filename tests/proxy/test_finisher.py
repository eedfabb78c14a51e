"""Tests for L{netsim.proxy.finisher}: what is done in a process of its own."""

from __future__ import annotations

import hashlib
import os
import pickle
import signal
import subprocess
from typing import Any

from netsim.errors import JournalError
from netsim.proxy.aside import COMMAND
from netsim.proxy.finisher import LENGTH, Finisher
from netsim.proxy.journal import Journal
from netsim.script.journal import DOWNSTREAM, UPSTREAM
from tests.proxy.case import FilesCase


class Base(FilesCase):
    """A session with a large run, whose proxy has let its journal go."""

    def setUp(self) -> None:
        super().setUp()
        self.spool_above(100)

    def record(self, data: bytes) -> Journal:
        journal = self.recordings.begin()
        assert journal is not None
        journal.append(UPSTREAM, b"ask")
        journal.append(DOWNSTREAM, data)
        journal.close("client", False)
        journal.release()
        return journal


class FinisherTests(Base):
    """The tasks."""

    def setUp(self) -> None:
        super().setUp()
        self.finisher = Finisher()

    def test_finish(self) -> None:
        """A journal becomes a recording."""
        summary = self.finisher.finish(self.record(b"a" * 200).path)
        assert summary is not None
        self.assertEqual(self.directory / "session-1.json", summary.path)
        self.assertEqual([(b"ask", b"a" * 200)], self.said())

    def test_digests(self) -> None:
        """What was hashed while a run grew is not read again; others' digests stay."""
        journals = [self.record(b"a" * 200), self.record(b"b" * 200)]
        spools = [self.directory / f"session-{number}.spool-1" for number in (1, 2)]
        for spool in spools:
            self.finisher.advance(spool)
            self.finisher.advance(spool)
        names = []
        for journal, spool in zip(journals, spools, strict=True):
            spool.write_bytes(b"?" * 200)
            summary = self.finisher.finish(journal.path)
            assert summary is not None
            names += summary.blobs
        expected = [hashlib.sha1(data * 200).hexdigest() for data in (b"a", b"b")]
        self.assertEqual(expected, names)

    def test_noDescriptors(self) -> None:
        """Files that were followed are closed, also where finishing fails."""
        journal = self.record(b"a" * 200)
        self.finisher.advance(self.directory / "session-1.spool-1")
        journal.path.write_text("something else")
        self.assertRaises(JournalError, self.finisher.finish, journal.path)
        self.assertEqual(0, self.descriptors())

    def test_compress(self) -> None:
        """A blob is gzipped."""
        summary = self.finisher.finish(self.record(b"a" * 200).path)
        assert summary is not None
        [name] = summary.blobs
        self.finisher.compress(self.store.home, name)
        self.assertEqual([f"{name}.gz"], os.listdir(self.store.home))
        self.assertEqual([(b"ask", b"a" * 200)], self.said())


class ProcessTests(Base):
    """The process itself."""

    def setUp(self) -> None:
        super().setUp()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(COMMAND, **pipes)
        self.addCleanup(self.process.communicate)

    def ask(self, number: int, name: str, *args: Any) -> None:
        """Give it a task."""
        assert self.process.stdin is not None
        self.process.stdin.write(pickle.dumps((number, name, args)))
        self.process.stdin.flush()

    def outcome(self) -> Any:
        """What it tells next."""
        assert self.process.stdout is not None
        [length] = LENGTH.unpack(self.process.stdout.read(LENGTH.size))
        return pickle.loads(self.process.stdout.read(length))

    def test_tasks(self) -> None:
        """It tells the outcome of every task, ignores signals, and ends with its input."""
        self.ask(7, "finish", self.directory / "none.journal")
        self.assertEqual((7, None), self.outcome())
        for number in (signal.SIGINT, signal.SIGTERM):
            self.process.send_signal(number)
        journal = self.record(b"a" * 200).path
        strange = self.directory / "strange.journal"
        strange.write_text("something else")
        self.ask(8, "finish", journal)
        self.ask(9, "finish", strange)
        number, summary = self.outcome()
        self.assertEqual((8, 1), (number, summary.exchanges))
        number, error = self.outcome()
        self.assertEqual((9, "this is not a journal of netsim"), (number, str(error)))
        self.assertIsInstance(error, JournalError)
        self.ask(10, "compress", self.store.home, *summary.blobs)
        self.assertEqual((10, None), self.outcome())
        self.assertEqual([(b"ask", b"a" * 200)], self.said())
        rest, _ = self.process.communicate()
        self.assertEqual((b"", 0), (rest, self.process.returncode))
