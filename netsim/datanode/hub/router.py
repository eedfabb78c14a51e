"""crossbar as a child process: started, watched, started again, stopped."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from random import random as _random
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from netsim.backoff import Backoff
from netsim.datanode.hub.child import ERR, Child
from netsim.datanode.hub.complaint import essence
from netsim.datanode.hub.program import child_environment
from netsim.errors import RouterError

__all__ = ["RouterProcess"]

UP = ("NODE_BOOT_COMPLETE", "node configuration ran successfully")
"""Either is in a line that tells that all of it runs."""
UP_WITHIN = 60.0
KILL_AFTER = 0.5
"""Seconds; crossbar takes more than two to end by itself, and a process may take that long."""
KEPT = 200
"""Lines that are kept until it runs."""


class RouterProcess(Service):
    """
    A router that runs, and runs again when it has ended.

    What it says is logged while it starts only if it does not come to run, and then what it
    complains about.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        program: Path,
        directory: Path,
        up: Callable[[], object],
        down: Callable[[], object],
        verbose: bool = False,
        random: Callable[[], float] = _random,
    ) -> None:
        """
        @param directory: in which its config.json is.
        @param up: called whenever it has come to run.
        @param down: called whenever it has ended after that, by itself.
        @param verbose: log all that it says.
        """
        self._reactor = reactor
        self._words = [
            *(str(program), "start", "--cbdir", str(directory)),
            *("--loglevel", "info", "--color", "false", "--logformat", "none"),
        ]
        self._directory = directory
        self._up = up
        self._down = down
        self._verbose = verbose
        self._backoff = Backoff(random, first=0.5, limit=30.0)
        self._child: Child | None = None
        self._timer: IDelayedCall | None = None
        self._said: deque[str] = deque(maxlen=KEPT)
        self._since: float | None = None
        self._first: Deferred[None] | None = Deferred()
        self._stopped: Deferred[None] | None = None

    def when_up(self) -> Deferred[None]:
        """
        Fires when it runs for the first time; to be asked for once, before it starts.

        It fails with L{RouterError}, and the router's words, if it ends before that; then it
        is not started again.
        """
        assert self._first is not None
        return self._first

    def startService(self) -> None:
        """Start it."""
        super().startService()
        self._spawn()

    def stopService(self) -> Deferred[None]:
        """End it; fires when it is gone."""
        super().stopService()
        self._cancel_timer()
        if self._child is None:
            return succeed(None)
        self._stopped = Deferred()
        self._child.send(signal.SIGTERM)
        self._set_timer(KILL_AFTER, self._child.send, signal.SIGKILL)
        return self._stopped

    def _spawn(self) -> None:
        # It would not start while a process of that number runs, whoever that is.
        (self._directory / "node.pid").unlink(missing_ok=True)
        self._said.clear()
        self._child = Child(self._line, self._ended)
        self._set_timer(UP_WITHIN, self._late)
        self._child.start(
            self._reactor, self._words, self._directory, child_environment(os.environ)
        )

    def _late(self) -> None:
        self._said.append(f"it does not run after {UP_WITHIN:g} seconds")
        if self._child is not None:
            self._child.send(signal.SIGKILL)

    def _line(self, where: int, text: str) -> None:
        if self._verbose:
            self.log.info("crossbar: {text}", text=text)
        if self._stopped is not None:
            return
        if self._since is not None:
            if where == ERR and text and not self._verbose:
                self.log.warn("crossbar: {text}", text=text)
        else:
            self._said.append(text)
            if any(sign in text for sign in UP):
                self._runs()

    def _runs(self) -> None:
        self._cancel_timer()
        self._since = self._reactor.seconds()
        first, self._first = self._first, None
        self._up()
        if first is not None:
            first.callback(None)

    def _ended(self, how: str) -> None:
        self._cancel_timer()
        self._child = None
        since, self._since = self._since, None
        if self._stopped is not None:
            self._stopped.callback(None)
            return
        words = _quoted(self._said)
        if self._first is not None:
            first, self._first = self._first, None
            first.errback(RouterError(f"crossbar {how}, and says{words}"))
            return
        if since is not None:
            self._backoff.held(self._reactor.seconds() - since)
            self._down()
        self._again(how, "" if since is not None else f" It says{words}")

    def _again(self, how: str, words: str) -> None:
        delay = self._backoff.delay()
        text = "crossbar {how}: it is started again in {delay:.1f} seconds.{words}"
        self.log.error(text, how=how, delay=delay, words=words)
        self._set_timer(delay, self._spawn)

    def _set_timer(self, seconds: float, call: Callable[..., Any], *args: Any) -> None:
        self._cancel_timer()
        self._timer = self._reactor.callLater(seconds, call, *args)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None


def _quoted(said: Iterable[str]) -> str:
    words = "".join(f"\n    {line}" for line in essence(said))
    return f":{words}" if words else " nothing"
