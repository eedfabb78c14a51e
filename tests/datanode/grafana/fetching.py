"""A test case that asks nodes in memory."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from netsim.datanode.grafana.fetch import Fetched
from netsim.datanode.grafana.model import Query, Target, split_name
from tests.datanode.grafana.bridge import START, Bridge


class FetchTestCase(SynchronousTestCase):
    """Asks nodes."""

    def setUp(self) -> None:
        self.bridge = Bridge()
        self.clock = self.bridge.clock
        self.node = self.bridge.node("n")

    def start(
        self, *names: str, start: float = START, end: float = START + 100.0, **more: Any
    ) -> Deferred[Fetched]:
        """Ask for data."""
        targets = tuple(Target(name, *split_name(name)) for name in names)
        query = Query(start, end, targets, **more)
        return Deferred.fromCoroutine(self.bridge.fetcher.data(query))

    def data(self, *names: str, **more: Any) -> Fetched:
        """Ask for data that comes at once."""
        return self.successResultOf(self.start(*names, **more))

    def fields(self) -> Fetched:
        """Ask for fields that come at once."""
        return self.successResultOf(Deferred.fromCoroutine(self.bridge.fetcher.all_fields()))

    def reasons(self, fetched: Fetched) -> dict[str, tuple[str, int]]:
        """Why nodes failed."""
        return {n: (str(failed), failed.status) for n, failed in fetched.failed.items()}

    def slow(self, node: Any) -> list[Deferred[Any]]:
        """Let a node answer when the test says so."""
        waiting: list[Deferred[Any]] = []

        def later() -> Deferred[Any]:
            waiting.append(Deferred())
            return waiting[-1]

        node.answer = later
        return waiting
