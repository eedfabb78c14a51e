"""
WebSocket frames, as RFC 6455 has them in section 5.2.

A message to many receivers is framed once; messages that come whole, as nearly all do,
are read without anything more than it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netsim.status.frames import TEXT, frame_head
from netsim.status.frames import masked as unmask

__all__ = [
    "BURST",
    "BURST_BYTES",
    "Batch",
    "Packet",
    "Unmask",
    "is_utf8",
    "text_frame",
    "unmask",
    "whole_texts",
]

BURST = 64
BURST_BYTES = 1 << 15
"""Messages, and bytes, after which a long burst is sent before it ends."""

_TEXT = 0x81
"""FIN and the opcode of a text frame."""

_MASKED = 0x80
_SHORT = 126
"""Says that the length follows in two bytes; less is the length itself, and more in eight."""

Unmask = Callable[[bytes, bytes], bytes]
"""Takes a payload and its key of four bytes."""


def text_frame(text: bytes) -> bytes:
    """Frame a whole message as a server does: not masked, in one piece."""
    return frame_head(TEXT, len(text)) + text


def whole_texts(data: bytes, most: int, unmask: Unmask = unmask) -> tuple[list[bytes], int, bool]:
    """
    Read the text messages at the beginning that have come whole, in one frame each.

    @param most: bytes of a message.
    @return: the messages; how many bytes of C{data} they are; and whether the rest is the
        beginning of one more.  If it is not, then it is too little to tell, something else,
        or wrong: that is for a reader that knows everything.
    """
    texts: list[bytes] = []
    start, end = 0, len(data)
    while end - start > 5 and data[start] == _TEXT:
        size, body = data[start + 1] - _MASKED, start + 6
        if size == _SHORT:
            size, body = int.from_bytes(data[start + 2 : start + 4]), start + 8
            is_good = _SHORT <= size <= most
        else:
            is_good = 0 <= size < _SHORT and size <= most
        stop = body + size
        if not is_good:
            break
        if stop > end:
            return texts, start, True
        text = unmask(data[body:stop], data[body - 4 : body])
        if not text.isascii() and not is_utf8(text):
            break
        texts.append(text)
        start = stop
    return texts, start, False


def is_utf8(text: bytes) -> bool:
    """Tell whether a message can be text."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class Packet:
    """
    A message on its way to its receivers.

    @ivar text: the message, as JSON.
    @ivar droppable: it is a log line.
    @ivar result: of an action's answer; see L{netsim.daemon.model.Send}.
    @ivar frame: the message as it goes over a WebSocket.
    """

    __slots__ = ("droppable", "frame", "result", "text")

    def __init__(self, text: bytes, droppable: bool = False, result: int = 200) -> None:
        self.text = text
        self.droppable = droppable
        self.result = result
        self.frame = text_frame(text)


class Batch:
    """
    Messages that go to the same receivers, one after the other: they are joined once.

    @ivar packets: the messages.
    @ivar frames: all of them as they go over a WebSocket.
    """

    __slots__ = ("frames", "packets")

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets
        self.frames = b"".join([packet.frame for packet in packets])
