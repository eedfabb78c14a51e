"""
The status of a system, sent to all who subscribed, on the reactor's clock.

It is asked for once in C{sampling_time} seconds, for all together, and only while
there is a subscriber.
"""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from netsim.simulator.conversation import Conversation
from netsim.simulator.crew import Hand
from netsim.simulator.instance import SLOW, Instance

_LEAST = 1e-3
"""Seconds: a shorter sampling time is this."""

_EARLY = 1e-3
"""Part of a beat by which a clock may be too early, as sums of fractions are not exact."""


class Subscriber(Protocol):
    """
    Whoever gets the status.

    @ivar ready: it takes one now; while it does not, it is passed over.
    """

    ready: bool

    def write(self, data: bytes) -> None:
        """Take a status."""


class Beat:
    """
    Asks for the status and sends it.

    @ivar skipped: beats that never were, because those before took too long.
    @ivar missed: how often a status was not sent to one who did not read.
    """

    log = Logger()

    def __init__(self, instance: Instance) -> None:
        self.skipped = 0
        self.missed = 0
        self._instance = instance
        self._conversation = Conversation(instance, "the beat", listens=False)
        self._names: dict[Subscriber, object] = {}
        self._missed: dict[Subscriber, int] = {}
        self._subscribers: tuple[Subscriber, ...] = ()
        self._run: _Run | None = None

    def add(self, subscriber: Subscriber, name: object) -> None:
        """Send to this one, too, from now on."""
        self._names[subscriber] = name
        self._subscribers = tuple(self._names)
        if self._run is None:
            self._run = _Run(self, self._instance)
            self._run.start()

    def remove(self, subscriber: Subscriber) -> None:
        """Send to this one no longer; tell what it has missed."""
        name = self._names.pop(subscriber, None)
        self._subscribers = tuple(self._names)
        if missed := self._missed.pop(subscriber, 0):
            self.log.warn(
                "{label}: {name} did not read: {missed} statuses were not sent to it",
                label=self._instance.label,
                name=name,
                missed=missed,
            )
        if not self._subscribers and self._run is not None:
            self._run.stop()
            self._run = None

    def send(self, run: _Run, status: Any) -> None:
        """Send what the system has given."""
        # What was asked for others, who have left meanwhile, is old by now.
        if run is not self._run or not (data := self._conversation.answer(status)):
            return
        for subscriber in self._subscribers:
            if subscriber.ready:
                subscriber.write(data)
            else:
                self._pass_over(subscriber)

    def skip(self, count: int) -> None:
        """So many beats never were."""
        if not self.skipped:
            self.log.warn(
                "{label}: the beat of {period} seconds cannot be kept: beats are skipped",
                label=self._instance.label,
                period=self._instance.system.sampling_time,
            )
        self.skipped += count

    def _pass_over(self, subscriber: Subscriber) -> None:
        if subscriber not in self._names:
            return
        self.missed += 1
        missed = self._missed[subscriber] = self._missed.get(subscriber, 0) + 1
        if missed == 1:
            self.log.warn(
                "{label}: {name} does not read: no status is sent to it until it does",
                label=self._instance.label,
                name=self._names[subscriber],
            )


class _Run:
    """From the first subscriber until there is none: what still goes on of it ends by itself."""

    def __init__(self, beat: Beat, instance: Instance) -> None:
        self._beat = beat
        self._instance = instance
        self._hand: Hand = instance.hand()
        self._period = max(instance.system.sampling_time, _LEAST)
        self._began = instance.clock.seconds()
        self._number = -1
        self._call: Any = LoopingCall(self._ask)
        self._call.clock = instance.clock

    def start(self) -> None:
        """Ask at once, and then periodically."""
        self._call.start(self._period, now=True)

    def stop(self) -> None:
        """Ask no more."""
        self._call.stop()
        self._hand.stop()

    def _ask(self) -> Deferred[Any] | None:
        seconds = self._instance.clock.seconds
        began = seconds()
        number = int((began - self._began) / self._period + _EARLY)
        before, self._number = self._number, number
        if number == before:
            return None
        if number > before + 1:
            self._beat.skip(number - before - 1)
        asked = self._hand.submit(self._instance.system.beat)
        asked.addCallback(self._told).addErrback(self._instance.failed, "status")
        if (took := seconds() - began) > SLOW:
            self._instance.took(took, "a status")
        return asked

    def _told(self, status: Any) -> None:
        self._beat.send(self, status)
