"""Tests for L{netsim.systems.scpi_meter.measuring}."""

from __future__ import annotations

import struct

from netsim.systems.scpi_meter.system import System
from netsim.testing import SimulatedDevice
from tests.systems.scpi_meter.rig import MeterTestCase


class MeasureTests(MeterTestCase):
    def test_measure(self) -> None:
        self.check("MEAS:VOLT:DC?", "+1.25000000E+00", 0.02)
        self.check("measure:scalar:voltage? 1 V", "+9.90000000E+37", 0.02)

    def test_every_function(self) -> None:
        for name, value, seconds in (
            ("VOLT:AC", "2", 0.2), ("CURR", "0.001", 0.02), ("CURR:AC", "0.5", 0.2),
            ("RES", "1000", 0.02), ("FREQ", "60", 0.1), ("TEMP", "-20", 0.02),
        ):  # fmt: skip
            self.device.system.set_value(name, value)
            self.check(f"MEAS:{name}?", f"{float(value):+.8E}", seconds)
            self.check("FUNC?", f'"{name}"')

    def test_simulated(self) -> None:
        """The same at the same time, with the same seed; something else otherwise."""
        found = []
        for seed, wait in ((1, 0.0), (1, 0.0), (2, 0.0), (1, 60.0)):
            self.device = SimulatedDevice(System(seed))
            self.client, self.clock = self.device.connect(), self.device.clock
            self.clock.advance(wait)
            found.append(self.ask("MEAS:VOLT? 10,MIN", 2.0))
        self.assertEqual(found[0], found[1])
        self.assertEqual(3, len(set(found)))
        self.assertTrue(all(4.99 < float(each) < 5.01 for each in found))

    def test_resolution(self) -> None:
        for arguments, cycles, resolution in (
            ("10,1E-3", 0.02, 1e-3), ("10,9E-5", 1, 3e-5), ("10 V,100 UV", 0.2, 1e-4),
            ("10,MIN", 100, 3e-6), ("10,MAX", 0.02, 1e-3), ("10,DEF", 1, 3e-5), ("10", 1, 3e-5),
        ):  # fmt: skip
            self.check(
                f"CONF:VOLT {arguments};:CONF?;:VOLT:NPLC?",
                f'"VOLT {10:+.6E},{resolution:+.6E}";{cycles:+.6E}',
            )
        self.check("CONF:VOLT:AC 10,1E-3;:CONF?", '"VOLT:AC +1.000000E+01,+1.000000E-03"')

    def test_ranges(self) -> None:
        for text, span, auto in (
            ("0.2", 1, 0),
            ("MIN", 0.1, 0),
            ("MAX", 1000, 0),
            ("AUTO", 1000, 1),
        ):
            self.check(f"CONF:VOLT {text};:VOLT:RANG?;RANG:AUTO?", f"{span:+.6E};{auto}")
        self.check("VOLT:RANG 5;RANG?;RANG:AUTO?", "+1.000000E+01;0")
        self.check("VOLT:RANG:AUTO ON;AUTO?", "1")
        self.check("VOLT:RANG? MIN;RANG? MAX", "+1.000000E-01;+1.000000E+03")
        self.check("FREQ:RANG 50 HZ;RANG?", "+3.000000E+05")

    def test_nplc(self) -> None:
        self.check("RES:NPLC 5;NPLC?;NPLC? MAX", "+1.000000E+01;+1.000000E+02")
        self.device.system.set_value("TEMP", "25")
        self.check("TEMP:NPLC 10;:FUNC 'TEMP'", "")
        self.check("READ?", "+2.50000000E+01", 0.2)
        self.check("MEAS:TEMP?;:TEMP:NPLC?", "+2.50000000E+01;+1.000000E+00", 0.02)

    def test_samples(self) -> None:
        self.check("SAMP:COUN 3;COUN?;COUN? MAX", "3;1000")
        self.check("READ?", ",".join(["+1.25000000E+00"] * 3), 0.06)
        self.check("FETC?", ",".join(["+1.25000000E+00"] * 3))

    def test_what_is_set_meanwhile_is_not_read(self) -> None:
        self.ask("INIT")
        self.clock.advance(0.02)
        self.client.say(b"$set_value:VOLT,2%%%%%")
        self.check("FETC?", "+1.25000000E+00")

    def test_formats(self) -> None:
        self.check("FORM?", "ASC,9")
        for command, kind, size in (("FORM REAL", "d", 8), ("FORM REAL,32", "f", 4)):
            block = struct.pack(f">2{kind}", 1.25, 1.25).decode("latin-1")
            self.check(f"*RST;{command};:SAMP:COUN 2;:FORM?", f"REAL,{size * 8}")
            self.check("READ?", f"#{len(str(2 * size))}{2 * size}{block}", 0.04)
        self.check("FORM ASC,5;FORM?", "ASC,9")

    def test_function(self) -> None:
        self.check('FUNC "voltage:ac";FUNC?', '"VOLT:AC"')
        self.check("FUNC 'RES';:CONF?", '"RES +1.000000E+08,+3.000000E+02"')

    def test_reset(self) -> None:
        self.ask("CONF:RES 100;:SAMP:COUN 9;:TRIG:SOUR BUS;:FORM REAL;*ESE 1;*RST")
        self.check("CONF?;:SAMP:COUN?;:TRIG:SOUR?;:FORM?;*ESE?",
                   '"VOLT +1.000000E+03,+3.000000E-03";1;IMM;ASC,9;1')  # fmt: skip

    def test_overload_is_questionable(self) -> None:
        self.ask("STAT:QUES:ENAB 3")
        self.check("MEAS:VOLT? 0.1;*STB?", "+9.90000000E+37;24", 0.02)
        self.check("STAT:QUES?;:STAT:QUES?;:STAT:QUES:COND?", "1;0;1")
        self.check("MEAS:VOLT? 10;:STAT:QUES:COND?;ENAB?", "+1.25000000E+00;0;3", 0.02)
        self.check("STAT:PRES;:STAT:QUES:ENAB?", "0")
