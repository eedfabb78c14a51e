"""
All recordings of one proxy: their numbers, and what is done when a session ends.

C{<basename>-<n>.journal} holds the number C{n} while the session runs and until
C{<basename>-<n>.json} stands in its place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.errors import NetsimError, StorageError
from netsim.proxy.digest import RunningDigest
from netsim.proxy.journal import Journal
from netsim.proxy.recording import SUFFIX, Summary, document_path, finish, numbered
from netsim.script.blobs import BlobStore
from netsim.script.journal import Session
from netsim.worker import Submit

SMALL = 1 << 14
"""A journal up to this size is finished at once, a larger one by the worker (bytes)."""


class Recordings:
    """
    Begins and finishes the recordings of a proxy.

    @ivar troubled: something could not be written.
    @ivar unfinished: how many recordings have begun that are not there yet.
    """

    log = Logger()

    def __init__(
        self,
        basename: Path,
        now: Callable[[], float],
        work: Submit,
        pack: Submit,
        fsync: bool = False,
    ) -> None:
        """
        @param basename: path and beginning of the name of every recording.
        @param now: Unix seconds.
        @param work: does what takes long for sessions that have ended.
        @param pack: compresses blobs.
        """
        self.troubled = False
        self.unfinished = 0
        self._basename = basename
        self._now = now
        self._work = work
        self._pack = pack
        self._fsync = fsync
        self._number = 0
        self._unpacked = 0
        self._flushed: Deferred[None] | None = None

    def check(self) -> None:
        """
        Find out whether recordings can be written, and which number is free.

        @raise StorageError: they cannot.
        """
        try:
            with tempfile.TemporaryFile(dir=self._basename.parent):
                pass
        except OSError as error:
            where = self._basename.parent
            raise StorageError(f"cannot record into {where}: {error.strerror}") from None
        self._number = max((number for number, _ in numbered(self._basename)), default=0)

    def begin(self, datagrams: bool = False) -> Journal | None:
        """Start a recording; C{None}, with a line in the log, where that is impossible."""
        session = Session(self._now(), datagrams)
        while True:
            self._number += 1
            path = self._path(self._number)
            try:
                journal = Journal(
                    path, session, self._now, self._follow, self._damaged, self._fsync
                )
            except FileExistsError:
                continue
            except OSError as error:
                self._damaged(error)
                return None
            if journal.damage is None and not document_path(path).exists():
                self.unfinished += 1
                return journal
            journal.discard()
            if journal.damage is not None:
                return None

    def finish(self, journal: Journal) -> Deferred[Summary | None]:
        """The session has ended: put the recording in the journal's place."""
        run = self._work if journal.size > SMALL else _at_once
        finishing: Deferred[Summary | None] = run(finish, journal.path, journal.digests)
        finishing.addCallbacks(self.compress, self._failed)
        return finishing.addBoth(self._finished, journal)

    def compress(self, summary: Summary) -> Summary:
        """Gzip the blobs of a recording, one after the other, without hurry."""
        store = BlobStore([self._basename.parent / "blobs"])
        for name in summary.blobs:
            self._unpacked += 1
            packing = self._pack(store.compress, name).addErrback(self._stays_raw, name)
            packing.addCallback(self._packed)
        return summary

    def flush(self) -> Deferred[None]:
        """Fires when every session has ended, and all of its recording is in its place."""
        flushed = self._flushed = Deferred()
        self._settle()
        return flushed

    def _settle(self) -> None:
        if self._flushed is not None and not (self.unfinished or self._unpacked):
            flushed, self._flushed = self._flushed, None
            flushed.callback(None)

    def _finished(self, result: Summary | None, journal: Journal) -> Summary | None:
        self.unfinished -= 1
        journal.release()
        self._settle()
        return result

    def _packed(self, result: object) -> None:
        self._unpacked -= 1
        self._settle()

    def _failed(self, failure: Failure) -> None:
        self.troubled = True
        if failure.check(NetsimError):
            self.log.error("{reason}", reason=failure.getErrorMessage())
        else:
            self.log.failure("a recording could not be finished", failure)

    def _stays_raw(self, failure: Failure, name: str) -> None:
        reason = failure.getErrorMessage()
        self.log.warn("blob {name} stays uncompressed: {reason}", name=name, reason=reason)

    def _damaged(self, error: OSError) -> None:
        if not self.troubled:
            self.log.error(
                "cannot record any more: {reason}; forwarding goes on, and the recordings"
                " that it touched are marked as partial",
                reason=error.strerror,
            )
        self.troubled = True

    def _follow(self, path: Path) -> RunningDigest:
        return RunningDigest(path, self._work)

    def _path(self, number: int) -> Path:
        return self._basename.with_name(f"{self._basename.name}-{number}{SUFFIX}")


def _at_once(function: Callable[..., Any], *args: Any) -> Deferred[Any]:
    return maybeDeferred(function, *args)
