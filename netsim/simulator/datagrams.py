"""
The datagrams of an instance.

Each is a conversation of its own.  The system is called for one after the other: on
the reactor, or in one thread for all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from queue import Empty
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.error import MessageLengthError
from twisted.internet.protocol import DatagramProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.peers import Peer as Sender
from netsim.peers import describe_peer
from netsim.simulator.conversation import Conversation, Farewell
from netsim.simulator.instance import SLOW, Instance
from netsim.simulator.queues import StatusQueue
from netsim.simulator.system import as_bytes
from netsim.simulator.traffic import Traffic

__all__ = ["DatagramListenHandler", "DatagramSendHandler"]

MAX_PENDING = 1024
"""Datagrams that wait for an answer; what comes beyond that is lost, as UDP may."""


@define(eq=False)
class DatagramPeer:
    """The sender of a datagram, as its system knows it."""

    host: str
    port: int
    _send: Callable[[bytes, Sender], object]
    state: Any = None

    def send(self, data: bytes | str) -> None:
        """Send a datagram that is no answer."""
        self._send(as_bytes(data), (self.host, self.port))

    def close(self) -> None:
        """There is no connection to end."""

    def __str__(self) -> str:
        return describe_peer((self.host, self.port))


class DatagramHandler(DatagramProtocol):
    """
    Takes datagrams.

    @ivar instance: whom they are for.
    """

    listens = True
    noisy = False
    transport: Any
    log = Logger()

    def __init__(self, instance: Instance, farewell: Callable[[], object] = lambda: None) -> None:
        """@param farewell: called when a command stops this address."""
        self.instance = instance
        self._farewell = farewell
        self._hand = instance.datagram_hand()
        self._heard = self._count = 0
        self._pending = 0
        self._full = False
        self._answering: dict[Deferred[Any], Conversation] = {}

    @property
    def traffic(self) -> Traffic:
        """What has come so far, also what was lost here."""
        return Traffic(self._count, self._heard)

    def datagramReceived(self, datagram: bytes, addr: Sender) -> None:
        """Somebody has sent something."""
        self._count += 1
        self._heard += len(datagram)
        if self._pending >= MAX_PENDING:
            self._refuse()
            return
        self._pending += 1
        seconds = self.instance.clock.seconds
        began = seconds()
        heard = self.hear(datagram, addr)
        if self.instance.on_reactor and (took := seconds() - began) > SLOW:
            self.instance.took(took, "an answer")
        heard.addErrback(self.instance.failed, "a datagram").addCallback(self._done)

    def hear(self, datagram: bytes, addr: Sender) -> Deferred[Any]:
        """Let the system have it; fires when it is answered."""
        if not self.instance.on_reactor:
            return self._hand.submit(self._talk, datagram, addr)
        conversation = self._conversation(addr, self._write)
        answering = Deferred.fromCoroutine(self._answer(conversation, datagram, addr))
        if not answering.called:
            self._answering[answering] = conversation
            answering.addBoth(self._answered, answering)
        return answering

    def logPrefix(self) -> str:
        """What it is called in logs."""
        return self.instance.label

    def stopProtocol(self) -> None:
        """The port is closed: what takes its time is not waited for."""
        for answering, conversation in list(self._answering.items()):
            conversation.ended = True
            answering.cancel()
        self._hand.stop()

    def _conversation(self, addr: Sender, send: Callable[[bytes, Sender], object]) -> Conversation:
        peer = DatagramPeer(*addr[:2], send)
        if self.listens:
            peer.state = self.instance.new_state(peer)
        return Conversation(self.instance, peer, self.listens)

    async def _answer(self, conversation: Conversation, datagram: bytes, addr: Sender) -> None:
        for outcome in conversation.datagram(datagram):
            self._say(outcome if isinstance(outcome, bytes) else await outcome, addr)

    def _answered(self, result: Any, answering: Deferred[Any]) -> Any:
        del self._answering[answering]
        return result

    def _talk(self, datagram: bytes, addr: Sender) -> None:
        """In the thread: answer."""
        call = self.instance.clock.callFromThread
        conversation = self._conversation(addr, partial(call, self._write))
        for outcome in conversation.datagram(datagram):
            if isinstance(outcome, bytes):
                call(self._say, outcome, addr)
            else:
                conversation.refuse(outcome)

    def _say(self, data: bytes, addr: Sender) -> None:
        if data:
            self._write(data, addr)
        if isinstance(data, Farewell):
            self._farewell()

    def _write(self, data: bytes, addr: Sender) -> None:
        # The port may be closed by now.
        if self.transport is None:
            return
        try:
            self.transport.write(data, addr)
        except (OSError, MessageLengthError) as error:
            self.log.warn(
                "{label}: cannot send {size} bytes to {peer}: {reason}",
                label=self.instance.label,
                size=len(data),
                peer=describe_peer(addr),
                reason=getattr(error, "strerror", None) or error,
            )

    def _done(self, result: object) -> None:
        self._pending -= 1
        if self._pending <= MAX_PENDING // 2:
            self._full = False

    def _refuse(self) -> None:
        if not self._full:
            self.log.warn(
                "{label}: {count} datagrams wait for an answer: new ones are dropped",
                label=self.instance.label,
                count=MAX_PENDING,
            )
        self._full = True


class DatagramListenHandler(DatagramHandler):
    """Takes the datagrams of a system that listens."""


class DatagramSendHandler(DatagramHandler):
    """Sends one status for each datagram, whatever is in it; custom commands are read."""

    listens = False

    def __init__(self, instance: Instance, farewell: Callable[[], object] = lambda: None) -> None:
        """@param farewell: called when a command stops this address."""
        super().__init__(instance, farewell)
        self._subscribers: set[_OneStatus] = set()

    def stopProtocol(self) -> None:
        """The port is closed: whoever waits for a status gets none."""
        for waiting in list(self._subscribers):
            waiting.leave()
        super().stopProtocol()

    def hear(self, datagram: bytes, addr: Sender) -> Deferred[Any]:
        """Obey custom commands, then send a status."""
        return super().hear(datagram, addr).addCallback(lambda _: self._status(addr))

    def _status(self, addr: Sender) -> Deferred[Any] | None:
        if self.transport is None:
            return None
        if self.instance.is_periodic:
            asked = self._hand.submit(self.instance.system.beat)
            return asked.addCallback(self._send_status, addr)
        waiting = _OneStatus(self.instance, self._hand)
        self._subscribers.add(waiting)
        return waiting.deferred.addBoth(self._leave, waiting).addCallback(self._send_status, addr)

    def _leave(self, status: Any, waiting: _OneStatus) -> Any:
        self._subscribers.discard(waiting)
        return status

    def _send_status(self, status: Any, addr: Sender) -> None:
        conversation = Conversation(self.instance, describe_peer(addr), False)
        self._say(conversation.answer(status), addr)


class _OneStatus:
    """Subscribes, waits for one status, and unsubscribes."""

    def __init__(self, instance: Instance, hand: Any) -> None:
        self.deferred: Deferred[Any] = Deferred()
        self._instance = instance
        self._hand = hand
        self._queue = StatusQueue(lambda: instance.clock.callFromThread(self._take))
        subscribing = hand.submit(instance.system.subscribe, self._queue)
        subscribing.addErrback(self._refused)

    def _refused(self, failure: Failure) -> None:
        self._queue.close()
        if self.deferred.called:
            self._instance.failed(failure, "subscribe")
        else:
            self.deferred.errback(failure)

    def _take(self) -> None:
        try:
            status = self._queue.get_nowait()
        except Empty:
            return
        self.leave()
        if not self.deferred.called:
            self.deferred.callback(status)

    def leave(self) -> None:
        """Unsubscribe, and let go whoever waits in the queue."""
        self._queue.close()
        leaving = self._hand.submit(self._instance.system.unsubscribe, self._queue)
        leaving.addErrback(self._instance.failed, "unsubscribe")
