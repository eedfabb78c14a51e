"""WebSocket frames: a message to many receivers is framed once."""

from __future__ import annotations

from functools import cached_property

__all__ = ["Packet", "text_frame"]

_TEXT = 0x81
"""FIN and the opcode of a text frame: RFC 6455, section 5.2."""


def text_frame(text: bytes) -> bytes:
    """Frame a whole message as a server does: not masked, in one piece."""
    size = len(text)
    if size < 126:
        return bytes((_TEXT, size)) + text
    if size < 1 << 16:
        return bytes((_TEXT, 126)) + size.to_bytes(2) + text
    return bytes((_TEXT, 127)) + size.to_bytes(8) + text


class Packet:
    """
    A message on its way to its receivers.

    @ivar text: the message, as JSON.
    @ivar droppable: it is a log line.
    @ivar result: of an action's answer; see L{netsim.daemon.model.Send}.
    """

    def __init__(self, text: bytes, droppable: bool = False, result: int = 200) -> None:
        self.text = text
        self.droppable = droppable
        self.result = result

    @cached_property
    def frame(self) -> bytes:
        """The message as it goes over a WebSocket; made when it is first needed."""
        return text_frame(self.text)
