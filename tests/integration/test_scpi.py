"""A real SCPI client, PyVISA, speaks with the simulated meter."""

from __future__ import annotations

from typing import Any

import pyvisa
from pyvisa.constants import StatusCode
from pyvisa.errors import VisaIOError

from tests.integration.processes import PATIENCE, IntegrationTestCase, Service, netsim

METER = """
from netsim.systems.scpi_meter import System

servers = [(("127.0.0.1", 0), (), "tcp", {})]
"""
"""The meter that ships, on a port that the system chooses."""

VALUE = "+1.25000000E+00"


class ScpiTests(IntegrationTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.manager = pyvisa.ResourceManager("@py")
        self.addCleanup(self.manager.close)

    def simulate(self, runner: str = "twistd") -> Service:
        (self.directory / "meter.py").write_text(METER)
        options = ("--path", self.directory, "-s", "meter")
        environment = {"NETSIM_RUN_DIR": self.short_directory()}
        return self.serve(*netsim("netsim-simulator", runner), *options, environment=environment)

    def open(self, meter: Service) -> Any:
        """A session as laboratory code opens it."""
        session: Any = self.manager.open_resource(
            f"TCPIP::127.0.0.1::{meter.port}::SOCKET",
            read_termination="\n",
            write_termination="\n",
            timeout=PATIENCE * 1000,
        )
        self.addCleanup(session.close)
        return session

    def obey(self, session: Any, command: str) -> str:
        """Send a custom command, which has no end of a line."""
        session.write_raw(f"${command}%%%%%".encode())
        answer: str = session.read()
        return answer

    def check_no_error(self, session: Any) -> None:
        self.assertEqual('0,"No error"', session.query("SYST:ERR?"))

    def check_measures(self, runner: str) -> None:
        session = self.open(self.simulate(runner))
        self.assertEqual("netsim,scpi_meter,0001,1.0", session.query("*IDN?"))
        session.write("*RST;*CLS")
        [volts] = session.query_ascii_values("MEAS:VOLT:DC? 10,0.001")
        self.assertLess(abs(volts - 5.0), 0.01)
        [ohms] = session.query_ascii_values("measure:resistance?")
        self.assertLess(abs(ohms - 996.5), 1.0)
        self.check_no_error(session)

    def test_twistd(self) -> None:
        """It identifies itself and measures."""
        self.check_measures("twistd")

    def test_netsim(self) -> None:
        """So does C{netsim simulator start}."""
        self.check_measures("netsim")

    def test_readings(self) -> None:
        """As text and as blocks of numbers."""
        session = self.open(self.simulate())
        self.assertEqual("VOLT,1.25", self.obey(session, "set_value:VOLT:DC,1.25"))
        session.write("CONF:VOLT:DC 10;:SAMP:COUN 100;:VOLT:NPLC 0.2")
        self.assertEqual([1.25] * 100, session.query_ascii_values("READ?"))
        for kind, letter in (("REAL,64", "d"), ("REAL,32", "f")):
            session.write(f"FORM {kind}")
            found = session.query_binary_values("READ?", datatype=letter, is_big_endian=True)
            self.assertEqual([1.25] * 100, found)
        self.check_no_error(session)

    def test_operation_complete(self) -> None:
        """A client waits for C{*OPC?} as long as the meter measures."""
        session = self.open(self.simulate())
        session.write("VOLT:NPLC 10;:INIT;*OPC")
        self.assertEqual("1", session.query("*OPC?"))
        self.assertEqual(1, int(session.query("*ESR?")) & 1)
        self.assertEqual(1, len(session.query_ascii_values("FETC?")))

    def test_errors(self) -> None:
        session = self.open(self.simulate())
        session.write("MEAS:VOLTS?")
        session.write("SAMP:COUN 0")
        self.assertEqual('-113,"Undefined header"', session.query("SYST:ERR?"))
        self.assertEqual('-222,"Data out of range"', session.query("SYST:ERR?"))
        self.check_no_error(session)

    def test_several_clients(self) -> None:
        """One triggers what another one waits for."""
        meter = self.simulate()
        first, second = self.open(meter), self.open(meter)
        self.obey(first, "set_value:VOLT,1.25")
        self.assertEqual("1", first.query("TRIG:SOUR BUS;:INIT;*ESE 1;*ESE?"))
        self.assertEqual("BUS", second.query("TRIG:SOUR?"))
        first.write("FETC?")
        second.write("*TRG")
        self.assertEqual(VALUE, first.read())
        self.check_no_error(second)

    def test_faults(self) -> None:
        session = self.open(self.simulate())
        self.assertEqual("no_answer", self.obey(session, "system_fail:no_answer"))
        session.timeout = 200
        error = self.assertRaises(VisaIOError, session.query, "*IDN?")
        self.assertEqual(StatusCode.error_timeout, error.error_code)
        session.timeout = PATIENCE * 1000
        self.assertEqual("none", self.obey(session, "system_fail:none"))
        self.assertEqual("1", session.query("*OPC?"))

    def test_the_end(self) -> None:
        """A client stops the simulator, and its process ends."""
        meter = self.simulate()
        session = self.open(meter)
        session.write_raw(b"$system_stop%%%%%")
        self.assertEqual(b"$server_shutdown%%%%%", session.read_bytes(21))
        self.check_status(meter, 0)
