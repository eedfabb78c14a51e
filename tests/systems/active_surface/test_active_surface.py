"""Tests for L{netsim.systems.active_surface}."""

from __future__ import annotations

import struct
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems import active_surface
from netsim.systems.active_surface import System, wire
from netsim.systems.active_surface.model import Error, Status
from netsim.systems.active_surface.wire import ACK, BROADCAST, LINE, NAK, REQUEST, Code, frame
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming
from tests.properties import examples
from tests.systems import dialogue

MOVE = ">iH"
RESTING = Status.READY | Status.CALIBRATED | Status.IN_POSITION


class DeviceTestCase(SynchronousTestCase):
    """A line of twelve, and who speaks to it."""

    line = 1

    def setUp(self) -> None:
        self.device = SimulatedDevice(System(line=self.line))
        self.client = self.device.connect()

    def ask(self, address: int, code: int, layout: str = ">", *values: Any) -> bytes:
        """What is answered to a request."""
        answer: bytes = self.client.say(frame(REQUEST, address, code, struct.pack(layout, *values)))
        return answer

    def accepted(self, address: int, code: int, layout: str = ">", *values: Any) -> bytes:
        """The data of the answer to a request that must be accepted."""
        answer = self.ask(address, code, layout, *values)
        data = answer[4:-1]
        self.assertEqual(answer, frame(ACK, address, code, data))
        return data

    def refused(self, error: Error, address: int, code: int, *arguments: Any) -> None:
        """Fail unless a request is refused with this error."""
        answer = self.ask(address, code, *arguments)
        self.assertEqual(answer, frame(NAK, address, code, bytes([error])))

    def home(self) -> None:
        """All actuators are at 0."""
        self.ask(BROADCAST, Code.HOME)
        self.device.clock.advance(4)

    def position(self, address: int) -> int:
        return int.from_bytes(self.accepted(address, Code.POSITION), "big", signed=True)

    def status(self, address: int) -> int:
        return int.from_bytes(self.accepted(address, Code.STATUS), "big")


class LineTests(SynchronousTestCase):
    def test_there_are_96_on_consecutive_ports(self) -> None:
        places = [(listen, send, kind) for listen, send, kind, _ in active_surface.servers]
        wanted = [(("127.0.0.1", port), (), "tcp") for port in range(11000, 11096)]
        self.assertEqual(places, wanted)
        lines = [System(**arguments).line for *_, arguments in active_surface.servers]
        self.assertEqual(lines, list(range(1, 97)))

    def test_each_has_12_to_18_actuators(self) -> None:
        counts = [len(System(line=line).actuators) for line in range(1, 97)]
        self.assertEqual(counts[:8], [12, 13, 14, 15, 16, 17, 18, 12])
        self.assertEqual((min(counts), max(counts)), (12, 18))

    def test_there_are_no_others(self) -> None:
        for line in (0, 97):
            self.assertRaises(ValueError, System, line=line)
        self.assertEqual(System().line, 1)

    def test_actuators_wake_up_in_places_of_their_own_that_never_change(self) -> None:
        def away(line: int) -> list[int]:
            return [actuator._motion.target for actuator in System(line=line).actuators]

        self.assertEqual(away(3), away(3))
        self.assertNotEqual(away(3)[:12], away(4)[:12])
        self.assertTrue(
            all(-2000 <= place <= 2000 for line in range(1, 97) for place in away(line))
        )


class PageTests(SynchronousTestCase):
    def test_its_example_is_what_happens(self) -> None:
        device = SimulatedDevice(System(line=1))
        self.assertGreater(dialogue.check(self, "active_surface", "Example", device), 20)

    def test_it_has_every_command_error_bit_and_fault(self) -> None:
        text = (dialogue.PAGES / "active_surface.rst").read_text()
        for code in Code:
            self.assertIn(f"`{code:02x}`     {code.name.lower().replace('_', ' ')}  ", text)
        for error in Error:
            self.assertIn(f"\n`{error:02x}`  {error.name.lower().replace('_', ' ')}", text)
        for name, bit in vars(Status).items():
            if not name.startswith("_"):
                self.assertIn(f"\n`{bit:04x}`  {name.lower().replace('_', ' ')}", text)
        for kind in System.faults:
            self.assertIn(f"\n`{kind}`  ", text)


class FrameTests(DeviceTestCase):
    def test_requests_are_found_however_they_are_cut(self) -> None:
        stream = (
            b"\x00\xff noise"
            + frame(REQUEST, 1, Code.POSITION)
            + b"\xfa\xff"
            + frame(REQUEST, LINE, Code.IDENTIFY)
            + frame(REQUEST, BROADCAST, Code.MOVE_TO, struct.pack(MOVE, 5, 5))
        )
        wanted = [
            frame(ACK, 1, Code.POSITION, bytes(4)),
            frame(ACK, LINE, Code.IDENTIFY, bytes.fromhex("a5 02 04 01 0c 00 00 03 e8")),
        ]

        def make() -> Any:
            client = SimulatedDevice(System(line=1)).connect()

            def feed(data: bytes) -> list[bytes]:
                answers, found = client.say(data), []
                while answers:
                    size = answers[1] + 5
                    found.append(answers[:size])
                    answers = answers[size:]
                return found

            return feed

        checkFraming(self, make, stream, wanted, b"noise\xfa\x00\x01")

    def test_a_wrong_checksum_is_refused(self) -> None:
        request = frame(REQUEST, 1, Code.MOVE_TO, struct.pack(MOVE, 5, 5))
        for place in range(2, len(request)):
            damaged = bytearray(request)
            damaged[place] ^= 0x10
            answer = self.client.say(bytes(damaged))
            wanted = frame(NAK, damaged[2], damaged[3], bytes([Error.CHECKSUM]))
            self.assertEqual(answer, wanted)

    def test_a_broadcast_with_a_wrong_checksum_is_not_executed(self) -> None:
        request = frame(REQUEST, BROADCAST, Code.DISABLE)
        self.assertEqual(self.client.say(request[:-1] + b"\x00"), b"")
        self.assertEqual(self.status(1), 0)

    def test_the_longest_request_fits_the_longest_line_and_no_longer_one_does(self) -> None:
        client = SimulatedDevice(System(line=7)).connect()
        longest = frame(REQUEST, LINE, Code.MOVE_ALL, bytes(74))
        self.assertEqual(client.say(longest), frame(ACK, LINE, Code.MOVE_ALL, b"\x00\x03\xff\xff"))
        self.assertEqual(client.say(frame(REQUEST, LINE, Code.MOVE_ALL, bytes(75))), b"")
        self.assertEqual(len(client.say(frame(REQUEST, LINE, Code.READ_ALL))), 5 + 18 * 6)

    def test_connections_share_the_line_and_not_their_half_requests(self) -> None:
        request = frame(REQUEST, 1, Code.DISABLE)
        other = self.device.connect()
        self.assertEqual(self.client.say(request[:3]), b"")
        self.assertEqual(other.say(request), frame(ACK, 1, Code.DISABLE))
        self.assertEqual(self.client.say(request[3:]), frame(ACK, 1, Code.DISABLE))
        self.assertEqual(self.status(1), Status.DISABLED)

    @examples(200)
    @given(st.lists(st.binary(max_size=30)))
    def test_no_bytes_make_it_raise(self, pieces: list[bytes]) -> None:
        client = SimulatedDevice(System(line=1)).connect()
        for piece in pieces:
            client.say(piece)

    @examples(500)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from([LINE, 1, 12, 13, 254, BROADCAST]) | st.integers(0, 255),
                st.sampled_from(list(Code)) | st.integers(0, 255),
                st.sampled_from([0, 2, 6, 8, 50]).flatmap(
                    lambda size: st.binary(min_size=size, max_size=size)
                ),
                st.floats(0, 100),
            )
        )
    )
    def test_no_request_makes_it_raise_and_all_but_broadcasts_are_answered(
        self, requests: list[tuple[int, int, bytes, float]]
    ) -> None:
        device = SimulatedDevice(System(line=1))
        client = device.connect()
        for address, code, data, seconds in requests:
            answer = client.say(frame(REQUEST, address, code, data))
            if address == BROADCAST:
                self.assertEqual(answer, b"")
            else:
                self.assertIn(answer[0], (ACK, NAK))
                self.assertEqual((answer[1], *answer[2:4]), (len(answer) - 5, address, code))
                self.assertTrue(wire.is_sound(answer))
            device.clock.advance(seconds)


class CommandTests(DeviceTestCase):
    line = 2

    def test_identify_tells_who_it_is(self) -> None:
        layout = ">BBBBBI"
        line = struct.unpack(layout, self.accepted(LINE, Code.IDENTIFY))
        self.assertEqual(line, (0xA5, 2, 4, 2, 13, 2000))
        actuator = struct.unpack(layout, self.accepted(13, Code.IDENTIFY))
        self.assertEqual(actuator, (0xA5, 2, 4, 2, 13, 2013))
        self.refused(Error.ADDRESS, 14, Code.IDENTIFY)

    def test_a_move_takes_time_on_the_clock(self) -> None:
        self.home()
        self.accepted(3, Code.MOVE_TO, MOVE, -100, 50)
        self.device.clock.advance(1)
        self.assertEqual(self.position(3), -50)
        self.assertEqual(self.status(3), Status.MOVING | Status.CALIBRATED)
        self.device.clock.advance(1)
        self.assertEqual((self.position(3), self.status(3)), (-100, RESTING))
        self.assertEqual(self.position(4), 0)

    def test_a_move_by_a_distance(self) -> None:
        self.home()
        for _ in range(2):
            self.accepted(3, Code.MOVE_BY, MOVE, -100, 100)
            self.device.clock.advance(1)
        self.assertEqual(self.position(3), -200)

    def test_stop(self) -> None:
        self.home()
        self.accepted(3, Code.MOVE_TO, MOVE, 100, 50)
        self.device.clock.advance(1)
        self.accepted(3, Code.STOP)
        self.device.clock.advance(1)
        self.assertEqual(self.position(3), 50)

    def test_home_one(self) -> None:
        self.accepted(3, Code.HOME)
        self.device.clock.advance(4)
        self.assertEqual((self.status(3), self.status(4)), (RESTING, 0))

    def test_reset(self) -> None:
        self.home()
        self.accepted(3, Code.RESET)
        self.assertEqual((self.status(3), self.status(4)), (0, RESTING))

    def test_settings(self) -> None:
        self.assertEqual(self.settings(3), (350, -15000, 15000))
        self.accepted(3, Code.SET_VELOCITY, ">H", 17)
        self.accepted(3, Code.SET_LIMITS, ">ii", -5, 6)
        self.assertEqual(self.settings(3), (17, -5, 6))
        self.assertEqual(self.settings(4), (350, -15000, 15000))

    def settings(self, address: int) -> tuple[int, ...]:
        return struct.unpack(">Hii", self.accepted(address, Code.SETTINGS))

    def test_disable_and_enable(self) -> None:
        self.accepted(3, Code.DISABLE)
        self.assertEqual((self.status(3), self.status(4)), (Status.DISABLED, 0))
        self.accepted(3, Code.ENABLE)
        self.assertEqual(self.status(3), 0)

    def test_read_all(self) -> None:
        self.home()
        self.accepted(3, Code.MOVE_TO, MOVE, 50, 50)
        self.accepted(4, Code.DISABLE)
        self.device.clock.advance(1)
        found = list(struct.iter_unpack(">iH", self.accepted(LINE, Code.READ_ALL)))
        wanted = [(0, RESTING)] * 13
        wanted[2] = (50, RESTING)
        wanted[3] = (0, Status.DISABLED | Status.CALIBRATED | Status.IN_POSITION)
        self.assertEqual(found, wanted)

    def test_move_all_tells_who_has_refused(self) -> None:
        self.home()
        self.ask(1, Code.DISABLE)
        targets = [*range(12), 15001]
        refused = self.accepted(LINE, Code.MOVE_ALL, ">H13i", 0, *targets)
        self.assertEqual(int.from_bytes(refused, "big"), 1 << 0 | 1 << 12)
        self.device.clock.advance(1)
        places = [self.position(address) for address in range(1, 14)]
        self.assertEqual(places, [0, *targets[1:12], 0])

    def test_move_all_by_broadcast_is_not_answered(self) -> None:
        self.home()
        self.assertEqual(self.ask(BROADCAST, Code.MOVE_ALL, ">H13i", 1000, *[10] * 13), b"")
        self.device.clock.advance(1)
        self.assertEqual(self.position(13), 10)

    def test_broadcasts_are_executed_by_all_that_can(self) -> None:
        self.home()
        self.ask(5, Code.DISABLE)
        self.assertEqual(self.ask(BROADCAST, Code.MOVE_TO, MOVE, 10, 1000), b"")
        self.device.clock.advance(1)
        places = [self.position(address) for address in range(1, 14)]
        self.assertEqual(places, [10, 10, 10, 10, 0, 10, 10, 10, 10, 10, 10, 10, 10])

    def test_broadcasts_that_only_read_do_nothing(self) -> None:
        for code in (Code.IDENTIFY, Code.STATUS, Code.POSITION, Code.SETTINGS, Code.READ_ALL):
            self.assertEqual(self.ask(BROADCAST, code), b"")


class ErrorTests(DeviceTestCase):
    def test_addresses_that_do_not_exist(self) -> None:
        for code in set(Code) - {Code.MOVE_ALL, Code.READ_ALL}:
            self.refused(Error.ADDRESS, 13, code)

    def test_commands_that_are_for_another_address(self) -> None:
        for code in set(Code) - {Code.IDENTIFY, Code.MOVE_ALL, Code.READ_ALL}:
            self.refused(Error.ADDRESS, LINE, code)
        for code in (Code.MOVE_ALL, Code.READ_ALL):
            self.refused(Error.ADDRESS, 1, code)

    def test_unknown_commands(self) -> None:
        for address in (LINE, 1, 200):
            self.refused(Error.COMMAND, address, 0x77, ">7x")

    def test_another_number_of_bytes(self) -> None:
        for code in Code:
            address = LINE if code in (Code.MOVE_ALL, Code.READ_ALL) else 1
            self.refused(Error.LENGTH, address, code, ">7x")

    def test_a_broadcast_of_another_number_of_bytes_does_nothing(self) -> None:
        self.assertEqual(self.ask(BROADCAST, Code.DISABLE, ">x"), b"")
        self.assertEqual(self.status(1), 0)

    def test_what_actuators_refuse(self) -> None:
        self.refused(Error.NOT_CALIBRATED, 1, Code.MOVE_TO, MOVE, 0, 0)
        self.accepted(1, Code.HOME)
        self.refused(Error.BUSY, 1, Code.MOVE_TO, MOVE, 0, 0)
        self.device.clock.advance(4)
        self.refused(Error.RANGE, 1, Code.MOVE_TO, MOVE, 20000, 1001)
        self.refused(Error.LIMIT, 1, Code.MOVE_TO, MOVE, 20000, 0)
        self.refused(Error.LIMIT, 1, Code.MOVE_BY, MOVE, -20000, 0)
        self.refused(Error.RANGE, 1, Code.SET_VELOCITY, ">H", 0)
        self.refused(Error.RANGE, 1, Code.SET_LIMITS, ">ii", 1, 0)
        self.accepted(1, Code.DISABLE)
        self.refused(Error.DISABLED, 1, Code.HOME)
        self.client.say(b"$jam:1%%%%%")
        self.refused(Error.FAULT, 1, Code.HOME)


class FaultTests(DeviceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.home()

    def begin(self, kind: str) -> None:
        command = f"$system_fail:{kind}%%%%%"
        self.assertEqual(self.client.say(command.encode()), f"{kind.split(',')[0]}\n".encode())

    def test_no_answer_but_it_moves(self) -> None:
        self.begin("no_answer")
        self.assertEqual(self.ask(1, Code.MOVE_TO, MOVE, 10, 1000), b"")
        self.device.clock.advance(1)
        self.begin("none")
        self.assertEqual(self.position(1), 10)

    def test_garbage_of_the_right_length(self) -> None:
        self.begin("garbage")
        answers = [self.ask(1, Code.POSITION) for _ in range(20)]
        self.assertEqual({len(answer) for answer in answers}, {9})
        self.assertGreater(len(set(answers)), 10)

    def test_a_late_answer(self) -> None:
        self.begin("late_answer,0.5")
        self.assertEqual(self.ask(1, Code.POSITION), b"")
        self.device.clock.advance(0.4)
        self.assertEqual(self.client.heard(), b"")
        self.device.clock.advance(0.1)
        self.assertEqual(self.client.heard(), frame(ACK, 1, Code.POSITION, bytes(4)))

    def test_a_wrong_checksum(self) -> None:
        sound = self.ask(1, Code.POSITION)
        self.begin("wrong_checksum")
        answer = self.ask(1, Code.POSITION)
        self.assertEqual((answer[:-1], answer[-1]), (sound[:-1], sound[-1] ^ 0xFF))

    def test_an_answer_that_is_cut(self) -> None:
        sound = self.ask(1, Code.POSITION)
        self.begin("cut_answer")
        self.assertEqual(self.ask(1, Code.POSITION), sound[:-1])

    def test_an_answer_from_another_address(self) -> None:
        self.begin("wrong_address")
        self.assertEqual(self.ask(1, Code.POSITION), frame(ACK, 2, Code.POSITION, bytes(4)))
        answer = self.ask(254, Code.POSITION)
        self.assertEqual(answer, frame(NAK, 255, Code.POSITION, bytes([Error.ADDRESS])))

    def test_a_stuck_value_stays_whatever_is_executed(self) -> None:
        self.accepted(1, Code.MOVE_TO, MOVE, 100, 50)
        self.device.clock.advance(1)
        moving = Status.MOVING | Status.CALIBRATED
        self.begin("stuck_value")
        self.device.clock.advance(1)
        self.assertEqual((self.position(1), self.status(1)), (50, moving))
        self.accepted(1, Code.MOVE_TO, MOVE, 0, 50)
        self.accepted(2, Code.DISABLE)
        everything = self.accepted(LINE, Code.READ_ALL)
        wanted = struct.pack(">iHiH", 50, moving, 0, RESTING)
        self.assertEqual(everything[:12], wanted)
        self.refused(Error.ADDRESS, 13, Code.POSITION)
        self.device.clock.advance(1)
        self.begin("none")
        self.assertEqual(self.position(1), 50)
        self.device.clock.advance(1)
        self.assertEqual(self.position(1), 0)

    def test_an_unknown_kind_tells_those_that_there_are_and_changes_nothing(self) -> None:
        self.begin("stuck_value")
        self.accepted(1, Code.MOVE_TO, MOVE, 100, 50)
        self.device.clock.advance(1)
        answer = self.client.say(b"$system_fail:fire%%%%%").decode()
        for kind in System.faults:
            self.assertIn(kind, answer)
        self.assertEqual(self.position(1), 0)

    def test_a_motor_that_jams(self) -> None:
        self.accepted(1, Code.MOVE_TO, MOVE, 100, 50)
        self.device.clock.advance(1)
        self.assertEqual(self.client.say(b"$jam:1%%%%%"), b"jammed 1\n")
        self.device.clock.advance(1)
        self.assertEqual((self.position(1), self.status(1)), (50, Status.FAULT))
        self.assertEqual(self.status(2), RESTING)

    def test_no_other_motor_can_jam(self) -> None:
        system: System = self.device.system
        for address in ("0", "13", "-1", "x", ""):
            self.assertRaises(ValueError, system.jam, address)
