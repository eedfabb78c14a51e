"""What Twisted's transports can do beyond their interfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IPullProducer
from zope.interface import implementer


def prompt_writer(transport: Any) -> Callable[[bytes], None]:
    """
    Make a C{write} that hands its data to the system at once.

    Twisted keeps what is written for the reactor's next turn, when the system says
    that it can be sent; for a small message all that costs as much as sending it.
    What cannot be sent at once is sent then, in order, and producers are told as
    always.  Where a transport has no C{doWrite} (IWriteDescriptor), it is its own
    C{write}.

    It is for messages, not for loops: a loop would write as long as the other side
    reads, and nobody else would be served.
    """
    write: Callable[[bytes], None] = transport.write
    send: Callable[[], object] | None = getattr(transport, "doWrite", None)
    if send is None:
        return write

    def write_at_once(data: bytes) -> None:
        write(data)
        if send() is not None:
            # The connection is at its end, which the reactor has to hear.
            transport.startWriting()

    return write_at_once


@implementer(IPullProducer)
class Outlet:
    """
    Hands messages to the system at once, and tells when there is no room for more.

    As L{prompt_writer} it does not wait for the reactor's next turn; as long as all
    of it can be sent it does not even tell the reactor, which makes it the fastest
    way for a message of Twisted's TCP.  It is the producer of its transport.

    @ivar ready: everything that was written is sent.
    """

    def __init__(self, transport: Any, drained: Callable[[], None] = lambda: None) -> None:
        """@param drained: called when C{ready} becomes true again."""
        self.ready = True
        self._drained = drained
        self._transport = transport
        # Not of whatever has the method: TLS passes that on to the TCP below it.
        is_own = isinstance(transport, FileDescriptor) and not getattr(transport, "TLS", False)
        self._send: Callable[[bytes], Any] | None = transport.writeSomeData if is_own else None
        # A pull producer is asked for more each time when all is sent, a push
        # producer only after it was too much.
        self._pulls = is_own
        transport.registerProducer(self, not is_own)

    def write(self, data: bytes) -> None:
        """Send it, or what fits, and the rest as soon as it can be."""
        if self.ready and self._send is not None:
            sent = self._send(data)
            if sent == len(data):
                return
            # No number: the connection is lost, of which the reactor has to hear.
            data = data[sent:] if isinstance(sent, int) and sent > 0 else data
        if self._pulls:
            self.ready = False
        self._transport.write(data)

    def close(self) -> None:
        """Write nothing more; what was written is still sent."""
        self._send = None
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """There is too much to be sent."""
        self.ready = False

    def resumeProducing(self) -> None:
        """All is sent, or little enough is left."""
        was_ready, self.ready = self.ready, True
        if not was_ready:
            self._drained()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self._send = None
        self.ready = False
