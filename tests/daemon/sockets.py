"""What clients of the daemon's WebSockets say, and hear, as bytes."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.daemon.frames import unmask

KEY = b"\x12\x34\x56\x78"
TEXT = 0x81
CLOSE, PING, PONG = 0x88, 0x89, 0x8A


def masked(payload: bytes, head: int = TEXT) -> bytes:
    """A frame as clients send it."""
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = b"\xfe" + size.to_bytes(2)
    else:
        length = b"\xff" + size.to_bytes(8)
    return bytes((head,)) + length + KEY + unmask(payload, KEY)


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read whole frames as servers send them: first bytes and payloads."""
    while data:
        size, start = data[1], 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start])
        assert len(data) >= start + size, "a frame is cut"
        yield data[0], data[start : start + size]
        data = data[start + size :]
