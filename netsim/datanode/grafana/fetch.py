"""Asks nodes for what a panel wants: all of them at once, and each for no longer than it may."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from netsim.datanode.grafana.calls import Calls
from netsim.datanode.grafana.inquiry import EPOCH, Inquiry
from netsim.datanode.grafana.model import Entry, NodeFailed, Query, Target
from netsim.datanode.grafana.nodes import Nodes
from netsim.datanode.grafana.received import read_answer, size
from netsim.datanode.grafana.shown import reduced
from netsim.datanode.grafana.troubles import Troubles
from netsim.datanode.model import Block
from netsim.worker import Submit

__all__ = ["MANY_VALUES", "Fetched", "Fetcher"]

TIMEOUT = 10.0
"""Seconds that a node has to answer a query."""
MANY_VALUES = 20_000
"""More than this is read on a thread: it takes milliseconds."""

T = TypeVar("T")
Entries = Mapping[str, Entry]
Blocks = Mapping[str, Block]


@frozen
class Fetched:
    """
    What came.

    @ivar nodes: by node: what it gave.
    @ivar failed: by node: why there is nothing of it.
    """

    nodes: Mapping[str, Any]
    failed: Mapping[str, NodeFailed]


class Fetcher:
    """
    Gets fields and data of nodes.

    @ivar nodes: that there are.
    """

    def __init__(
        self,
        clock: IReactorTime,
        submit: Submit,
        log: Logger,
        timeout: float = TIMEOUT,
    ) -> None:
        """
        @param submit: where large answers are read.
        @param timeout: seconds that a node may take for a query.
        """
        self._clock = clock
        self._submit = submit
        self._log = log
        self._timeout = timeout
        self._troubles = Troubles()
        self._calls = Calls(lambda: self.nodes.session, clock)
        self._inquiry = Inquiry(self._calls, clock, self.work, log, timeout)
        self.nodes = Nodes(clock, log, self._inquiry.changed)

    async def work(self, is_much: bool, function: Callable[..., T], *args: Any) -> T:
        """Compute something; on a thread if it is much."""
        if not is_much:
            return function(*args)
        result: T = await self._submit(function, *args)
        return result

    async def all_fields(self) -> Fetched:
        """
        Get what fields there are, of all nodes.

        @return: of one that has failed, what it has told before, if anything.
        """
        fetched = await self._each({n: self._inquiry.all_of(n) for n in self.nodes.descriptions})
        before = {n: entries for n in fetched.failed if (entries := self._inquiry.before(n))}
        return Fetched({**fetched.nodes, **before}, fetched.failed)

    async def data(self, query: Query) -> Fetched:
        """
        Get the data that a query asks for; of what a node does not have there is no block.

        @return: in C{nodes}, blocks by node and field.
        """
        wanted = _by_node(query.targets)
        known = self.nodes.descriptions
        asking = {n: self._data_of(n, names, query) for n, names in wanted.items() if n in known}
        unknown = {n: NodeFailed("is not there", 400) for n in wanted if n not in known}
        return await self._each(asking, unknown)

    async def _each(
        self,
        asking: Mapping[str, Coroutine[Any, Any, Any]],
        unknown: Mapping[str, NodeFailed] | None = None,
    ) -> Fetched:
        waiting = [Deferred.fromCoroutine(one) for one in asking.values()]
        given: dict[str, Any] = {}
        failed = dict(unknown or {})
        outcomes = await DeferredList(waiting, consumeErrors=True)
        for node, (is_good, outcome) in zip(asking, outcomes, strict=True):
            if is_good:
                given[node] = outcome
            elif isinstance(outcome.value, NodeFailed):
                failed[node] = outcome.value
            else:
                outcome.raiseException()
        return self._told(given, failed)

    def _told(self, given: Mapping[str, Any], failed: Mapping[str, NodeFailed]) -> Fetched:
        lines = [self._troubles.failed(node, str(reason)) for node, reason in failed.items()]
        lines += [self._troubles.answered(node) for node in given]
        for line in filter(None, lines):
            self._log.warn("{line}", line=line)
        return Fetched(given, failed)

    async def _data_of(self, node: str, names: Sequence[str], query: Query) -> Blocks:
        end_of_patience = self._clock.seconds() + self._timeout
        known = await self._inquiry.known(node, names)
        wanted = tuple(name for name in names if name in known)
        if not wanted or query.end <= max(query.start, EPOCH):
            return {}
        answer = await self._calls.call(
            node,
            "get_data",
            wanted,
            max(query.start, EPOCH),
            query.end,
            query.min_stride,
            timeout=max(0.0, end_of_patience - self._clock.seconds()),
        )
        if answer is False:
            raise NodeFailed("would have too much to send: ask for less at once", 413)
        many = size(answer) > MANY_VALUES
        problems, blocks = await self.work(many, _read, answer, wanted, known, query.points)
        self._note(node, problems)
        return blocks

    def _note(self, node: str, problems: Sequence[str]) -> None:
        if problems:
            # Perhaps its fields have changed.
            self._inquiry.distrust(node)
            more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
            text = "{node} has sent what cannot be read: {reason}{more}"
            self._log.warn(text, node=node, reason=problems[0], more=more)


def _by_node(targets: Iterable[Target]) -> dict[str, list[str]]:
    wanted: dict[str, dict[str, None]] = {}
    for target in targets:
        wanted.setdefault(target.node, {})[target.field] = None
    return {node: list(names) for node, names in wanted.items()}


def _read(
    answer: Any, names: Sequence[str], known: Entries, points: int | None
) -> tuple[Sequence[str], Blocks]:
    received = read_answer(answer, names, known)
    return received.problems, reduced(received, points)
