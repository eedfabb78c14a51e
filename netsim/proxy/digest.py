"""The SHA-1 of a file while it grows, computed away from the reactor."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from netsim.worker import Submit

_PIECE = 1 << 20
_PIECES_AT_ONCE = 16


class RunningDigest:
    """
    Follows a file that is appended to.

    Reading it back from the kernel's cache needs no queue of its own, so a disk
    or a hash that is slower than the network costs no memory.

    @param submit: the worker on which L{finish} will be called, too; without
        one, L{finish} does it all.
    """

    def __init__(self, path: Path, submit: Submit | None = None) -> None:
        self._path = path
        self._submit = submit
        self._digest = hashlib.sha1()
        self._file: IO[bytes] | None = None
        self._queued = False

    def advance(self) -> None:
        """The file has grown."""
        if self._submit is not None and not self._queued:
            self._queued = True
            self._submit(self._step)

    def finish(self) -> str:
        """Hash the rest, on the worker; return the digits."""
        while self._read():
            pass
        if self._file is not None:
            self._file.close()
        return self._digest.hexdigest()

    def _step(self) -> None:
        self._queued = False
        # A few pieces at a time: other sessions want the worker, too.
        for _ in range(_PIECES_AT_ONCE):
            if not self._read():
                return
        self.advance()

    def _read(self) -> bool:
        if self._file is None:
            self._file = self._path.open("rb", buffering=0)
        if self._file.closed:
            # A step that was queued when the file was finished already.
            return False
        data = self._file.read(_PIECE)
        self._digest.update(data)
        return bool(data)
