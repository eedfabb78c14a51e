"""How messages are read from a WebSocket of the daemon."""

from __future__ import annotations

from typing import Any

from autobahn import websocket
from autobahn.websocket import xormasker

from netsim.daemon import frames
from netsim.daemon.handshake import HandshakeProtocol

__all__ = ["ReadingProtocol"]

_SHORT = 1 << 10
"""Bytes of a payload up to which calling a C function takes longer than Python does."""

_HAS_C = getattr(websocket, "USES_NVX", False)


class ReadingProtocol(HandshakeProtocol):
    """
    Reads messages that came whole by itself, and has autobahn read everything else: parts
    of messages, pings, what is wrong.
    """

    current_frame: Any
    inside_message: bool
    maxMessagePayloadSize: int

    def heard(self, *texts: bytes) -> None:
        """Messages have come; they are UTF-8."""
        raise NotImplementedError

    def show_life(self) -> None:
        """Whoever sends, or takes what was sent before a ping, need not answer that yet."""
        timeout: Any = self.autoPingTimeoutCall
        if timeout is not None:
            self._cancelAutoPingTimeoutCall()

    def processData(self) -> bool:
        """Read whole text messages here, quickly, and let autobahn read everything else."""
        if self.current_frame is not None or self.inside_message:
            return bool(super().processData())
        texts, used, is_begun = frames.whole_texts(self.data, self.maxMessagePayloadSize, _unmask)
        if used:
            self.data = self.data[used:]
            self.show_life()
            self.heard(*texts)
        elif not is_begun:
            return bool(super().processData())
        return bool(self.data) and not is_begun

    def onMessageFrameData(self, payload: bytes) -> None:
        """Keep a part of a message; of frames without payload there may be any number."""
        if payload:
            super().onMessageFrameData(payload)

    def onMessageEnd(self) -> None:
        """Take a message that did not come whole, or is not called text but has to be."""
        text = b"".join(self.message_data)
        self.message_data = []
        if self.message_is_binary and not frames.is_utf8(text):
            self._invalid_payload("a message is text")
        self.heard(text)


def _unmask(payload: bytes, key: bytes) -> bytes:
    # Where autobahn comes without C code its own way is by far the slowest.
    if len(payload) <= _SHORT or not _HAS_C:
        return frames.unmask(payload, key)
    masker: Any = xormasker
    unmasked: bytes = masker.create_xor_masker(key, len(payload)).process(payload)
    return unmasked
