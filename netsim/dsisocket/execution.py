"""One script that runs on a host: its output, its limits, its end."""

from __future__ import annotations

import re
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.dsisocket.lines import Lines, Tail
from netsim.dsisocket.model import Ended, Limits
from netsim.errors import NetsimError

__all__ = ["LINGER", "PATIENCE", "QUIET", "Execution", "Executions", "Group"]

PATIENCE = 2.0
"""Seconds from SIGTERM to SIGKILL."""
QUIET = 0.3
"""
A script that has ended may have left something in the background that could still print.
Who prints nothing for so many seconds is not waited for.
"""
LINGER = 3.0
"""Nor is anybody for longer than so many seconds."""
_STOP_PATIENCE = 0.5
"""The same when everything ends."""
_GIVE_UP = 5.0
"""Seconds that all of it may take besides: the host may have much to do."""


_BATCH = 50
# What could do strange things to a terminal, or to a log that is read there.
_ODD = re.compile(
    "[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]+"
)


class Group(Protocol):
    """The processes of a script."""

    def kill(self, patience: float) -> Deferred[None]:
        """
        End all of them: SIGTERM, after some seconds SIGKILL.

        Fires when they are gone.
        """

    def abandon(self) -> None:
        """Hear nothing more of them; they may live."""


class Execution:
    """
    Collects what a script prints, ends it at its limits, and says how it ended.

    What it is told: L{output_received}; L{exited} when bash has ended; L{ended} when,
    besides, nobody can print any more.  A command that runs remotely is told the same.

    @ivar done: fires with L{Ended}, when the script has ended and its output is there.
        Cancelling kills it.
    @ivar over: fires when nothing is left to be waited for, even if it was cancelled.
    """

    log = Logger()

    def __init__(self, host: str, limits: Limits, clock: Any, group: Group) -> None:
        """@param host: its name, for the log."""
        self.done: Deferred[Ended] = Deferred(lambda _: self.kill("cancelled"))
        self.over: Deferred[None] = Deferred()
        self._host = host
        self._limits = limits
        self._clock = clock
        self._group = group
        self._lines = Lines()
        self._tail = Tail()
        self._began: float = clock.seconds()
        self._how: tuple[int | None, str | None] | None = None
        self._reason = ""
        self._is_closed = self._is_over = False
        self._is_killed = False
        self._killers = 0
        self._timers: dict[str, IDelayedCall] = {}
        self._start("timeout", limits.timeout, f"took longer than {limits.timeout or 0:g} s")
        self._start("silent", limits.no_output, f"printed nothing for {limits.no_output or 0:g} s")

    def output_received(self, data: bytes) -> None:
        """It has printed this."""
        if self._is_over:
            return
        for timer, seconds in (("silent", self._limits.no_output), ("quiet", QUIET)):
            if timer in self._timers and seconds is not None:
                self._timers[timer].reset(seconds)
        self._tell(self._lines.feed(data))

    def exited(self, status: int | None, signal: str | None) -> None:
        """
        Bash has ended; what it has left in the background is not killed.

        @param status: the exit status; none if a signal ended it.
        @param signal: without SIG.
        """
        if self._how is None and not self._is_over:
            self._how = (status, signal)
            if not self._is_killed:
                self._linger()

    def ended(self, status: int | None, signal: str | None) -> None:
        """
        Nothing more comes.

        @param status: as in L{exited}; where both are none, the connection was lost.
        """
        if self._is_over:
            return
        self._is_closed = True
        if self._how is None:
            self._how = (status, signal)
        if not self._killers or self._how == (None, None):
            self._finish()

    def failed(self, failure: Failure) -> None:
        """It could not be started."""
        if not self._is_over:
            self._is_closed = True
            self._end()
            if not self.done.called:
                self.done.errback(failure)
            self.over.callback(None)

    def kill(self, reason: str, patience: float = PATIENCE) -> None:
        """End it, for this reason; more than once is no error."""
        if self._is_over:
            return
        if self._how is not None and not self._is_killed:
            # Bash has ended by itself: what it left is left alone.
            self._finish()
            return
        self._reason = self._reason or reason
        self._is_killed = True
        self._cancel_timers()
        self._timers["give up"] = self._clock.callLater(patience + _GIVE_UP, self._give_up)
        self._killers += 1
        self._group.kill(patience).addCallbacks(lambda _: self._killed(), self._not_killed)

    def _start(self, timer: str, seconds: float | None, reason: str) -> None:
        if seconds is not None:
            self._timers[timer] = self._clock.callLater(seconds, self.kill, reason)

    def _killed(self) -> None:
        self._killers -= 1
        if self._killers or self._is_over:
            return
        if self._is_closed:
            self._finish()
        else:
            # The last that it printed, and how it ended, may still be on their way.
            self._linger()

    def _not_killed(self, failure: Failure) -> None:
        if self._is_over:
            return
        if not failure.check(NetsimError):
            self.log.failure("killing a script on {host}", failure, host=self._host)
        self._give_up()

    def _give_up(self) -> None:
        self.log.warn("[{host}] a script may still run: it could not be killed", host=self._host)
        self._reason += ", and could not be killed"
        self._finish()

    def _linger(self) -> None:
        self._cancel_timers()
        for timer, seconds in (("quiet", QUIET), ("linger", LINGER)):
            self._timers[timer] = self._clock.callLater(seconds, self._finish)

    def _finish(self) -> None:
        if self._is_over:
            return
        self._tell(self._lines.finish())
        self._end()
        if not self.done.called:
            self.done.callback(self._ended())
        self.over.callback(None)

    def _end(self) -> None:
        self._is_over = True
        self._cancel_timers()
        if not self._is_closed:
            self._group.abandon()

    def _ended(self) -> Ended:
        status, signal = self._how or (None, None)
        reason = self._reason
        if not reason and status is None:
            reason = f"killed by SIG{signal}" if signal else "the connection was lost"
        seconds = self._clock.seconds() - self._began
        return Ended(status, seconds, self._tail.lines(), reason)

    def _tell(self, lines: list[str]) -> None:
        self._tail.add(lines)
        # A log entry costs much more than a line: who prints thousands at once gets few.
        size = 1 if len(lines) <= _BATCH else _BATCH
        clean = [_ODD.sub("\ufffd", line) for line in lines]
        for place in range(0, len(clean), size):
            text = f"\n[{self._host}] ".join(clean[place : place + size])
            self.log.info("[{host}] {line}", host=self._host, line=text)

    def _cancel_timers(self) -> None:
        while self._timers:
            _, timer = self._timers.popitem()
            if timer.active():
                timer.cancel()


class Executions:
    """All scripts that run on a host, so that they can be ended."""

    def __init__(self) -> None:
        self._running: set[Execution] = set()
        self._waiting: list[Deferred[None]] = []

    def add(self, execution: Execution) -> None:
        """One more, until it is over."""
        self._running.add(execution)
        execution.over.addCallback(lambda _: self._is_over(execution))

    def stop(self) -> Deferred[None]:
        """Kill all; fires when they are over."""
        stopped: Deferred[None] = Deferred()
        self._waiting.append(stopped)
        for execution in tuple(self._running):
            execution.kill("netsim is being stopped", _STOP_PATIENCE)
        self._check_stopped()
        return stopped

    def _is_over(self, execution: Execution) -> None:
        self._running.discard(execution)
        self._check_stopped()

    def _check_stopped(self) -> None:
        while self._waiting and not self._running:
            self._waiting.pop().callback(None)
