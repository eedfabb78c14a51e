"""One script of a document as it will be played: who says what, in which order, how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from netsim.errors import BlobError
from netsim.script import model
from netsim.script.blobs import BlobStore
from netsim.script.document import Document
from netsim.script.dump import RECORDED
from netsim.script.events import NextConnection
from netsim.script.player import Score

UPSTREAM, DOWNSTREAM = ">", "<"

Leaf = model.Exchange | model.DatagramExchange | model.Action | model.External | model.Nop


@frozen
class Said:
    """
    What one side said in an exchange: its command, its answer, or one datagram.

    @ivar exchange: its number, counted from 1 as the player counts.
    @ivar last: nothing follows in this exchange.
    """

    exchange: int
    direction: str
    content: model.Content
    facts: model.Facts
    late: int
    last: bool

    @property
    def time(self) -> float | None:
        """Unix seconds; an answer's are right when its command came in one piece."""
        if self.facts.time is None or self.direction == UPSTREAM:
            return self.facts.time
        return round(self.facts.time + (self.facts.gap or 0.0), 6)

    def details(self) -> dict[str, Any]:
        """What is known beside time, direction and bytes, by the keys of the document."""
        found = {
            "late": self.late or None,
            "gap": self.facts.gap if self.direction == DOWNSTREAM else None,
            "partial": (self.last and self.facts.partial) or None,
            "closed_by": self.facts.closed_by if self.last else None,
        }
        return {key: value for key, value in found.items() if value is not None}


Item = Said | model.Action | model.Named | model.External | model.Nop | NextConnection


@frozen
class Conversation:
    """
    What is played when a script is chosen.

    @ivar chosen: the script's name.
    @ivar store: where the document's blobs are.
    """

    document: Document
    store: BlobStore
    chosen: str = RECORDED
    _sizes: dict[str, int | None] = field(factory=dict, init=False, eq=False, repr=False)

    def items(self) -> Iterator[tuple[str, Item]]:
        """Everything in the order of playing, with its JSON path; named scripts are followed."""
        number = 0
        for place, step in self.steps():
            if isinstance(step, (model.Exchange, model.DatagramExchange)):
                number += 1
                for said in _said(number, step):
                    yield place, said
            else:
                yield place, step

    def steps(self) -> Iterator[tuple[str, Leaf | model.Named | NextConnection]]:
        """The scripts that are not compound in the order of playing, with their JSON paths."""
        name, script = Score(self.document.scripts, self.chosen, self.store.chunks).script()
        if not (isinstance(script, model.Compound) and script.multi):
            yield from self._steps(script, name)
            return
        for index, child in enumerate(script.scripts):
            place = f"{name}.scripts[{index}]"
            if index:
                yield place, NextConnection()
            yield from self._steps(child, place)

    def chunks(self, content: model.Content) -> Iterator[bytes]:
        """
        The bytes, in pieces.

        @raise BlobError: the blob is missing or damaged.
        """
        if isinstance(content, model.BlobRef):
            return self.store.chunks(content.name)
        return iter((content,))

    def size(self, content: model.Content) -> int | None:
        """How many bytes these are; C{None} for a blob that cannot be read."""
        if not isinstance(content, model.BlobRef):
            return len(content)
        if content.name not in self._sizes:
            try:
                self._sizes[content.name] = sum(map(len, self.chunks(content)))
            except BlobError:
                self._sizes[content.name] = None
        return self._sizes[content.name]

    def _steps(
        self, script: model.Script, place: str
    ) -> Iterator[tuple[str, Leaf | model.Named | NextConnection]]:
        if isinstance(script, model.Compound):
            for index, child in enumerate(script.scripts):
                yield from self._steps(child, f"{place}.scripts[{index}]")
            return
        yield place, script
        if isinstance(script, model.Named):
            yield from self._steps(self.document.scripts[script.name], script.name)


def _said(number: int, exchange: model.Exchange | model.DatagramExchange) -> Iterator[Said]:
    if isinstance(exchange, model.Exchange):
        late, answers = exchange.late, [exchange.response] if exchange.response else []
    else:
        late, answers = 0, list(exchange.responses)
    # A server that speaks first answers the empty command.
    if exchange.command or not answers:
        last = not answers
        yield Said(number, UPSTREAM, exchange.command, exchange.facts, late, last)
    for left, answer in zip(range(len(answers) - 1, -1, -1), answers, strict=True):
        yield Said(number, DOWNSTREAM, answer, exchange.facts, 0, not left)
