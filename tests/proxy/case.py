"""What the tests of the proxy have in common."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from netsim.proxy import journal as proxy_journal
from netsim.proxy.aside import Do
from netsim.proxy.factory import ProxyFactory
from netsim.proxy.finisher import Finisher
from netsim.proxy.recordings import Recordings
from netsim.script import model, recorder
from netsim.script.blobs import BlobStore
from netsim.script.checks import blobs, nesting
from netsim.script.document import load
from netsim.script.dump import RECORDED
from tests.proxy.network import Network, Upstream, Wire


class LogCase(SynchronousTestCase):
    """Reads what netsim writes into the log."""

    def setUp(self) -> None:
        self._events: list[LogEvent] = []
        globalLogPublisher.addObserver(self._events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self._events.append)

    def logged(self, *levels: str) -> list[str]:
        """The lines that were logged at these levels."""
        return [
            formatEvent(event)
            for event in self._events
            if event["log_namespace"].startswith("netsim") and event["log_level"].name in levels
        ]


class FilesCase(LogCase):
    """Recordings in a directory of their own, finished at once; their clock stands at 1000."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.basename = self.directory / "session"
        self.recordings = self.make_recordings()

    def make_recordings(self, aside: Do | None = None, fsync: bool = False) -> Recordings:
        return Recordings(self.basename, lambda: 1000.0, aside or AtOnce(), fsync)

    def spool_above(self, limit: int) -> None:
        """Move runs to spool files from this size on."""
        self.patch(proxy_journal, "MEMORY_LIMIT", limit)
        self.patch(recorder, "MEMORY_LIMIT", limit)

    def files(self) -> list[str]:
        """The names of all files there, those of blobs left out."""
        return sorted(path.name for path in self.directory.iterdir() if path.is_file())

    def descriptors(self) -> int:
        """How many of these files are open."""
        own = str(self.directory.resolve())
        links = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
        return sum(link.is_symlink() and os.readlink(link).startswith(own) for link in links)

    def exchanges(self, number: int = 1) -> list[Any]:
        """What a recording holds; it is whole, and so are its blobs."""
        path = self.directory / f"session-{number}.json"
        checks = [nesting, blobs(self.store)]
        return list(load(path, chosen=RECORDED, checks=checks).played(RECORDED))

    def said(self, number: int = 1) -> list[tuple[bytes, bytes]]:
        """The commands and responses of a recording."""
        return [
            (self.bytes_of(exchange.command), self.bytes_of(exchange.response))
            for exchange in self.exchanges(number)
        ]

    def facts(self, number: int = 1) -> tuple[bool, str | None]:
        """Whether a recording is partial, and who closed its session."""
        last = self.exchanges(number)[-1].facts
        return last.partial, last.closed_by

    @property
    def store(self) -> BlobStore:
        return BlobStore([self.directory / "blobs"])

    def bytes_of(self, content: model.Content) -> bytes:
        """What was said, wherever it is kept."""
        if isinstance(content, model.BlobRef):
            return b"".join(self.store.chunks(content.name))
        return content


class ProxyCase(FilesCase):
    """A proxy in memory."""

    def setUp(self) -> None:
        super().setUp()
        self.network = Network()
        self.upstream = Upstream(self.network)
        self.factory = ProxyFactory(self.upstream, self.recordings)

    def connect(self) -> tuple[Wire, Wire]:
        """A client, and the server's side of its session."""
        client = self.network.wire(self.factory)
        return client, self.upstream.accept()

    def talk(self, wire: Wire, *segments: bytes) -> None:
        """One peer says this, and all is forwarded."""
        wire.say(*segments)
        self.network.settle()

    def close(self, wire: Wire) -> None:
        """One peer has said all, and all is forwarded."""
        wire.end()
        self.network.settle()

    def journal(self, number: int = 1) -> bytes:
        """What is on disk of a session that goes on."""
        return (self.directory / f"session-{number}.journal").read_bytes()


class AtOnce:
    """Stands for the process that finishes recordings, and works at once."""

    def __init__(self) -> None:
        self._finisher = Finisher()

    def __call__(self, name: str, *args: Any) -> Deferred[Any]:
        return maybeDeferred(getattr(self._finisher, name), *args)


class Queue:
    """
    Stands for the process that finishes recordings, and works when it is told.

    @ivar tasks: what is to be done: names and arguments.
    """

    def __init__(self) -> None:
        self.tasks: list[tuple[str, tuple[Any, ...]]] = []
        self._finisher = Finisher()
        self._outcomes: list[Deferred[Any]] = []

    def __call__(self, name: str, *args: Any) -> Deferred[Any]:
        self.tasks.append((name, args))
        self._outcomes.append(Deferred())
        return self._outcomes[-1]

    def run(self) -> None:
        """Do the first task."""
        name, args = self.tasks.pop(0)
        done = maybeDeferred(getattr(self._finisher, name), *args)
        done.chainDeferred(self._outcomes.pop(0))


class Disk:
    """
    Stands for C{os.write}, until it is full.

    @ivar writes: how many there were.
    """

    def __init__(self, test: SynchronousTestCase, room: float, short: bool = False) -> None:
        """
        @param room: so many writes succeed.
        @param short: the next one writes half of what it should, instead of nothing.
        """
        self.writes = 0
        self._room = room
        self._short = short
        self._write = os.write
        self._patch = test.patch(os, "write", self.write)

    def mend(self) -> None:
        """There is room again."""
        self._patch.restore()
        self._room = math.inf

    def write(self, descriptor: int, data: bytes) -> int:
        self.writes += 1
        if self.writes <= self._room:
            return self._write(descriptor, data)
        if self._short and self.writes == self._room + 1:
            return self._write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Cut bytes into segments of a size."""
    return (data[start : start + size] for start in range(0, len(data), size))
