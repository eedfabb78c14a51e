"""Answers of a node whose code is the user's."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from netsim.datanode.reply import check_names, check_query, finished, timelines
from netsim.datanode.wire import plain
from netsim.worker import Worker

__all__ = ["Methods", "OwnAnswers", "result_of"]


class Methods(Protocol):
    """What a user's class has."""

    allowance: int

    def get_fields(self, start: float, end: float) -> Any: ...
    def get_data(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Any: ...
    def _get_data_blocking(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Any: ...


class OwnAnswers:
    """Asks a user's methods, and keeps what they return within the limits."""

    def __init__(
        self, node: Methods, is_blocking: bool, worker: Worker, max_points: int | None
    ) -> None:
        """
        @param is_blocking: of the two methods for data the one that blocks is the user's.
        @param worker: runs what blocks.
        """
        self._node = node
        self._is_blocking = is_blocking
        self._worker = worker
        self._max_points = max_points
        self._follows: Mapping[str, str] | None = None

    async def fields(self, start: Any, end: Any) -> Any:
        """Answer C{get_fields}."""
        check_query(start, end)
        told = plain(await result_of(self._node.get_fields(start, end)))
        # Who asks for data has asked for fields before: that tells how to downsample.
        self._follows = timelines(told)
        return told

    async def data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        """Answer C{get_data}."""
        names = check_names(field)
        check_query(start, end, min_stride)
        if self._is_blocking:
            # As one task: others that wait for the thread do not come between.
            return await self._worker.submit(self._read, names, start, end, min_stride)
        answer = await result_of(self._node.get_data(names, start, end, min_stride))
        return await self._worker.submit(self._finished, answer, min_stride)

    def _read(self, names: list[str], start: Any, end: Any, min_stride: Any) -> Any:
        answer = self._node._get_data_blocking(names, start, end, min_stride)
        return self._finished(answer, min_stride)

    def _finished(self, answer: Any, min_stride: Any) -> Any:
        most = self._max_points
        return finished(answer, min_stride, most, self._node.allowance, self._follows)


async def result_of(value: Any) -> Any:
    """Wait for what a user's method has returned, if it is still to come."""
    return await value if isawaitable(value) or isinstance(value, Deferred) else value
