"""Transports like those of TCP, with flow control, over channels."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    ITCPTransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from netsim.dsisocket.ssh.channel import Channel

__all__ = ["ChannelTransport"]


@implementer(ITCPTransport, IConsumer, IPushProducer)
class ChannelTransport:
    """
    What the protocol of such a connection knows of it.

    @ivar disconnecting: C{loseConnection} was called.
    """

    log = Logger()
    disconnecting = False
    producer: Any = None

    def __init__(
        self, channel: Channel, protocol: Any, host: IAddress, peer: IAddress, clock: Any
    ) -> None:
        self._channel = channel
        self._protocol = protocol
        self._host = host
        self._peer = peer
        self._clock = clock
        self._waiting = bytearray()
        self._eof = self._eof_told = False
        self._is_ending = self._write_ended = False
        self._is_full = False
        self._handing_over = False
        self._end: BaseException | None = None

    # What the protocol asks.

    def write(self, data: bytes) -> None:
        """Send it, or keep it until the peer takes it."""
        if data and not self.disconnecting and not self._is_ending:
            self._channel.write(data)

    def writeSequence(self, data: Any) -> None:
        """Send all of it."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """Close it when all is sent; it is over when the peer has agreed."""
        if self.disconnecting or self._protocol is None:
            return
        self.disconnecting = True
        self._waiting.clear()
        self._channel.loseConnection()
        self._resume_channel()

    def abortConnection(self) -> None:
        """Close it, whatever was not sent; it is over in the reactor's next turn."""
        if self._protocol is None:
            return
        self.disconnecting = True
        self._waiting.clear()
        self._channel.discard()
        self._resume_channel()
        self._clock.callLater(0, self._lose, ConnectionAborted())

    def loseWriteConnection(self) -> None:
        """Send nothing more; what the peer sends still comes."""
        if not self.disconnecting:
            self._is_ending = True
            self._channel.end_writing()

    def getPeer(self) -> Any:
        """Who connected, on the far side."""
        return self._peer

    def getHost(self) -> Any:
        """The address on the far side."""
        return self._host

    def pauseProducing(self) -> None:
        """
        Give nothing more to the protocol.

        What the peer's window allows is kept, and the window is not opened again.
        """
        self._channel.holds_back = True

    def resumeProducing(self) -> None:
        """Go on."""
        if not self._channel.holds_back:
            return
        self._resume_channel()
        self._hand_over()

    def stopProducing(self) -> None:
        """As the transports of TCP do it."""
        self.loseConnection()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        Pause a producer when the peer does not take more.

        @raise ValueError: it is a pull producer, or there is another one.
        """
        if self.producer is not None or not streaming:
            raise ValueError(f"cannot register {producer!r}: one push producer is possible")
        if self._protocol is None:
            producer.stopProducing()
            return
        self.producer = producer
        if self._is_full:
            producer.pauseProducing()

    def unregisterProducer(self) -> None:
        """Forget it."""
        self.producer = None

    def getTcpNoDelay(self) -> bool:
        """Nothing waits here."""
        return True

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is nothing to be set."""

    def getTcpKeepAlive(self) -> bool:
        """The connection below has its own."""
        return True

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """There is nothing to be set."""

    # What the channel tells.

    def begin(self) -> None:
        """The connection is there."""
        self._tell("makeConnection", self)

    def data_received(self, data: bytes) -> None:
        """Hand it on, or keep it."""
        if not (self._protocol is None or self.disconnecting or self._eof):
            self._waiting += data
            self._hand_over()

    def eof_received(self) -> None:
        """The peer sends nothing more."""
        self._eof = True
        self._hand_over()

    def closed(self, reason: BaseException | None) -> None:
        """
        Both sides have closed.

        @param reason: the whole connection was lost; what the protocol has not taken is dropped.
        """
        self._end = reason or ConnectionDone()
        if reason is not None or self.disconnecting:
            self._lose(self._end)
        else:
            self._hand_over()

    def write_ended(self) -> None:
        """All was sent after which nothing comes."""
        self._write_ended = True
        if IHalfCloseableProtocol.providedBy(self._protocol):
            self._tell("writeConnectionLost")
        if self._eof_told:
            self.loseConnection()

    def stop_writing(self) -> None:
        """The peer takes no more for now."""
        self._is_full = True
        if self.producer is not None:
            self.producer.pauseProducing()

    def start_writing(self) -> None:
        """It has taken all."""
        was_full, self._is_full = self._is_full, False
        if was_full and self.producer is not None:
            self.producer.resumeProducing()

    def _hand_over(self) -> None:
        """Give what was kept to the protocol, in order, until it wants no more."""
        if self._handing_over:
            return
        self._handing_over = True
        while self._waiting and self._takes():
            data = bytes(self._waiting)
            self._waiting.clear()
            self._tell("dataReceived", data)
        self._handing_over = False
        if self._waiting or not self._takes():
            return
        if self._eof and not self._eof_told:
            self._eof_told = True
            self._end_of_input()
        if self._end is not None:
            self._lose(self._end)

    def _takes(self) -> bool:
        # As with TCP, nothing is heard after loseConnection.
        return not (self._protocol is None or self.disconnecting or self._channel.holds_back)

    def _end_of_input(self) -> None:
        if not IHalfCloseableProtocol.providedBy(self._protocol):
            self.loseConnection()
            return
        self._tell("readConnectionLost")
        if self._write_ended:
            self.loseConnection()

    def _resume_channel(self) -> None:
        """Open the window again."""
        channel = self._channel
        channel.holds_back = False
        left, size = channel.localWindowLeft, channel.localWindowSize
        if left < size // 2:
            channel.conn.adjustWindow(channel, size - left)

    def _lose(self, reason: BaseException) -> None:
        protocol, self._protocol = self._protocol, None
        producer, self.producer = self.producer, None
        self._waiting.clear()
        if producer is not None:
            producer.stopProducing()
        if protocol is not None:
            try:
                protocol.connectionLost(Failure(reason))
            except Exception:  # noqa: BLE001
                self.log.failure("A mistake in the code")

    def _tell(self, method: str, *arguments: Any) -> None:
        # What goes wrong there is no fault of the connection, which others use too.
        try:
            getattr(self._protocol, method)(*arguments)
        except Exception:  # noqa: BLE001
            self.log.failure("A mistake in the code")
            self.abortConnection()
