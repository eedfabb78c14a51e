"""Tests for L{netsim.systems.scpi_meter.table}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.functions import FUNCTIONS, Function
from netsim.systems.scpi_meter.table import header, table


class Instrument:
    """Answers with what it was called with."""

    @header("PLAIN?", "ALIAS?")
    def plain(self, one: str, two: str = "-") -> str:
        return f"{one} {two}"

    @header("[SENSe:]{function}:PART?")
    def part(self, function: Function, one: str = "-") -> str:
        return f"{function.name} {one}"

    @header("OLD")
    def changed(self) -> None: ...


class Changed(Instrument):
    @header("NEW")
    def changed(self) -> None: ...


class TableTests(SynchronousTestCase):
    def call(self, said: str, *arguments: str) -> object:
        return table(Instrument).find(said).call(Instrument(), arguments)

    def check_error(self, code: int, said: str, *arguments: str) -> None:
        error = self.assertRaises(ScpiError, self.call, said, *arguments)
        self.assertEqual(code, error.code)

    def test_arguments(self) -> None:
        self.assertEqual("1 -", self.call("PLAIN?", "1"))
        self.assertEqual("1 2", self.call("alias?", "1", "2"))

    def test_too_few_and_too_many(self) -> None:
        self.check_error(-109, "PLAIN?")
        self.check_error(-108, "PLAIN?", "1", "2", "3")
        self.check_error(-108, "VOLT:PART?", "1", "2")

    def test_functions(self) -> None:
        """The one that the header names is the first argument."""
        for name in FUNCTIONS:
            self.assertEqual(f"{name} 1", self.call(f"{name}:PART?", "1"))
        self.assertEqual("VOLT -", self.call("SENS:VOLT:DC:PART?"))

    def test_an_override_has_headers_of_its_own(self) -> None:
        headers = table(Changed)
        self.assertEqual("changed", headers.find("NEW").method)
        self.assertRaises(ScpiError, headers.find, "OLD")
