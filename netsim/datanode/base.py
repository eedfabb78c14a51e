"""
The base of all nodes, and the other names that the document has in a module of this name.

Source: sisock.txt, section 3.1.1.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from random import random
from typing import Any

from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CloseDetails, ComponentConfig, SessionDetails
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.python.failure import Failure

from netsim.datanode import place
from netsim.datanode.entry import Entry
from netsim.datanode.model import ALLOWANCE, BASE_URI, REALM, uri
from netsim.datanode.ownanswers import OwnAnswers, result_of
from netsim.datanode.procedures import EXPLAINED, Answers, Procedures
from netsim.datanode.session import RouterSession
from netsim.datanode.times import unix_time
from netsim.errors import InputError
from netsim.options import positive
from netsim.worker import Worker

__all__ = ["BASE_URI", "REALM", "DataNodeServer", "sisock_to_unix_time", "uri"]


def __getattr__(name: str) -> Any:
    if name in place.CONSTANTS:
        return place.constant(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
        # Mangled, as are the methods: other names are left to subclasses.
        self.__entry: Entry | None = None
        self.__worker: Worker | None = None

    # For subclasses.

    def get_fields(self, start: float, end: float) -> Any:
        """
        Tell which fields have a sample in [start, end).

        @param start: Unix seconds if positive, else seconds before the present time; so is
            the end.
        @return: two dictionaries: of each field C{description}, C{timeline}, C{type} and
            C{units}; of each timeline C{interval} and C{field}.
        """
        return self.__submit(self._get_fields_blocking, start, end)

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
        return self.__submit(self._get_data_blocking, field, start, end, min_stride)

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
        return ensureDeferred(self.__enter(details))

    def onLeave(self, details: CloseDetails) -> Any:
        """The session is over."""
        if self.__entry is not None:
            self.__entry.stop()
        return super().onLeave(details)

    def onDisconnect(self) -> Any:
        """The connection is gone."""
        if self.__worker is not None:
            self.__worker.stop()
            self.__worker = None
        return super().onDisconnect()

    def onUserError(self, fail: Failure, msg: str) -> None:
        """Log that something which was called failed, unless that has been done."""
        if not (isinstance(fail.value, ApplicationError) and fail.value.error in EXPLAINED):
            super().onUserError(fail, msg)

    # For classes that ship.

    def _make_answers(self, reactor: Any) -> Answers:
        """Who answers when the procedures are called."""
        is_blocking = type(self).get_data is DataNodeServer.get_data
        points = _points() if self.max_points is None else self.max_points
        return OwnAnswers(self, is_blocking, self.__thread(), points)

    # What is left.

    async def __enter(self, details: SessionDetails) -> None:
        if not self.name:
            raise InputError(f"{type(self).__name__} has no name")
        answers = self._make_answers(self.__clock())
        procedures = Procedures(self.name, answers, self.is_connected)
        self.__entry = Entry(self.__clock(), self, procedures.endpoints, random)
        await self.__entry.enter()
        await result_of(self.after_onJoin(details))

    def __submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        return self.__thread().submit(function, *args)

    def __thread(self) -> Worker:
        if self.__worker is None:
            self.__worker = Worker(self.__clock(), f"node {self.name}")
        return self.__worker

    def __clock(self) -> Any:
        if self.reactor is None:
            from twisted.internet import reactor

            return reactor
        return self.reactor


def _points() -> int | None:
    if not (text := os.environ.get("MAX_POINTS")):
        return None
    try:
        return positive(text)
    except ValueError as error:
        raise InputError(f"MAX_POINTS: {error}, not {text!r}") from None
