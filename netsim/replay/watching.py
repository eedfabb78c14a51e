"""What a status daemon is told of a replay, and what can be done to one from its page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from attrs import define
from twisted.internet.interfaces import IAddress
from zope.interface import implementer

from netsim import process
from netsim.addresses import describe
from netsim.errors import ActionError
from netsim.replay.datagrams import DatagramReplay
from netsim.replay.loading import plays_datagrams
from netsim.replay.protocol import ReplayFactory
from netsim.script.player import Score
from netsim.status.duties import Duty
from netsim.status.report import IWatched, Report, listed, report_of, stop_soon

__all__ = ["ReplayWatch", "watch"]

Load = Callable[[str], Awaitable[Score]]
"""Reads and checks a script of the file, by its name."""


@implementer(IWatched)
@define(eq=False)
class ReplayWatch:
    """
    A replay, as its page shows it.

    @ivar file: what it plays from.
    @ivar script: what new sessions play.
    @ivar address: where clients connect.
    @ivar end: stops the process soon, and says so.
    """

    replay: ReplayFactory | DatagramReplay
    file: str
    script: str
    address: str
    load: Load
    end: Callable[[], str]

    def status(self) -> dict[str, Any]:
        """How it is."""
        replay, tally = self.replay, self.replay.tally
        playing, failure = replay.playing, tally.last_failure
        return {
            "address": self.address,
            "file": self.file,
            "script": self.script,
            "sessions playing": len(playing),
            "sessions ok": tally.passed,
            "sessions failed": tally.failed,
            "sessions total": replay.begun,
            "exchanges": replay.exchanges,
            "last failure": failure and f"{failure.client}: {failure.problem}",
            "sessions": listed(
                {
                    session.number: {"peer": session.client, "exchanges": session.exchanges}
                    for session in playing
                }
            ),
        }

    def duties(self) -> Iterable[Duty]:
        """What can be done to it."""
        return [self.close_session, self.play, self.stop]

    def close_session(self, session: int) -> str:
        """End a session at once; if it is not at its end, it has failed."""
        if not self.replay.close(session):
            raise ActionError(f"no session {session} is playing")
        return f"session {session} is closed"

    async def play(self, script: str) -> str:
        """Play another script of the file in all sessions that begin from now on."""
        score = await self.load(script)
        if plays_datagrams(score) and not isinstance(self.replay, DatagramReplay):
            raise ActionError(f"{script!r} is one of datagrams, and this replay has connections")
        self.replay.play(score)
        self.script = script
        return f"new sessions play {script!r}"

    def stop(self) -> str:
        """Stop the replay, and the test command if there is one, which has failed then."""
        return self.end()


def watch(
    reactor: Any, config: Mapping[str, Any], replay: Any, load: Load, address: IAddress
) -> Report:
    """
    Make the report of a replay.

    @param config: its options.
    @param address: where it listens.
    """
    end = partial(stop_soon, reactor, partial(_stop, reactor, config))
    where, file = describe(address), str(config["input"])
    watched = ReplayWatch(replay, file, config["script"], where, load, end)
    return report_of(reactor, config, "netsim-replay", [address], watched)


def _stop(reactor: Any, config: Mapping[str, Any]) -> None:
    if config["command"]:
        # It was not let come to its end.
        process.set_exit_status(1)
    process.stop(reactor)
