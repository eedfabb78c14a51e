"""One WebSocket of the daemon."""

from __future__ import annotations

from collections.abc import Callable

from autobahn.util import encode_truncate
from twisted.internet.interfaces import IDelayedCall, ITCPTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.daemon.frames import BURST, BURST_BYTES, Batch, Packet
from netsim.daemon.interfaces import IReceiver
from netsim.daemon.outbox import Outbox
from netsim.daemon.reading import ReadingProtocol
from netsim.transports import Outlet

__all__ = ["CLOSE_WITHIN", "PIECE", "StatusProtocol"]

CLOSE_WITHIN = 1.0
"""Seconds that the other side has to read what it was sent, and to close as well."""

PIECE = 1 << 16
"""Bytes that are handed to the transport at a time; the rest stays where it can be dropped."""

_POLICY = 1008

_log = Logger()


@implementer(IReceiver)
class StatusProtocol(ReadingProtocol):
    """
    Reads messages for the switchboard, and writes what it wants sent.

    All bytes leave through one L{Outlet}, whole frames in order.  While that has no room,
    packets wait in an L{Outbox}, which knows what can be dropped.

    @ivar is_due: it will be told to L{flush}.
    """

    is_due = False

    _outlet: Outlet
    _outbox: Outbox
    _end: IDelayedCall | None = None
    _farewell: tuple[int, str] | None = None
    _is_known = False
    _is_open = False

    def connectionMade(self) -> None:
        """Prepare for the opening handshake."""
        if getattr(self.transport, "producer", None) is not None:
            # It was HTTP's until now, whose channel does not take itself off.
            self.transport.unregisterProducer()
        factory = self.factory
        self._outlet = Outlet(self.transport, self._drained)
        self._outbox = Outbox(factory.limits, factory.now)
        self._due: Callable[[StatusProtocol], None] = factory.due
        if ITCPTransport.providedBy(self.transport):
            # autobahn means to, but has not got the setting yet when it does.
            self.transport.setTcpNoDelay(True)
        super().connectionMade()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the switchboard, if it knows about this connection."""
        self._is_open = False
        self._outbox.clear()
        if self._end is not None:
            self._end.cancel()
            self._end = None
        super().connectionLost(reason)
        if self._is_known:
            self.factory.switchboard.disconnected(self)

    def dataReceived(self, data: bytes) -> None:
        """Take what has come, then send what follows from it, to whomever it is for."""
        with self.factory.turn:
            self.data += data
            self.consumeData()

    def __str__(self) -> str:
        return str(self.peer)

    def onOpen(self) -> None:
        """Tell the switchboard."""
        self._is_open = self._is_known = True
        self.factory.switchboard.connected(self)

    def onPing(self, payload: bytes) -> None:
        """Answer when what came before is on its way: programs do not send it again then."""
        self.factory.turn.flush()
        super().onPing(payload)

    def heard(self, *texts: bytes) -> None:
        """Pass them on, unless the connection is being closed."""
        if self._is_open:
            self.factory.switchboard.received(self, *texts)

    def push(self, packet: Packet) -> None:
        """Send this, or keep it, or drop it if it may be."""
        if not self._is_open:
            return
        outbox = self._outbox
        outbox.push(packet)
        if self._outlet.ready:
            if outbox.messages >= BURST or outbox.size >= BURST_BYTES:
                self.flush()
            elif not self.is_due:
                self.is_due = True
                self._due(self)
        elif not packet.droppable and outbox.is_overfull:
            self._give_up()

    def push_all(self, batch: Batch) -> None:
        """Send these, or keep them, or drop those that may be."""
        if self._is_open and self._outlet.ready and not self._outbox:
            self._outlet.write(batch.frames)
        else:
            for packet in batch.packets:
                self.push(packet)

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        outlet, outbox = self._outlet, self._outbox
        while outlet.ready and (data := outbox.take(PIECE)):
            outlet.write(data)
        if self._farewell is not None and not outbox:
            code, reason = self._farewell
            self.sendCloseFrame(code, encode_truncate(reason, 123))

    def close(self, code: int, reason: str) -> None:
        """Close the connection, when what was pushed has gone, and soon in any case."""
        if self._is_open:
            self._is_open = False
            self._farewell = code, reason
            self._end_soon()
            self.flush()

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """Say goodbye; nothing follows it."""
        self._is_open = False
        self._farewell = None
        self._outbox.clear()
        super().sendCloseFrame(code, reasonUtf8, isReply)
        self._end_soon()

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Write what autobahn has to say: it comes after the frame that is being sent."""
        self._outlet.write(data)

    def unregisterProducer(self) -> None:
        """Write nothing more."""
        self._outlet.close()

    def _closeConnection(self, abort: bool = False) -> None:
        # After both have said goodbye an abort could take ours from whoever has not read it.
        super()._closeConnection(abort and not self.wasClean)
        self._end_soon()

    def _drained(self) -> None:
        self.show_life()
        self.flush()

    def _give_up(self) -> None:
        _log.warn("A WebSocket of {peer} is closed: it reads too slowly", peer=self.peer)
        self._outbox.clear()
        self.close(_POLICY, "reads too slowly")

    def _end_soon(self) -> None:
        if self._end is None:
            self._end = self.factory.reactor.callLater(CLOSE_WITHIN, self._abort)

    def _abort(self) -> None:
        self._end = None
        self.transport.abortConnection()
