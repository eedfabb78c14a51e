"""The files of a host, by SFTP (draft-ietf-secsh-filexfer-02, as OpenSSH speaks it)."""

from __future__ import annotations

import stat
from collections.abc import Awaitable
from typing import Any, TypeVar

from twisted.conch.ssh.common import NS
from twisted.conch.ssh.filetransfer import (
    FX_NO_SUCH_FILE,
    FXF_CREAT,
    FXF_EXCL,
    FXF_READ,
    FXF_WRITE,
    SFTPError,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost

from netsim.dsisocket.crew import gathered
from netsim.dsisocket.filesystem import Entry, Reader, Writer, printable
from netsim.errors import PeerError, SshError

__all__ = ["SftpFiles"]

_REQUEST = 1 << 15
"""Bytes of a file that every server reads or writes at once."""

T = TypeVar("T")


class SftpFiles:
    """
    L{netsim.dsisocket.filesystem.Files} of a host.

    Errors are L{PeerError}s; an L{SshError} where the connection was lost.
    """

    def __init__(self, client: Any) -> None:
        """@param client: a L{FileTransferClient<twisted.conch.ssh.filetransfer>}."""
        self._client = client

    def close(self) -> None:
        """End the session."""
        self._client.transport.loseConnection()

    def error(self, path: str, reason: str) -> PeerError:
        """What to raise where something is wrong with a path."""
        return PeerError(f"{printable(path)}: {reason}")

    def path(self, path: str) -> str:
        """Without a slash at its end; the server starts from the home directory."""
        if path == "~" or path.startswith("~/"):
            path = path[2:].lstrip("/")
        return path.rstrip("/") or path[:1] or "."

    async def real(self, path: str) -> str | None:
        """Nothing here is on the same machine."""
        return None

    async def stat(self, path: str, follow: bool = True) -> Entry:
        """What is there."""
        return _entry(await self.do(path, self._client.getAttrs(_encoded(path), follow)))

    async def find(self, path: str, follow: bool = True) -> Entry | None:
        """What is there, if there is something."""
        try:
            return await self.stat(path, follow)
        except PeerError as error:
            reason = error.__cause__
            if isinstance(reason, SFTPError) and reason.code == FX_NO_SUCH_FILE:
                return None
            raise

    async def list(self, path: str) -> list[tuple[str, Entry]]:
        """What is in a directory; links are not followed."""
        directory = await self.do(path, self._client.openDirectory(_encoded(path)))
        found: list[tuple[str, Entry]] = []
        try:
            while True:
                names = await self.do(path, directory.read())
                found += ((_decoded(name), _entry(attributes)) for name, _, attributes in names)
        except EOFError:
            pass
        finally:
            await self.do(path, directory.close())
        for name, _ in found:
            if "/" in name or not name:
                raise self.error(path, f"the host says that {printable(name)!r} is in it")
        return [(name, entry) for name, entry in found if name not in (".", "..")]

    async def open(self, path: str) -> Reader:
        """Begin to read a file."""
        return await self._opened(path, FXF_READ)

    async def create(self, path: str) -> Writer:
        """Begin to write a file that is not there."""
        return await self._opened(path, FXF_WRITE | FXF_CREAT | FXF_EXCL)

    async def make_directory(self, path: str, permissions: int) -> None:
        """Make one; one that is there is no error."""
        making = self._client.makeDirectory(_encoded(path), {"permissions": permissions})
        try:
            await self.do(path, making)
        except PeerError:
            there = await self.find(path)
            if there is None or not there.is_directory:
                raise

    async def set_permissions(self, path: str, permissions: int) -> None:
        """Change them."""
        attributes = {"permissions": permissions}
        await self.do(path, self._client.setAttrs(_encoded(path), attributes))

    async def rename(self, old: str, new: str) -> None:
        """Give it another name, instead of the file that had it."""
        names = NS(_encoded(old)) + NS(_encoded(new))
        try:
            # The draft's own rename does not replace a file.
            renaming = self._client.extendedRequest(b"posix-rename@openssh.com", names)
            await self.do(new, renaming)
        except NotImplementedError:
            if await self.find(new, follow=False) is not None:
                await self.remove(new)
            await self.do(new, self._client.renameFile(_encoded(old), _encoded(new)))

    async def remove(self, path: str) -> None:
        """Remove a file."""
        await self.do(path, self._client.removeFile(_encoded(path)))

    async def read_link(self, path: str) -> str:
        """Where a link leads to."""
        name: str = await self.do(path, self._client.readLink(_encoded(path)))
        return name

    async def make_link(self, path: str, to: str) -> None:
        """Make a symbolic link."""
        # OpenSSH takes the two the other way round than the draft says.
        await self.do(path, self._client.makeLink(_encoded(to), _encoded(path)))

    async def do(self, path: str, answer: Awaitable[T]) -> T:
        """
        Wait for the answer to something.

        @raise PeerError: the host will not.
        @raise SshError: the connection was lost.
        @raise EOFError: there is nothing more.
        @raise NotImplementedError: the host does not know what that is.
        """
        try:
            return await answer
        except SFTPError as error:
            raise self.error(path, error.message or "the host refuses it") from error
        except ConnectionLost as error:
            raise SshError(f"{printable(path)}: the connection was lost") from error

    async def _opened(self, path: str, flags: int) -> _File:
        attributes = {"permissions": 0o600} if flags & FXF_CREAT else {}
        opening = self._client.openFile(_encoded(path), flags, attributes)
        return _File(self, path, await self.do(path, opening), self._client)


class _File:
    """A file that is open."""

    def __init__(self, files: SftpFiles, path: str, file: Any, client: Any) -> None:
        self._files = files
        self._path = path
        self._file = file
        self._client = client

    async def read(self, offset: int, size: int) -> bytes:
        """So much of it, unless it ends before."""
        places = range(offset, offset + size, _REQUEST)
        ends = [*places[1:], offset + size]
        pieces = [
            Deferred.fromCoroutine(self._piece(place, end - place))
            for place, end in zip(places, ends, strict=True)
        ]
        return b"".join(await self._all(pieces))

    async def write(self, offset: int, data: bytes) -> None:
        """Write all of it."""
        places = range(0, len(data), _REQUEST)
        await self._all(
            [
                self._file.writeChunk(offset + place, data[place : place + _REQUEST])
                for place in places
            ]
        )

    async def close(self, permissions: int | None = None) -> None:
        """It is complete, or no longer needed."""
        waiting = [self._file.close()]
        if permissions is not None:
            # Conch's own setAttrs of a file asks for something else.
            path, attributes = _encoded(self._path), {"permissions": permissions}
            waiting.append(self._client.setAttrs(path, attributes))
        await self._all(waiting)

    async def _piece(self, offset: int, size: int) -> bytes:
        found = b""
        while len(found) < size:
            try:
                reading = self._file.readChunk(offset + len(found), size - len(found))
                found += await self._files.do(self._path, reading)
            except EOFError:
                break
        return found

    async def _all(self, answers: list[Deferred[Any]]) -> list[Any]:
        return await self._files.do(self._path, gathered(answers))


def _entry(attributes: dict[str, int]) -> Entry:
    # A server that does not tell permissions has nothing but files.
    mode = attributes.get("permissions", stat.S_IFREG | 0o644)
    return Entry(mode, attributes.get("size", 0))


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
