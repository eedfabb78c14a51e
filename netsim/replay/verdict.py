"""How sessions ended: one verdict each, and the sum of them."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, frozen
from twisted.logger import Logger


@frozen
class Verdict:
    """
    How one session ended.

    @ivar client: the address of the client.
    @ivar exchanges: how many exchanges were begun.
    @ivar problem: why it failed, one or more lines; empty where it was played to its end.
    @ivar incomplete: it failed only because the client left too early.
    """

    client: str
    exchanges: int
    problem: str = ""
    incomplete: bool = False


@define
class Tally:
    """
    Counts verdicts and logs each.

    @ivar allow_incomplete: a client that leaves early has not failed.
    @ivar heard: called with each verdict.
    @ivar passed: sessions that were played to their end.
    @ivar failed: sessions that were not.
    @ivar last_failure: the verdict of the last of those.
    """

    allow_incomplete: bool = False
    heard: Callable[[Verdict], None] | None = None
    passed: int = 0
    failed: int = 0
    last_failure: Verdict | None = None

    log = Logger()

    def is_failure(self, verdict: Verdict) -> bool:
        """Whether a session has failed in a way that is not allowed."""
        return bool(verdict.problem) and not (verdict.incomplete and self.allow_incomplete)

    def add(self, verdict: Verdict) -> None:
        """A session has ended."""
        if self.is_failure(verdict):
            self.failed += 1
            self.last_failure = verdict
            self.log.error("{verdict.client}: failed in {verdict.problem}", verdict=verdict)
        else:
            self.passed += 1
            early = f"left early, in {verdict.problem}"
            how = early if verdict.problem else "played to the end"
            self.log.info(
                "{verdict.client}: {how}, {verdict.exchanges} exchanges", verdict=verdict, how=how
            )
        if self.heard is not None:
            self.heard(verdict)

    def retract(self) -> None:
        """A session that had passed goes on, and will be judged again."""
        self.passed -= 1
