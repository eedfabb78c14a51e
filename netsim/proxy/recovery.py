"""Turn journals into recordings: when a session has ended, and when a proxy was killed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from netsim.proxy.digest import RunningDigest
from netsim.proxy.journal import lock_abandoned
from netsim.proxy.recording import SUFFIX, Summary, document_path, finish, numbered, remove


def journals(basename: Path) -> list[Path]:
    """The journals of a basename, running ones included, in the order of their numbers."""
    found = numbered(basename)
    return [path for _, path in sorted(found) if path.suffix == SUFFIX]


def recover(journal: Path, digests: Mapping[str, RunningDigest] | None = None) -> Summary | None:
    """
    Turn a journal that nobody writes any more into a recording.

    @param digests: of its spool files, as far as they are known.
    @return: what was recovered; C{None} where a proxy still writes it, or all is there.
    @raise JournalError: it is not a journal.
    @raise StorageError: the recording could not be written; the journal stays.
    """
    descriptor = lock_abandoned(journal)
    if descriptor is None:
        return None
    try:
        if not _is_complete(journal):
            return finish(journal, digests or {})
        # It died after the recording was complete.
        remove(journal)
        return None
    finally:
        os.close(descriptor)


def _is_complete(journal: Path) -> bool:
    # A document that is older than the end of the journal is somebody else's.
    document = document_path(journal)
    return document.exists() and document.stat().st_mtime_ns >= journal.stat().st_mtime_ns
