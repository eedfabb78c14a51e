"""An SSH reverse tunnel that holds: it is opened again whenever it has broken."""

from __future__ import annotations

from random import random
from typing import Any

from twisted.application.service import Service
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.addresses import join
from netsim.backoff import Backoff
from netsim.dsisocket.forward import Connect, Forward, State
from netsim.dsisocket.reminders import Reminders
from netsim.errors import (
    AuthenticationError,
    ForwardError,
    HostKeyError,
    NetsimError,
    SshError,
)

__all__ = ["ReverseTunnel"]

Address = IPv4Address | IPv6Address

_LASTING = (HostKeyError, AuthenticationError, ForwardError)
"""What is the same after any time, other than a server that cannot be reached."""


class ReverseTunnel(Service):
    """
    Keeps a port of an SSH server that leads to here.

    It starts with the service.  What cannot get better by waiting ends it, unless it
    was open before: then it is tried again, whatever it is, until the service stops.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        connect: Connect,
        name: str,
        host: str,
        port: int,
        factory: Any,
        backoff: Backoff | None = None,
        reminders: Reminders | None = None,
    ) -> None:
        """
        @param connect: gives a connection, such as one of L{netsim.dsisocket.ssh.connect}.
        @param name: the server, for logs.
        @param host: the server's own address to listen on.
        @param port: there; with 0 the server chooses, once and for all.
        @param factory: makes a protocol for each connection to that port.
        @param backoff: says how long to wait after a failure.
        @param reminders: says which failures are logged.
        """
        self.name: str = name
        self._reactor = reactor
        self._connect = connect
        self._where = (host, port)
        self._factory = factory
        self._backoff = backoff or Backoff(random)
        self._reminders = reminders or Reminders()
        self._forward: Forward | None = None
        self._retry: IDelayedCall | None = None
        self._ready: Address | Failure | None = None
        self._since: float | None = None
        self._is_back = self._is_closing = False
        self._waiting: list[Deferred[Address]] = []
        self._stopping: list[Deferred[None]] = []

    def when_ready(self) -> Deferred[Address]:
        """
        Fires with the address on the server, when that has led to here for the first time.

        @raise HostKeyError: and nothing more is tried.
        @raise AuthenticationError: likewise.
        @raise ForwardError: the server does not permit it; likewise.
        @raise CancelledError: the service was stopped before.
        """
        if isinstance(self._ready, Failure):
            return fail(self._ready)
        if self._ready is not None:
            return succeed(self._ready)
        waiting: Deferred[Address] = Deferred(self._waiting.remove)
        self._waiting.append(waiting)
        return waiting

    @property
    def is_up(self) -> bool:
        """Whether the port leads to here now."""
        return self._forward is not None and self._forward.state is State.HELD

    def describe(self) -> str:
        """One line for people: what it does."""
        return f"tunnel to {self.name}: {self._state()}"

    def startService(self) -> None:
        """Begin to connect."""
        if self.running:
            return
        super().startService()
        self._factory.doStart()
        self._is_back = False
        if isinstance(self._ready, Failure):
            self._ready = None
        if not self._is_closing:
            self._try()

    def stopService(self) -> Deferred[None]:
        """Give the port back and close the connection; fires within a second."""
        stopped: Deferred[None] = Deferred()
        self._stopping.append(stopped)
        if self.running:
            super().stopService()
            self._factory.doStop()
            if self._retry is not None:
                self._retry.cancel()
                self._retry = None
        if not self._is_closing:
            self._is_closing = True
            closed = self._forward.stop() if self._forward is not None else succeed(None)
            closed.addCallback(self._closed)
        self._answer(Failure(CancelledError()))
        return stopped

    def _try(self) -> None:
        self._retry = None
        forward = self._forward = Forward(
            *(self._reactor, self._connect, self._where, self._factory),
            held=self._held,
            taken=self._taken,
            lost=self._lost,
        )
        forward.begin()

    def _held(self, port: int) -> None:
        host = self._where[0]
        self._where = (host, port)
        self._since = self._reactor.seconds()
        if self._ready is None:
            self._ready = (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)
        if self._is_back:
            self.log.info("tunnel to {name} is back", name=self.name)
        else:
            self.log.info("{tunnel}", tunnel=self.describe())
        self._is_back = True
        self._answer(self._ready)

    def _taken(self, reason: str) -> None:
        if self._is_news(reason):
            self.log.warn(
                "tunnel to {name}: {reason}; asking until it is free",
                name=self.name,
                reason=reason,
            )

    def _lost(self, failure: Failure) -> None:
        self._forward = None
        since, self._since = self._since, None
        if since is not None and self._backoff.held(self._reactor.seconds() - since):
            self._reminders.forget()
        if self._ready is None and not _may_pass(failure):
            self._give_up(failure)
            return
        delay = self._backoff.delay()
        self._retry = self._reactor.callLater(delay, self._try)
        # That it is lost is always news: what came through it is lost, too.
        if since is not None or self._is_news(failure.getErrorMessage()):
            what = f": {failure.getErrorMessage()}" if since is None else " lost"
            self._complain(failure, what, delay)

    def _complain(self, failure: Failure, what: str, delay: float) -> None:
        if not failure.check(NetsimError):
            self.log.failure("tunnel to {name}: a mistake in the code", failure, name=self.name)
        self.log.warn(
            "tunnel to {name}{what}; next try in {delay:.1f} s",
            name=self.name,
            what=what,
            delay=delay,
        )

    def _is_news(self, reason: str) -> bool:
        return self._reminders.due(reason, self._reactor.seconds())

    def _give_up(self, failure: Failure) -> None:
        # Nothing of the attempt is needed any more, such as its connection.
        failure.cleanFailure()
        self._ready = failure
        if not self._waiting:
            self.log.error("{tunnel}", tunnel=self.describe())
        self._answer(failure)

    def _answer(self, result: Address | Failure) -> None:
        for waiting in self._waiting[:]:
            # One that hears may cancel another, or ask anew.
            if waiting in self._waiting:
                self._waiting.remove(waiting)
                waiting.callback(result)

    def _closed(self, _: object) -> None:
        self._is_closing = False
        self._forward = self._since = None
        if self.running:
            # It was started again meanwhile.
            self._try()
        while self._stopping:
            self._stopping.pop(0).callback(None)

    def _state(self) -> str:
        if isinstance(self._ready, Failure):
            return self._ready.getErrorMessage()
        if self._is_closing:
            return "closing"
        if self._retry is not None:
            return f"next try in {self._retry.getTime() - self._reactor.seconds():.1f} s"
        if self._forward is None:
            return "stopped"
        if self._forward.state is State.HELD:
            return f"its {join(*self._where)} leads here"
        return self._forward.state.value


def _may_pass(failure: Failure) -> bool:
    return bool(failure.check(SshError)) and not failure.check(*_LASTING)
