"""
All recordings of one proxy: their numbers, and what is done when a session ends.

C{<basename>-<n>.journal} holds the number C{n} while the session runs and until
C{<basename>-<n>.json} stands in its place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.errors import NetsimError, StorageError
from netsim.proxy.aside import Do
from netsim.proxy.journal import Journal
from netsim.proxy.recording import SUFFIX, Summary, document_path, numbered
from netsim.proxy.recovery import journals
from netsim.script.journal import Session


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
        aside: Do,
        fsync: bool = False,
    ) -> None:
        """
        @param basename: path and beginning of the name of every recording.
        @param now: Unix seconds.
        @param aside: does what takes long.
        """
        self.troubled = False
        self.unfinished = 0
        self._basename = basename
        self._now = now
        self._aside = aside
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
                journal = Journal(path, session, self._now, self._grown, self._damaged, self._fsync)
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
        journal.release()
        finishing = self._aside("finish", journal.path).addCallbacks(self._compress, self._failed)
        return finishing.addBoth(self._finished)

    async def recover(self) -> None:
        """Finish what a proxy left that was killed."""
        for journal in journals(self._basename):
            try:
                self._recovered(await self._aside("finish", journal))
            except NetsimError as error:
                self.log.error("cannot recover {journal}: {error}", journal=journal, error=error)

    def flush(self) -> Deferred[None]:
        """Fires when every session has ended, and all of its recording is in its place."""
        flushed = self._flushed = Deferred()
        self._settle()
        return flushed

    def _settle(self) -> None:
        if self._flushed is not None and not (self.unfinished or self._unpacked):
            flushed, self._flushed = self._flushed, None
            flushed.callback(None)

    def _recovered(self, summary: Summary | None) -> None:
        if self._compress(summary) is not None:
            self.log.info(
                "recovered {summary.path}: {summary.exchanges} exchanges", summary=summary
            )

    def _compress(self, summary: Summary | None) -> Summary | None:
        for name in summary.blobs if summary is not None else ():
            self._unpacked += 1
            directory = self._basename.parent / "blobs"
            packing = self._aside("compress", directory, name).addErrback(self._stays_raw, name)
            packing.addCallback(self._packed)
        return summary

    def _finished(self, result: Summary | None) -> Summary | None:
        self.unfinished -= 1
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

    def _grown(self, spool: Path) -> None:
        self._aside("advance", spool).addErrback(lambda _: None)

    def _path(self, number: int) -> Path:
        return self._basename.with_name(f"{self._basename.name}-{number}{SUFFIX}")
