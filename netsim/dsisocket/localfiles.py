"""The files of this machine, which a thread of their own reads and writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from netsim.dsisocket.filesystem import Entry, Reader, Writer, printable
from netsim.errors import HostError
from netsim.worker import Worker

__all__ = ["LocalFiles"]

T = TypeVar("T")


class LocalFiles:
    """L{netsim.dsisocket.filesystem.Files} of this machine; errors are L{HostError}s."""

    def __init__(self, reactor: Any, name: str) -> None:
        """@param name: of the thread, which starts when it is needed."""
        self._worker = Worker(reactor, name)

    def stop(self) -> None:
        """End the thread, when it has done what it was asked."""
        self._worker.stop()

    def error(self, path: str, reason: str) -> HostError:
        """What to raise where something is wrong with a path."""
        return HostError(f"{printable(path)}: {reason}")

    def path(self, path: str) -> str:
        """Without a slash at its end, and with the home directory for C{~}."""
        with suppress(RuntimeError):
            path = str(Path(path).expanduser())
        return str(Path(path))

    async def real(self, path: str) -> str | None:
        """Without links."""
        return await self.do(path, os.path.realpath, path)

    async def stat(self, path: str, follow: bool = True) -> Entry:
        """What is there."""
        found = await self.do(path, os.stat if follow else os.lstat, path)
        return Entry(found.st_mode, found.st_size)

    async def find(self, path: str, follow: bool = True) -> Entry | None:
        """What is there, if there is something."""
        return await self.do(path, _find, path, follow)

    async def list(self, path: str) -> list[tuple[str, Entry]]:
        """What is in a directory; links are not followed."""
        return await self.do(path, _list, path)

    async def open(self, path: str) -> Reader:
        """Begin to read a file."""
        return await self._opened(path, os.O_RDONLY)

    async def create(self, path: str) -> Writer:
        """Begin to write a file that is not there."""
        return await self._opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    async def make_directory(self, path: str, permissions: int) -> None:
        """Make one; one that is there is no error."""
        await self.do(path, _make_directory, path, permissions)

    async def set_permissions(self, path: str, permissions: int) -> None:
        """Change them."""
        await self.do(path, os.chmod, path, permissions)

    async def rename(self, old: str, new: str) -> None:
        """Give it another name, instead of the file that had it."""
        await self.do(new, os.replace, old, new)

    async def remove(self, path: str) -> None:
        """Remove a file."""
        await self.do(path, os.unlink, path)

    async def read_link(self, path: str) -> str:
        """Where a link leads to."""
        return await self.do(path, os.readlink, path)

    async def make_link(self, path: str, to: str) -> None:
        """Make a symbolic link."""
        await self.do(path, os.symlink, to, path)

    async def do(self, path: str, function: Callable[..., T], *arguments: Any) -> T:
        """
        Do something in the thread.

        @raise HostError: the system will not.
        """
        try:
            result: T = await self._worker.submit(function, *arguments)
        except OSError as error:
            raise self.error(path, error.strerror or str(error)) from None
        except ValueError as error:
            # Of names that the system cannot have.
            raise self.error(path, str(error)) from None
        return result

    async def _opened(self, path: str, flags: int) -> _File:
        file = _File(self, path)
        try:
            await self.do(path, file.open, flags)
        except BaseException:
            # It may have been opened nevertheless, if nobody waited any longer.
            self._worker.submit(file.shut)
            raise
        return file


class _File:
    """A file that is open; who calls what is not underlined runs on the reactor."""

    def __init__(self, files: LocalFiles, path: str) -> None:
        self._files = files
        self._path = path
        self._number = -1

    async def read(self, offset: int, size: int) -> bytes:
        """So much of it, unless it ends before."""
        return await self._files.do(self._path, self._read, offset, size)

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of it."""
        await self._files.do(self._path, self._write, offset, data)

    async def close(self, permissions: int | None = None) -> None:
        """It is complete, or no longer needed."""
        await self._files.do(self._path, self.shut, permissions)

    # The thread.

    def open(self, flags: int) -> None:
        """Open it; a pipe in its place is not waited for."""
        self._number = os.open(self._path, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)

    def shut(self, permissions: int | None = None) -> None:
        """Close it, if it is open."""
        number, self._number = self._number, -1
        if number >= 0:
            try:
                if permissions is not None:
                    os.fchmod(number, permissions)
            finally:
                os.close(number)

    def _read(self, offset: int, size: int) -> bytes:
        data = os.pread(self._number, size, offset)
        while data and len(data) < size:
            more = os.pread(self._number, size - len(data), offset + len(data))
            if not more:
                break
            data += more
        return data

    def _write(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._number, view, offset)
            offset, view = offset + written, view[written:]


def _find(path: str, follow: bool) -> Entry | None:
    try:
        found = os.stat(path, follow_symlinks=follow)
    except FileNotFoundError:
        return None
    return Entry(found.st_mode, found.st_size)


def _list(path: str) -> list[tuple[str, Entry]]:
    found = []
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                found.append((entry.name, Entry(status.st_mode, status.st_size)))
    return found


def _make_directory(path: str, permissions: int) -> None:
    try:
        os.mkdir(path, permissions)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
