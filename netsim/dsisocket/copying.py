"""
Copies files and directories from one machine to another; both ends may be anywhere.

The rules are the same everywhere.  Missing directories are made.  A file is written
under another name beside its own, which it gets when it is complete.  Permissions are
those of the source, but for set-user-id and the like; those of directories that are
there already stay.  What is named may be a symbolic link; links inside of directories
are copied as links, so that nothing is copied twice or from elsewhere, and devices,
sockets and pipes there are left out, with a warning.
"""

from __future__ import annotations

import posixpath
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from secrets import token_hex

from attrs import frozen
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

from netsim.dsisocket.crew import Crew
from netsim.dsisocket.filesystem import Entry, Files, Reader, Writer, printable
from netsim.errors import NetsimError

__all__ = ["CHUNK", "copy"]

CHUNK = 1 << 17
"""Bytes that are read or written at once."""
_CHUNKS = 16
"""So many of a file are on their way at once."""
_FILES = 4
"""So many files are."""

log = Logger()


async def copy(source: Files, path: str, target: Files, where: str, *, into: bool = False) -> None:
    """
    Copy a file or directory.

    @param into: where the target ends with a slash or is a directory, it goes there by
        its own name.
    @raise NetsimError: in one sentence, with the path that was at fault.
    """
    path = source.path(path)
    entry = await source.stat(path)
    if not (entry.is_file or entry.is_directory):
        raise source.error(path, "it is neither a file nor a directory")
    where = await _destination(target, where, posixpath.basename(path.rstrip("/")), into)
    there = await target.find(where)
    task = _Copy(source, target)
    if entry.is_file:
        if there is not None and there.is_directory:
            raise target.error(where, "it is a directory")
        if there is not None and not there.is_file:
            raise target.error(where, "it is neither a file nor a directory")
        await task.file(path, where, entry)
    else:
        if there is not None and not there.is_directory:
            raise target.error(where, "it is not a directory")
        await _check_not_inside(source, path, target, where)
        await task.tree(path, where, entry, is_new=there is None)


@frozen
class _Copy:
    source: Files
    target: Files

    async def file(self, path: str, where: str, entry: Entry) -> None:
        """Copy a file."""
        reader = await self.source.open(path)
        try:
            async with self._temporary(where) as name:
                writer = await self.target.create(name)
                try:
                    await self._contents(reader, writer, entry.size)
                except BaseException:
                    with suppress(NetsimError, CancelledError):
                        await writer.close(entry.permissions)
                    raise
                await writer.close(entry.permissions)
        finally:
            await reader.close()

    async def tree(self, path: str, where: str, entry: Entry, is_new: bool) -> None:
        """Copy a directory, with all that is in it."""
        made: list[tuple[str, int]] = []
        async with Crew(_FILES) as crew:
            waiting = [(path, where, entry, is_new)]
            while waiting:
                path, where, entry, is_new = waiting.pop()
                if is_new:
                    await self.target.make_directory(where, 0o700)
                    made.append((where, entry.permissions))
                for name, child in await self.source.list(path):
                    old, new = posixpath.join(path, name), posixpath.join(where, name)
                    if child.is_directory:
                        waiting.append((old, new, child, is_new or await self._is_new(new)))
                    elif child.is_link:
                        await crew.add(self._link(old, new))
                    elif child.is_file:
                        await crew.add(self.file(old, new, child))
                    else:
                        log.warn("{path} is left out: it is no file", path=printable(old))
        # Last, and from the innermost: it may be that nothing can be written any more.
        for where, permissions in reversed(made):
            await self.target.set_permissions(where, permissions)

    async def _is_new(self, where: str) -> bool:
        there = await self.target.find(where, follow=False)
        if there is not None and not there.is_directory:
            # Also where it is a link to one, which could lead anywhere.
            raise self.target.error(where, "it is not a directory")
        return there is None

    async def _link(self, path: str, where: str) -> None:
        to = await self.source.read_link(path)
        async with self._temporary(where) as name:
            await self.target.make_link(name, to)

    async def _contents(self, reader: Reader, writer: Writer, size: int) -> None:
        async with Crew(_CHUNKS) as crew:
            for offset in range(0, size, CHUNK):
                await crew.add(_chunk(reader, writer, offset, min(CHUNK, size - offset)))
        if size == 0:
            # Those of /proc have something in them nevertheless.
            offset = 0
            while data := await reader.read(offset, CHUNK):
                await writer.write(offset, data)
                offset += len(data)

    @asynccontextmanager
    async def _temporary(self, where: str) -> AsyncIterator[str]:
        """A name for what is not complete, and gets its own then."""
        name = posixpath.join(posixpath.dirname(where), f".netsim-{token_hex(6)}.part")
        try:
            yield name
            await self.target.rename(name, where)
        except BaseException:
            with suppress(NetsimError, CancelledError):
                await self.target.remove(name)
            raise


async def _chunk(reader: Reader, writer: Writer, offset: int, size: int) -> None:
    data = await reader.read(offset, size)
    if data:
        await writer.write(offset, data)


async def _destination(files: Files, where: str, name: str, into: bool) -> str:
    is_directory = into and where.endswith("/")
    where = files.path(where)
    if is_directory:
        await _make_directories(files, where)
    elif into:
        there = await files.find(where)
        is_directory = there is not None and there.is_directory
        if there is not None:
            return posixpath.join(where, name) if is_directory else where
    if is_directory:
        return posixpath.join(where, name)
    await _make_directories(files, posixpath.dirname(where))
    return where


async def _make_directories(files: Files, path: str) -> None:
    missing: list[str] = []
    while path not in ("", "/"):
        there = await files.find(path)
        if there is not None:
            if not there.is_directory:
                raise files.error(path, "it is not a directory")
            break
        missing.append(path)
        path = posixpath.dirname(path)
    for each in reversed(missing):
        await files.make_directory(each, 0o777)


async def _check_not_inside(source: Files, path: str, target: Files, where: str) -> None:
    if source is not target:
        return
    inner, outer = await target.real(where), await source.real(path)
    if inner is not None and outer is not None and f"{inner}/".startswith(f"{outer}/"):
        raise target.error(where, f"it is inside of {printable(path)}")
