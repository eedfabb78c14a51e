"""
The threads in which systems run that may block.

Every connection has a hand: what it is given is done one after the other, in a
thread of its own, as existing systems expect.  A hand without work waits, and its
thread never wakes up; a hand that was never given any has no thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import Logger

from netsim.worker import Reactor, Worker

__all__ = ["MAX_WORKERS", "Crew", "Hand", "OnReactor", "Shared"]

MAX_WORKERS = 1000
"""Threads at once, unless the user says otherwise."""


class Hand(Protocol):
    """Does what a system is called for, one thing after the other."""

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call it; fires on the reactor."""

    def stop(self) -> None:
        """Nothing more will be submitted."""

    def withdraw(self) -> bool:
        """Forget what was submitted, where none of it has begun; whether that is so."""


class OnReactor:
    """The hand of a system that does not block: it calls at once."""

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call it here and now."""
        return maybeDeferred(function, *args)

    def stop(self) -> None:
        """There is nothing to end."""

    def withdraw(self) -> bool:
        """All of it was done at once."""
        return False


class Shared:
    """A hand for several, which stops when all of them have stopped it."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._users = 0

    def use(self) -> Hand:
        """One more."""
        self._users += 1
        return self

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Call it after everything that was submitted by any of them."""
        return self._hand.submit(function, *args)

    def stop(self) -> None:
        """One of them will submit nothing more."""
        self._users -= 1
        if not self._users:
            self._hand.stop()

    def withdraw(self) -> bool:
        """What the others have submitted is to be done."""
        return False


class Crew:
    """
    Gives out hands, no more than C{size} of which have a thread at a time.

    The others wait, in order, until a thread has ended.
    """

    log = Logger()

    def __init__(self, reactor: Reactor, size: int = MAX_WORKERS) -> None:
        self._reactor = reactor
        self._free = self._size = size
        self._waiting: deque[_Waiting] = deque()

    def hand(self, name: str) -> Hand:
        """A hand whose thread has this name."""
        return _Waiting(self, name, Worker(self._reactor, name))

    def once(self, name: str, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Do one thing in a thread of its own."""
        hand = self.hand(name)
        done = hand.submit(function, *args)
        hand.stop()
        return done

    def beyond(self, name: str, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        """Do one thing at once, in a thread that does not count: such as the last of all."""
        worker = Worker(self._reactor, name)
        done = worker.submit(function, *args)
        worker.stop()
        return done

    def enlist(self, hand: _Waiting) -> None:
        """Let it begin, now or when a thread has ended."""
        if self._free:
            self._free -= 1
            hand.begin()
            return
        if not self._waiting:
            self.log.warn("all {size} worker threads are busy: others wait", size=self._size)
        self._waiting.append(hand)

    def strike(self, hand: _Waiting) -> None:
        """It has nothing more to do, and need not wait."""
        self._waiting.remove(hand)

    def release(self) -> None:
        """A thread has ended."""
        self._free += 1
        if self._waiting:
            self.enlist(self._waiting.popleft())


class _Waiting:
    """A hand: what it was given before it had a thread is kept."""

    def __init__(self, crew: Crew, name: str, worker: Worker) -> None:
        self._crew = crew
        self._name = name
        self._worker = worker
        self._kept: list[tuple[Deferred[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self._enlisted = self._begun = self._stopped = self._ended = False

    def submit(self, function: Callable[..., Any], *args: Any) -> Deferred[Any]:
        if self._ended:
            # Late news, such as of a client that has left: its thread is gone.
            return self._crew.once(self._name, function, *args)
        if self._begun:
            return self._worker.submit(function, *args)
        result: Deferred[Any] = Deferred()
        self._kept.append((result, function, args))
        if not self._enlisted:
            self._enlisted = True
            self._crew.enlist(self)
        return result

    def stop(self) -> None:
        self._stopped = True
        if self._begun:
            self._end()

    def withdraw(self) -> bool:
        if self._begun:
            return False
        if self._enlisted:
            self._enlisted = False
            self._kept.clear()
            self._crew.strike(self)
        return True

    def begin(self) -> None:
        self._begun = True
        kept, self._kept = self._kept, []
        for result, function, args in kept:
            self._worker.submit(function, *args).chainDeferred(result)
        if self._stopped:
            self._end()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        # Its thread counts until it is at its end, whatever still sleeps in it.
        self._worker.submit(int).addCallback(lambda _: self._crew.release())
        self._worker.stop()
