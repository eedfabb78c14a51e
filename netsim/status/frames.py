"""WebSocket frames, and those that a client sends: RFC 6455, section 5."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["PING", "TEXT", "client_frame", "client_frames", "frame_head", "masked"]

TEXT = 0x1
PING = 0x9
"""Opcodes: RFC 6455, section 5.2."""

_FIN = 0x80
_MASKED = 0x80
_KEY = 4
"""Bytes of a mask."""


def frame_head(opcode: int, size: int, mask_bit: int = 0) -> bytes:
    """
    Begin a frame that is whole: section 5.2.

    @param size: bytes of its payload.
    @param mask_bit: C{0x80} if a key follows, and a payload that is masked with it.
    """
    if size < 126:
        return bytes((_FIN | opcode, mask_bit | size))
    if size < 1 << 16:
        return bytes((_FIN | opcode, mask_bit | 126)) + size.to_bytes(2)
    return bytes((_FIN | opcode, mask_bit | 127)) + size.to_bytes(8)


def client_frame(opcode: int, payload: bytes, mask: bytes) -> bytes:
    """
    Frame something whole, in one piece.

    @param mask: four bytes that nobody could foresee.
    """
    return frame_head(opcode, len(payload), _MASKED) + mask + masked(payload, mask)


def client_frames(texts: Sequence[bytes], masks: bytes) -> bytes:
    """
    Frame several texts, to be written at once.

    @param masks: four bytes for each.
    """
    return b"".join(
        client_frame(TEXT, text, masks[number * _KEY : (number + 1) * _KEY])
        for number, text in enumerate(texts)
    )


def masked(payload: bytes, mask: bytes) -> bytes:
    """Mask a payload, or undo that: section 5.3."""
    # As one long number: byte by byte it would take a hundred times as long.
    size = len(payload)
    key = (mask * (size // _KEY + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")
