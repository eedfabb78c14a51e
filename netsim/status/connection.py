"""
One WebSocket to a daemon.

autobahn reads it; what is written is framed here.  That is because autobahn draws the
masks of frames from the program's own random numbers, and seeds them anew for every
factory, while a program that is watched has to run as if nobody did.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.errors import MessageError
from netsim.status.frames import PING, client_frame, client_frames
from netsim.status.message import Message, decode

__all__ = ["MAX_MESSAGE", "Connection", "ConnectionFactory", "Events"]

MAX_MESSAGE = 4 << 20
"""Bytes of a message from the daemon; a longer one ends the connection."""

_MAX_HEAD = 64 << 10
"""Bytes of a daemon's answer to the request for a WebSocket."""

_HANDSHAKE_WITHIN = 5.0
_CLOSED_WITHIN = 1.0
"""Seconds."""


class Events(Protocol):
    """Whom a connection tells what happens to it."""

    def opened(self, connection: Connection) -> None:
        """It is a WebSocket now."""

    def received(self, connection: Connection, message: Message) -> None:
        """A message has come."""

    def ponged(self, connection: Connection, payload: bytes) -> None:
        """The answer to a ping has come, and so the other side has read what was before it."""

    def drained(self, connection: Connection) -> None:
        """It is ready again."""

    def closed(self, connection: Connection, reason: str) -> None:
        """It is gone, or never was a WebSocket."""


class _Quiet:
    """In place of autobahn's logger: whoever has the connection tells what is of interest."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._pass

    def _pass(self, *args: object, **fields: object) -> None:
        """Log nothing."""


@implementer(IPushProducer)
class Connection(WebSocketClientProtocol):
    """
    A WebSocket, from its TCP connection to its end.

    @ivar ready: the other side reads what is sent.
    @ivar was_open: it has been a WebSocket.
    @ivar is_gone: there is no connection any more.
    """

    log = _Quiet()
    _log = Logger()
    transport: Any

    ready = False
    was_open = False
    is_gone = False

    def __init__(self, events: Events) -> None:
        super().__init__()
        self._events = events
        self._closed: list[Deferred[None]] = []
        self._goodbye: IDelayedCall | None = None

    def send(self, texts: Sequence[bytes]) -> None:
        """Send messages: what a connection that is not ready has to keep is not bounded."""
        if texts:
            self.sendData(client_frames(texts, os.urandom(4 * len(texts))))

    def ping(self, payload: bytes) -> None:
        """Ask whether what was sent before has arrived."""
        self.sendFrame(PING, payload)

    def finish(self) -> Deferred[None]:
        """Say goodbye; fires when the connection is gone."""
        closed: Deferred[None] = Deferred()
        self._closed.append(closed)
        if self.was_open:
            self.ready = False
            self.sendClose(1000, "done")
        else:
            self.abort()
        return closed

    def abort(self) -> None:
        """Be gone at once."""
        self.transport.abortConnection()

    def connectionMade(self) -> None:
        """Ask for a WebSocket."""
        self.transport.setTcpKeepAlive(True)
        # autobahn means to, but has not got the setting yet when it does.
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        """Read, whatever it is."""
        if not self.was_open and len(self.data) > _MAX_HEAD:
            self.abort()
            return
        try:
            super().dataReceived(data)
        except Exception as error:  # noqa: BLE001 - a daemon may send anything, also what autobahn does not expect
            self._log.debug("what came is no WebSocket: {error}", error=error)
            self.abort()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell, once."""
        self.ready = False
        super().connectionLost(reason)
        if not self.is_gone:
            self.is_gone = True
            if self._goodbye is not None and self._goodbye.active():
                self._goodbye.cancel()
            self._events.closed(self, self._why(reason))
            for closed in self._closed:
                closed.callback(None)

    def onOpen(self) -> None:
        """The daemon has agreed."""
        self.ready = self.was_open = True
        self._events.opened(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """Pass it on; what is no message is passed over."""
        try:
            message = decode(payload)
        except MessageError as error:
            self._log.debug("a message from the daemon cannot be read: {error}", error=error)
        else:
            self._events.received(self, message)

    def onCloseFrame(self, code: int, reasonRaw: bytes) -> bool | None:
        """The daemon has said goodbye; it is for the daemon to close the connection, soon."""
        self.ready = False
        self._goodbye = self.factory.reactor.callLater(_CLOSED_WITHIN, self.abort)
        done: bool | None = super().onCloseFrame(code, reasonRaw)
        return done

    def onPong(self, payload: bytes) -> None:
        """Pass it on."""
        self._events.ponged(self, payload)

    def pauseProducing(self) -> None:
        """The other side does not read as fast as we write."""
        self.ready = False

    def resumeProducing(self) -> None:
        """It has read."""
        self.ready = self.was_open and self.state == self.STATE_OPEN
        if self.ready:
            self._events.drained(self)

    def stopProducing(self) -> None:
        """The connection is gone."""
        self.ready = False

    def sendFrame(
        self,
        opcode: int,
        payload: bytes = b"",
        fin: bool = True,
        rsv: int = 0,
        mask: bytes | None = None,
        payload_len: int | None = None,
        chopsize: int | None = None,
        sync: bool = False,
    ) -> None:
        """Send what autobahn sends of itself: answers to pings, and the last frame."""
        self.sendData(client_frame(opcode, payload, os.urandom(4)))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write."""
        self.transport.write(data)

    def _why(self, reason: Failure) -> str:
        if self.remoteCloseCode is not None:
            said = f": {self.remoteCloseReason}" if self.remoteCloseReason else ""
            return f"the daemon has closed it ({self.remoteCloseCode}{said})"
        if self.wasNotCleanReason and not self.was_open:
            return str(self.wasNotCleanReason)
        return reason.getErrorMessage()


class _Timers:
    """Autobahn's timers, by the clock that was passed in."""

    def __init__(self, reactor: Any) -> None:
        self.call_later = reactor.callLater


class ConnectionFactory(WebSocketClientFactory):
    """Makes one connection."""

    noisy = False

    def __init__(self, url: str, reactor: Any, events: Events, token: str | None = None) -> None:
        # Not what autobahn does here: it seeds the program's random numbers anew.
        self.reactor = reactor
        self.logOctets = self.logFrames = self.trackTimings = False
        self._batched_timer = _Timers(reactor)
        self._events = events
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.setSessionParameters(url, useragent="netsim", headers=headers)
        self.resetProtocolOptions()
        self.setProtocolOptions(
            openHandshakeTimeout=_HANDSHAKE_WITHIN,
            # Whoever finishes a connection waits no longer than it likes to.
            closeHandshakeTimeout=0,
            serverConnectionDropTimeout=0,
            maxFramePayloadSize=MAX_MESSAGE,
            maxMessagePayloadSize=MAX_MESSAGE,
        )

    def buildProtocol(self, addr: object) -> Connection:
        """Make it."""
        connection = Connection(self._events)
        connection.factory = self
        return connection
