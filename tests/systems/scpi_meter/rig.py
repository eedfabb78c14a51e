"""A meter in memory, and how tests speak with it."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ERRORS
from netsim.systems.scpi_meter.system import System
from netsim.testing import SimulatedDevice

NO_ERROR = '0,"No error"'


class MeterTestCase(SynchronousTestCase):
    """A meter, whose voltage is 1.25 V."""

    def setUp(self) -> None:
        self.device = SimulatedDevice(System())
        self.clock = self.device.clock
        self.client = self.device.connect()
        self.device.system.set_value("VOLT:DC", "1.25")

    def ask(self, line: str, seconds: float = 0.0, client: Any = None) -> str:
        """Say a line; what is heard when this time has passed, without its end."""
        client = client or self.client
        heard = client.say(line.encode("latin-1") + b"\n")
        if seconds:
            self.assertEqual(b"", heard)
            self.clock.advance(seconds * 0.99)
            self.assertEqual(b"", client.heard())
            self.clock.advance(seconds * 0.011)
            heard = client.heard()
        if not heard:
            return ""
        self.assertEqual(b"\n", heard[-1:])
        return heard[:-1].decode("latin-1")

    def check(self, line: str, answer: str, seconds: float = 0.0) -> None:
        """This is what a line is answered, without an error."""
        self.assertEqual((answer, NO_ERROR), (self.ask(line, seconds), self.ask("SYST:ERR?")), line)

    def check_error(self, line: str, code: int, answer: str = "") -> None:
        """This is what a line gets into the queue, with the text of the standard."""
        heard = self.ask(line)
        error = self.ask("SYST:ERR?")
        self.assertEqual((answer, f'{code},"{ERRORS[code]}"'), (heard, error), line)
        self.assertEqual(NO_ERROR, self.ask("SYST:ERR?"))
