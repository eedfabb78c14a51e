"""
The journal of a running session on disk: one C{write} for each segment forwarded.

What was appended is in the kernel when L{Journal.append} returns, and outlives
the process.  A run of one direction that grows large moves to a spool file,
which later becomes a blob without being copied.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
from collections.abc import Callable
from pathlib import Path

from netsim.script.journal import (
    HEADER,
    SPOOL_DOWNSTREAM,
    SPOOL_UPSTREAM,
    UPSTREAM,
    Session,
    first_line,
    pack,
    pack_closed,
    payloads,
)
from netsim.script.recorder import MEMORY_LIMIT

DIGEST_STEP = 4 << 20
"""So many new bytes of a spool are worth a step of its digest."""


class Journal:
    """
    What one session says, while it runs.

    @ivar size: how many bytes are in the file.
    @ivar damage: why nothing more is noted, once a write has failed.
    """

    def __init__(
        self,
        path: Path,
        session: Session,
        now: Callable[[], float],
        grown: Callable[[Path], None],
        damaged: Callable[[OSError], None],
        fsync: bool = False,
    ) -> None:
        """
        @param path: a file that does not exist; it is locked until L{release}.
        @param now: Unix seconds.
        @param grown: called now and then when a spool file has grown.
        @param damaged: called once, when writing fails.
        @raise FileExistsError: the name is taken.
        """
        self.path = path
        self.damage: OSError | None = None
        self._now = now
        self._grown = grown
        self._damaged = damaged
        self._write = _write_through if fsync else os.write
        # A spool file does not know where one datagram ends and the next begins.
        self._run_limit = math.inf if session.datagrams else MEMORY_LIMIT
        self._descriptor = lock_new(path)
        self._spool = -1
        self._spool_path = path
        self._kind = self._run = self._spools = self._undigested = 0
        self.size = self._run_start = 0
        self._put(first_line(session))

    def append(self, kind: int, data: bytes) -> None:
        """Note what was forwarded: C{UPSTREAM} or C{DOWNSTREAM}, and the bytes."""
        size = len(data)
        if kind == self._kind:
            self._run += size
        else:
            self._turn(kind, size)
        if self._run > self._run_limit:
            self._append_to_spool(data)
        else:
            self._put(HEADER.pack(kind, self._now(), size) + data)

    def close(self, by: str, broken: bool) -> None:
        """Note the session's end."""
        self._turn(0, 0)
        self._put(pack_closed(self._now(), by, broken))

    def release(self) -> None:
        """Unlock the file."""
        # Closing would leave the lock to a child that is just being forked.
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)

    def discard(self) -> None:
        """Take the file away again."""
        self.path.unlink()
        self.release()

    def _turn(self, kind: int, size: int) -> None:
        self._kind, self._run, self._run_start = kind, size, self.size
        if self._spool >= 0:
            os.close(self._spool)
            self._spool = -1

    def _put(self, record: bytes) -> None:
        try:
            written = self._write(self._descriptor, record)
        except OSError as error:
            self._give_up(error)
        else:
            self.size += written
            if written < len(record):
                self._give_up(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

    def _append_to_spool(self, data: bytes) -> None:
        if self.damage is not None:
            return
        try:
            if self._spool < 0:
                self._begin_spool()
            written = self._write(self._spool, data)
        except OSError as error:
            self._give_up(error)
            return
        if written < len(data):
            self._give_up(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._undigested += written
        if self._undigested > DIGEST_STEP:
            self._undigested = 0
            self._grown(self._spool_path)

    def _begin_spool(self) -> None:
        self._spools += 1
        self._spool_path = path = spool_path(self.path, self._spools)
        self._spool = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
        said = payloads(os.pread(self._descriptor, self.size - self._run_start, self._run_start))
        if self._write(self._spool, said) < len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # From this record on the file stands for the whole run.
        kind = SPOOL_UPSTREAM if self._kind == UPSTREAM else SPOOL_DOWNSTREAM
        self._put(pack(kind, self._now(), path.name.encode()))

    def _give_up(self, error: OSError) -> None:
        # What comes now would not follow what was noted: note nothing more.
        self._write = _discard
        self.damage = error
        self._damaged(error)


def spool_path(journal: Path, number: int) -> Path:
    """The file of a large run; those of a journal are numbered from 1."""
    return journal.with_suffix(f".spool-{number}")


def lock_new(path: Path) -> int:
    """Create a file that only its creator may finish; its descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def lock_abandoned(path: Path) -> int | None:
    """Lock a journal that nobody writes any more; its descriptor, or C{None}."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Finished by somebody else meanwhile, or just created and not begun?
        if os.fstat(descriptor).st_nlink and os.fstat(descriptor).st_size:
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None


def _write_through(descriptor: int, data: bytes) -> int:
    written = os.write(descriptor, data)
    os.fdatasync(descriptor)
    return written


def _discard(descriptor: int, data: bytes) -> int:
    return len(data)
