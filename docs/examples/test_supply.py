"""The power supply in memory: no port, and no second is waited for."""

from supply import System
from twisted.trial.unittest import SynchronousTestCase

from netsim.testing import SimulatedDevice


class SupplyTests(SynchronousTestCase):
    def setUp(self):
        self.device = SimulatedDevice(System())
        self.client = self.device.connect()

    def test_the_output_moves_with_the_clock(self):
        self.assertEqual(self.client.say(b"VOLT 10\n"), b"OK\n")
        self.device.clock.advance(1.0)
        self.assertEqual(self.client.say(b"MEAS?\n"), b"5.000\n")
        self.device.clock.advance(60.0)
        self.assertEqual(self.client.say(b"MEAS?\n"), b"10.000\n")

    def test_too_much_is_refused(self):
        self.assertEqual(self.client.say(b"VOLT 31\n"), b"ERR out of range 0 to 30\n")

    def test_it_can_be_told_to_say_nothing(self):
        self.assertEqual(self.client.say(b"$system_fail:no_answer%%%%%"), b"no_answer\n")
        self.assertEqual(self.client.say(b"MEAS?\n"), b"")
