"""The C{data-feed} and C{thermometry} nodes: what an agent of OCS publishes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.datanode.interfaces import Caller, IListening
from netsim.datanode.node.live import LiveSource
from netsim.datanode.node.memory import FIELDS, About, Memory
from netsim.datanode.node.ocsfeed import Event, field_of, read, topic

__all__ = ["KEEP", "FeedSource", "make_source"]

KEEP = 3600.0
"""Seconds that samples are kept."""

AHEAD = 86400.0
"""Seconds that the clock of an agent may be ahead."""

PAUSE = 60.0
"""Seconds between two lines of the log about what cannot be read."""


@implementer(IListening)
class FeedSource(LiveSource):
    """Subscribes to a feed, and keeps what comes; each channel is a field with its own timeline."""

    log = Logger()

    def __init__(
        self,
        name: str,
        description: str,
        target: str,
        feed: str,
        now: Callable[[], float],
        keep: float = KEEP,
    ) -> None:
        """
        @param target: the C{instance-id} of the agent.
        @param feed: as the agent calls it.
        @param now: tells Unix time.
        @param keep: seconds.
        """
        super().__init__(name, description, Memory(keep, about=self._about), now)
        self._target = target
        self._topic = topic(target, feed)
        self._channels: dict[str, str] = {}
        self._problems = 0
        self._told = float("-inf")

    def joined(self, session: Caller) -> Deferred[Any]:
        """Subscribe."""
        return session.subscribe(self.received, self._topic).addErrback(self._refused)

    def received(self, *arguments: Any, **others: Any) -> None:
        """Keep what an event tells."""
        now = self._now()
        event = read(arguments[0] if arguments else None, now + AHEAD)
        refused = self._memory.refused
        for series in event.series:
            field = field_of(series.channel)
            if len(self._channels) < FIELDS:
                self._channels[field] = series.channel
            timeline = f"observatory.{self._target}.{field}"
            self._memory.extend(timeline, series.times, {field: series.values})
        self._memory.expire(now)
        if self._memory.refused > refused:
            event.problems.append(f"there are more than {FIELDS} channels")
        self._complain(event, now)

    def _about(self, field: str) -> About:
        return self._channels.get(field), None

    def _complain(self, event: Event, now: float) -> None:
        self._problems += len(event.problems)
        if event.problems and not now - self._told < PAUSE:
            self._told = now
            self.log.warn(
                "{topic}: {problem}; {count} such problems so far",
                topic=self._topic,
                problem=event.problems[0],
                count=self._problems,
            )

    def _refused(self, failure: Failure) -> None:
        self.log.error(
            "cannot subscribe to {topic}: {reason}",
            topic=self._topic,
            reason=failure.getErrorMessage(),
        )


def make_source(config: Any, reactor: Any) -> FeedSource:
    """Make what a node serves from its options."""
    return FeedSource(
        config.name,
        config.description,
        config["target"],
        config["feed"],
        time.time,
        config["buffer-time"],
    )
