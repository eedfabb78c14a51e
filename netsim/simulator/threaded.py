"""
The connections of a system that may block: its calls come from a thread of each.

This is how existing systems were written to run (WIRE.md, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import get_ident
from typing import Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from netsim.simulator.conversation import Farewell, Outcome
from netsim.simulator.crew import Hand
from netsim.simulator.handlers import BaseHandler, ListenHandler
from netsim.simulator.lines import Line, ReactorLine, line
from netsim.simulator.senders import SendHandler

MAX_UNASKED = 64
"""Messages of C{peer.send} that wait for a thread; what comes beyond that is dropped."""


class _Threaded(BaseHandler):
    """Hands over what comes, a whole segment at a time, and reads nothing meanwhile."""

    _hand: Hand
    _line: Line
    _thread: int | None = None
    _tasks = _unasked = 0
    _leaving = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._home = get_ident()

    def dataReceived(self, data: bytes) -> None:
        """The client has said something."""
        self._in_thread(self._talk, data)

    def readConnectionLost(self) -> None:
        """The client will say no more, and has its answers."""
        self.close()

    def close(self) -> None:
        """End the connection, after what was sent; in any thread."""
        if get_ident() == self._home:
            super().close()
        elif get_ident() == self._thread:
            # The system is being called: what it answers is still sent.
            self._leaving = self._conversation.ended = True
        else:
            self.instance.clock.callFromThread(self.close)

    def send_unasked(self, data: bytes) -> None:
        """Send something that is no answer, from any thread; see L{BaseHandler.send_unasked}."""
        if get_ident() == self._thread:
            self._line.send(data)
        else:
            self.instance.clock.callFromThread(self._send_later, data)

    def _send_later(self, data: bytes) -> None:
        # In the thread, too: answers must not be cut in two by it.
        if self.connected and self._outlet.ready and self._unasked < MAX_UNASKED:
            self._unasked += 1
            self._hand.submit(self._line.send, data).addCallback(self._sent)

    def _sent(self, done: bool) -> None:
        self._unasked -= 1

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> None:
        self.transport.pauseProducing()
        self._tasks += 1
        talking = self._hand.submit(function, *args)
        talking.addErrback(self.instance.failed, "a conversation").addCallback(self._back)

    def _talk(self, data: bytes) -> None:
        """In the thread: answer, and go on as long as more comes."""
        self._thread = get_ident()
        line = self._line
        while data:
            if not self._say_from_thread(line, self._conversation.feed(data)) or self._leaving:
                return
            data = line.receive()

    def _say_from_thread(self, line: Line, outcomes: Iterator[Outcome]) -> bool:
        for outcome in outcomes:
            if not isinstance(outcome, bytes):
                self._conversation.refuse(outcome)
            elif not line.send(outcome):
                return False
            elif isinstance(outcome, Farewell):
                self.instance.clock.callFromThread(self._farewell)
        return True

    def _back(self, result: object = None) -> None:
        self._tasks -= 1
        if not self.connected:
            return
        if self._leaving:
            self.close()
        elif self._outlet.ready and not self._tasks:
            self.transport.resumeProducing()

    def _drained(self) -> None:
        super()._drained()
        if self._tasks and self.connected:
            self.transport.pauseProducing()


class ThreadedListenHandler(_Threaded, ListenHandler):
    """A connection on which a system is spoken to."""

    def connectionMade(self) -> None:
        """Greet the client, from its thread."""
        BaseHandler.connectionMade(self)
        self._hand = self.instance.hand()
        self._line = line(self.transport, self._outlet.write, self.instance.clock)
        self._in_thread(self._greet)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The client is gone; its thread ends when the system lets it."""
        super().connectionLost(reason)
        self._line.hang_up()
        if self._hand.withdraw():
            self._line.close()
        else:
            self._hand.submit(self._line.close)
        self._hand.stop()

    def close(self) -> None:
        """End the connection, after what was sent; who waits in its thread is let go."""
        super().close()
        if get_ident() == self._home:
            self._line.hang_up()

    def new_state(self) -> Any:
        """The system is asked for it in the thread."""
        return None

    def _greet(self) -> None:
        self._thread = get_ident()
        self._conversation.peer.state = super().new_state()
        self._say_from_thread(self._line, self._conversation.greeting())


class ThreadedSendHandler(_Threaded, SendHandler):
    """A connection on which a system's status is sent; custom commands go to its thread."""

    def connectionMade(self) -> None:
        """Subscribe."""
        super().connectionMade()
        self._line = ReactorLine(self._outlet.write, self.instance.clock)

    def new_state(self) -> Any:
        """Only who is listened to has one."""
        return None
