"""
From what was said, piece by piece, to exchanges.

One exchange is what the client sent and then what the server answered until the
client spoke again.  What the server says first answers the empty command.
Newlines alone belong to the command before them, even when its answer has
begun (WIRE facts, section 1, "Recording").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from attrs import define, field

from netsim.script import content, model
from netsim.script.journal import DOWNSTREAM, Closed, Entry, Said, Session, Spooled

MEMORY_LIMIT = 1 << 20
"""A side of an exchange that grows larger is written down while it grows (bytes)."""

_BROKEN_OFF = Closed(0, "proxy", broken=True)


class Sink(Protocol):
    """A blob that is being written."""

    def write(self, data: bytes | Spooled) -> None:
        """Append these bytes."""

    def finish(self) -> str:
        """Keep the blob; return its name."""


class Keeper(Protocol):
    """Where bytes go that do not stay in the document."""

    def begin(self) -> Sink:
        """Start a blob."""

    def adopt(self, spooled: Spooled) -> str:
        """Keep this file as a blob as it is; return its name."""


def record(
    entries: Iterable[Entry], session: Session, keeper: Keeper
) -> Iterator[model.Exchange | model.DatagramExchange]:
    """
    The exchanges of a session.

    @param entries: what its journal holds; without an end, the recorder died.
    """
    exchange: _Stream | _Datagrams | None = None
    end = _BROKEN_OFF

    def begin(time: float) -> _Stream | _Datagrams:
        return _Datagrams(time) if session.datagrams else _Stream(time, keeper)

    for entry in entries:
        if isinstance(entry, Closed):
            end = entry
        elif entry.direction == DOWNSTREAM:
            exchange = exchange or begin(session.started)
            exchange.answer(entry)
        else:
            if exchange and not exchange.takes(entry):
                yield exchange.finish()
                exchange = None
            exchange = exchange or begin(entry.time)
            exchange.ask(entry)
    if exchange or end.broken:
        yield (exchange or begin(session.started)).finish(end)


def size_of(data: bytes | Spooled) -> int:
    """How many bytes were said."""
    return data.size if isinstance(data, Spooled) else len(data)


@define
class _Side:
    """What one side of an exchange said so far."""

    keeper: Keeper
    fits: Callable[[bytes], bool]
    pieces: list[bytes | Spooled] = field(factory=list)
    size: int = 0
    sink: Sink | None = None

    def add(self, data: bytes | Spooled) -> None:
        self.size += size_of(data)
        if self.sink is not None:
            self.sink.write(data)
            return
        self.pieces.append(data)
        if self.size > MEMORY_LIMIT and not self.is_one_file():
            self.spill()

    def is_one_file(self) -> bool:
        return len(self.pieces) == 1 and isinstance(self.pieces[0], Spooled)

    def spill(self) -> Sink:
        self.sink = self.keeper.begin()
        for piece in self.pieces:
            self.sink.write(piece)
        self.pieces.clear()
        return self.sink

    def content(self) -> model.Content:
        if self.is_one_file():
            return model.BlobRef(self.keeper.adopt(self.pieces[0]))  # type: ignore[arg-type]
        if self.sink is None and not any(isinstance(piece, Spooled) for piece in self.pieces):
            whole = b"".join(self.pieces)  # type: ignore[arg-type]
            if self.fits(whole):
                return whole
        return model.BlobRef((self.sink or self.spill()).finish())


class _Exchange:
    """When things were said: what streams and datagrams have in common."""

    def __init__(self, time: float) -> None:
        self.time = self.asked = time
        self.answered: float | None = None

    def facts(self, end: Closed | None) -> model.Facts:
        gap = None if self.answered is None else max(0.0, round(self.answered - self.asked, 6))
        if end is None:
            return model.Facts(self.time, gap)
        return model.Facts(self.time, gap, partial=end.broken, closed_by=end.by)


class _Stream(_Exchange):
    """The exchange that is going on over a byte stream."""

    def __init__(self, time: float, keeper: Keeper) -> None:
        super().__init__(time)
        self._command = _Side(keeper, content.fits_command)
        self._response = _Side(keeper, content.fits_response)
        self._late = 0

    def takes(self, entry: Said) -> bool:
        """Whether what the client says now still belongs to this exchange."""
        if self.answered is None:
            return True
        newlines = isinstance(entry.data, bytes) and not entry.data.strip(b"\r\n")
        return newlines and self._command.size > 0

    def ask(self, entry: Said) -> None:
        self._command.add(entry.data)
        if self.answered is None:
            self.asked = entry.data.ended if isinstance(entry.data, Spooled) else entry.time
        else:
            self._late += len(entry.data)  # type: ignore[arg-type]

    def answer(self, entry: Said) -> None:
        if self.answered is None:
            self.answered = entry.time
        self._response.add(entry.data)

    def finish(self, end: Closed | None = None) -> model.Exchange:
        command, response = self._command.content(), self._response.content()
        return model.Exchange(command, response, self._late, self.facts(end))


class _Datagrams(_Exchange):
    """The exchange that one datagram of the client began."""

    def __init__(self, time: float) -> None:
        super().__init__(time)
        self._command = b""
        self._responses: list[bytes] = []

    def takes(self, entry: Said) -> bool:
        """Every datagram of the client begins an exchange."""
        return False

    def ask(self, entry: Said) -> None:
        self._command = entry.data  # type: ignore[assignment]

    def answer(self, entry: Said) -> None:
        if self.answered is None:
            self.answered = entry.time
        self._responses.append(entry.data)  # type: ignore[arg-type]

    def finish(self, end: Closed | None = None) -> model.DatagramExchange:
        return model.DatagramExchange(self._command, tuple(self._responses), self.facts(end))
