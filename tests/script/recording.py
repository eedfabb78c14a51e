"""A recorder without a disk: journals, spool files and blobs in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from itertools import groupby

from netsim.script import model
from netsim.script.dump import DocumentWriter
from netsim.script.journal import (
    DOWNSTREAM,
    SPOOL_DOWNSTREAM,
    SPOOL_UPSTREAM,
    UPSTREAM,
    Session,
    Spooled,
    first_line,
    pack,
    pack_closed,
    read_entries,
    read_session,
)
from netsim.script.parse import parse
from netsim.script.recorder import record

Segment = tuple[int, bytes]
"""A direction, and what was said."""

STARTED = 1000.0
"""When all sessions here begin; every segment comes a second after the one before."""


class MemoryKeeper:
    """
    Keeps blobs and spool files.

    @ivar blobs: contents by name.
    @ivar spools: contents by name; what is adopted becomes a blob.
    @ivar written: the size of every piece that was written to a blob.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.spools: dict[str, bytes] = {}
        self.written: list[int] = []

    def begin(self) -> MemorySink:
        return MemorySink(self)

    def adopt(self, spooled: Spooled) -> str:
        return self.keep(self.spools[spooled.name])

    def keep(self, data: bytes) -> str:
        name = hashlib.sha1(data).hexdigest()
        self.blobs[name] = data
        return name

    def spooled(self, name: str) -> Spooled:
        """What a journal asks of the file system."""
        return Spooled(name, len(self.spools[name]), STARTED)

    def bytes_of(self, content: model.Content) -> bytes:
        """What was said, wherever it is kept."""
        return self.blobs[content.name] if isinstance(content, model.BlobRef) else content


class MemorySink:
    """A blob on its way to a L{MemoryKeeper}."""

    def __init__(self, keeper: MemoryKeeper) -> None:
        self._keeper = keeper
        self._data = bytearray()

    def write(self, data: bytes | Spooled) -> None:
        piece = self._keeper.spools[data.name] if isinstance(data, Spooled) else data
        self._keeper.written.append(len(piece))
        self._data += piece

    def finish(self) -> str:
        return self._keeper.keep(bytes(self._data))


def said(session: Iterable[Segment], direction: int) -> bytes:
    """Everything that one side says in a session."""
    return b"".join(data for side, data in session if side == direction)


def journal(
    session: Sequence[Segment],
    keeper: MemoryKeeper,
    *,
    spooled: Iterable[int] = (),
    datagrams: bool = False,
    end: bytes = b"",
) -> bytes:
    """
    The journal of a session.

    @param spooled: which runs of one direction move to a file, counted from 0.
    @param end: the last record, if there is one.
    """
    records = [first_line(Session(STARTED, datagrams))]
    time = STARTED
    for run, (direction, group) in enumerate(groupby(session, lambda segment: segment[0])):
        whole = b""
        for _, data in group:
            time += 1
            whole += data
            records.append(pack(direction, time, data))
        if run in spooled:
            keeper.spools[f"spool-{run}"] = whole
            kind = SPOOL_UPSTREAM if direction == UPSTREAM else SPOOL_DOWNSTREAM
            records.append(pack(kind, time, b"spool-%d" % run))
    return b"".join([*records, end])


def exchanges(
    journal: bytes, keeper: MemoryKeeper, join: bool = False
) -> list[model.Exchange | model.DatagramExchange]:
    """What a journal becomes."""
    file = io.BytesIO(journal)
    session = read_session(file)
    return list(record(read_entries(file, keeper.spooled, join), session, keeper))


def recorded(
    session: Sequence[Segment], by: str = "client", broken: bool = False
) -> list[model.Exchange | model.DatagramExchange]:
    """The exchanges of a session that ended."""
    keeper = MemoryKeeper()
    end = pack_closed(STARTED + len(session) + 1, by, broken)
    return exchanges(journal(session, keeper, end=end), keeper)


def written(
    exchanges: Iterable[model.Exchange | model.DatagramExchange],
) -> dict[str, model.Script]:
    """What is read from the document of these exchanges."""
    file = io.StringIO()
    writer = DocumentWriter(file)
    for exchange in exchanges:
        writer.add(exchange)
    writer.close()
    parsed = parse(file.getvalue().encode(), "memory.json")
    if parsed.problems:
        raise AssertionError(parsed.problems)
    return parsed.scripts


def up(data: bytes) -> Segment:
    """The client says this."""
    return UPSTREAM, data


def down(data: bytes) -> Segment:
    """The server says this."""
    return DOWNSTREAM, data
