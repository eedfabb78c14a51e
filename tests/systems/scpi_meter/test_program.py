"""Tests for L{netsim.systems.scpi_meter.program}."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ERRORS, ScpiError
from netsim.systems.scpi_meter.program import Unit, units
from tests.properties import examples


class UnitsTests(SynchronousTestCase):
    def check(self, line: str, *expected: Unit) -> None:
        self.assertEqual(list(expected), list(units(line)))

    def check_error(self, line: str, code: int, *before: Unit) -> None:
        found: list[Unit] = []
        error = self.assertRaises(ScpiError, lambda: found.extend(units(line)))
        self.assertEqual(code, error.code, line)
        reading = units(line)
        self.assertEqual(list(before), [next(reading) for _ in before])

    def test_arguments(self) -> None:
        self.check("A:B 1 V , DEF", Unit("A:B", ("1 V", "DEF")))
        self.check("A\t1", Unit("A", ("1",)))
        self.check("", *[])
        self.check(" ; ;*RST; ", Unit("*RST"))

    def test_strings(self) -> None:
        """What is within quotes separates nothing."""
        self.check("""F "a;b,c'",'"';G""", Unit("F", ('"a;b,c\'"', "'\"'")), Unit("G"))
        self.check('F "a"";"', Unit("F", ('"a"";"',)))

    def test_path(self) -> None:
        self.check(
            "SENS:VOLT:RANG 1;NPLC 2;*OPC;:CONF?;X;Y:Z;W",
            Unit("SENS:VOLT:RANG", ("1",)),
            Unit("SENS:VOLT:NPLC", ("2",)),
            Unit("*OPC"),
            Unit("CONF?"),
            Unit("X"),
            Unit("Y:Z"),
            Unit("Y:W"),
        )

    def test_errors_come_in_their_turn(self) -> None:
        self.check_error("A;B,;C", -102, Unit("A"))
        for line in ("A 1,", "A ,1", "A::B", "A:", "?", "1A", "**A", "A??", "A-B", "*"):
            self.check_error(line, -102)

    def test_what_refuses_the_whole_line(self) -> None:
        self.check_error('A;B "x', -151)
        self.check_error("A;B\xe9", -101)
        self.check_error("A\0", -101)

    @examples(300)
    @given(st.text(alphabet=st.sampled_from("AB*:;?, \"'1\x00é")))
    def test_any_line_is_read_or_refused(self, line: str) -> None:
        try:
            for unit in units(line):
                self.assertFalse(unit.header.startswith(":"))
                self.assertTrue(all(unit.arguments))
        except ScpiError as error:
            self.assertIn(error.code, ERRORS)
