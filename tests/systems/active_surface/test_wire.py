"""
Tests for L{netsim.systems.active_surface.wire}.

The bytes that are wanted are written out by hand, from docs/systems/active_surface.rst.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.active_surface.wire import ACK, FRAMING, NAK, REQUEST, frame, is_sound
from tests.framing import checkFraming
from tests.properties import examples

BYTES = st.integers(0, 255)


class FrameTests(SynchronousTestCase):
    def test_a_frame_is_put_together(self) -> None:
        self.assertEqual(frame(REQUEST, 1, 0x12), bytes.fromhex("fa 00 01 12 f2"))
        moving = frame(REQUEST, 1, 0x20, bytes.fromhex("00 00 03 e8 00 c8"))
        self.assertEqual(moving, bytes.fromhex("fa 06 01 20 00 00 03 e8 00 c8 2b"))
        self.assertEqual(frame(ACK, 1, 0x20), bytes.fromhex("06 00 01 20 d8"))
        self.assertEqual(frame(NAK, 1, 0x20, b"\x07"), bytes.fromhex("15 01 01 20 07 c1"))

    def test_requests_are_cut_out_of_a_stream(self) -> None:
        shortest, longest = frame(REQUEST, 1, 0x12), frame(REQUEST, 0, 0x25, bytes(74))
        stream = b"noise" + shortest + b"\xfa\x4b" + longest
        tail = b"\xfa\x00\x01"
        checkFraming(self, lambda: FRAMING.framer().feed, stream, [shortest, longest], tail)

    @examples(100)
    @given(BYTES, BYTES, st.binary(max_size=74), st.integers(0, 78), st.integers(1, 255))
    def test_no_single_byte_can_change_unseen(
        self, address: int, code: int, data: bytes, place: int, change: int
    ) -> None:
        sound = frame(REQUEST, address, code, data)
        self.assertTrue(is_sound(sound))
        damaged = bytearray(sound)
        damaged[place % len(sound)] ^= change
        self.assertFalse(is_sound(bytes(damaged)))
