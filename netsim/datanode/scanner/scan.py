"""One scan of a directory: files that are new, or have changed, are read and written down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import define, frozen
from twisted.logger import Logger

from netsim.datanode.g3file import G3File
from netsim.datanode.scanner.listing import Found, find
from netsim.datanode.scanner.store import Store
from netsim.datanode.scanner.summary import Feed, Summary
from netsim.datanode.tables import LONGEST
from netsim.errors import DataFileError

__all__ = ["Report", "Scan"]

WRITING = 600.0
"""Seconds for which a file that ends amidst a frame may be one that is still being written."""

PROGRESS = 5.0
"""Seconds between two lines of the log."""

COMPLAINTS = 20
"""Lines of the log about what is wrong with files, in one scan."""


@define
class Report:
    """
    What a scan has done, in files.

    @ivar read: written down.
    @ivar writing: to be read next time.
    @ivar others: which another scanner has written down meanwhile, or is about to.
    @ivar damaged: not to be read, or in parts.
    """

    files: int = 0
    read: int = 0
    writing: int = 0
    others: int = 0
    damaged: int = 0

    def __str__(self) -> str:
        parts = [f"{self.files} files", f"{self.read} read"]
        rest = {
            "still being written": self.writing,
            "left to another scanner": self.others,
            "damaged": self.damaged,
        }
        return ", ".join(parts + [f"{count} {what}" for what, count in rest.items() if count])


@frozen
class _Contents:
    """What is to be written down of a file."""

    feeds: tuple[Feed, ...] = ()
    troubles: tuple[str, ...] = ()


class _StoppedError(Exception):
    """The scan is to end."""


class Scan:
    """
    Looks once at all files.

    It blocks, and belongs on a thread.

    @ivar report: what it has done so far.
    """

    log = Logger()

    def __init__(
        self,
        directory: Path,
        store: Store,
        now: Callable[[], float],
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        @param now: Unix time.
        @param is_stopping: whether to end early; asked often.
        """
        self.report = Report()
        self._directory = directory
        self._store = store
        self._now = now
        self._is_stopping = is_stopping
        self._complaints = 0
        self._told = now()

    def run(self) -> Report:
        """
        Do it.

        @raise OSError: the directory cannot be listed.
        @raise DatabaseError: the database cannot be used.
        """
        changed = self._changed()
        try:
            for number, file in enumerate(changed):
                self._tell(number, len(changed))
                self._look_at(file)
        except _StoppedError:
            self.log.info("the scan of {where} is broken off", where=self._directory)
        if self._complaints > COMPLAINTS:
            more = self._complaints - COMPLAINTS
            self.log.warn("{more} more lines about files are left out", more=more)
        return self.report

    def _changed(self) -> list[Found]:
        """Those that were not read yet, or are not as they were."""
        seen = self._store.seen()
        changed = []
        for file in find(self._directory, self._complain):
            self.report.files += 1
            if seen.get((file.directory, file.name)) == (file.size, file.modified):
                continue
            if _is_storable(file):
                changed.append(file)
            else:
                self.report.damaged += 1
                self._complain(f"{file.path!s:.300}: no database takes this path")
        return changed

    def _look_at(self, file: Found) -> None:
        try:
            contents = self._read(file)
        except OSError as error:
            self._complain(f"{file.path}: {error.strerror or error}")
            return
        if contents is None:
            self.report.writing += 1
            return
        refused = self._store.write(file, contents.feeds)
        if refused is None:
            self.report.others += 1
            return
        self.report.read += 1
        self.report.damaged += bool(contents.troubles)
        for trouble in (*contents.troubles, *refused):
            self._complain(f"{file.path}: {trouble}")

    def _read(self, file: Found) -> _Contents | None:
        """Read it; nothing if it is still being written."""
        samples, summary = G3File(file.path), Summary()
        try:
            for each in samples:
                if self._is_stopping():
                    raise _StoppedError
                summary.add(each)
        except DataFileError:
            # It is written down, too: then it is not read every time.
            return _Contents((), ("it is no .g3 file",))
        if samples.is_cut and self._now() - file.modified / 1e9 < WRITING:
            return None
        feeds = summary.feeds()
        troubles = list(summary.refused)
        if samples.is_cut:
            troubles.append("it is cut off; what comes before that was read")
        if samples.bad:
            troubles.append(f"{samples.bad} damaged frames or fields are left out")
        return _Contents(feeds, tuple(troubles))

    def _tell(self, number: int, count: int) -> None:
        if self._is_stopping():
            raise _StoppedError
        if self._now() - self._told >= PROGRESS:
            self._told = self._now()
            self.log.info("scanned {number} of {count} files", number=number, count=count)

    def _complain(self, trouble: str) -> None:
        self._complaints += 1
        if self._complaints <= COMPLAINTS:
            # Names of files need not be text, and lines of a log have to be.
            text = trouble.encode("utf-8", "backslashreplace").decode()
            self.log.warn("{trouble}", trouble=text)


def _is_storable(file: Found) -> bool:
    try:
        f"{file.directory}{file.name}".encode()
    except UnicodeEncodeError:
        return False
    return max(len(file.directory), len(file.name)) <= LONGEST
