"""
Files that appear under their name when they are complete, and replace nothing.

Where the system can, such a file has no name at all until then, so that a
process that dies in the middle leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import IO, Any

_UNSUPPORTED = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)


class NewFile:
    """
    A file in the making; as a context manager, it forgets what was not published.

    @ivar file: where its contents are written.
    """

    def __init__(self, directory: Path) -> None:
        """@raise OSError: the directory cannot be written."""
        self._name: Path | None = None
        try:
            descriptor = os.open(directory, os.O_TMPFILE | os.O_WRONLY, 0o666)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
            self._name = directory / f".new-{secrets.token_hex(8)}"
            descriptor = os.open(self._name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        self.file: IO[bytes] = os.fdopen(descriptor, "wb")

    def publish(self, path: Path) -> None:
        """
        Give the complete file its name.

        @raise FileExistsError: the name is taken.
        @raise OSError: not everything could be written.
        """
        self.file.flush()
        if self._name is not None:
            place(self._name, path)
        else:
            # An absolute path needs no directory, but only with one Python follows it.
            descriptor = self.file.fileno()
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)
        self.close()

    def close(self) -> None:
        """Forget the file, unless it was published."""
        with contextlib.suppress(OSError):
            self.file.close()
        if self._name is not None:
            self._name.unlink(missing_ok=True)

    def __enter__(self) -> NewFile:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()


def place(path: Path, target: Path) -> None:
    """
    Give a file another name, at once and replacing nothing.

    The old name stays where the file system has hard links, so that a crash
    after this loses nothing.

    @raise FileExistsError: the name is taken.
    """
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        path.rename(target)
