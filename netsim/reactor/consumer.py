"""
The writing side of a connection: what is written, by whom, and when it is all sent.

libuv sends at once what the system takes and keeps the rest.  It tells when it
keeps too much (C{pause_writing}) and when that is sent (C{resume_writing}): that
drives producers, and the end of a connection that waits for one.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol

BUFFER = 1 << 16
"""Bytes that libuv keeps before a producer is paused, as in Twisted's transports."""


class Consumer:
    """
    Takes data for a connection, and tells producers when to send.

    While the connection is open, its C{write} is libuv's own.
    """

    connected = False
    disconnecting = False
    disconnected = False
    producer: Any = None
    streamingProducer = False
    producerPaused = False
    protocol: Any = None
    TLS = False

    _uv: Any
    _loop: AbstractEventLoop
    _full = False
    _half_closing = False
    _pulling: Handle | None = None
    _finishing: Handle | None = None

    def write(self, data: bytes) -> None:
        """Send this; nothing happens when the connection is not open."""
        if not isinstance(data, bytes):
            raise TypeError("Data must be bytes")

    _raw_write: Any = write

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """
        Send these, one after the other.

        In one piece: libuv would keep the first ones when a later one is no bytes.
        """
        try:
            data = b"".join(iovec)
        except TypeError:
            raise TypeError("Data must be bytes") from None
        self.write(data)

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """
        Let a producer write as fast as the other side reads.

        @raise RuntimeError: another producer is registered.
        """
        if self.producer is not None:
            raise RuntimeError(
                f"Cannot register producer {producer}, because producer {self.producer} was"
                " never unregistered."
            )
        if self.disconnected:
            producer.stopProducing()
            return
        self.producer, self.streamingProducer = producer, streaming
        if not streaming:
            self._write_through(self._write_pulled)
            self._uv.set_write_buffer_limits(0)
            producer.resumeProducing()
            # What was written before may be sent already, of which libuv is silent.
            self._pull_soon()
        elif self._full:
            self._pause_producer()

    def unregisterProducer(self) -> None:
        """The producer is done: what it wrote is still sent."""
        producer, self.producer, self.producerPaused = self.producer, None, False
        if producer is None or not self.connected:
            return
        self._write_as_ever()
        if self.disconnecting:
            self._uv.close()
        elif self._half_closing:
            self._end_writing()

    def loseWriteConnection(self) -> None:
        """Send all that was written, and then an end of file; reading goes on."""
        if self.connected and not self._half_closing:
            self._half_closing = True
            if not self._waits_for_producer():
                self._loop.call_soon(self._end_writing)

    def stopConsuming(self) -> None:
        """The producer has lost its own connection."""
        self.unregisterProducer()
        self.loseConnection()

    def loseConnection(self) -> None:
        """Send all that was written, and close."""
        raise NotImplementedError

    # What libuv calls.

    def pause_writing(self) -> None:
        """There is more to be sent than should be kept."""
        self._full = True
        if self.streamingProducer and self.producer is not None:
            self._pause_producer()

    def resume_writing(self) -> None:
        """Nearly all is sent."""
        self._full = False
        if self._waits_for_producer():
            self._safely(self._resume_producer)
        elif self._half_closing:
            self._safely(self._writing_ended)

    # The pieces of it.

    def _write_through(self, write: Callable[[bytes], None]) -> None:
        """Have everything written by this."""
        self._raw_write = write
        if not self.TLS:
            self.write = write  # type: ignore[assignment,method-assign]

    def _write_as_ever(self) -> None:
        self._write_through(self._uv.write)
        self._uv.set_write_buffer_limits(BUFFER)

    def _write_pulled(self, data: bytes) -> None:
        """Send this, and pull more when it is sent: libuv says so only if that takes time."""
        self._uv.write(data)
        self._pull_soon()

    def _pull_soon(self) -> None:
        if self._pulling is None and not self._uv.get_write_buffer_size():
            self._pulling = self._loop.call_soon(self._pull)

    def _write_last(self, data: bytes) -> None:
        """Send this, and close when the producer is not paused after all it writes now."""
        self._uv.write(data)
        self._finish_soon()

    def _finish_soon(self) -> None:
        if self._finishing is None:
            self._finishing = self._loop.call_soon(self._finish)

    def _waits_for_producer(self) -> bool:
        return self.producer is not None and (not self.streamingProducer or self.producerPaused)

    def _pause_producer(self) -> None:
        self.producerPaused = True
        self.producer.pauseProducing()

    def _resume_producer(self) -> None:
        self.producerPaused = False
        if self.disconnecting and self.streamingProducer:
            self._write_through(self._write_last)
        self.producer.resumeProducing()

    def _pull(self) -> None:
        self._pulling = None
        if self.connected and self._waits_for_producer() and not self._full:
            self._safely(self._resume_producer)

    def _finish(self) -> None:
        """Close, unless a producer waits to be resumed: it has its say first."""
        self._finishing = None
        if self.connected and not self._waits_for_producer():
            self._uv.close()

    def _end_writing(self) -> None:
        if not self.connected:
            return
        self._uv.write_eof()
        # libuv refuses what comes after it.
        self._write_through(partial(Consumer.write, self))
        self._uv.set_write_buffer_limits(0)
        if not self._full:
            self._loop.call_soon(self._safely, self._writing_ended)

    def _writing_ended(self) -> None:
        protocol = IHalfCloseableProtocol(self.protocol, None)
        if self.connected and protocol is not None:
            protocol.writeConnectionLost()

    def _safely(self, call: Callable[[], None]) -> None:
        """What raises in a producer or protocol loses its connection, and nothing else."""
        raise NotImplementedError
