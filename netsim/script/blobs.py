"""
Blobs: bytes stored under their SHA-1, raw or gzipped, in C{blobs/} beside a script.

Source of the format: nds-replay, "Data blobs", and WIRE facts, section 1.  A
blob is raw when it was just recorded and gzipped later; both are valid, and
readers look for the raw one first.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import shutil
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from netsim.errors import BlobError
from netsim.script.newfile import NewFile, place

CHUNK = 1 << 16
"""Blobs are read in pieces of this many bytes."""
DEFAULT_LIMIT = 1 << 34
"""Larger blobs are refused unless the user raises the limit (bytes: 16 GiB)."""

_NAME = re.compile(r"[0-9a-f]{40}|[0-9A-Za-z_.-]*_c[0-9]+")


def is_blob_name(name: str) -> bool:
    """A SHA-1 in lower-case hex digits, or a name of old files that ends in C{_c<digits>}."""
    return _NAME.fullmatch(name) is not None and not name.startswith(".")


def names_contents(name: str) -> bool:
    """Whether the name is the SHA-1 of the contents, and can be checked."""
    return "_c" not in name


class BlobStore:
    """
    Directories that hold blobs.

    @ivar home: where new blobs are kept: the first directory.
    @ivar limit: the largest blob that is read, in bytes.
    """

    def __init__(self, directories: Sequence[Path], limit: int = DEFAULT_LIMIT) -> None:
        self.directories = tuple(dict.fromkeys(directories))
        self.home = self.directories[0]
        self.limit = limit

    @classmethod
    def beside(cls, script: Path, limit: int = DEFAULT_LIMIT) -> BlobStore:
        """The store of a script file: beside it, then in the working directory."""
        return cls([script.parent / "blobs", Path("blobs")], limit)

    def has(self, name: str) -> bool:
        """Whether the blob is there, in either form."""
        return any(path.is_file() for path in self._paths(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """
        The contents of a blob, in pieces.

        @raise BlobError: it is missing, damaged, or larger than the limit.
        """
        size = 0
        with _damage_named(name), self._open(name) as file:
            while piece := file.read(CHUNK):
                size += len(piece)
                if size > self.limit:
                    raise BlobError(f"blob {name} is larger than {self.limit} bytes")
                yield piece

    def verify(self, name: str) -> int:
        """
        Read a blob and compare it with its name.

        @return: its size in bytes.
        @raise BlobError: as L{chunks}, or the contents do not hash to the name.
        """
        digest, size = hashlib.sha1(), 0
        for piece in self.chunks(name):
            digest.update(piece)
            size += len(piece)
        if names_contents(name) and digest.hexdigest() != name:
            raise BlobError(f"blob {name} holds other bytes: their SHA-1 is {digest.hexdigest()}")
        return size

    def writer(self) -> BlobWriter:
        """
        Begin a new blob.

        @raise OSError: the directory cannot be written.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        return BlobWriter(self)

    def adopt(self, path: Path, digest: str) -> None:
        """Keep a finished file as the blob of this name, too."""
        self.home.mkdir(parents=True, exist_ok=True)
        if not self.has(digest):
            with contextlib.suppress(FileExistsError):
                place(path, self.home / digest)

    def compress(self, name: str) -> None:
        """
        Replace a raw blob by its gzipped form; one that is gone already is left alone.

        @raise OSError: the disk is full; the raw form stays.
        """
        raw = self.home / name
        with contextlib.suppress(FileNotFoundError), raw.open("rb") as source:
            with NewFile(self.home) as packed:
                _pack(source, packed.file)
                with contextlib.suppress(FileExistsError):
                    packed.publish(raw.with_name(name + ".gz"))
            raw.unlink()

    def _paths(self, name: str) -> Iterator[Path]:
        for directory in self.directories:
            yield directory / name
            yield directory / (name + ".gz")

    def _open(self, name: str) -> IO[bytes]:
        # A raw blob that is compressed meanwhile is in its gzipped form before it goes.
        for path in self._paths(name):
            with contextlib.suppress(FileNotFoundError):
                return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
        looked = " and ".join(str(directory) for directory in self.directories)
        raise BlobError(f"blob {name} is missing; looked in {looked}")


class BlobWriter:
    """A blob on its way: hashed while it is written, named when it is finished."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._new = NewFile(store.home)
        self._digest = hashlib.sha1()

    def write(self, data: bytes) -> None:
        """Append to the blob."""
        self._digest.update(data)
        self._new.file.write(data)

    def finish(self) -> str:
        """Put the blob under its name, and return it."""
        name = self._digest.hexdigest()
        if not self._store.has(name):
            with contextlib.suppress(FileExistsError):
                self._new.publish(self._store.home / name)
        self.abandon()
        return name

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._new.close()


def _pack(source: IO[bytes], target: IO[bytes]) -> None:
    # No file name and no time inside: equal contents give equal files.
    with gzip.GzipFile("", "wb", 6, target, 0) as packing:
        shutil.copyfileobj(source, packing, CHUNK)


@contextlib.contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Say which blob is damaged, instead of how gzip found out."""
    try:
        yield
    except EOFError:
        raise BlobError(f"blob {name} is truncated") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BlobError(f"blob {name} is corrupt: {error}") from None
    except OSError as error:
        raise BlobError(f"blob {name} cannot be read: {error}") from None
