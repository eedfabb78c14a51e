"""Tests for L{netsim.systems.scpi_meter.common}."""

from __future__ import annotations

from tests.systems.scpi_meter.rig import NO_ERROR, MeterTestCase


class StatusTests(MeterTestCase):
    """Errors and registers, over the wire."""

    def test_queue(self) -> None:
        for _ in range(25):
            self.ask("FOO")
        self.assertEqual("20", self.ask("SYST:ERR:COUN?"))
        errors = [self.ask("SYST:ERR:NEXT?") for _ in range(21)]
        self.assertEqual(['-350,"Queue overflow"', NO_ERROR], errors[19:])
        self.ask("FOO")
        self.check("*CLS", "")

    def test_events(self) -> None:
        self.check("*ESR?;*ESR?", "128;0")
        self.ask("FOO;*OPC")
        self.ask("*ESE 999;*OPC")
        self.assertEqual("49", self.ask("*ESR?"))

    def test_status_byte(self) -> None:
        self.ask("*ESR?;*ESE 32;*SRE 255;FOO")
        self.assertEqual("191;116", self.ask("*SRE?;*STB?"))
        self.assertEqual("100", self.ask("*STB?"))
        self.check("*CLS;*STB?;*ESE?", "0;32")


class CompletionTests(MeterTestCase):
    def test_operation_complete(self) -> None:
        self.ask("*CLS;:INIT;*OPC")
        self.check("*ESR?", "0")
        self.clock.advance(0.02)
        self.check("*ESR?", "1")
        self.check("*OPC;*ESR?", "1")

    def test_operation_complete_query_waits(self) -> None:
        self.check("VOLT:NPLC 10;:INIT;*OPC?", "1", 0.2)
        self.check("INIT;*WAI;*ESE?", "0", 0.2)

    def test_reset_and_clear_end_that_wait(self) -> None:
        for command in ("*RST", "*CLS"):
            self.ask(f"*RST;*CLS;:INIT;*OPC;{command}")
            self.clock.advance(1.0)
            self.check("*ESR?", "0")
