"""The C{netsim-scanner} service: scans a directory at an interval, or once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, TimeoutError, succeed
from twisted.internet.interfaces import IAddress, IDelayedCall
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from netsim import options, process
from netsim.backoff import Backoff
from netsim.datanode.sqloptions import DATABASE, database_url
from netsim.errors import DatabaseError
from netsim.worker import Worker

if TYPE_CHECKING:
    from sqlalchemy import URL

    from netsim.datanode.database import Database

NAME = "netsim-scanner"
INTERVAL = 3600.0
"""Seconds: what the document has."""
RETRY = 60.0
"""Seconds after which a database that has failed is tried again, at the latest."""
STOP_WITHIN = 1.0
"""Seconds that stopping waits for what is being written down."""


class Options(options.ServiceOptions):
    """What C{netsim-scanner} can be told."""

    synopsis = "[options]"
    longdesc = (
        "Looks for .g3 files in a directory and all that it contains, and writes down in a"
        " database which fields they have, and when: so the node g3-reader knows what there is,"
        " and where."
    )
    example = "--data-directory /data --interval 60"
    environment = {"data-directory": "DATA_DIRECTORY", "interval": "SCAN_INTERVAL"}
    optParameters = [
        ["data-directory", "d", Path("/data"), "What to scan.", Path],
        ["interval", "i", INTERVAL, "Seconds from one scan to the next.",
         options.some_seconds],
        DATABASE,
    ]  # fmt: skip
    optFlags = [["once", None, "Scan once; the exit status is 0 if that worked, else 1."]]

    url: URL
    """Of the database."""

    def postOptions(self) -> None:
        """Complain about what is not installed, or not there."""
        super().postOptions()
        options.check_extra("g3", "so3g")
        if not self["data-directory"].is_dir():
            raise usage.UsageError(
                f"--data-directory: there is no directory {self['data-directory']}"
            )
        self.url = database_url(self)


class ScannerService(process.ServerService):
    """Scans, and scans again; what fails is logged, and tried again."""

    log = Logger()

    def __init__(self, config: Options, reactor: Any) -> None:
        super().__init__(NAME, reactor)
        # What the extra brings: the options can be asked for without it.
        from netsim.datanode.database import Database

        self._directory: Path = config["data-directory"].absolute()
        self._interval: float = config["interval"]
        self._is_once = bool(config["once"])
        self._database: Database = Database(config.url)
        self._worker = Worker(reactor, NAME)
        self._backoff = Backoff(random, limit=RETRY)
        self._scanning: Deferred[Any] | None = None
        self._next: IDelayedCall | None = None
        self._is_stopping = False

    def listen(self) -> Deferred[Iterable[IAddress]]:
        """There is nothing to listen to: it is ready as soon as it runs."""
        return succeed([])

    def announce(self, addresses: Iterable[IAddress]) -> None:
        """Tell what is scanned, and where that is written down."""
        process.print_ready(f"{NAME} scanning {self._directory} into {self._database.place}")

    def ready(self) -> None:
        """Begin."""
        self._scan()

    def stopService(self) -> Deferred[None]:
        """Break the scan off; what it is just writing down is written, or not at all."""
        self._is_stopping = True
        if self._next is not None:
            self._next.cancel()
        ended: Deferred[None] = Deferred()
        (self._scanning or succeed(None)).addBoth(lambda _: ended.callback(None))
        ended.addTimeout(STOP_WITHIN, self._reactor).addErrback(self._left)
        stopped = super().stopService()
        return ended.addBoth(lambda _: self._worker.stop()).addCallback(lambda _: stopped)

    def _scan(self) -> None:
        self._next = None
        began = self._reactor.seconds()
        scanning = self._worker.submit(self._run)
        scanning.addCallbacks(self._finished, self._failed, (began,))
        scanning.addErrback(self._broken)
        self._scanning = scanning.addCallback(self._scan_after)

    def _run(self) -> Any:
        """On the thread."""
        from netsim.datanode.scanner.scan import Scan
        from netsim.datanode.scanner.store import Store

        self._database.prepare()
        store = Store(self._database)
        return Scan(self._directory, store, time.time, lambda: self._is_stopping).run()

    def _finished(self, report: Any, began: float) -> float:
        took = self._reactor.seconds() - began
        self.log.info(
            "{where}: {report}, in {took:.1f} seconds",
            where=self._directory, report=report, took=took,
        )  # fmt: skip
        self._backoff.held(self._interval)
        self._end(0)
        return max(0.0, self._interval - took)

    def _failed(self, failure: Failure) -> float:
        """The database is away, or the directory."""
        failure.trap(DatabaseError, OSError)
        delay = min(self._interval, self._backoff.delay())
        message = failure.getErrorMessage()
        if self._is_once:
            self.log.error("cannot scan: {why}", why=message)
        else:
            self.log.error(
                "cannot scan: {why}; tried again in {delay:.0f} seconds", why=message, delay=delay
            )
        self._end(1)
        return delay

    def _broken(self, failure: Failure) -> float:
        self.log.failure("A mistake in the code", failure)
        self._end(1)
        return self._interval

    def _left(self, failure: Failure) -> None:
        failure.trap(TimeoutError)
        self.log.info("the scan hangs, and is left; what it was writing is not written")

    def _scan_after(self, delay: float) -> None:
        self._scanning = None
        if not (self._is_once or self._is_stopping):
            self._next = self._reactor.callLater(delay, self._scan)

    def _end(self, status: int) -> None:
        if self._is_once and not self._is_stopping:
            process.set_exit_status(status)
            process.stop(self._reactor)


def makeService(config: Options) -> ScannerService:
    """Make the service from its options."""
    from twisted.internet import reactor

    return ScannerService(config, reactor)
