"""The connections on which the status of an instance is sent."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from netsim.simulator.beat import Beat
from netsim.simulator.handlers import BaseHandler
from netsim.simulator.instance import Instance
from netsim.simulator.queues import StatusQueue

__all__ = ["SendHandler"]


class SendHandler(BaseHandler):
    """
    A connection on which a system's status is sent; only custom commands are read.

    Without a beat the system is given a queue, into which it puts what is sent.
    """

    def __init__(
        self,
        instance: Instance,
        gone: Callable[[BaseHandler], None] = lambda handler: None,
        farewell: Callable[[], object] = lambda: None,
        beat: Beat | None = None,
    ) -> None:
        """@param beat: sends the status of a system that has C{status}."""
        super().__init__(instance, gone, farewell)
        self._beat = beat
        self._queue: StatusQueue | None = None
        self._called = False

    def connectionMade(self) -> None:
        """Subscribe."""
        super().connectionMade()
        self._hand = self.instance.hand()
        if self._beat is not None:
            self._beat.add(self._outlet, self._conversation.peer)
            return
        self._queue = StatusQueue(self._arrived)
        subscribing = self._hand.submit(self.instance.system.subscribe, self._queue)
        subscribing.addErrback(self.instance.failed, "subscribe", self._conversation.peer)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Unsubscribe, and let go whoever waits in the queue."""
        super().connectionLost(reason)
        if self._beat is not None:
            self._beat.remove(self._outlet)
        elif self._queue is not None:
            self._queue.close()
            leaving = self._hand.submit(self.instance.system.unsubscribe, self._queue)
            leaving.addErrback(self.instance.failed, "unsubscribe", self._conversation.peer)
        self._hand.stop()

    def _arrived(self) -> None:
        """The system has put something into the queue, in whatever thread."""
        if not self._called:
            self._called = True
            self.instance.clock.callFromThread(self._pass_on)

    def _pass_on(self) -> None:
        self._called = False
        # One at a time, as each that is put calls this: others are served in between.
        if self._queue is None or not self._outlet.ready or not self.connected:
            return
        try:
            status = self._queue.get_nowait()
        except Empty:
            return
        if data := self._conversation.answer(status):
            self._outlet.write(data)

    def _drained(self) -> None:
        super()._drained()
        self._pass_on()
