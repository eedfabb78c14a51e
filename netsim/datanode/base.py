"""The base of all nodes: sisock.txt, section 3.1.1."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Coroutine
from functools import partial
from inspect import BoundArguments, isawaitable, signature
from random import random
from typing import Any

from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CloseDetails, ComponentConfig, SessionDetails
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.datanode.entry import Entry
from netsim.datanode.model import ALLOWANCE, uri
from netsim.datanode.reply import check_names, check_query, finished
from netsim.datanode.session import RouterSession
from netsim.datanode.times import unix_time
from netsim.datanode.wire import plain
from netsim.errors import InputError, NetsimError, QueryError
from netsim.worker import Worker

__all__ = ["DataNodeServer", "sisock_to_unix_time"]

QUERY_ERROR = uri("error.query")
"""Of a call whose arguments are wrong."""
NODE_ERROR = uri("error.node")
"""Of a call that could not be answered for another reason."""
ANSWERED = (QUERY_ERROR, NODE_ERROR)

Method = Callable[..., Coroutine[Any, Any, Any]]

_log = Logger()


def sisock_to_unix_time(t: float) -> float:
    """
    Convert a time of a query to Unix seconds.

    @param t: Unix seconds if positive; else that many seconds before the present time.
    """
    return unix_time(t, time.time())


class DataNodeServer(RouterSession):
    """
    Serves the data of a subclass.

    The subclass sets C{name} and C{description}, and overrides L{get_fields} and L{get_data},
    which may return what they have, a Deferred of it, or be coroutines; or, if they block,
    L{_get_fields_blocking} and L{_get_data_blocking}, which are called on a thread, one after
    the other.

    @ivar name: no two nodes of a hub have the same.
    @ivar description: for people.
    @ivar max_points: values that are returned of a field, at most; L{None}: MAX_POINTS in the
        environment tells, or there is no limit.
    @ivar allowance: bytes of an answer; a larger one becomes C{False}.
    @ivar reactor: L{None}: the one that is installed.
    """

    name: str | None = None
    description: str | None = None
    max_points: int | None = None
    allowance: int = ALLOWANCE
    reactor: Any = None

    def __init__(self, config: ComponentConfig | None = None) -> None:
        super().__init__(config)
        self._entry: Entry | None = None
        self._worker: Worker | None = None
        self._points: int | None = None

    # For subclasses.

    def get_fields(self, start: float, end: float) -> Any:
        """
        Tell which fields have a sample in [start, end).

        @param start: Unix seconds if positive, else seconds before the present time; so is
            the end.
        @return: two dictionaries: of each field C{description}, C{timeline}, C{type} and
            C{units}; of each timeline C{interval} and C{field}.
        """
        return self._submit(self._get_fields_blocking, start, end)

    def get_data(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Any:
        """
        Give the samples of fields in [start, end).

        @param field: names.
        @param start: as L{get_fields} has it; so is the end.
        @param min_stride: seconds that samples are apart at least; what is returned is
            downsampled anyway, where it is told which timeline a field follows.
        @return: a dictionary with C{data}, an array for each field, and C{timeline}, C{t} and
            C{finalized_until} for each timeline; or C{False}, if that is too much.
        """
        return self._submit(self._get_data_blocking, field, start, end, min_stride)

    def _get_fields_blocking(self, start: float, end: float) -> Any:
        """As L{get_fields}, on a thread."""
        raise NotImplementedError(f"{type(self).__name__} has no get_fields")

    def _get_data_blocking(
        self, field: list[str], start: float, end: float, min_stride: float | None = None
    ) -> Any:
        """As L{get_data}, on a thread."""
        raise NotImplementedError(f"{type(self).__name__} has no get_data")

    def after_onJoin(self, details: SessionDetails) -> Any:
        """Called when the hub has been asked, after each join."""

    def added(self) -> object:
        """The hub has put the node into its list, for the first time or again."""

    # For autobahn.

    def onJoin(self, details: SessionDetails) -> Deferred[None]:
        """Register both procedures, and ask the hub to add this node."""
        return ensureDeferred(self._enter(details))

    def onLeave(self, details: CloseDetails) -> Any:
        """The session is over."""
        if self._entry is not None:
            self._entry.stop()
        return super().onLeave(details)

    def onDisconnect(self) -> Any:
        """The connection is gone."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        return super().onDisconnect()

    def onUserError(self, fail: Failure, msg: str) -> None:
        """Log that something which was called failed, unless that has been done."""
        if not (isinstance(fail.value, ApplicationError) and fail.value.error in ANSWERED):
            super().onUserError(fail, msg)

    async def _enter(self, details: SessionDetails) -> None:
        if not self.name:
            raise InputError(f"{type(self).__name__} has no name")
        self._points = _points() if self.max_points is None else self.max_points
        procedures = {
            uri(f"consumer.{self.name}.get_fields"): partial(self._answer, self._fields),
            uri(f"consumer.{self.name}.get_data"): partial(self._answer, self._data),
        }
        self._entry = Entry(self._clock(), self, procedures, random)
        await self._entry.enter()
        await _result(self.after_onJoin(details))

    # What is registered.

    def _answer(self, method: Method, *args: Any, **kwargs: Any) -> Deferred[Any]:
        return ensureDeferred(self._answered(method, *args, **kwargs))

    async def _answered(self, method: Method, *args: Any, **kwargs: Any) -> Any:
        try:
            given = _bound(method, *args, **kwargs)
            return await method(*given.args, **given.kwargs)
        except (ApplicationError, CancelledError):
            raise
        except QueryError as error:
            _log.info("{name}: {error}", name=self.name, error=error)
            raise ApplicationError(QUERY_ERROR, str(error)) from error
        except NetsimError as error:
            _log.warn("{name} cannot answer: {error}", name=self.name, error=error)
            raise ApplicationError(NODE_ERROR, str(error)) from error
        except Exception as error:
            _log.failure("{name}: a mistake in the code of the node", name=self.name)
            text = f"a mistake in the code of the node: {type(error).__name__}: {error}"
            raise ApplicationError(NODE_ERROR, text) from error

    async def _fields(self, start: Any, end: Any) -> Any:
        check_query(start, end)
        return plain(await _result(self.get_fields(start, end)))

    async def _data(self, field: Any, start: Any, end: Any, min_stride: Any = None) -> Any:
        names = check_names(field)
        check_query(start, end, min_stride)
        if type(self).get_data is DataNodeServer.get_data:
            # As one task: others that wait for the thread do not come between.
            return await self._submit(self._read, names, start, end, min_stride)
        answer = await _result(self.get_data(names, start, end, min_stride))
        return await self._submit(self._finished, answer, min_stride)

    def _read(self, names: list[str], start: Any, end: Any, min_stride: Any) -> Any:
        answer = self._get_data_blocking(names, start, end, min_stride)
        return self._finished(answer, min_stride)

    def _finished(self, answer: Any, min_stride: Any) -> Any:
        return finished(answer, min_stride, self._points, self.allowance)

    def _submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        if self._worker is None:
            self._worker = Worker(self._clock(), f"node {self.name}")
        return self._worker.submit(function, *args)

    def _clock(self) -> Any:
        if self.reactor is None:
            from twisted.internet import reactor

            return reactor
        return self.reactor


async def _result(value: Any) -> Any:
    """Wait for what a subclass has returned, if it is still to come."""
    return await value if isawaitable(value) or isinstance(value, Deferred) else value


def _bound(method: Method, *args: Any, **kwargs: Any) -> BoundArguments:
    try:
        return signature(method).bind(*args, **kwargs)
    except TypeError as error:
        raise QueryError(str(error)) from error


def _points() -> int | None:
    text = os.environ.get("MAX_POINTS")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise InputError(f"MAX_POINTS: expected a whole number, 1 or more, not {text!r}")
    return int(text)
