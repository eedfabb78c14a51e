"""Work that is going on: several things at once, and all of it ended together."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredSemaphore,
    FirstError,
    gatherResults,
)
from twisted.python.failure import Failure

__all__ = ["Crew", "Transfers", "gathered"]


def gathered(several: Iterable[Deferred[Any]]) -> Deferred[list[Any]]:
    """Wait for all; what has failed first fails it, by its own reason."""
    return gatherResults(several, consumeErrors=True).addErrback(_first)


class Crew:
    """Does several things at once, but not too many; the first that fails ends all."""

    def __init__(self, size: int) -> None:
        self._free = DeferredSemaphore(size)
        self._busy: set[Deferred[None]] = set()
        self._error: BaseException | None = None
        self._is_ending = False

    async def __aenter__(self) -> Crew:
        return self

    async def __aexit__(self, _: Any, error: BaseException | None, *more: Any) -> None:
        try:
            if error is None:
                await self._wait()
        finally:
            self._end()
            await self._wait()
        if error is None and self._error is not None:
            raise self._error

    async def add(self, work: Coroutine[Any, Any, None]) -> None:
        """
        Begin with something more, as soon as there is somebody for it.

        @raise Exception: one of those before has failed with it.
        """
        try:
            await self._free.acquire()
        except CancelledError:
            work.close()
            raise
        if self._error is not None:
            work.close()
            self._free.release()
            raise self._error
        task: Deferred[None] = Deferred.fromCoroutine(work)
        self._busy.add(task)
        task.addErrback(self._failed).addBoth(self._done, task)

    async def _wait(self) -> None:
        # Others may wait for the same.
        while self._busy:
            waiting: Deferred[None] = Deferred()
            next(iter(self._busy)).addCallback(waiting.callback)
            await waiting

    def _failed(self, failure: Any) -> None:
        if self._error is None:
            self._error = failure.value
            self._end()

    def _end(self) -> None:
        """Leave nobody at work; once, as a second time would keep them from cleaning up."""
        if not self._is_ending:
            self._is_ending = True
            for each in tuple(self._busy):
                each.cancel()

    def _done(self, _: object, task: Deferred[None]) -> None:
        self._busy.discard(task)
        self._free.release()


class Transfers:
    """Those that are going on, so that they can be ended."""

    def __init__(self) -> None:
        self._going: set[Deferred[None]] = set()
        self._waiting: list[Deferred[None]] = []

    def add(self, transfer: Coroutine[Any, Any, None]) -> Deferred[None]:
        """Begin with one."""
        going: Deferred[None] = Deferred.fromCoroutine(transfer)
        self._going.add(going)
        return going.addBoth(self._done, going)

    def stop(self) -> Deferred[None]:
        """End all; fires when they have cleaned up."""
        stopped: Deferred[None] = Deferred()
        self._waiting.append(stopped)
        for each in tuple(self._going):
            each.cancel()
        self._check_stopped()
        return stopped

    def _done(self, result: Any, transfer: Deferred[None]) -> Any:
        self._going.discard(transfer)
        self._check_stopped()
        return result

    def _check_stopped(self) -> None:
        while self._waiting and not self._going:
            self._waiting.pop().callback(None)


def _first(failure: Failure) -> Failure:
    return failure.value.subFailure if isinstance(failure.value, FirstError) else failure
