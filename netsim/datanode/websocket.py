"""A WebSocket to a router, as autobahn speaks it, that tells how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.exception import Disconnected, PayloadExceededError
from autobahn.twisted.wamp import ApplicationSession
from autobahn.twisted.websocket import WampWebSocketClientFactory, WampWebSocketClientProtocol
from autobahn.wamp import message
from autobahn.wamp.exception import ApplicationError, SerializationError
from autobahn.wamp.serializer import (
    CBORSerializer,
    JsonSerializer,
    MsgPackObjectSerializer,
    MsgPackSerializer,
    Serializer,
)
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from netsim.datanode.model import MESSAGE_SIZE
from netsim.datanode.tls import why_untrusted

__all__ = ["RouterSocket", "RouterSocketFactory"]

PING_EVERY = 10.0
PONG_WITHIN = 5.0
CLOSED_WITHIN = 0.5
"""Seconds."""

_log = Logger()

Closed = Callable[["RouterSocket", str], None]


class _Log:
    """In place of autobahn's logger: who has the connection tells what is of interest."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._pass

    def critical(self, text: str, **fields: object) -> None:
        """A mistake in the code of a session."""
        _log.critical(text, **fields)

    def _pass(self, *args: object, **fields: object) -> None:
        """Log nothing."""


class RouterSocket(WampWebSocketClientProtocol):
    """
    One connection.

    @ivar was_open: it has been a WebSocket.
    @ivar is_gone: it has ended.
    """

    log = _Log()
    transport: Any
    was_open = False
    is_gone = False

    def __init__(self, closed: Closed) -> None:
        super().__init__()
        self._tell_closed = closed
        self._closed: list[Deferred[None]] = []
        self._goodbye: IDelayedCall | None = None
        self._why: str | None = None

    def finish(self) -> Deferred[None]:
        """Say goodbye; fires when the connection is gone."""
        closed: Deferred[None] = Deferred()
        self._closed.append(closed)
        session = self._session
        if session is not None and session.is_attached():
            session.leave()
        else:
            self.abort()
        return closed

    def drop(self, why: str) -> None:
        """End it at once, for a reason of ours."""
        self._why = why
        self.abort()

    def abort(self) -> None:
        """End it at once."""
        self.transport.abortConnection()

    def send(self, msg: Any) -> None:
        """Send a message; the error of an answer that cannot be sent is sent in its place."""
        try:
            super().send(msg)
        except Disconnected:
            # Nobody is left who waits for an answer.
            if not isinstance(msg, message.Yield | message.Error):
                raise
        except (PayloadExceededError, SerializationError) as error:
            if not isinstance(msg, message.Yield):
                raise
            # autobahn would tell it in an answer that holds the whole result once more.
            _log.warn("an answer cannot be sent: {error}", error=str(error))
            kind, uri = message.Invocation.MESSAGE_TYPE, ApplicationError.INVALID_PAYLOAD
            super().send(message.Error(kind, msg.request, uri, args=[str(error)]))

    def connectionMade(self) -> None:
        """Ask for a WebSocket."""
        # autobahn means to, but has not got the setting yet when it does.
        self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def onOpen(self) -> None:
        """The router has agreed."""
        self.was_open = True
        super().onOpen()

    def onCloseFrame(self, code: int, reasonRaw: bytes) -> bool | None:
        """The router has said goodbye; it is for the router to close the connection, soon."""
        self._goodbye = self.factory.reactor.callLater(CLOSED_WITHIN, self.abort)
        done: bool | None = super().onCloseFrame(code, reasonRaw)
        return done

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell, once."""
        super().connectionLost(reason)
        if self._goodbye is not None and self._goodbye.active():
            self._goodbye.cancel()
        if not self.is_gone:
            self.is_gone = True
            self._tell_closed(self, self._reason(reason))
            for closed in self._closed:
                closed.callback(None)

    def _reason(self, failure: Failure) -> str:
        if self._why is not None:
            return self._why
        if untrusted := why_untrusted(failure):
            return f"cannot be trusted: {untrusted}"
        said = self.wasNotCleanReason or failure.getErrorMessage()
        return f"is lost: {said}" if self.was_open else f"has no WebSocket: {said}"


class _Timers:
    """autobahn's timers, by the clock that was passed in."""

    def __init__(self, reactor: Any) -> None:
        self.call_later = reactor.callLater


class _MsgPackObjects(MsgPackObjectSerializer):
    """Reads also dictionaries whose keys are no strings, which autobahn would hang up upon."""

    def unserialize(self, payload: bytes) -> list[Any]:
        """Read one message."""
        return [self.MSGPACK_MODULE.unpackb(payload, raw=False, strict_map_key=False)]


class _MsgPackSerializer(MsgPackSerializer):
    def __init__(self) -> None:
        Serializer.__init__(self, _MsgPackObjects())


class RouterSocketFactory(WampWebSocketClientFactory):
    """Makes one connection."""

    def __init__(
        self, url: str, reactor: Any, make: Callable[[], ApplicationSession], closed: Closed
    ) -> None:
        """
        @param make: makes the session that uses it, once it is a WebSocket.
        @param closed: called when it has ended, with the reason: the rest of a sentence that
            begins with the router.
        """
        # The fastest first: 200,000 floats through crossbar take 50 ms, 80 ms and 1.2 s.
        serializers = [_MsgPackSerializer(), CBORSerializer(), JsonSerializer()]
        super().__init__(make, url=url, reactor=reactor, serializers=serializers)
        self._batched_timer = _Timers(reactor)
        self._tell_closed = closed
        self.setProtocolOptions(
            maxFramePayloadSize=MESSAGE_SIZE,
            maxMessagePayloadSize=MESSAGE_SIZE,
            autoPingInterval=PING_EVERY,
            autoPingTimeout=PONG_WITHIN,
            # Whoever wants a connection has limits of his own.
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            serverConnectionDropTimeout=0,
        )

    def buildProtocol(self, addr: object) -> RouterSocket:
        """Make it."""
        socket = RouterSocket(self._tell_closed)
        socket.factory = self
        return socket
