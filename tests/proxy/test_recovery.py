"""Tests for L{netsim.proxy.recovery}: what a killed proxy leaves becomes recordings."""

from __future__ import annotations

import os
from pathlib import Path

from netsim.errors import JournalError, StorageError
from netsim.proxy.journal import Journal
from netsim.proxy.recovery import journals, recover
from netsim.script.journal import DOWNSTREAM, UPSTREAM, Session, first_line
from tests.proxy.case import FilesCase, pieces


class RecoverTests(FilesCase):
    """Journals that nobody writes any more become recordings."""

    def begin(self, *said: tuple[int, bytes], datagrams: bool = False) -> Journal:
        """A session that goes on."""
        journal = self.recordings.begin(datagrams)
        assert journal is not None
        for kind, data in said:
            journal.append(kind, data)
        return journal

    def kill(self, *said: tuple[int, bytes], datagrams: bool = False) -> Path:
        """The journal of a session whose proxy was killed."""
        journal = self.begin(*said, datagrams=datagrams)
        journal.release()
        return journal.path

    def test_killed(self) -> None:
        """Everything that was forwarded is there, and the recording is partial."""
        path = self.kill((UPSTREAM, b"ask"), (DOWNSTREAM, b"ans"), (DOWNSTREAM, b"wer"))
        summary = recover(path)
        assert summary is not None
        self.assertEqual([(b"ask", b"answer")], self.said())
        self.assertEqual((True, "proxy"), self.facts())
        self.assertEqual((1, 3, 6), (summary.exchanges, summary.upstream, summary.downstream))
        self.assertEqual(["session-1.json"], self.files())

    def test_spooled(self) -> None:
        """So are large runs, up to the last complete write."""
        self.spool_above(100)
        path = self.kill((UPSTREAM, b"ask"), *((DOWNSTREAM, b"12345") for _ in range(50)))
        recover(path)
        self.assertEqual([(b"ask", b"12345" * 50)], self.said())
        self.assertEqual(["session-1.json"], self.files())

    def test_datagrams(self) -> None:
        """Datagrams are recovered one by one."""
        recover(self.kill((UPSTREAM, b"ask"), (2, b"an"), (2, b"swer"), datagrams=True))
        [exchange] = self.exchanges()
        self.assertEqual((b"ask", (b"an", b"swer")), (exchange.command, exchange.responses))
        self.assertTrue(exchange.facts.partial)

    def test_closed(self) -> None:
        """A session that had ended before the crash is not partial."""
        journal = self.begin((UPSTREAM, b"ask"))
        journal.close("server", False)
        journal.release()
        recover(journal.path)
        self.assertEqual((False, "server"), self.facts())

    def test_cutAnywhere(self) -> None:
        """A journal that ends anywhere after its first line is a recording of what it holds."""
        self.spool_above(30)
        said = [(UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"), (UPSTREAM, b"\xff" * 20)]
        said += [(DOWNSTREAM, piece) for piece in pieces(bytes(range(50)), 20)]
        journal = self.begin(*said)
        journal.close("client", False)
        journal.release()
        whole, spool = journal.path.read_bytes(), self.directory / "session-1.spool-1"
        spooled = spool.read_bytes()
        self.assertEqual(bytes(range(50)), spooled)
        texts = [b"".join(data for side, data in said if side == kind) for kind in (1, 2)]
        for cut in range(len(first_line(Session(1000.0))), len(whole) + 1):
            journal.path.write_bytes(whole[:cut])
            spool.write_bytes(spooled)
            self.assertIsNotNone(recover(journal.path))
            for text, pieces_said in zip(texts, zip(*self.said(), strict=True), strict=True):
                self.assertTrue(text.startswith(b"".join(pieces_said)), cut)
            self.assertEqual((cut < len(whole), cut), (self.facts()[0], cut))
            self.assertEqual(["session-1.json"], self.files())
            (self.directory / "session-1.json").unlink()

    def test_cutInTheFirstLine(self) -> None:
        """A journal whose first line is not whole tells nothing: it is refused, and stays."""
        path = self.kill()
        line = path.read_bytes()
        for cut in range(1, len(line) - 1):
            path.write_bytes(line[:cut])
            self.assertRaises(JournalError, recover, path)
            self.assertEqual(["session-1.journal"], self.files())

    def test_empty(self) -> None:
        """A journal that was created this moment is left alone."""
        path = self.directory / "session-1.journal"
        path.touch()
        self.assertIsNone(recover(path))
        self.assertEqual(["session-1.journal"], self.files())

    def test_running(self) -> None:
        """A journal that a proxy still writes is left alone."""
        journal = self.begin((UPSTREAM, b"ask"))
        self.assertIsNone(recover(journal.path))
        self.assertEqual(["session-1.journal"], self.files())
        journal.append(UPSTREAM, b"more")
        journal.release()
        recover(journal.path)
        self.assertEqual([(b"askmore", b"")], self.said())

    def test_twice(self) -> None:
        """What was recovered is not recovered again."""
        path = self.kill((UPSTREAM, b"ask"))
        recover(path)
        self.assertIsNone(recover(path))

    def test_complete(self) -> None:
        """Where the recording is there already, only the journal goes."""
        self.spool_above(2)
        path = self.kill((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        left = {name: (self.directory / name).read_bytes() for name in self.files()}
        recover(path)
        document = (self.directory / "session-1.json").read_bytes()
        for name, content in left.items():
            (self.directory / name).write_bytes(content)
            os.utime(self.directory / name, (0, 0))
        (self.directory / "session-1.part").write_bytes(document)
        self.assertIsNone(recover(path))
        self.assertEqual(["session-1.json"], self.files())
        self.assertEqual(document, (self.directory / "session-1.json").read_bytes())

    def test_othersDocument(self) -> None:
        """A file of that name that is older than the journal is not its recording: both stay."""
        path = self.kill((UPSTREAM, b"ask"))
        document = self.directory / "session-1.json"
        document.write_text("mine")
        os.utime(document, (0, 0))
        self.assertRaises(StorageError, recover, path)
        self.assertEqual("mine", document.read_text())
        self.assertEqual(["session-1.journal", "session-1.json"], self.files())

    def test_unfinishedDocument(self) -> None:
        """What a crash left of a document is overwritten."""
        path = self.kill((UPSTREAM, b"ask"))
        (self.directory / "session-1.part").write_text("{" * 10000)
        recover(path)
        self.assertEqual([(b"ask", b"")], self.said())
        self.assertEqual(["session-1.json"], self.files())

    def test_missingSpool(self) -> None:
        """A journal whose spool file is gone stays, and the error names the file."""
        self.spool_above(2)
        path = self.kill((UPSTREAM, b"ask"), (DOWNSTREAM, b"answer"))
        (self.directory / "session-1.spool-2").unlink()
        error = self.assertRaises(StorageError, recover, path)
        self.assertIn("session-1.spool-2: No such file or directory", str(error))
        self.assertTrue(path.exists())


class JournalsTests(FilesCase):
    """The journals of a basename."""

    def test_order(self) -> None:
        """They come in the order of their numbers, and recordings are none of them."""
        for name in (
            "session-10.journal",
            "session-9.journal",
            "session-1.json",
            "other-1.journal",
        ):
            (self.directory / name).touch()
        names = [path.name for path in journals(self.basename)]
        self.assertEqual(["session-9.journal", "session-10.journal"], names)
