"""A node that serves a source."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from autobahn.wamp.types import ComponentConfig, SessionDetails
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger

from netsim.datanode.base import DataNodeServer
from netsim.datanode.downsample import checked_stride, reduce
from netsim.datanode.interfaces import IListening, ISource
from netsim.datanode.model import ALLOWANCE, Block
from netsim.datanode.reply import check_names
from netsim.datanode.times import interval
from netsim.datanode.wire import data_reply, fields_reply, size
from netsim.errors import LimitError
from netsim.worker import Submit, Worker

__all__ = ["Serving", "SourceAnswers", "SourceNode"]


class Serving:
    """A source, what may be returned of it, and the thread that it is asked on."""

    def __init__(
        self,
        source: ISource,
        max_points: int | None = None,
        allowance: int = ALLOWANCE,
        now: Callable[[], float] = time.time,
        submit: Submit | None = None,
    ) -> None:
        """
        @param max_points: values of a field, at most.
        @param allowance: bytes of an answer; C{False} is answered in place of a larger one.
        @param now: Unix seconds.
        @param submit: runs a function on the thread; L{None}: one is made.
        """
        self.source = source
        self.max_points = max_points
        self.allowance = allowance
        self.now = now
        self._submit = submit

    def answers(self, reactor: Any) -> SourceAnswers:
        """Who answers; the thread stays the same, as sessions come and go."""
        if self._submit is None:
            self._submit = Worker(reactor, f"node {self.source.name}").submit
        return SourceAnswers(self, self._submit)


class SourceAnswers:
    """
    Asks a source, and keeps what it gives within the limits.

    What takes time is done on the thread: also the source's part, if it blocks.
    """

    log = Logger()

    def __init__(self, serving: Serving, submit: Submit) -> None:
        self._serving = serving
        self._source = serving.source
        self._submit = submit

    async def fields(self, start: Any, end: Any) -> Any:
        """Answer C{get_fields}."""
        ends = interval(start, end, self._serving.now())
        if self._source.blocking:
            return await self._submit(self._fields, *ends)
        return self._fields(*ends)

    async def data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        """Answer C{get_data}."""
        names = check_names(field)
        ends = interval(start, end, self._serving.now())
        checked_stride(min_stride)
        try:
            if self._source.blocking:
                return await self._submit(self._read, names, *ends, min_stride)
            blocks = self._source.blocks(names, *ends)
            return await self._submit(self._reply, names, blocks, min_stride)
        except LimitError as error:
            self.log.warn("{name}: {error}", name=self._source.name, error=error)
            return False

    def _fields(self, start: float, end: float) -> tuple[dict[str, Any], dict[str, Any]]:
        return fields_reply(self._source.fields(start, end))

    def _read(self, names: Sequence[str], start: float, end: float, stride: float | None) -> Any:
        return self._reply(names, self._source.blocks(names, start, end), stride)

    def _reply(self, names: Sequence[str], blocks: Sequence[Block], stride: float | None) -> Any:
        reduced = [reduce(block, stride, self._serving.max_points) for block in blocks]
        too_much = size(reduced) > self._serving.allowance
        return False if too_much else data_reply(names, reduced)


class SourceNode(DataNodeServer):
    """A node that serves a source, under the name that the source has."""

    def __init__(
        self,
        config: ComponentConfig | None,
        serving: Serving,
        reactor: Any = None,
        added: Callable[[SourceNode], object] | None = None,
    ) -> None:
        """
        @param reactor: L{None}: the one that is installed.
        @param added: called each time the hub has put the node into its list.
        """
        super().__init__(config)
        self.name = serving.source.name
        self.description = serving.source.description
        self.reactor = reactor
        self._serving = serving
        self._on_added = added

    def added(self) -> None:
        """The hub has put it into its list."""
        if self._on_added is not None:
            self._on_added(self)

    def onJoin(self, details: SessionDetails) -> Deferred[None]:
        """Let the source listen, whether or not there is a hub."""
        source = self._serving.source
        if IListening.providedBy(source):
            listening: Deferred[Any] = maybeDeferred(source.joined, self)
            listening.addErrback(self.onUserError, "While the source began to listen")
        return super().onJoin(details)

    def _make_answers(self, reactor: Any) -> SourceAnswers:
        return self._serving.answers(reactor)
