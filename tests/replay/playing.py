"""What tests of a replay share: a factory, its clients, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.replay.protocol import ReplayFactory
from netsim.replay.verdict import Tally, Verdict
from netsim.script.dump import RECORDED
from netsim.script.model import Compound, Script
from netsim.script.player import Score
from tests.replay.wire import Client, Reactor

PIECE = 1 << 14
"""Blobs are read in pieces of so many bytes."""


class Blobs:
    """
    A store of blobs.

    @ivar read: how many bytes were read of all blobs.
    """

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self.read = 0
        self._contents = contents

    def chunks(self, name: str) -> Iterator[bytes]:
        data = self._contents[name]
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            self.read += len(piece)
            yield piece


NO_BLOBS = Blobs({})


class ReplayTestCase(SynchronousTestCase):
    """
    A factory that plays a script, and its clients.

    @ivar verdicts: those that were given so far.
    """

    def setUp(self) -> None:
        self.reactor = Reactor()
        self.verdicts: list[Verdict] = []
        self.tally = Tally(heard=self.verdicts.append)

    def serve(
        self,
        *scripts: Script,
        chunks: Callable[[str], Iterator[bytes]] = NO_BLOBS.chunks,
        timing: float = 0.0,
        multi: bool = False,
        **options: Any,
    ) -> ReplayFactory:
        """Play these scripts, one after the other, to each client."""
        score = Score({RECORDED: Compound(scripts, multi)}, RECORDED, chunks, timing)
        self.factory = ReplayFactory(self.reactor, score, self.tally, **options)
        return self.factory

    def connect(self, window: float = float("inf")) -> Client:
        """A client that has connected, and takes so many bytes."""
        return Client(self.reactor, self.factory, window)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.reactor.pass_time(seconds)

    def assertPassed(self, exchanges: int) -> None:
        """There was one session, and it was played to its end."""
        [verdict] = self.verdicts
        self.assertEqual(("", exchanges), (verdict.problem, verdict.exchanges))

    def failure(self) -> str:
        """Why the one session that there was has failed."""
        [verdict] = self.verdicts
        self.assertTrue(verdict.problem)
        return verdict.problem
