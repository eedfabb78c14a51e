"""Tests for L{netsim.systems.scpi_meter.headers}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.headers import Headers, forms, short, spelt


class FormsTests(SynchronousTestCase):
    def test_short(self) -> None:
        self.assertEqual(["VOLT", "NPLC", "DC"], [short(w) for w in ("VOLTage", "NPLC", "DC")])

    def test_spelt(self) -> None:
        words = ("IMMediate", "BUS")
        for text in ("IMM", "imm", "Immediate"):
            self.assertEqual("IMM", spelt(text, words))
        for text in ("IMME", "IM", "", "EXT"):
            self.assertIsNone(spelt(text, words))

    def test_each_word_has_two_forms(self) -> None:
        expected = {"SAMP:COUN?", "SAMPLE:COUN?", "SAMP:COUNT?", "SAMPLE:COUNT?"}
        self.assertEqual(expected, set(forms("SAMPle:COUNt?")))
        self.assertEqual(["*IDN?"], list(forms("*IDN?")))

    def test_what_is_in_brackets_can_be_left_out(self) -> None:
        expected = {"A", "S:A", "SENS:A", "A:X", "S:A:X", "SENS:A:X"}
        self.assertEqual(expected, set(forms("[Sens:]A[:X]")))


class HeadersTests(SynchronousTestCase):
    headers = Headers({"MEASure[:SCALar]:VOLTage[:DC]?": 1, "MEASure:VOLTage:AC?": 2, "*ESE": 3})

    def test_every_form_in_any_case(self) -> None:
        for header in ("meas:volt?", "MEASURE:SCAL:VOLTAGE:DC?", "Meas:Scalar:Volt?"):
            self.assertEqual(1, self.headers.find(header))
        self.assertEqual(2, self.headers.find("MEAS:VOLT:AC?"))

    def check(self, code: int, *headers: str) -> None:
        for header in headers:
            error = self.assertRaises(ScpiError, self.headers.find, header)
            self.assertEqual(code, error.code, header)

    def test_undefined(self) -> None:
        self.check(-113, "MEASU:VOLT?", "MEAS:VOLT", "VOLT?", "MEAS:SCAL:VOLT:AC?", "", "*ESE1")

    def test_the_number_1(self) -> None:
        self.assertEqual(1, self.headers.find("MEAS1:VOLT01:DC1?"))

    def test_another_number(self) -> None:
        self.check(-114, "MEAS2:VOLT?", "MEAS:VOLT0?", "MEAS:VOLT1:DC11?")
        self.check(-113, "MEAS2:VOLTS?")

    def test_two_meanings(self) -> None:
        self.assertRaises(ValueError, Headers, {"A[:B]": 1, "A": 2})
