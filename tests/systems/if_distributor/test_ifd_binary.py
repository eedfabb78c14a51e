"""Tests for L{netsim.systems.if_distributor.ifd_binary}."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.if_distributor.ifd_binary import ANSWER, Code, System, checksum, frame
from netsim.systems.if_distributor.model import Reason
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming
from tests.properties import examples

SEQUENCE = 200


class BinaryTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.device = SimulatedDevice(System())
        self.client = self.device.connect()
        self.device.clock.advance(1)

    def ask(self, code: int, layout: str = ">", *values: Any) -> bytes:
        """The payload of the answer to a request."""
        answer = self.client.say(frame(SEQUENCE, code, struct.pack(layout, *values)))
        payload = answer[6:-2]
        self.assertEqual(answer, frame(SEQUENCE, code | ANSWER, payload))
        return payload

    def accepted(self, code: int, layout: str = ">", *values: Any) -> bytes:
        """The data of the answer to a request that must be accepted."""
        payload = self.ask(code, layout, *values)
        self.assertEqual(payload[:1], b"\x00")
        return payload[1:]

    def refused(self, reason: Reason, code: int, layout: str = ">", *values: Any) -> None:
        """Fail unless a request is refused for this reason."""
        self.assertEqual(self.ask(code, layout, *values), bytes([reason]))


class FrameTests(BinaryTestCase):
    def test_the_checksum_is_the_usual_one(self) -> None:
        self.assertEqual(checksum(b"123456789"), b"\x29\xb1")

    def test_requests_are_found_however_they_are_cut(self) -> None:
        stream = (
            b"\x00noise I"
            + frame(1, Code.GET_ATTENUATION, b"\x01")
            + b"IF\x00\xff"
            + frame(2, Code.SET_ALL_ATTENUATIONS, bytes(14))
            + frame(3, Code.RESET)[:-1]
            + b"\x00"
            + frame(4, Code.GET_ATTENUATION, b"\x02")
        )
        wanted = [
            frame(1, Code.GET_ATTENUATION | ANSWER, b"\x00\x28"),
            frame(2, Code.SET_ALL_ATTENUATIONS | ANSWER, b"\x00"),
            frame(4, Code.GET_ATTENUATION | ANSWER, b"\x00\x00"),
        ]

        def make() -> Callable[[bytes], list[bytes]]:
            client = SimulatedDevice(System()).connect()

            def feed(data: bytes) -> list[bytes]:
                answers, found = client.say(data), []
                while answers:
                    size = answers[3] + 8
                    found.append(answers[:size])
                    answers = answers[size:]
                return found

            return feed

        checkFraming(self, make, stream, wanted, b"noiseIF\x00\x00")

    def test_a_request_with_a_wrong_checksum_is_ignored(self) -> None:
        request = frame(SEQUENCE, Code.SET_ATTENUATION, b"\x00\x00")
        for place in range(4, len(request)):
            damaged = bytearray(request)
            damaged[place] ^= 0x10
            self.assertEqual(self.client.say(bytes(damaged)), b"")
        self.assertEqual(self.accepted(Code.GET_ATTENUATION, ">B", 1), b"\x28")

    def test_the_longest_payload_has_56_bytes(self) -> None:
        self.refused(Reason.LENGTH, Code.RESET, ">56x")
        self.assertEqual(self.client.say(frame(1, Code.RESET, bytes(57))), b"")

    @examples(200)
    @given(st.lists(st.binary(max_size=40) | st.just(b"IF\x00\x00")))
    def test_no_bytes_make_it_raise(self, pieces: list[bytes]) -> None:
        client = SimulatedDevice(System()).connect()
        for piece in pieces:
            client.say(piece)

    @examples(500)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 255),
                st.sampled_from(list(Code)) | st.integers(0, 255),
                st.binary(max_size=4) | st.binary(min_size=14, max_size=14),
            )
        )
    )
    def test_no_request_makes_it_raise_and_each_is_answered(
        self, requests: list[tuple[int, int, bytes]]
    ) -> None:
        client = SimulatedDevice(System()).connect()
        for sequence, code, payload in requests:
            answer = client.say(frame(sequence, code, payload))
            self.assertEqual(answer, frame(sequence, code | ANSWER, answer[6:-2]))
            self.assertIn(answer[6], (0, *Reason))


class CommandTests(BinaryTestCase):
    def test_identify(self) -> None:
        found = struct.unpack(">BBBBI", self.accepted(Code.IDENTIFY))
        self.assertEqual(found, (0x14, 14, 2, 0, 14001))

    def test_settings_of_one_channel(self) -> None:
        for setting, reading, most, usual in (
            (Code.SET_ATTENUATION, Code.GET_ATTENUATION, 127, 40),
            (Code.SET_INPUT, Code.GET_INPUT, 3, 1),
            (Code.SET_BAND, Code.GET_BAND, 3, 0),
        ):
            for value in (0, most):
                self.accepted(setting, ">BB", 14, value)
                self.assertEqual(self.accepted(reading, ">B", 14), bytes([value]))
            self.assertEqual(self.accepted(reading, ">B", 13), bytes([usual]))
            self.refused(Reason.RANGE, setting, ">BB", 14, most + 1)

    def test_settings_of_all_channels(self) -> None:
        for setting, reading in (
            (Code.SET_ATTENUATION, Code.GET_ATTENUATION),
            (Code.SET_INPUT, Code.GET_INPUT),
            (Code.SET_BAND, Code.GET_BAND),
        ):
            self.accepted(setting, ">BB", 0, 2)
            found = [self.accepted(reading, ">B", number) for number in range(1, 15)]
            self.assertEqual(found, [b"\x02"] * 14)

    def test_all_attenuations_or_none(self) -> None:
        self.accepted(Code.SET_ALL_ATTENUATIONS, ">14B", *range(14))
        self.refused(Reason.RANGE, Code.SET_ALL_ATTENUATIONS, ">14B", *range(10, 23), 128)
        found = [self.accepted(Code.GET_ATTENUATION, ">B", number)[0] for number in range(1, 15)]
        self.assertEqual(found, list(range(14)))

    def test_oscillator(self) -> None:
        self.accepted(Code.SET_OSCILLATOR, ">I", 3_000_001)
        self.assertEqual(self.accepted(Code.GET_OSCILLATOR), struct.pack(">IB", 3_000_001, 0))
        self.device.clock.advance(0.2)
        self.assertEqual(self.accepted(Code.GET_OSCILLATOR), struct.pack(">IB", 3_000_001, 1))
        self.refused(Reason.RANGE, Code.SET_OSCILLATOR, ">I", 4_000_001)

    def test_power_in_hundredths(self) -> None:
        power = self.device.system.distributor.power(1.0, 3)
        (found,) = struct.unpack(">h", self.accepted(Code.GET_POWER, ">B", 3))
        self.assertAlmostEqual(found / 100, power, places=6)

    def test_read_all(self) -> None:
        self.accepted(Code.SET_ATTENUATION, ">BB", 2, 5)
        self.accepted(Code.SET_INPUT, ">BB", 2, 3)
        self.accepted(Code.SET_BAND, ">BB", 2, 2)
        data = self.accepted(Code.READ_ALL)
        self.assertEqual(data[:5], struct.pack(">IB", 2_000_000, 1))
        channels = list(struct.iter_unpack(">BBBh", data[5:]))
        settings = [channel[:3] for channel in channels]
        self.assertEqual(settings, [(40, 1, 0), (5, 3, 2), *[(40, 1, 0)] * 12])
        for number, channel in enumerate(channels, 1):
            alone = self.accepted(Code.GET_POWER, ">B", number)
            self.assertEqual(struct.pack(">h", channel[3]), alone)

    def test_reset(self) -> None:
        self.accepted(Code.SET_ATTENUATION, ">BB", 0, 5)
        self.accepted(Code.RESET)
        self.assertEqual(self.accepted(Code.GET_ATTENUATION, ">B", 1), b"\x28")
        self.assertEqual(self.accepted(Code.GET_OSCILLATOR), struct.pack(">IB", 2_000_000, 0))


class ErrorTests(BinaryTestCase):
    def test_unknown_commands(self) -> None:
        for code in set(range(0x80)) - set(Code):
            self.refused(Reason.COMMAND, code)

    def test_another_number_of_bytes(self) -> None:
        for code in Code:
            self.refused(Reason.LENGTH, code, ">3x")

    def test_channels_that_do_not_exist(self) -> None:
        for code in (Code.GET_ATTENUATION, Code.GET_INPUT, Code.GET_BAND, Code.GET_POWER):
            for number in (0, 15, 255):
                self.refused(Reason.CHANNEL, code, ">B", number)
        for code in (Code.SET_ATTENUATION, Code.SET_INPUT, Code.SET_BAND):
            for number in (15, 255):
                self.refused(Reason.CHANNEL, code, ">BB", number, 255)


class FaultTests(BinaryTestCase):
    def begin(self, kind: str) -> bytes:
        """A sound answer; from now on they are not."""
        sound = self.client.say(frame(255, Code.IDENTIFY))
        self.assertEqual(
            self.client.say(b"$system_fail:%s" % kind.encode() + b"%%%%%"), b"%s\n" % kind.encode()
        )
        return sound

    def test_a_wrong_checksum(self) -> None:
        sound = self.begin("wrong_checksum")
        answer = self.client.say(frame(255, Code.IDENTIFY))
        self.assertEqual((answer[:-1], answer[-1]), (sound[:-1], sound[-1] ^ 0xFF))

    def test_a_wrong_sequence_number(self) -> None:
        sound = self.begin("wrong_sequence")
        answer = self.client.say(frame(255, Code.IDENTIFY))
        self.assertEqual(answer, frame(0, Code.IDENTIFY | ANSWER, sound[6:-2]))
