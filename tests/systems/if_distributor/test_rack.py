"""Tests for L{netsim.systems.if_distributor.rack}, with a device of each type."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.if_distributor import ifd_binary, ifd_text
from netsim.systems.if_distributor.ifd_binary import Code, frame
from netsim.testing import SimulatedDevice

TYPES = {"ifd_text": ifd_text.System, "ifd_binary": ifd_binary.System}
ASK = {"ifd_text": b"POW? 1\n", "ifd_binary": frame(7, Code.GET_POWER, b"\x01")}
READ = {"ifd_text": b"STAT?\n", "ifd_binary": frame(7, Code.READ_ALL)}
SET = {"ifd_text": b"ATT 1 3\n", "ifd_binary": frame(7, Code.SET_ATTENUATION, b"\x01\x0c")}
TUNE = {"ifd_text": b"LO 3000\n", "ifd_binary": frame(7, Code.SET_OSCILLATOR, b"\x00\x2d\xc6\xc0")}
FREQUENCY = {"ifd_text": b"LO?\n", "ifd_binary": frame(7, Code.GET_OSCILLATOR)}
IS_LOCKED = {"ifd_text": b" LOCKED\n", "ifd_binary": b"\x01"}


class FaultTests(SynchronousTestCase):
    """Each test is run with a device of each type."""

    def each(self) -> Any:
        for name, system in TYPES.items():
            device = SimulatedDevice(system())
            device.clock.advance(1)
            yield name, device, device.connect()

    def begin(self, client: Any, kind: str) -> None:
        command = f"$system_fail:{kind}%%%%%"
        self.assertEqual(client.say(command.encode()), f"{kind.split(',')[0]}\n".encode())

    def test_no_answer_but_it_is_done(self) -> None:
        for name, device, client in self.each():
            self.begin(client, "no_answer")
            self.assertEqual(client.say(SET[name]), b"")
            self.assertEqual(device.system.distributor.channel(1).steps, 12)
            self.begin(client, "none")
            self.assertNotEqual(client.say(SET[name]), b"")

    def test_garbage_of_the_right_length(self) -> None:
        for name, _, client in self.each():
            sound = client.say(ASK[name])
            self.begin(client, "garbage")
            answers = [client.say(ASK[name]) for _ in range(20)]
            self.assertEqual({len(answer) for answer in answers}, {len(sound)})
            self.assertGreater(len(set(answers)), 10)

    def test_a_late_answer(self) -> None:
        for name, device, client in self.each():
            sound = client.say(READ[name])
            self.begin(client, "late_answer,0.25")
            self.assertEqual(client.say(READ[name]), b"")
            device.clock.advance(0.24)
            self.assertEqual(client.heard(), b"")
            device.clock.advance(0.01)
            self.assertEqual(client.heard(), sound)

    def test_a_stuck_value_stays_but_settings_do_not(self) -> None:
        for name, device, client in self.each():
            before = client.say(ASK[name])
            self.begin(client, "stuck_value")
            client.say(SET[name])
            client.say(TUNE[name])
            device.clock.advance(0.1)
            self.assertEqual(client.say(ASK[name]), before)
            answer = client.say(FREQUENCY[name])
            locked = answer[-3:-2] if name == "ifd_binary" else answer[-8:]
            self.assertEqual(locked, IS_LOCKED[name])
            self.assertEqual(device.system.distributor.frequency, 3_000_000)
            self.begin(client, "none")
            self.assertNotEqual(client.say(ASK[name]), before)

    def test_stuck_again_it_is_stuck_at_other_values(self) -> None:
        for name, _, client in self.each():
            self.begin(client, "stuck_value")
            before = client.say(ASK[name])
            client.say(SET[name])
            self.begin(client, "stuck_value")
            self.assertNotEqual(client.say(ASK[name]), before)

    def test_stuck_it_still_refuses_what_does_not_exist(self) -> None:
        for name, _, client in self.each():
            wrong = {"ifd_text": b"POW? 5\n", "ifd_binary": frame(7, Code.GET_POWER, b"\x0f")}
            before = client.say(wrong[name])
            self.begin(client, "stuck_value")
            self.assertEqual(client.say(wrong[name]), before)

    def test_an_unlocked_oscillator(self) -> None:
        for name, device, client in self.each():
            before = client.say(ASK[name])
            self.begin(client, "unlocked")
            device.clock.advance(10)
            self.assertFalse(device.system.distributor.locked(device.clock.seconds()))
            self.assertNotEqual(client.say(ASK[name]), before)
            self.begin(client, "none")
            self.assertTrue(device.system.distributor.locked(device.clock.seconds()))

    def test_an_unknown_kind_tells_those_that_there_are_and_changes_nothing(self) -> None:
        for name, _, client in self.each():
            self.begin(client, "stuck_value")
            before = client.say(ASK[name])
            answer = client.say(b"$system_fail:fire%%%%%").decode()
            for kind in TYPES[name].faults:
                self.assertIn(kind, answer)
            client.say(SET[name])
            self.assertEqual(client.say(ASK[name]), before)
