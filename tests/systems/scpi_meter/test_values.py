"""Tests for L{netsim.systems.scpi_meter.values}."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from time import process_time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from netsim.systems.scpi_meter import values
from netsim.systems.scpi_meter.errors import ScpiError
from netsim.systems.scpi_meter.values import Limits
from tests.properties import examples

WIDE = Limits(-1e9, 1e9, 5.0)


class ValuesTestCase(SynchronousTestCase):
    def check_error(self, code: int, call: Callable[..., Any], *arguments: Any) -> None:
        error = self.assertRaises(ScpiError, call, *arguments)
        self.assertEqual(code, error.code, arguments)


class NumberTests(ValuesTestCase):
    def test_plain(self) -> None:
        for text in ("1", "-1.5", "+.5", "2.", "1e3", "1E-3"):
            self.assertEqual(float(text), values.number(text, WIDE))

    def test_units(self) -> None:
        for text, unit, expected in (
            ("100 mV", "V", 0.1), ("1V", "V", 1), ("2E0 uv", "V", 2e-6), ("3 KV", "V", 3000),
            ("4 MA", "A", 4e-3), ("4 A", "A", 4), ("5 MAA", "A", 5e6), ("6 MOHM", "OHM", 6e6),
            ("7 MHZ", "HZ", 7e6), ("8 kohm", "OHM", 8000),
        ):  # fmt: skip
            self.assertAlmostEqual(expected, values.number(text, WIDE, unit), msg=text)

    def test_names(self) -> None:
        found = [values.number(text, WIDE, "V") for text in ("min", "MAXimum", "DEF")]
        self.assertEqual([-1e9, 1e9, 5.0], found)

    def test_errors(self) -> None:
        for code, text, unit in (
            (-121, "1,", "V"), (-121, "--1", "V"), (-121, "1 2", "V"), (-121, "#H1", "V"),
            (-123, "1E32001", "V"), (-123, "1E" + "9" * 99, "V"), (-222, "1E999", "V"),
            (-131, "1 A", "V"), (-131, "1 M", "V"), (-131, "1 XV", "V"), (-138, "1 V", ""),
            (-148, "HIGH", "V"), (-148, "MINI", "V"), (-158, "'1'", "V"), (-222, "2e9", "V"),
        ):  # fmt: skip
            self.check_error(code, values.number, text, WIDE, unit)

    def test_limits_can_be_reached(self) -> None:
        self.assertEqual(1.0, values.number("1", Limits(1, 1)))

    def test_integer(self) -> None:
        self.assertEqual(2, values.integer("1.6", WIDE))

    def test_a_long_one_costs_little(self) -> None:
        begin = process_time()
        for _ in range(20):
            self.check_error(-222, values.number, "1" * 4000, WIDE)
            self.check_error(-121, values.number, "1" * 4000 + "!", WIDE)
        self.assertLess(process_time() - begin, 1.0)

    @examples(200)
    @given(st.text() | st.from_regex(r"[-+]?[0-9.]*[eE]?[0-9]*[ ]?[mM]?[vV]?", fullmatch=True))
    def test_any_text_is_a_number_or_refused(self, text: str) -> None:
        with contextlib.suppress(ScpiError):
            self.assertTrue(-1e9 <= values.number(text, WIDE, "V") <= 1e9)


class OtherTests(ValuesTestCase):
    def test_boolean(self) -> None:
        for text, expected in (("ON", True), ("off", False), ("1", True), ("0.4", False)):
            self.assertIs(expected, values.boolean(text))
        self.check_error(-148, values.boolean, "YES")

    def test_choice(self) -> None:
        self.assertEqual("IMM", values.choice("immediate", "IMMediate", "BUS"))
        self.check_error(-224, values.choice, "EXT", "IMMediate")
        self.check_error(-128, values.choice, "1", "IMMediate")
        self.check_error(-158, values.choice, "'IMM'", "IMMediate")

    def test_string(self) -> None:
        self.assertEqual("a'b", values.string('"a\'b"'))
        self.assertEqual("a'b", values.string("'a''b'"))
        self.check_error(-104, values.string, "VOLT")

    def test_what_is_written(self) -> None:
        self.assertEqual("+1.000000E+01", values.written(10))
        self.assertEqual(b"#13abc", values.block(b"abc"))
        self.assertEqual(b"#210" + b"x" * 10, values.block(b"x" * 10))

    def test_pick(self) -> None:
        self.assertEqual([1, 2, 3, 3], [values.pick(v, (1, 2, 3)) for v in (0, 1.1, 3, 4)])
