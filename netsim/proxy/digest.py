"""The SHA-1 of a file while it grows."""

from __future__ import annotations

import hashlib
from pathlib import Path

_PIECE = 1 << 20
_PIECES_AT_ONCE = 16


class RunningDigest:
    """
    Follows a file that is appended to.

    Reading it back from the kernel's cache needs no queue of its own, so a hash
    that is slower than the network costs no memory.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._digest = hashlib.sha1()

    def advance(self) -> None:
        """Hash what has come, but not so much that others wait for long."""
        for _ in range(_PIECES_AT_ONCE):
            if not self._read():
                return

    def finish(self) -> str:
        """Hash the rest; return the digits."""
        while self._read():
            pass
        self.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Give up."""
        self._file.close()

    def _read(self) -> bool:
        data = self._file.read(_PIECE)
        self._digest.update(data)
        return bool(data)
