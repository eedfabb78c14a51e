"""Tests for L{netsim.datanode.scanner.listing}."""

from __future__ import annotations

import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.scanner.listing import find


class FindTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir(parents=True)
        self.complaints: list[str] = []

    def put(self, name: str, contents: bytes = b"") -> Path:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
        return path

    def find(self, directory: Path | None = None) -> list[str]:
        found = find(directory or self.directory, self.complaints.append)
        return [str(each.path.relative_to(self.directory)) for each in found]

    def test_files(self) -> None:
        """Those of the suffix, in all directories, in order."""
        for name in ("b/2.g3", "a/c/1.g3", "z.g3", "b/1.g3", "b/no.txt", "b/x.g3.gz", "y.g3"):
            self.put(name)
        self.assertEqual(self.find(), ["y.g3", "z.g3", "a/c/1.g3", "b/1.g3", "b/2.g3"])

    def test_state(self) -> None:
        """Each is told with its directory, size and time."""
        path = self.put("a b/ü.g3", b"12345")
        os.utime(path, ns=(1, 1234567890123456789))
        [found] = find(self.directory, self.complaints.append)
        self.assertEqual((found.directory, found.name), (str(path.parent), "ü.g3"))
        self.assertEqual((found.path, found.size, found.modified), (path, 5, 1234567890123456789))

    def test_relative(self) -> None:
        """Places are absolute, however the directory is told."""
        self.put("x.g3")
        [found] = find(Path(os.path.relpath(self.directory)), self.complaints.append)
        self.assertEqual(found.directory, str(self.directory))

    def test_no_files(self) -> None:
        """Directories, pipes and links to nowhere or around are none; links to files are."""
        path = self.put("x.g3")
        (self.directory / "d.g3").mkdir()
        os.mkfifo(self.directory / "pipe.g3")
        (self.directory / "nowhere.g3").symlink_to("missing")
        (self.directory / "around").symlink_to(self.directory)
        (self.directory / "link.g3").symlink_to(path)
        self.assertEqual(self.find(), ["link.g3", "x.g3"])

    def test_no_directory(self) -> None:
        self.assertRaises(FileNotFoundError, self.find, self.directory / "missing")
        self.assertRaises(NotADirectoryError, self.find, self.put("x.g3"))

    def test_unreadable_directory(self) -> None:
        """One within is told; the others are listed."""
        self.put("a/x.g3")
        real = os.scandir

        def refuse(path: str) -> object:
            if str(path).endswith("/b"):
                raise PermissionError(13, "Permission denied", path)
            return real(path)

        self.put("b/y.g3")
        self.patch(os, "scandir", refuse)
        self.assertEqual(self.find(), ["a/x.g3"])
        self.assertEqual(self.complaints, [f"{self.directory}/b: Permission denied"])
