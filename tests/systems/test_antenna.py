"""Tests for L{netsim.systems.antenna}."""

from __future__ import annotations

import struct
from typing import Any

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems import antenna
from netsim.systems.antenna import System, wire
from netsim.systems.antenna.antenna import Error
from netsim.systems.antenna.axis import Bit, Code, Mode
from netsim.systems.antenna.wire import Command
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming
from tests.properties import examples
from tests.systems import dialogue
from tests.systems.antenna.test_wire import frame

BEGIN = 1763694000.0

EVERY_WAY = {
    Command.NOTHING: (0, ()),
    Command.BRAKES_ON: (3, ()),
    Command.BRAKES_OFF: (3, ()),
    Command.STOW: (3, ()),
    Command.UNSTOW: (3, ()),
    Command.PRESET: (3, (0.0, 0.0, 50.0, 0.0)),
    Command.SLEW: (3, (0.1, 0.1)),
    Command.TRACK: (3, (BEGIN + 50, 180.0, 80.0, BEGIN + 100, 181.0, 81.0)),
    Command.STOP: (3, ()),
    Command.EMERGENCY_STOP: (0, ()),
    Command.RESET: (0, ()),
}
"""For each command, axes and a payload that it takes."""


@frozen
class Axis:
    """What the status tells of an axis."""

    position: float
    velocity: float
    commanded_position: float
    commanded_velocity: float
    mode: int
    bits: int
    points: int


@frozen
class Status:
    """What the status tells."""

    counter: int
    errors: int
    time: float
    last_counter: int
    last_command: int
    last_code: int
    azimuth: Axis
    elevation: Axis

    @classmethod
    def read(cls, data: bytes) -> Status:
        """Take a frame to pieces as the page says."""
        head = struct.unpack_from("<IIdIHH", data, 8)
        axes = [Axis(*struct.unpack_from("<ddddHHI", data, offset)) for offset in (32, 72)]
        return cls(*head, *axes)


class AntennaTestCase(SynchronousTestCase):
    """An antenna, and who speaks to it."""

    def setUp(self) -> None:
        self.device = SimulatedDevice(System())
        self.device.clock.advance(BEGIN)
        self.client = self.device.connect()
        self.watcher = self.device.subscribe()
        self.watcher.heard()
        self.counter = 0

    def ask(self, command: int, axes: int, *values: float) -> Code:
        """What a command is answered with."""
        self.counter += 1
        answer = self.client.say(frame(self.counter, command, axes, *values))
        self.assertTrue(wire.is_sound(answer))
        head = struct.unpack("<4sIIHHHHI", answer)[:7]
        code = Code(head[5])
        self.assertEqual(head, (wire.START, 24, self.counter, command, axes, code, 0))
        return code

    def accepted(self, command: int, axes: int, *values: float) -> None:
        self.assertEqual(self.ask(command, axes, *values), Code.ACCEPTED)

    def wait(self, seconds: float) -> Status:
        """Let some time pass; the status of its end."""
        self.device.clock.advance(seconds)
        return self.status()

    def status(self) -> Status:
        data = self.device.system.beat()
        self.assertEqual((len(data), wire.is_sound(data)), (116, True))
        return Status.read(data)

    def release(self) -> None:
        """Both axes can be moved; it is eight seconds after the beginning."""
        self.accepted(Command.UNSTOW, 3)
        self.device.clock.advance(8)
        self.accepted(Command.BRAKES_OFF, 3)

    def custom(self, command: str) -> bytes:
        answer: bytes = self.client.say(f"${command}%%%%%".encode())
        return answer


class PageTests(SynchronousTestCase):
    def test_its_example_is_what_happens(self) -> None:
        device = SimulatedDevice(System())
        device.clock.advance(BEGIN)
        self.assertGreater(dialogue.check(self, "antenna", "Example", device), 20)

    def test_it_has_every_command_code_mode_bit_error_and_fault(self) -> None:
        text = (dialogue.PAGES / "antenna.rst").read_text()
        for names, form in [
            (Command, "\n`{:04x}`    {}  "),
            (Code, "\n{:<4}  {}"),
            (Mode, "\n{:<4}  {}"),
            (Bit, "\n`{:04x}`  {}  "),
            (Error, "\n`{:04x}`  {}  "),
        ]:
            for member in names:
                line = form.format(int(member), member.name.lower().replace("_", " "))
                self.assertIn(line, text)
        for kind in System.faults:
            self.assertIn(f"\n`{kind}`  ", text)

    def test_it_tells_the_ports(self) -> None:
        ((listen, send, kind, arguments),) = antenna.servers
        self.assertEqual((kind, arguments), ("tcp", {}))
        text = (dialogue.PAGES / "antenna.rst").read_text()
        for host, port in (listen, send):
            self.assertEqual(host, "127.0.0.1")
            self.assertIn(f"port {port} (TCP)", text)


class StatusTests(AntennaTestCase):
    def test_it_comes_five_times_a_second_and_is_counted(self) -> None:
        before = self.status().counter
        self.device.clock.pump([0.2] * 10)
        data = self.watcher.heard()
        frames = [data[place : place + 116] for place in range(0, len(data), 116)]
        found = [Status.read(frame) for frame in frames]
        self.assertEqual([one.counter for one in found], list(range(before + 1, before + 11)))
        for beat, one in enumerate(found, 1):
            self.assertApproximates(one.time, BEGIN + beat / 5, 1e-5)

    def test_it_does_not_come_more_often(self) -> None:
        self.device.clock.pump([0.05] * 41)
        self.assertEqual(len(self.watcher.heard()), 10 * 116)

    def test_all_clients_get_the_same(self) -> None:
        other = self.device.subscribe()
        other.heard()
        self.device.clock.advance(0.2)
        data = other.heard()
        self.assertEqual(len(data), 116)
        self.assertEqual(self.watcher.heard(), data)

    def test_the_counter_begins_anew_after_32_bits(self) -> None:
        self.device.system._counter = (1 << 32) - 2
        self.assertEqual([self.status().counter for _ in range(3)], [(1 << 32) - 1, 0, 1])

    def test_it_tells_the_last_command_and_what_became_of_it(self) -> None:
        for command, axes, code in [
            (Command.NOTHING, 0, Code.ACCEPTED),
            (Command.STOW, 3, Code.STOWED),
            (0x77, 3, Code.COMMAND),
        ]:
            self.assertEqual(self.ask(command, axes), code)
            status = self.status()
            found = (status.last_counter, status.last_command, status.last_code)
            self.assertEqual(found, (self.counter, command, code))

    def test_before_there_was_one_and_after_a_damaged_one_it_does_not(self) -> None:
        damaged = frame(9, Command.NOTHING, 0)[:-1] + b"\x00"
        self.client.say(damaged)
        status = self.status()
        found = (status.last_counter, status.last_command, status.last_code)
        self.assertEqual(found, (0, 0, 0))


class CommandTests(AntennaTestCase):
    def test_a_preset_from_its_command_to_its_end(self) -> None:
        self.release()
        self.accepted(Command.PRESET, 3, 182, 0, 80, 0.4)
        status = self.wait(2.5)
        azimuth, elevation = status.azimuth, status.elevation
        self.assertApproximates(azimuth.velocity, 0.79118, 1e-5)
        self.assertEqual((azimuth.commanded_position, azimuth.commanded_velocity), (182, 0))
        self.assertEqual((azimuth.mode, azimuth.bits), (Mode.PRESET, Bit.MOVING))
        self.assertApproximates(elevation.position, 89.32, 1e-5)
        self.assertApproximates(elevation.velocity, -0.4, 1e-5)
        status = self.wait(60)
        for axis, position in [(status.azimuth, 182), (status.elevation, 80)]:
            there = Axis(position, 0, position, 0, Mode.PRESET, Bit.IN_POSITION, 0)
            self.assertEqual(axis, there)

    def test_one_axis_alone(self) -> None:
        self.release()
        self.accepted(Command.PRESET, 2, 80, 0)
        status = self.wait(60)
        self.assertEqual((status.azimuth.mode, status.azimuth.position), (Mode.STOP, 180))
        self.assertEqual(status.elevation.position, 80)
        self.accepted(Command.SLEW, 1, -0.1)
        self.assertEqual(self.wait(60).azimuth.velocity, -0.1)
        self.accepted(Command.STOP, 1)
        self.assertEqual(self.wait(60).azimuth.bits, 0)
        self.accepted(Command.BRAKES_ON, 2)
        status = self.status()
        self.assertEqual((status.azimuth.bits, status.elevation.bits & Bit.BRAKES), (0, 4))

    def test_a_slew_to_the_limit(self) -> None:
        self.release()
        self.accepted(Command.SLEW, 3, 0.85, -0.5)
        status = self.wait(500)
        self.assertEqual((status.azimuth.position, status.elevation.position), (270, 4))
        self.assertEqual(status.azimuth.bits, Bit.UPPER_LIMIT)
        self.assertEqual(status.elevation.bits, Bit.LOWER_LIMIT)
        self.assertEqual(status.azimuth.commanded_velocity, 0.85)

    def test_a_table(self) -> None:
        self.release()
        self.accepted(*EVERY_WAY_OF_TRACKING)
        self.assertEqual(self.wait(0).azimuth.points, 2)
        status = self.wait(67)
        for axis, start, rate in [(status.azimuth, 180, 0.02), (status.elevation, 80, 0.02)]:
            position = start + 25 * rate
            for found in (axis.position, axis.commanded_position):
                self.assertApproximates(found, position, 1e-5)
            for found in (axis.velocity, axis.commanded_velocity):
                self.assertApproximates(found, rate, 1e-5)
            self.assertEqual((axis.mode, axis.points), (Mode.TRACK, 1))
            self.assertEqual(axis.bits, Bit.MOVING | Bit.IN_POSITION)

    def test_the_longest_table(self) -> None:
        self.release()
        points = [(BEGIN + 50 + index, 180.0, 80.0) for index in range(65)]
        values = [value for point in points for value in point]
        self.assertEqual(self.client.say(frame(9, Command.TRACK, 3, *values)), b"")
        self.accepted(Command.TRACK, 3, *values[3:])
        self.assertEqual(self.status().azimuth.points, 64)

    def test_stow_and_unstow(self) -> None:
        self.release()
        self.accepted(Command.STOW, 3)
        pinned = Bit.BRAKES | Bit.STOWED
        self.assertEqual(self.wait(4).azimuth.bits, Bit.BRAKES | Bit.PINS_MOVING | 2)
        self.assertEqual(self.wait(2).azimuth.bits, pinned | Bit.IN_POSITION)
        self.accepted(Command.UNSTOW, 1)
        status = self.wait(6)
        self.assertEqual((status.azimuth.bits, status.elevation.bits), (Bit.BRAKES, pinned | 2))

    def test_an_emergency_stop_and_a_reset(self) -> None:
        self.release()
        self.accepted(Command.SLEW, 3, 0.1, -0.1)
        self.device.clock.advance(10)
        self.accepted(Command.EMERGENCY_STOP, 0)
        self.assertEqual(self.ask(Command.RESET, 0), Code.MOVING)
        status = self.wait(1)
        self.assertEqual(status.errors, Error.EMERGENCY_STOP)
        for axis in (status.azimuth, status.elevation):
            self.assertEqual((axis.mode, axis.bits), (Mode.EMERGENCY, Bit.BRAKES | Bit.ERROR))
        self.accepted(Command.RESET, 0)
        status = self.status()
        self.assertEqual((status.errors, status.azimuth.bits), (0, Bit.BRAKES))

    def test_connections_share_the_antenna_and_not_their_half_commands(self) -> None:
        command, other = frame(1, Command.EMERGENCY_STOP, 0), self.device.connect()
        self.assertEqual(self.client.say(command[:9]), b"")
        self.assertEqual(len(other.say(command)), 24)
        self.assertEqual(self.status().errors, Error.EMERGENCY_STOP)
        self.assertEqual(len(self.client.say(command[9:])), 24)


EVERY_WAY_OF_TRACKING = (Command.TRACK, *EVERY_WAY[Command.TRACK][:1], *EVERY_WAY[Command.TRACK][1])


class RefusalTests(AntennaTestCase):
    def test_a_wrong_checksum(self) -> None:
        for place in range(8, 20):
            damaged = bytearray(frame(7, Command.EMERGENCY_STOP, 0))
            damaged[place] ^= 0x10
            answer = self.client.say(bytes(damaged))
            self.assertEqual((answer[8:16], answer[16]), (damaged[8:16], Code.CHECKSUM))
        self.assertEqual(self.status().errors, 0)

    def test_unknown_commands(self) -> None:
        for command in (0, 2, 0x24, 0xFFFF):
            self.assertEqual(self.ask(command, 77, 1.0), Code.COMMAND)

    def test_axes_that_are_not_for_a_command(self) -> None:
        for command, (axes, values) in EVERY_WAY.items():
            wrong = {0, 1, 2, 3, 4, 0xFFFF} - {axes}
            wrong -= set() if command == Command.TRACK or not axes else {1, 2}
            for other in wrong:
                self.assertEqual(self.ask(command, other, *values), Code.AXES, command)

    def test_another_length(self) -> None:
        for command, (axes, values) in EVERY_WAY.items():
            self.assertEqual(self.ask(command, axes, *values, 1.0), Code.LENGTH, command)
            if values:
                self.assertEqual(self.ask(command, axes, *values[:-1]), Code.LENGTH)
                self.assertEqual(self.ask(command, axes), Code.LENGTH)
        for command in (Command.PRESET, Command.SLEW):
            axes, values = EVERY_WAY[command]
            self.assertEqual(self.ask(command, 1, *values), Code.LENGTH)
        self.assertEqual(self.ask(Command.TRACK, 3, BEGIN + 1, 180, 80), Code.LENGTH)

    def test_numbers_out_of_range(self) -> None:
        self.assertEqual(self.ask(Command.PRESET, 1, 0, float("nan")), Code.RANGE)
        self.assertEqual(self.ask(Command.PRESET, 1, 300, 0.86), Code.RANGE)
        self.assertEqual(self.ask(Command.SLEW, 2, -0.51), Code.RANGE)

    def test_what_the_antenna_refuses_in_the_order_of_the_codes(self) -> None:
        self.release()
        self.assertEqual(self.ask(Command.PRESET, 2, 3, 0), Code.LIMIT)
        self.accepted(Command.SLEW, 2, -0.1)
        self.device.clock.advance(1)
        self.assertEqual(self.ask(Command.BRAKES_ON, 3), Code.MOVING)
        self.accepted(Command.BRAKES_ON, 1)
        self.assertEqual(self.ask(Command.PRESET, 1, 300, 0), Code.BRAKES)
        self.assertEqual(self.ask(Command.UNSTOW, 1), Code.NOT_STOWED)
        self.accepted(Command.EMERGENCY_STOP, 0)
        self.assertEqual(self.ask(Command.RESET, 0), Code.MOVING)
        self.assertEqual(self.ask(Command.PRESET, 1, 300, 0), Code.ERROR)
        self.custom("emergency_button:pressed")
        self.assertEqual(self.ask(Command.RESET, 0), Code.BUTTON)

    def test_stowed(self) -> None:
        self.assertEqual(self.ask(Command.PRESET, 1, 300, 0), Code.STOWED)


class FaultTests(AntennaTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.release()
        self.accepted(Command.SLEW, 1, 0.4)
        self.device.clock.pump([0.2] * 10)
        self.watcher.heard()

    def begin(self, kind: str) -> None:
        answer = self.custom(f"system_fail:{kind}")
        self.assertEqual(answer, f"{kind.split(',')[0]}\n".encode())

    def beats(self) -> list[bytes]:
        """The status of the next three beats."""
        found = []
        for _ in range(3):
            self.device.clock.advance(0.2)
            found.append(self.watcher.heard())
        return found

    def test_no_answer_but_it_obeys(self) -> None:
        self.begin("no_answer")
        self.assertEqual(self.client.say(frame(1, Command.EMERGENCY_STOP, 0)), b"")
        self.assertEqual(self.status().errors, Error.EMERGENCY_STOP)

    def test_no_status(self) -> None:
        self.begin("no_status")
        self.assertEqual(self.beats(), [b""] * 3)
        self.accepted(Command.NOTHING, 0)
        self.begin("none")
        self.assertNotIn(b"", self.beats())

    def test_garbage_of_the_right_length(self) -> None:
        self.begin("garbage")
        answers = [self.client.say(frame(1, Command.NOTHING, 0)) for _ in range(3)]
        for found, length in [(answers, 24), (self.beats(), 116)]:
            self.assertEqual(([len(one) for one in found], len(set(found))), ([length] * 3, 3))
            self.assertFalse(any(map(wire.is_sound, found)))

    def test_a_late_answer(self) -> None:
        self.begin("late_answer,0.5")
        self.assertEqual(self.client.say(frame(1, Command.NOTHING, 0)), b"")
        self.device.clock.advance(0.4)
        self.assertEqual(self.client.heard(), b"")
        self.device.clock.advance(0.2)
        self.assertEqual(len(self.client.heard()), 24)

    def test_a_wrong_checksum(self) -> None:
        command = frame(1, Command.NOTHING, 0)
        sound = self.client.say(command)
        self.begin("wrong_checksum")
        spoiled = [self.client.say(command), *self.beats()]
        self.assertEqual(spoiled[0][:-1], sound[:-1])
        for one in spoiled:
            self.assertFalse(wire.is_sound(one))
            self.assertTrue(wire.is_sound(one[:-1] + bytes([one[-1] ^ 0xFF])))

    def test_an_answer_that_is_cut(self) -> None:
        command = frame(1, Command.NOTHING, 0)
        sound = self.client.say(command)
        self.begin("cut_answer")
        self.assertEqual(self.client.say(command), sound[:-1])
        self.assertEqual([len(status) for status in self.beats()], [116] * 3)

    def test_a_stuck_value_stays_and_the_rest_goes_on(self) -> None:
        self.begin("stuck_value")
        stuck = self.status()
        self.accepted(Command.STOP, 1)
        found = [Status.read(data) for data in self.beats()]
        for beat, status in enumerate(found, 1):
            self.assertTrue(status.azimuth.velocity)
            for name in ("position", "velocity"):
                self.assertEqual(getattr(status.azimuth, name), getattr(stuck.azimuth, name))
            self.assertEqual(status.counter, stuck.counter + beat)
            self.assertGreater(status.time, stuck.time)
            self.assertEqual(status.azimuth.mode, Mode.STOP)
        self.begin("none")
        self.assertEqual(self.wait(10).azimuth.velocity, 0)

    def test_an_unknown_kind_tells_those_that_there_are_and_changes_nothing(self) -> None:
        self.begin("stuck_value")
        answer = self.custom("system_fail:fire").decode()
        for kind in System.faults:
            self.assertIn(kind, answer)
        self.assertNotEqual(self.wait(600).azimuth.velocity, 0)

    def test_custom_commands_may_come_to_the_status_too(self) -> None:
        self.assertEqual(self.watcher.say(b"$system_fail:no_answer%%%%%"), b"no_answer\n")
        self.assertEqual(self.client.say(frame(1, Command.NOTHING, 0)), b"")


class CustomTests(AntennaTestCase):
    def test_the_emergency_button(self) -> None:
        self.release()
        self.assertEqual(self.custom("emergency_button:pressed"), b"pressed\n")
        self.assertEqual(self.status().errors, Error.EMERGENCY_STOP | Error.BUTTON)
        self.assertEqual(self.custom("emergency_button:released"), b"released\n")
        self.assertEqual(self.status().errors, Error.EMERGENCY_STOP)

    def test_a_drive_that_fails(self) -> None:
        for name, error in [("azimuth", 0x100), ("elevation", 0x300)]:
            self.assertEqual(self.custom(f"drive_fault:{name}"), f"{name}\n".encode())
            self.assertEqual(self.status().errors, error)

    def test_nothing_else_can_be_pressed_or_fail(self) -> None:
        system = self.device.system
        self.assertRaises(ValueError, system.emergency_button, "x")
        self.assertRaises(ValueError, system.drive_fault, "")
        self.assertEqual(self.status().errors, 0)


commands = st.tuples(
    st.sampled_from(list(Command)) | st.integers(0, 0xFFFF),
    st.integers(0, 3) | st.integers(0, 0xFFFF),
    st.lists(
        st.sampled_from([0.0, 0.1, 50.0, 180.0, BEGIN + 20, BEGIN + 30, BEGIN + 90])
        | st.floats(-300, 300)
        | st.floats(),
        max_size=12,
    ),
    st.floats(0, 50),
)


class AnythingTests(SynchronousTestCase):
    def test_commands_are_found_however_they_are_cut(self) -> None:
        stream = b"\x1a\xcf" + frame(1, 1, 0) + b"noise" + frame(2, 0x20, 3, 1, 2) + frame(3, 1, 0)

        def make() -> Any:
            client = SimulatedDevice(System()).connect()

            def feed(data: bytes) -> list[int]:
                answers = client.say(data)
                return [answers[place + 8] for place in range(0, len(answers), 24)]

            return feed

        checkFraming(self, make, stream, [1, 2, 3], frame(4, 1, 0)[:-1])

    @examples(200)
    @given(st.lists(st.binary(max_size=30) | st.just(wire.START)))
    def test_no_bytes_make_it_raise(self, pieces: list[bytes]) -> None:
        client = SimulatedDevice(System()).connect()
        for piece in pieces:
            client.say(piece)

    @examples(500)
    @given(st.lists(commands), st.booleans())
    def test_no_command_makes_it_raise_jump_or_leave_its_limits(
        self, given: list[tuple[int, int, list[float], float]], free: bool
    ) -> None:
        device = SimulatedDevice(System())
        device.clock.advance(BEGIN - 10)
        client = device.connect()
        if free:
            client.say(frame(0, Command.UNSTOW, 3))
            device.clock.advance(10)
            client.say(frame(0, Command.BRAKES_OFF, 3))
        for command, axes, values, seconds in given:
            before = Status.read(device.system.status())
            answer = client.say(frame(5, command, axes, *values))
            self.assertEqual((len(answer), wire.is_sound(answer)), (24, True))
            after = Status.read(device.system.status())
            for name in ("azimuth", "elevation"):
                one, other = getattr(before, name), getattr(after, name)
                self.assertApproximates(one.position, other.position, 1e-5)
                self.assertApproximates(one.velocity, other.velocity, 1e-5)
            device.clock.advance(seconds)
            status = Status.read(device.system.status())
            self.assertTrue(-270.0001 < status.azimuth.position < 270.0001)
            self.assertTrue(3.9999 < status.elevation.position < 91.0001)
            self.assertLessEqual(abs(status.azimuth.velocity), 0.85001)
            self.assertLessEqual(abs(status.elevation.velocity), 0.50001)
            for axis in (status.azimuth, status.elevation):
                if axis.bits & Bit.BRAKES:
                    self.assertFalse(axis.velocity or axis.bits & Bit.MOVING)
