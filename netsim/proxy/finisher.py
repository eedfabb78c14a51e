"""
What takes long for a recording, in a process of its own.

Turning journals into documents is work for the interpreter, and a thread that
does it would hold up forwarding.  The process reads pickled tasks from its
stdin and writes their outcomes to its stdout, each after its length (uint32).
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import sys
import threading
from pathlib import Path
from typing import Any

from netsim.proxy.digest import RunningDigest
from netsim.proxy.recording import Summary
from netsim.proxy.recovery import recover
from netsim.script.blobs import BlobStore

LENGTH = struct.Struct(">I")
NICENESS = 19
"""Forwarding comes first: this takes what nobody else wants."""

Task = tuple[int, str, tuple[Any, ...]]
"""Its number, the name of a method of L{Finisher}, and what that is called with."""


class Finisher:
    """Hashes spool files while they grow, finishes journals, compresses blobs; all of it blocks."""

    def __init__(self) -> None:
        self._digests: dict[Path, RunningDigest] = {}

    def advance(self, spool: Path) -> None:
        """A spool file has grown."""
        if spool not in self._digests:
            self._digests[spool] = RunningDigest(spool)
        self._digests[spool].advance()

    def finish(self, journal: Path) -> Summary | None:
        """
        Turn a journal that nobody writes any more into a recording.

        @raise NetsimError: as L{recover}.
        """
        spools = [path for path in self._digests if path.stem == journal.stem]
        digests = {path.name: self._digests.pop(path) for path in spools}
        try:
            return recover(journal, digests)
        finally:
            for digest in digests.values():
                digest.close()

    def compress(self, directory: Path, name: str) -> None:
        """
        Gzip a blob.

        @raise OSError: it stays as it is.
        """
        BlobStore([directory]).compress(name)


class _Desk:
    """Where tasks come in and outcomes go out."""

    def __init__(self) -> None:
        self._finisher = Finisher()
        self._packing: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._writing = threading.Lock()

    def run(self) -> None:
        """Do every task until there are no more."""
        threading.Thread(target=self._pack, daemon=True).start()
        while True:
            try:
                task: Task = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            if task[1] == "compress":
                self._packing.put(task)
            else:
                self._do(task)

    def _pack(self) -> None:
        while True:
            self._do(self._packing.get())

    def _do(self, task: Task) -> None:
        number, name, args = task
        try:
            outcome = getattr(self._finisher, name)(*args)
        except Exception as error:  # noqa: BLE001 - whoever gave the task gets it
            outcome = error
        reply = pickle.dumps((number, outcome))
        with self._writing:
            sys.stdout.buffer.write(LENGTH.pack(len(reply)) + reply)
            sys.stdout.buffer.flush()


def main() -> None:
    """The process."""
    os.nice(NICENESS)
    _Desk().run()


if __name__ == "__main__":
    main()
