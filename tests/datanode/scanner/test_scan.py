"""Tests for L{netsim.datanode.scanner.scan}."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from attrs import define, field
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.g3file import Samples
from netsim.datanode.scanner import scan
from netsim.datanode.scanner.listing import Found
from netsim.datanode.scanner.scan import COMPLAINTS, PROGRESS, WRITING, Report, Scan
from netsim.datanode.scanner.summary import Feed
from netsim.errors import DatabaseError, DataFileError

NOW = 2e9


@define
class FakeStore:
    """Remembers what is written, as a database does."""

    files: dict[tuple[str, str], tuple[int, int]] = field(factory=dict)
    written: list[str] = field(factory=list)
    refused: list[str] | None = field(factory=list)

    def seen(self) -> dict[tuple[str, str], tuple[int, int]]:
        return dict(self.files)

    def write(self, file: Found, feeds: Sequence[Feed]) -> list[str] | None:
        if self.refused is None:
            return None
        self.files[file.directory, file.name] = file.size, file.modified
        spans = [span.name for feed in feeds for span in feed.spans]
        self.written.append(f"{file.name}: {' '.join(spans)}".strip())
        return self.refused


class FakeFile:
    """A file whose text tells what it is: names of fields, C{bad}, C{cut}, C{garbage}."""

    read: list[str] = []

    def __init__(self, path: Path) -> None:
        self.bad = 0
        self.is_cut = False
        self._path = path

    def __iter__(self) -> Iterator[Samples]:
        FakeFile.read.append(self._path.name)
        for word in self._path.read_text().split():
            if word == "garbage":
                raise DataFileError(f"{self._path}: it is no .g3 file")
            if word == "bad":
                self.bad += 1
            elif word == "cut":
                self.is_cut = True
            else:
                yield Samples(0, "f", "b", np.array([1.0]), {word: np.array([1.0])})


class ScanTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.store = FakeStore()
        self.patch(FakeFile, "read", [])
        self.patch(scan, "G3File", FakeFile)

    def put(self, name: str, text: str, age: float = 3600.0) -> Path:
        """A file that was written so many seconds ago."""
        path = self.directory / name
        path.write_text(text)
        os.utime(path, (NOW - age, NOW - age))
        return path

    def scan(self, now: Callable[[], float] = lambda: NOW, **stopping: Callable[[], bool]) -> Scan:
        return Scan(self.directory, self.store, now, **stopping)  # type: ignore[arg-type]

    def run_scan(self) -> tuple[str, list[str]]:
        """What a scan tells in the end, and what it has logged until then."""
        with capturedLogs() as logged:
            report = self.scan().run()
        return str(report), [str(formatEvent(event)) for event in logged]

    def test_new_files(self) -> None:
        """They are read once."""
        self.put("1.g3", "a b")
        self.put("2.g3", "c")
        self.assertEqual(self.run_scan(), ("2 files, 2 read", []))
        self.assertEqual(self.store.written, ["1.g3: a b", "2.g3: c"])
        self.assertEqual(self.run_scan(), ("2 files, 0 read", []))
        self.assertEqual(FakeFile.read, ["1.g3", "2.g3"])

    def test_changed_files(self) -> None:
        """What has grown, or another time, is read again; the others are not."""
        for name in ("1.g3", "2.g3", "3.g3"):
            self.put(name, "a")
        self.run_scan()
        self.put("1.g3", "a b")
        self.put("3.g3", "a", age=1.0)
        self.assertEqual(self.run_scan(), ("3 files, 2 read", []))
        self.assertEqual(self.store.written[3:], ["1.g3: a b", "3.g3: a"])

    def test_files_that_are_being_written(self) -> None:
        """One that ends amidst a frame is read next time."""
        self.put("1.g3", "a cut", age=WRITING - 1)
        self.assertEqual(self.run_scan(), ("1 files, 0 read, 1 still being written", []))
        self.assertEqual(self.store.files, {})
        self.put("1.g3", "a b", age=0.0)
        self.assertEqual(self.run_scan(), ("1 files, 1 read", []))

    def test_cut_files(self) -> None:
        """If nobody has written for long, the rest will not come."""
        path = self.put("1.g3", "a cut", age=WRITING + 1)
        told = f"{path}: it is cut off; what comes before that was read"
        self.assertEqual(self.run_scan(), ("1 files, 1 read, 1 damaged", [told]))
        self.assertEqual(self.store.written, ["1.g3: a"])
        self.assertEqual(self.run_scan(), ("1 files, 0 read", []))

    def test_damaged_files(self) -> None:
        """What is good of them is written down; the rest is told once."""
        one, two = self.put("1.g3", "a bad bad"), self.put("2.g3", "garbage")
        told = [f"{one}: 2 damaged frames or fields are left out", f"{two}: it is no .g3 file"]
        self.assertEqual(self.run_scan(), ("2 files, 2 read, 2 damaged", told))
        self.assertEqual(self.store.written, ["1.g3: a", "2.g3:"])
        self.assertEqual(self.run_scan(), ("2 files, 0 read", []))

    def test_unreadable_files(self) -> None:
        """They are tried again at each scan."""

        def fail(path: Path) -> FakeFile:
            raise PermissionError(13, "Permission denied", str(path))

        path = self.put("1.g3", "a")
        self.patch(scan, "G3File", fail)
        for _ in range(2):
            told = [f"{path}: Permission denied"]
            self.assertEqual(self.run_scan(), ("1 files, 0 read", told))

    def test_refused_texts(self) -> None:
        """What the summary or the database does not take is told."""
        path = self.put("1.g3", f"a {'x' * 255}")
        self.store.refused = ["field 'y' is left out"]
        report, [first, second] = self.run_scan()
        self.assertEqual(report, "1 files, 1 read, 1 damaged")
        self.assertIn("257 characters", first)
        self.assertEqual(second, f"{path}: field 'y' is left out")

    def test_paths_that_no_database_takes(self) -> None:
        """Long ones, and what is no text."""
        deep = self.directory / ("d" * 200) / ("e" * 200)
        deep.mkdir(parents=True)
        (deep / "1.g3").write_text("a")
        os.close(os.open(os.fsencode(self.directory) + b"/\xff.g3", os.O_CREAT))
        report, told = self.run_scan()
        self.assertEqual(report, "2 files, 0 read, 2 damaged")
        self.assertTrue(all("no database takes this path" in line for line in told), told)
        self.assertEqual(len(told), 2)

    def test_other_scanners(self) -> None:
        """What they are about to write is left to them."""
        self.put("1.g3", "a")
        self.store.refused = None
        self.assertEqual(self.run_scan(), ("1 files, 0 read, 1 left to another scanner", []))

    def test_many_complaints(self) -> None:
        """The log stays short."""
        for number in range(COMPLAINTS + 5):
            self.put(f"{number}.g3", "garbage")
        report, told = self.run_scan()
        self.assertEqual(report, f"{COMPLAINTS + 5} files, {COMPLAINTS + 5} read, 25 damaged")
        self.assertEqual(len(told), COMPLAINTS + 1)
        self.assertEqual(told[-1], "5 more lines about files are left out")

    def test_progress(self) -> None:
        """A long scan tells how far it is, every few seconds."""
        for number in range(4):
            self.put(f"{number}.g3", "a")
        times = iter(np.arange(100) * PROGRESS * 0.7)
        with capturedLogs() as logged:
            self.scan(lambda: float(next(times))).run()
        told = [formatEvent(event) for event in logged]
        self.assertIn("scanned 1 of 4 files", told)
        self.assertLess(len(told), 4)

    def test_stopping(self) -> None:
        """It ends between two files, or two frames, and writes no half of a file."""
        for number in range(3):
            self.put(f"{number}.g3", "a b c")
        for asked, written in ((0, 0), (2, 0), (4, 1)):
            self.store = FakeStore()
            answers = iter([False] * asked + [True])
            with capturedLogs() as logged:
                report = self.scan(is_stopping=lambda it=answers: next(it)).run()  # type: ignore[misc]
            self.assertEqual((report.read, len(self.store.written)), (written, written))
            self.assertIn("broken off", str(formatEvent(logged[-1])))

    def test_no_directory(self) -> None:
        self.directory = self.directory / "missing"
        self.assertRaises(FileNotFoundError, self.run_scan)

    def test_no_database(self) -> None:
        """The error is for who scans; what was written is."""
        self.put("1.g3", "a")

        def fail(*_: object) -> None:
            raise DatabaseError("gone")

        self.patch(FakeStore, "write", fail)
        self.assertRaises(DatabaseError, self.run_scan)

    def test_report(self) -> None:
        told = "5 files, 1 read, 2 still being written, 3 left to another scanner, 4 damaged"
        self.assertEqual(str(Report(5, 1, 2, 3, 4)), told)
