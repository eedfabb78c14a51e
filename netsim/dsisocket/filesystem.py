"""What copying needs of the files of a machine, wherever that is."""

from __future__ import annotations

import stat
from typing import Protocol

from attrs import frozen

from netsim.errors import NetsimError

__all__ = ["Entry", "Files", "Reader", "Writer", "printable"]


@frozen
class Entry:
    """What a path leads to: C{st_mode}, with the type, and the size in bytes."""

    mode: int
    size: int = 0

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def permissions(self) -> int:
        """Of user, group and others."""
        return self.mode & 0o777


class Reader(Protocol):
    """A file that is read."""

    async def read(self, offset: int, size: int) -> bytes:
        """So much of it, unless it ends before."""

    async def close(self) -> None:
        """It is no longer needed."""


class Writer(Protocol):
    """A file that is written."""

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of it."""

    async def close(self, permissions: int) -> None:
        """It is complete."""


class Files(Protocol):
    """
    The files of a machine.

    All of its methods raise L{NetsimError} with the path that was at fault.
    """

    def error(self, path: str, reason: str) -> NetsimError:
        """What to raise where something is wrong with a path."""

    def path(self, path: str) -> str:
        """What a path means that somebody gave."""

    async def real(self, path: str) -> str | None:
        """Without links; none where that is not known."""

    async def stat(self, path: str, follow: bool = True) -> Entry:
        """What is there."""

    async def find(self, path: str, follow: bool = True) -> Entry | None:
        """What is there, if there is something."""

    async def list(self, path: str) -> list[tuple[str, Entry]]:
        """What is in a directory; links are not followed."""

    async def open(self, path: str) -> Reader:
        """Begin to read a file."""

    async def create(self, path: str) -> Writer:
        """Begin to write a file that is not there."""

    async def make_directory(self, path: str, permissions: int) -> None:
        """Make one, with what the umask leaves; one that is there is no error."""

    async def set_permissions(self, path: str, permissions: int) -> None:
        """Change them."""

    async def rename(self, old: str, new: str) -> None:
        """Give it another name, instead of the file that had it."""

    async def remove(self, path: str) -> None:
        """Remove a file."""

    async def read_link(self, path: str) -> str:
        """Where a link leads to."""

    async def make_link(self, path: str, to: str) -> None:
        """Make a symbolic link."""


def printable(path: str) -> str:
    """A path in an error: names may be no text."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")
