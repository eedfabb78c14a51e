"""L{netsim.status.frames}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.status.frames import PING, TEXT, client_frame, client_frames
from tests.properties import examples

MASKS = st.binary(min_size=4, max_size=4)


def unframed(data: bytes) -> tuple[int, bytes, bytes]:
    """Read a frame byte by byte: its opcode, its payload and what follows it."""
    assert data[0] & 0xF0 == 0x80, "whole, and no reserved bits"
    assert data[1] & 0x80, "masked"
    extra = {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
    size = int.from_bytes(data[2 : 2 + extra]) if extra else data[1] & 0x7F
    assert extra != 2 or size > 125, "the shortest form"
    assert extra != 8 or size > 65535, "the shortest form"
    mask, rest = data[2 + extra : 6 + extra], data[6 + extra :]
    payload = bytes(byte ^ mask[n % 4] for n, byte in enumerate(rest[:size]))
    return data[0] & 0x0F, payload, rest[size:]


class FrameTests(SynchronousTestCase):
    """Frames are what RFC 6455 says."""

    @given(st.binary(max_size=300), MASKS)
    @examples(200)
    def test_payload(self, payload: bytes, mask: bytes) -> None:
        """A payload can be read again."""
        self.assertEqual((PING, payload, b""), unframed(client_frame(PING, payload, mask)))

    def test_sizes(self) -> None:
        """Each of the three forms of a size is used where it is the shortest."""
        for size, head in [(0, 2), (125, 2), (126, 4), (65535, 4), (65536, 10), (1 << 20, 10)]:
            frame = client_frame(TEXT, b"x" * size, b"abcd")
            self.assertEqual(head + 4 + size, len(frame))
            self.assertEqual((TEXT, b"x" * size, b""), unframed(frame))

    def test_mask(self) -> None:
        """It is hidden in the mask that was given."""
        self.assertEqual(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", HELLO)

    @given(st.lists(st.tuples(st.binary(max_size=200), MASKS), max_size=5))
    @examples(100)
    def test_several(self, parts: list[tuple[bytes, bytes]]) -> None:
        """Several are written one after the other, each with its own mask."""
        texts = [text for text, _ in parts]
        data = client_frames(texts, b"".join(mask for _, mask in parts))
        expected = b"".join(client_frame(TEXT, text, mask) for text, mask in parts)
        self.assertEqual(expected, data)


HELLO = client_frame(TEXT, b"Hello", b"\x37\xfa\x21\x3d")
"""RFC 6455, section 5.7, has this example."""
