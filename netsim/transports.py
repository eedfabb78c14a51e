"""What Twisted's transports can do beyond their interfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


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
