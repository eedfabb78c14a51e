"""
The journal of a session: what was forwarded, in the order and as it was forwarded.

It is written while the session runs and turned into a document when it ends, by
the same code whether the recorder closed it or a crash did.  A journal is one
line of JSON (the session) and then records::

    kind (uint8)  time (float64, Unix seconds)  length (uint32)  payload

little-endian.  A record that is not complete was never forwarded as far as the
journal knows, and ends it.  A large run of one direction moves to a file of its
own; its C{SPOOL_*} record stands for all that the run said before, too.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, Any

from attrs import asdict, frozen

from netsim.errors import JournalError

UPSTREAM, DOWNSTREAM, SPOOL_UPSTREAM, SPOOL_DOWNSTREAM, CLOSED = range(1, 6)
"""Kinds of record: data to the server, data to the client, either in a file, the end."""

HEADER = struct.Struct("<BdI")
VERSION = 1
JOINED = 4096
"""Segments are put together up to this size (bytes)."""

_DIRECTION = {
    UPSTREAM: UPSTREAM,
    DOWNSTREAM: DOWNSTREAM,
    SPOOL_UPSTREAM: UPSTREAM,
    SPOOL_DOWNSTREAM: DOWNSTREAM,
}


@frozen
class Session:
    """The first line: when the client connected (Unix seconds), and over what."""

    started: float
    datagrams: bool = False


@frozen
class Spooled:
    """
    Bytes that are in a file of their own.

    @ivar name: the file's, beside the journal.
    @ivar ended: when the last of them was written, Unix seconds.
    """

    name: str
    size: int
    ended: float


@frozen
class Said:
    """
    Something one side said.

    @ivar direction: L{UPSTREAM} or L{DOWNSTREAM}.
    @ivar time: Unix seconds of its first byte.
    """

    direction: int
    time: float
    data: bytes | Spooled


@frozen
class Closed:
    """Who ended the session, and whether that broke something."""

    time: float
    by: str
    broken: bool


Entry = Said | Closed


def first_line(session: Session) -> bytes:
    """How a journal begins."""
    return json.dumps({"netsim-journal": VERSION} | asdict(session)).encode() + b"\n"


def pack(kind: int, time: float, payload: bytes) -> bytes:
    """One record."""
    return HEADER.pack(kind, time, len(payload)) + payload


def pack_closed(time: float, by: str, broken: bool) -> bytes:
    """The last record."""
    return pack(CLOSED, time, json.dumps({"by": by, "broken": broken}).encode())


def read_session(file: IO[bytes]) -> Session:
    """
    Read the first line of a journal.

    @raise JournalError: this is not a journal of this version.
    """
    try:
        keys: dict[str, Any] = json.loads(file.readline(1000))
        if keys.pop("netsim-journal") == VERSION:
            return Session(float(keys["started"]), bool(keys["datagrams"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        pass
    raise JournalError("this is not a journal of netsim")


def read_entries(
    file: IO[bytes], spooled: Callable[[str], Spooled], join: bool = False
) -> Iterator[Entry]:
    """
    What a journal holds after its first line.

    @param spooled: finds the file that a run was moved to, by its name.
    @param join: put small segments of a stream together, so that there are never
        very many in memory; makes no difference to the exchanges they become.
    """
    run: list[Said] = []
    for kind, time, payload in _records(file):
        direction = _DIRECTION.get(kind)
        if run and run[0].direction != direction:
            yield from run
            run.clear()
        if kind == CLOSED:
            yield Closed(time, **json.loads(payload))
        elif kind in (UPSTREAM, DOWNSTREAM):
            said = Said(kind, time, payload)
            if join and len(run) > 1:
                said = _joined(run, said)
            run.append(said)
        elif direction is not None:
            yield Said(direction, run[0].time if run else time, spooled(payload.decode()))
            run.clear()
    yield from run


def _joined(run: list[Said], said: Said) -> Said:
    """Take the last segment off a run if this one can be put behind it."""
    last, data = run[-1].data, said.data
    if isinstance(last, Spooled) or isinstance(data, Spooled) or len(last) + len(data) > JOINED:
        return said
    # Newlines belong to the command before them, and the next one keeps its time: only
    # what follows its first segment can be put behind something else.
    words = last.strip(b"\r\n") or data.strip(b"\r\n")
    if words and not any(map(_is_more, islice(run, len(run) - 1))):
        return said
    run.pop()
    return Said(said.direction, said.time, last + data)


def _is_more(said: Said) -> bool:
    """Whether this is more than newlines."""
    return isinstance(said.data, Spooled) or bool(said.data.strip(b"\r\n"))


def _records(file: IO[bytes]) -> Iterator[tuple[int, float, bytes]]:
    while len(head := file.read(HEADER.size)) == HEADER.size:
        kind, time, length = HEADER.unpack(head)
        payload = file.read(length)
        if len(payload) < length or kind not in (*_DIRECTION, CLOSED):
            return
        yield kind, time, payload


def payloads(records: bytes) -> bytes:
    """What some whole records say, without their headers."""
    return b"".join(payload for _, _, payload in _records(io.BytesIO(records)))
