"""Tests for L{netsim.systems.scpi_meter.instrument}."""

from __future__ import annotations

import re
from typing import Any

from netsim.systems.scpi_meter.instrument import LONGEST
from netsim.systems.scpi_meter.system import System
from netsim.testing import SimulatedDevice
from tests.framing import checkFraming, segmentations
from tests.systems.scpi_meter.rig import MeterTestCase


class LineTests(MeterTestCase):
    def test_however_it_is_cut(self) -> None:
        """Lines end with LF; a CR before it does not matter."""
        stream, answers = b"*IDN?\r\n\n *ESE 5 ;*ESE?\n\r\n*SRE?\n", []

        def make() -> Any:
            client = SimulatedDevice(System()).connect()
            return lambda data: re.findall(b".*?\n", client.say(data))

        answers = [b"netsim,scpi_meter,0001,1.0\n", b"5\n", b"0\n"]
        checkFraming(self, make, stream, answers, b"*IDN?")

    def test_custom_commands_between(self) -> None:
        for _, segments in segmentations(b"*ES$set_value:RES,7%%%%%E?\nCONF:RES;:CONF?\n", b"*"):
            client = SimulatedDevice(System()).connect()
            heard = b"".join(map(client.say, segments))
            self.assertEqual(b'RES,7.0\n0\n"RES +1.000000E+08,+3.000000E+02"\n', heard)

    def test_several_answers_are_one_line(self) -> None:
        self.check("*ESE?;*OPC?;:SYST:VERS?", "0;1;1999.0")

    def test_a_command_error_ends_the_line(self) -> None:
        self.check_error("*ESE 1;*ESE?;FOO;*ESE 2", -113, "1")
        self.check("*ESE?", "1")

    def test_an_execution_error_does_not(self) -> None:
        self.check_error("*ESE 256;*ESE 3;*ESE?", -222, "3")

    def test_a_long_line(self) -> None:
        self.check("*IDN?" + ";" * (LONGEST - 5), "netsim,scpi_meter,0001,1.0")
        self.check_error("*IDN?" + ";" * (LONGEST - 4), -363)
        self.check_error("*ESE 1;" + "*ESE 2;" * 600, -363)
        self.check("*ESE?", "0")
        self.check("*ESE 7;" * 10000, "")
        self.check("*ESE?", "0")

    def test_paths(self) -> None:
        self.check("SENS:RES:RANG 1E3;NPLC 10;*OPC?;RANG?;:FUNC?", '1;+1.000000E+03;"VOLT"')
        self.check_error("CONF:VOLT 10;SAMP:COUN 2", -113)

    def test_suffixes_of_headers(self) -> None:
        self.check("SENS1:VOLT1:RANG1?", "+1.000000E+03")
        self.check_error("SENS2:VOLT:RANG?", -114)

    def test_half_a_line_is_the_clients_own(self) -> None:
        other = self.device.connect()
        self.assertEqual(b"", self.client.say(b"*ID"))
        self.assertEqual("1", self.ask("*OPC?", client=other))
        self.assertEqual(b"netsim,scpi_meter,0001,1.0\n", self.client.say(b"N?\n"))


class ErrorTests(MeterTestCase):
    def test_each(self) -> None:
        for line, code in (
            ("*IDN?\xe9", -101), ("*ESE 1,", -102), ("FUNC VOLT", -104), ("*IDN? 1", -108),
            ("MEAS:VOLT? 1,1,1", -108), ("MEAS:TEMP? 1", -108), ("*ESE", -109), ("FOO?", -113),
            ("IDN?", -113), ("TEMP:RANG?", -113), ("VOLT:AC:NPLC 1", -113), ("*ESE a?", -121),
            ("VOLT:RANG 1E40000", -123), ("TRIG:SOUR 1", -128), ("VOLT:RANG 1 A", -131),
            ("*ESE 1 V", -138), ("*ESE ALL", -148), ("*ESE '1", -151), ("*ESE '1'", -158),
            ("*TRG", -211), ("TRIG:SOUR BUS;:READ?", -214), ("CONF:VOLT DEF,1E-3", -221),
            ("VOLT:RANG 1001", -222), ("VOLT:RANG -1", -222), ("CONF:VOLT 1,1E-9", -222),
            ("SAMP:COUN 0", -222), ("SAMP:COUN 1001", -222), ("TRIG:SOUR EXT", -224),
            ("FUNC 'AMPS'", -224), ("VOLT:RANG? 1", -224), ("FORM REAL,48", -224),
            ("*RST;:FETC?", -230),
        ):  # fmt: skip
            self.check_error(line, code)

    def test_init_ignored(self) -> None:
        self.check_error("INIT;INIT", -213)
        self.check_error("READ?", -213)
