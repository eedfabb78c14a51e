"""Does what the bridge says: connections and REST callers on one side, the archive on the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from zope.interface import implementer

from netsim.daemon.bridge import Bridge
from netsim.daemon.frames import BURST, BURST_BYTES, Batch, Packet
from netsim.daemon.interfaces import IArchive, IReceiver
from netsim.daemon.model import (
    Close,
    Effect,
    Logged,
    Note,
    Peer,
    ProjectState,
    Send,
    Synced,
)

__all__ = ["Answer", "Switchboard"]

TICK = 0.5
"""Seconds between two looks for actions whose time is up."""


@define
class Answer:
    """
    What became of an action.

    @ivar result: as HTTP says it: 200 the program has answered, 404 nobody is there,
        429 too many are waiting, 504 no answer in time.
    @ivar payload: of the answer.
    """

    result: int
    payload: Any


class Tap(Protocol):
    """Sees what passes, for C{--debug}."""

    def __call__(self, arrow: str, peer: Peer, text: bytes) -> None: ...


class Switchboard:
    """
    Joins the bridge, which only thinks, to those who talk, and to the archive.

    @ivar last_traffic: when something last came in, by the reactor's clock.
    """

    log = Logger()

    def __init__(
        self,
        bridge: Bridge,
        archive: IArchive,
        reactor: IReactorTime,
        now: Callable[[], float],
        tap: Tap | None = None,
    ) -> None:
        """@param now: Unix time."""
        self.bridge = bridge
        self.archive = archive
        self.last_traffic = reactor.seconds()
        self._reactor = reactor
        self._now = now
        self._tap = tap
        self._receivers: set[IReceiver] = set()
        self._audience: tuple[Peer, ...] = ()
        self._gathered: list[Packet] = []
        self._size = 0
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = reactor

    async def start(self) -> None:
        """Load what an earlier daemon has kept."""
        for kept in await self.archive.load():
            self.bridge.restore(kept.name, kept.last_seen, kept.status)
        self._ticking.start(TICK, now=False)

    def stop(self, code: int, reason: str) -> Deferred[Any]:
        """Close all connections, and write what is left to be kept."""
        if self._ticking.running:
            self._ticking.stop()
        for receiver in list(self._receivers):
            receiver.close(code, reason)
        closed: Deferred[Any] = self.archive.close()
        return closed

    def touch(self) -> None:
        """Something came in: the daemon is not idle."""
        self.last_traffic = self._reactor.seconds()

    def connected(self, peer: IReceiver) -> None:
        """A WebSocket is open."""
        self.touch()
        self._receivers.add(peer)
        self._perform(self.bridge.connect(peer, self._now()))

    def received(self, peer: IReceiver, *texts: bytes) -> None:
        """Messages have come, one after the other."""
        self.touch()
        now = self._now()
        for text in texts:
            if self._tap is not None:
                self._tap("<", peer, text)
            for effect in self.bridge.receive(peer, text, now):
                self._bring_about(effect, now)
        self._spread()

    def disconnected(self, peer: IReceiver) -> None:
        """A WebSocket is closed."""
        self._receivers.discard(peer)
        self._perform(self.bridge.disconnect(peer, self._now()))

    def sync(self, name: str, status: dict[str, Any]) -> None:
        """
        A program tells its status.

        @raise LimitError: there are too many projects.
        """
        self._perform(self.bridge.sync(name, status, self._now()))

    def ask(self, name: str, payload: Any, timeout: float | None = None) -> Deferred[Answer]:
        """
        Call an action of a project that exists; its answer always comes.

        @param timeout: seconds.
        """
        caller = _Caller()
        now = self._now()
        self._perform(self.bridge.ask(caller, name, payload, now, timeout))
        return caller.answer

    def projects(self) -> list[ProjectState]:
        """All projects, by name."""
        return self.bridge.projects(self._now())

    def project(self, name: str) -> ProjectState | None:
        """One of them."""
        return self.bridge.project(name, self._now())

    def forget(self, name: str) -> None:
        """Remove a project, with everything that is kept of it, unless a program is connected."""
        if self.bridge.forget(name):
            self.archive.forget(name)

    def _tick(self) -> None:
        self._perform(self.bridge.tick(self._now()))

    def _perform(self, effects: Iterable[Effect]) -> None:
        now = self._now()
        for effect in effects:
            self._bring_about(effect, now)
        self._spread()

    def _bring_about(self, effect: Effect, now: float) -> None:
        match effect:
            case Send():
                self._send(effect)
            case Logged():
                self.archive.logged(effect, now)
            case Synced():
                self.archive.synced(effect, now)
            case Close(peer, code, reason):
                self._spread()
                peer.close(code, reason)  # type: ignore[attr-defined]
            case Note("warn", text):
                self.log.warn("{text}", text=text)
            case Note(_, text):
                self.log.info("{text}", text=text)

    def _send(self, sending: Send) -> None:
        receivers, text = sending.receivers, sending.text
        if self._tap is not None:
            for receiver in receivers:
                self._tap(">", receiver, text)
        # As long as nobody comes or goes these are the same ones.
        if receivers is not self._audience:
            self._spread()
            self._audience = receivers
        self._gathered.append(Packet(text, sending.droppable, sending.result))
        self._size += len(text)
        if self._size >= BURST_BYTES or len(self._gathered) >= BURST:
            self._spread()

    def _spread(self) -> None:
        """Send what has gathered for the same receivers."""
        packets, receivers = self._gathered, self._audience
        if not packets:
            return
        self._gathered, self._audience, self._size = [], (), 0
        if len(packets) == 1:
            for receiver in receivers:
                receiver.push(packets[0])  # type: ignore[attr-defined]
        else:
            batch = Batch(packets)
            for receiver in receivers:
                receiver.push_all(batch)  # type: ignore[attr-defined]


@implementer(IReceiver)
class _Caller:
    """Somebody who called an action through REST, and waits."""

    def __init__(self) -> None:
        self.answer: Deferred[Answer] = Deferred()

    def push(self, packet: Packet) -> None:
        """This is the answer."""
        if not self.answer.called:
            self.answer.callback(Answer(packet.result, json.loads(packet.text)["payload"]))

    def push_all(self, batch: Batch) -> None:
        """These are the answer, and nothing: there is no more than one."""
        self.push(batch.packets[0])

    def close(self, code: int, reason: str) -> None:
        """There is no connection."""
