"""Tests for L{netsim.script.blobs}."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import shutil
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from netsim.errors import BlobError
from netsim.script.blobs import (
    CHUNK,
    BlobStore,
    is_blob_name,
    names_contents,
)

DATA = b"contents\0" * 20_000
NAME = hashlib.sha1(DATA).hexdigest()


def refuse(*args: object) -> None:
    """A file system that is full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class StoreTestCase(SynchronousTestCase):
    """A store of two directories: C{home}, and C{second}."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.home = self.directory / "home"
        self.second = self.directory / "second"
        for directory in (self.home, self.second):
            directory.mkdir(parents=True)
        self.store = BlobStore([self.home, self.second])

    def read(self, name: str = NAME) -> bytes:
        return b"".join(self.store.chunks(name))

    def refusal(self, name: str = NAME) -> str:
        """Why a blob cannot be used."""
        return str(self.assertRaises(BlobError, self.store.verify, name))

    def files(self) -> list[str]:
        """What is in the first directory."""
        return sorted(path.name for path in self.home.iterdir())

    def write(self, data: bytes) -> str:
        """Write a blob in two pieces; its name."""
        writer = self.store.writer()
        writer.write(data[:5])
        writer.write(data[5:])
        return writer.finish()


class NameTests(SynchronousTestCase):
    """A blob has the name of its contents."""

    def test_digest(self) -> None:
        """The SHA-1 in lower-case hex digits, which can be checked."""
        self.assertTrue(is_blob_name(NAME))
        self.assertTrue(names_contents(NAME))
        for name in (NAME.upper(), NAME[1:], NAME + "0", NAME + "\n", ""):
            self.assertFalse(is_blob_name(name), name)

    def test_crc(self) -> None:
        """In old files other names end in a CRC, which is not checked."""
        for name in ("raw-data_c123", f"{NAME}_c0", "_c1", "a.b_c9"):
            self.assertTrue(is_blob_name(name), name)
            self.assertFalse(names_contents(name), name)

    def test_elsewhere(self) -> None:
        """No name leads out of the directory, or to a hidden file."""
        for name in ("../a_c1", "a/b_c1", ".a_c1", "a\0_c1", "a_c", "a_cx"):
            self.assertFalse(is_blob_name(name), name)


class ReadTests(StoreTestCase):
    """Blobs are found in either form, and read in pieces."""

    def test_raw(self) -> None:
        """A raw blob is the bytes themselves."""
        (self.home / NAME).write_bytes(DATA)
        self.assertEqual(DATA, self.read())
        self.assertEqual(len(DATA), self.store.verify(NAME))

    def test_gzip(self) -> None:
        """A gzipped blob is unpacked."""
        (self.home / f"{NAME}.gz").write_bytes(gzip.compress(DATA))
        self.assertEqual(DATA, self.read())
        self.assertEqual(len(DATA), self.store.verify(NAME))

    def test_both(self) -> None:
        """The raw form is preferred."""
        (self.home / NAME).write_bytes(DATA)
        (self.home / f"{NAME}.gz").write_bytes(b"not looked at")
        self.assertEqual(DATA, self.read())

    def test_secondDirectory(self) -> None:
        """What is not in the first directory may be in the next."""
        (self.second / f"{NAME}.gz").write_bytes(gzip.compress(DATA))
        self.assertTrue(self.store.has(NAME))
        self.assertEqual(DATA, self.read())

    def test_has(self) -> None:
        """A store has what is a file in it."""
        self.assertFalse(self.store.has(NAME))
        (self.home / NAME).mkdir()
        self.assertFalse(self.store.has(NAME))
        (self.home / f"{NAME}.gz").touch()
        self.assertTrue(self.store.has(NAME))

    def test_pieces(self) -> None:
        """No piece is larger than a chunk, and none is empty."""
        for path, data in [(NAME, DATA), (f"{NAME}.gz", gzip.compress(DATA))]:
            (self.home / path).write_bytes(data)
            sizes = [len(piece) for piece in self.store.chunks(NAME)]
            self.assertTrue(all(0 < size <= CHUNK for size in sizes))
            self.assertGreater(len(sizes), 2)
            (self.home / path).unlink()

    def test_empty(self) -> None:
        """The empty blob is one."""
        self.assertEqual(0, self.store.verify(self.write(b"")))

    def test_compressedMeanwhile(self) -> None:
        """A blob that is compressed after it was found, or while it is read, is read on."""
        (self.home / NAME).write_bytes(DATA)
        chunks = self.store.chunks(NAME)
        first = next(chunks)
        self.store.compress(NAME)
        self.assertEqual(DATA, first + b"".join(chunks))
        self.assertEqual(DATA, self.read())

    def test_beside(self) -> None:
        """The store of a script is beside it, then in the working directory, once if the same."""
        store = BlobStore.beside(Path("scripts/a.json"), 5)
        self.assertEqual((Path("scripts/blobs"), Path("blobs")), store.directories)
        self.assertEqual((Path("scripts/blobs"), 5), (store.home, store.limit))
        self.assertEqual((Path("blobs"),), BlobStore.beside(Path("a.json")).directories)


class DamageTests(StoreTestCase):
    """A blob that is not what it should be is refused with a reason."""

    def test_missing(self) -> None:
        """Where it was looked for is told."""
        self.assertEqual(
            f"blob {NAME} is missing; looked in {self.home} and {self.second}", self.refusal()
        )

    def test_wrongContents(self) -> None:
        """Contents hash to the name, in either form."""
        other = hashlib.sha1(b"other").hexdigest()
        expected = f"blob {NAME} holds other bytes: their SHA-1 is {other}"
        (self.home / f"{NAME}.gz").write_bytes(gzip.compress(b"other"))
        self.assertEqual(expected, self.refusal())
        (self.home / NAME).write_bytes(b"other")
        self.assertEqual(expected, self.refusal())

    def test_unchecked(self) -> None:
        """A blob that is named by a CRC holds what it likes."""
        (self.home / "data_c99").write_bytes(b"other")
        self.assertEqual(5, self.store.verify("data_c99"))

    def test_truncated(self) -> None:
        """A gzipped blob has an end."""
        packed = gzip.compress(DATA)
        for size in (5, len(packed) // 2, len(packed) - 1):
            (self.home / f"{NAME}.gz").write_bytes(packed[:size])
            self.assertEqual(f"blob {NAME} is truncated", self.refusal())

    def test_corrupt(self) -> None:
        """What gzip finds wrong is told: header, data, checksum, what follows."""
        packed = gzip.compress(DATA)
        for data in (
            b"no gzip",
            packed[:12] + b"\xff" * 10 + packed[22:],
            packed[:-8] + b"\0" * 8,
            packed + b"more",
        ):
            (self.home / f"{NAME}.gz").write_bytes(data)
            self.assertIn(f"blob {NAME} is corrupt: ", self.refusal())

    def test_unreadable(self) -> None:
        """What is no file cannot be read."""
        (self.home / NAME).mkdir()
        self.assertIn(f"blob {NAME} cannot be read: [Errno {errno.EISDIR}]", self.refusal())

    def test_limit(self) -> None:
        """A blob may be as large as the limit, and not larger."""
        (self.home / NAME).write_bytes(DATA)
        self.store.limit = len(DATA)
        self.assertEqual(len(DATA), self.store.verify(NAME))
        self.store.limit -= 1
        self.assertEqual(f"blob {NAME} is larger than {len(DATA) - 1} bytes", self.refusal())

    def test_bomb(self) -> None:
        """What unpacks to more than the limit is not unpacked any further."""
        (self.home / f"{NAME}.gz").write_bytes(gzip.compress(bytes(1 << 24)))
        self.store.limit = 3 * CHUNK
        chunks = self.store.chunks(NAME)
        self.assertEqual([CHUNK] * 3, [len(next(chunks)) for _ in range(3)])
        self.assertRaises(BlobError, next, chunks)


class WriteTests(StoreTestCase):
    """Blobs get their name when they are finished."""

    def test_write(self) -> None:
        """A finished blob is there, and nothing else is."""
        self.assertEqual(NAME, self.write(DATA))
        self.assertEqual([NAME], self.files())
        self.assertEqual(DATA, self.read())

    def test_unfinished(self) -> None:
        """A blob has no name before it is finished."""
        writer = self.store.writer()
        writer.write(DATA)
        self.assertFalse(self.store.has(NAME))
        self.assertFalse(any(map(is_blob_name, self.files())))
        writer.abandon()

    def test_abandon(self) -> None:
        """An abandoned blob leaves nothing, and it may be abandoned twice."""
        writer = self.store.writer()
        writer.write(DATA)
        writer.abandon()
        writer.abandon()
        self.assertEqual([], self.files())

    def test_newDirectory(self) -> None:
        """The directory is made with the first blob."""
        self.store = BlobStore([self.directory / "new" / "blobs"])
        self.write(DATA)
        self.assertEqual(DATA, self.read())

    def test_twice(self) -> None:
        """The same contents are kept once, in the form that is there."""
        self.write(DATA)
        self.store.compress(NAME)
        self.assertEqual(NAME, self.write(DATA))
        self.assertEqual([f"{NAME}.gz"], self.files())

    def test_otherWasFaster(self) -> None:
        """Two may finish the same blob at once."""
        self.write(DATA)
        self.patch(self.store, "has", lambda name: False)
        self.assertEqual(NAME, self.write(DATA))
        self.assertEqual([NAME], self.files())


class AdoptTests(StoreTestCase):
    """A finished file becomes a blob without being copied."""

    def setUp(self) -> None:
        super().setUp()
        self.file = self.directory / "spool"
        self.file.write_bytes(DATA)

    def test_adopt(self) -> None:
        """The file keeps its own name, too, so that a crash loses nothing."""
        self.store.adopt(self.file, NAME)
        self.assertTrue(self.file.samefile(self.home / NAME))

    def test_known(self) -> None:
        """What the store has already is not replaced."""
        self.write(DATA)
        self.store.adopt(self.file, NAME)
        self.assertFalse(self.file.samefile(self.home / NAME))
        self.assertEqual(DATA, self.file.read_bytes())


class CompressTests(StoreTestCase):
    """A raw blob is replaced by its gzipped form."""

    def test_compress(self) -> None:
        """Only the gzipped form is left, and it says the same."""
        self.write(DATA)
        self.store.compress(NAME)
        self.assertEqual([f"{NAME}.gz"], self.files())
        self.assertEqual(len(DATA), self.store.verify(NAME))

    def test_gone(self) -> None:
        """A blob that is not there, or compressed already, is left alone."""
        self.store.compress(NAME)
        self.assertEqual([], self.files())
        self.write(DATA)
        self.store.compress(NAME)
        self.store.compress(NAME)
        self.assertEqual([f"{NAME}.gz"], self.files())

    def test_full(self) -> None:
        """On a full disk the raw form stays, and nothing else does."""
        self.write(DATA)
        self.patch(shutil, "copyfileobj", refuse)
        self.assertRaises(OSError, self.store.compress, NAME)
        self.assertEqual([NAME], self.files())

    def test_reproducible(self) -> None:
        """Equal contents give equal files: neither a name nor a time is inside."""
        self.write(DATA)
        self.store.compress(NAME)
        packed = (self.home / f"{NAME}.gz").read_bytes()
        self.assertEqual(bytes.fromhex("1f8b 08 00 00000000"), packed[:8])
