"""A node that serves a source."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from autobahn.wamp.types import ComponentConfig, SessionDetails
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger

from netsim.datanode.base import DataNodeServer
from netsim.datanode.downsample import reduce
from netsim.datanode.interfaces import IListening, ISource
from netsim.datanode.model import ALLOWANCE, Block
from netsim.datanode.reply import check_names, check_query
from netsim.datanode.times import interval
from netsim.datanode.wire import data_reply, fields_reply, size
from netsim.worker import Submit, Worker

__all__ = ["Serving", "SourceNode"]


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

    def submit(self, reactor: Any) -> Submit:
        """The one thread: sessions come and go, and a source is asked one after the other."""
        if self._submit is None:
            self._submit = Worker(reactor, f"node {self.source.name}").submit
        return self._submit

    def fields(self, start: float, end: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """Answer C{get_fields}; Unix seconds."""
        return fields_reply(self.source.fields(start, end))

    def data(self, names: Sequence[str], start: float, end: float, stride: float | None) -> Any:
        """Answer C{get_data}; Unix seconds."""
        return self.reply(names, self.source.blocks(names, start, end), stride)

    def reply(self, names: Sequence[str], blocks: Sequence[Block], stride: float | None) -> Any:
        """Answer C{get_data} with this, within the limits."""
        reduced = [reduce(block, stride, self.max_points) for block in blocks]
        return False if size(reduced) > self.allowance else data_reply(names, reduced)


class SourceNode(DataNodeServer):
    """Serves a source."""

    _log = Logger()

    def __init__(
        self,
        config: ComponentConfig | None,
        serving: Serving,
        reactor: Any = None,
        added: Callable[[SourceNode], object] | None = None,
    ) -> None:
        """
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
            text = "{name} cannot listen"
            listening: Deferred[Any] = maybeDeferred(source.joined, self)
            listening.addErrback(lambda f: self._log.failure(text, f, name=self.name))
        return super().onJoin(details)

    def get_fields(self, start: float, end: float) -> Deferred[Any]:
        """Ask the source."""
        serving = self._serving
        first, last = interval(start, end, serving.now())
        if serving.source.blocking:
            return serving.submit(self._clock())(serving.fields, first, last)
        return maybeDeferred(serving.fields, first, last)

    def get_data(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Deferred[Any]:
        """Ask the source, and downsample."""
        serving = self._serving
        submit = serving.submit(self._clock())
        first, last = interval(start, end, serving.now())
        if serving.source.blocking:
            return submit(serving.data, field, first, last, min_stride)
        found = maybeDeferred(serving.source.blocks, field, first, last)
        return found.addCallback(lambda blocks: submit(serving.reply, field, blocks, min_stride))

    async def _fields(self, start: Any, end: Any) -> Any:
        return await self.get_fields(start, end)

    async def _data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        check_query(start, end, min_stride)
        # What the source has given was brought within the limits already.
        return await self.get_data(check_names(field), start, end, min_stride)
