"""The archive of the status daemon in a real process, which is killed, or whose disk is full."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.integration.processes import (
    PATIENCE,
    IntegrationTestCase,
    Process,
    Word,
    eventually,
)

DELAY = 0.25
"""Seconds of lines that may be lost."""

PROGRAM = """
import sys, time
from pathlib import Path
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import globalLogBeginner, textFileLogObserver
from netsim.daemon.archive import Archive
from netsim.daemon.history import LogQuery, Retention
from netsim.daemon.model import Logged, Synced
from netsim.status.message import Message

globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
path, size, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
archive = Archive(reactor, path, Retention(logs=1_000_000), time.time)
number = 0

def log():
    global number
    for _ in range(count):
        number += 1
        message = Message("log", "a", {"msg": f"{number} " + "x" * size})
        archive.logged(Logged(message, message.encode()), time.time())
    archive.synced(Synced("a", {"number": number}), time.time())
    print("logged", number, time.time(), flush=True)

async def show():
    entries = await archive.logs(LogQuery("a"))
    print("shown", len(entries), archive.trouble, flush=True)

async def main():
    print("known", len(await archive.load()), flush=True)
    logging.start(0.01)
    LoopingCall(lambda: ensureDeferred(show())).start(0.2)

def stop():
    logging.stop()
    return archive.close()

logging = LoopingCall(log)
ensureDeferred(main())
reactor.addSystemEventTrigger("before", "shutdown", stop)
reactor.run()
"""
"""Logs so many lines of a size, and a status, every 10 ms."""


class ArchiveTestCase(IntegrationTestCase):
    """A test with programs that have an archive each."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.directory / "daemon.sqlite"

    def run_archive(self, size: int = 50, count: int = 20, wrapper: Sequence[Word] = ()) -> Process:
        """It runs when it has loaded what was there."""
        program = [sys.executable, "-c", PROGRAM, self.path, str(size), str(count)]
        process = self.start(*wrapper, *program)
        process.says(r"^known \d+$")
        return process

    def logged(self, process: Process, before: float | None = None) -> int:
        """How many lines it has logged, then or at all."""
        # Of the last line there may be a part.
        lines = process.stdout.split("\n")[:-1]
        found = [line.split() for line in lines if line.startswith("logged ")]
        logged = [(int(number), float(at)) for what, number, at in found if what == "logged"]
        return max((n for n, at in logged if before is None or at < before), default=0)

    def check_file(self) -> list[int]:
        """It is whole; the numbers of the lines that are in it."""
        # Where the disk is full there is no room even for what SQLite reads with.
        copy = self.directory / "copy"
        copy.mkdir(exist_ok=True)
        for file in self.path.parent.glob(f"{self.path.name}*"):
            shutil.copy(file, copy)
        with closing(sqlite3.connect(copy / self.path.name)) as database:
            self.assertEqual([("ok",)], database.execute("PRAGMA integrity_check").fetchall())
            rows = database.execute(
                "SELECT json_extract(CAST(text AS TEXT), '$.payload.msg') FROM logs ORDER BY id"
            ).fetchall()
        return [int(text.split()[0]) for [text] in rows]


class KillTests(ArchiveTestCase):
    """A daemon that ends."""

    def test_kill(self) -> None:
        """Of a process that is killed all is there but the last moment, however often."""
        kept = 0
        for _ in range(3):
            process = self.run_archive(count=100)
            eventually(lambda process=process: self.logged(process) > 5000, "lines")
            at = time.time()
            process.stop(signal.SIGKILL)
            numbers = self.check_file()[kept:]
            self.assertEqual(list(range(1, len(numbers) + 1)), numbers)
            # Half a second more, for a machine that has much to do.
            self.assertGreaterEqual(len(numbers), self.logged(process, at - DELAY - 0.5))
            kept += len(numbers)
        self.assertIn("known 1", self.run_archive().stdout)

    def test_stop(self) -> None:
        """Of a process that is stopped all is there, and the file is one."""
        process = self.run_archive()
        eventually(lambda: self.logged(process) > 1000, "lines")
        process.stop()
        self.assertEqual(self.logged(process), self.check_file()[-1])
        self.assertEqual([self.path], list(self.directory.glob("daemon*")))


class SharedTests(ArchiveTestCase):
    """Two daemons with one file."""

    def test_two(self) -> None:
        """The second one says so, and goes on in memory; the first one has the file."""
        first = self.run_archive()
        second = self.run_archive()
        second.logs("cannot use the database .*/daemon.sqlite: it is in use by another program")
        second.says(r"^shown \d\d+ .*it is in use by another program")
        first.says(r"^shown 500 None$")
        second.stop()
        first.stop()
        self.assertEqual(list(range(1, self.logged(first) + 1)), self.check_file())

    def test_killed(self) -> None:
        """The file of a daemon that was killed is free."""
        self.run_archive().stop(signal.SIGKILL)
        self.run_archive().says(r"^shown \d\d+ None$")


class FullDiskTests(ArchiveTestCase):
    """A disk that is full in the middle."""

    def check_full(self, reason: str, wrapper: Sequence[Word] = ()) -> None:
        process = self.run_archive(size=5000, wrapper=wrapper)
        process.logs(f"cannot use the database .*/daemon.sqlite: {reason}")
        before = self.logged(process)
        eventually(lambda: self.logged(process) > before + 2000, "lines")
        process.says(r"^shown 500 .*/daemon.sqlite: ")
        process.stop()
        self.assertEqual(1, process.stderr.count("cannot use the database"), process.stderr)
        self.assertNotIn("Traceback", process.stderr)
        numbers = self.check_file()
        self.assertEqual(list(range(1, len(numbers) + 1)), numbers)
        self.assertTrue(numbers)

    def test_limitedFiles(self) -> None:
        """Files that may not grow (C{ulimit -f})."""
        self.check_full(".*", ["sh", "-c", 'ulimit -f 20000; exec "$@"', "sh"])

    def test_fullDisk(self) -> None:
        """A disk of its own."""
        disk = self.directory / "disk"
        disk.mkdir()
        options = ["-t", "tmpfs", "-o", "size=10M", "tmpfs", disk]
        mounting = subprocess.run(["mount", *options], capture_output=True, timeout=PATIENCE)
        if mounting.returncode:
            raise SkipTest(f"this user cannot mount: {mounting.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True, timeout=PATIENCE)
        self.path = disk / "daemon.sqlite"
        self.check_full("there is no room for it")

    def test_readOnlyDisk(self) -> None:
        """A disk that cannot be written."""
        self.path = Path("/proc/netsim/daemon.sqlite")
        process = self.run_archive()
        process.logs("cannot use the database /proc/netsim/daemon.sqlite: ")
        process.says(r"^shown \d\d+ /proc")
