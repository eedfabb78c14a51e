"""Asks nodes which fields they have, when that is not known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from autobahn.wamp.types import CallResult
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from netsim.datanode.grafana.calls import Calls
from netsim.datanode.grafana.fields import Fields, read_fields
from netsim.datanode.grafana.model import Entry, NodeFailed

__all__ = ["EPOCH", "Inquiry"]

MANY = 2000
"""More fields than this are read on a thread: it takes milliseconds."""
EPOCH = 1
"""The start of an interval is positive: other numbers mean seconds before now."""

Entries = Mapping[str, Entry]
Work = Callable[..., Awaitable[Any]]


class Inquiry:
    """Knows the fields of nodes, or finds out."""

    def __init__(
        self, calls: Calls, clock: IReactorTime, work: Work, log: Logger, timeout: float
    ) -> None:
        """
        @param work: computes something: whether it is much, a function and its arguments.
        @param timeout: seconds that a node may take.
        """
        self._calls = calls
        self._clock = clock
        self._work = work
        self._log = log
        self._timeout = timeout
        self._fields = Fields()

    def before(self, node: str) -> Entries:
        """What a node has told before, if anything."""
        return self._fields.of(node)

    async def all_of(self, node: str) -> Entries:
        """
        Get all fields of a node.

        @raise NodeFailed: it does not tell.
        """
        if self._fields.is_fresh(node, self._clock.seconds()):
            return self._fields.of(node)
        return await self._ask(node)

    async def known(self, node: str, names: Sequence[str]) -> Entries:
        """
        Get the fields of a node that are known, which these are to be among.

        @raise NodeFailed: it does not tell.
        """
        now = self._clock.seconds()
        if self._fields.must_ask(node, names, now):
            return await self._ask(node)
        if self._fields.should_ask(node, now):
            # Nobody waits for it.
            later = Deferred.fromCoroutine(self._ask(node))
            later.addErrback(lambda failure: failure.trap(NodeFailed))
        return self._fields.of(node)

    def changed(self, node: str, is_there: bool) -> None:
        """A node was added, maybe again; or it is gone."""
        if is_there:
            self._fields.distrust(node)
        else:
            self._fields.forget(node)

    def distrust(self, node: str) -> None:
        """What a node has told may be wrong."""
        self._fields.distrust(node)

    async def _ask(self, node: str) -> Entries:
        # The interval of all that there is: from the epoch to now (WIRE.md, section 5).
        asked = self._calls.call(node, "get_fields", EPOCH, 0, timeout=self._timeout)
        answer = await asked
        if isinstance(answer, CallResult):
            answer = answer.results
        try:
            entries = await self._work(_is_long(answer), read_fields, answer)
        except ValueError as error:
            raise NodeFailed(f"does not tell its fields: {error}") from None
        self._fields.learn(node, entries, self._clock.seconds())
        if self._fields.dropped:
            text = "{node} has more fields than can be remembered: {count} are not"
            self._log.warn(text, node=node, count=self._fields.dropped)
        return self._fields.of(node)


def _is_long(answer: Any) -> bool:
    fields = answer[0] if isinstance(answer, list | tuple) and answer else None
    return isinstance(fields, dict) and len(fields) > MANY
