"""WebSocket frames as a client sends them: RFC 6455, section 5."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["PING", "TEXT", "client_frame", "client_frames"]

TEXT = 0x1
PING = 0x9
"""Opcodes: RFC 6455, section 5.2."""

_FIN = 0x80
_MASKED = 0x80
_KEY = 4
"""Bytes of a mask."""


def client_frame(opcode: int, payload: bytes, mask: bytes) -> bytes:
    """
    Frame something whole, in one piece.

    @param mask: four bytes that nobody could foresee.
    """
    size = len(payload)
    if size < 126:
        head = bytes((_FIN | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_FIN | opcode, _MASKED | 126)) + size.to_bytes(2)
    else:
        head = bytes((_FIN | opcode, _MASKED | 127)) + size.to_bytes(8)
    return head + mask + _masked(payload, mask)


def client_frames(texts: Sequence[bytes], masks: bytes) -> bytes:
    """
    Frame several texts, to be written at once.

    @param masks: four bytes for each.
    """
    return b"".join(
        client_frame(TEXT, text, masks[number * _KEY : (number + 1) * _KEY])
        for number, text in enumerate(texts)
    )


def _masked(payload: bytes, mask: bytes) -> bytes:
    # As one long number: byte by byte it would take a hundred times as long.
    size = len(payload)
    key = (mask * (size // _KEY + 1))[:size]
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")
