"""The other end of a player: does what its events say, and remembers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from netsim.script import model
from netsim.script.difference import Difference
from netsim.script.dump import RECORDED
from netsim.script.events import TAKES_TIME, Event, SendBlob
from netsim.script.player import Player, Score

PIECE = 3
"""Blobs are read in pieces of this many bytes, so that they have many."""


def score(
    script: model.Script | Mapping[str, model.Script],
    blobs: Mapping[str, bytes] | None = None,
    timing: float = 0.0,
) -> Score:
    """A score that plays this script, or the usual one of these scripts."""
    scripts = script if isinstance(script, Mapping) else {RECORDED: script}

    def chunks(name: str) -> Iterator[bytes]:
        data = (blobs or {})[name]
        return (data[index : index + PIECE] for index in range(0, len(data), PIECE))

    return Score(scripts, RECORDED, chunks, timing)


class Stage:
    """
    Runs a player, whose pauses and actions take no time here.

    @ivar events: all that the player wanted done.
    @ivar sent: what the client has got, blobs included.
    """

    def __init__(self, player: Player, blobs: Mapping[str, bytes] | None = None) -> None:
        self.player = player
        self.events: list[Event] = []
        self.sent = b""
        self._blobs = blobs or {}
        self._perform(player.start())

    def say(self, segments: Iterable[bytes]) -> None:
        """The client says this, segment by segment."""
        for segment in segments:
            self._perform(self.player.receive(segment))

    @property
    def differences(self) -> list[Difference]:
        return [event for event in self.events if isinstance(event, Difference)]

    def _perform(self, events: list[Event]) -> None:
        while events:
            self.events += events
            for event in events:
                if isinstance(event, bytes):
                    self.sent += event
                elif isinstance(event, SendBlob):
                    self.sent += self._blobs[event.name]
            events = self.player.resume() if type(events[-1]) in TAKES_TIME else []
